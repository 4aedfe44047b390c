/*
 * By what a client is known that has shown a certificate in TLS, and proven
 * that its key is its own (RFC 8446 section 4.4.3): in words, so that who asks
 * needs no library for it. Verified: what is here leads to one of the
 * operator's CAs, and is neither expired nor revoked.
 *
 *     subject       CN=Ann,O=Example           (RFC 4514, the last part first)
 *     issuer        CN=Example CA
 *     serial        03e8                       (with the issuer: unique)
 *     fingerprint   SHA-256 of the certificate, 64 digits
 *     common name   Ann                        (as it stands in the subject)
 *     names         DNS:ann.example   email:ann@example.org
 *                   URI:spiffe://example.org/ann   IP:192.0.2.1
 *
 * Digits are hexadecimal in lower case. No text has a control character in it.
 */
#ifndef VB_EXCHANGE_CERTIFICATE_H
#define VB_EXCHANGE_CERTIFICATE_H

#include <stddef.h>

#include "base/span.h"

struct vb_certificate {
    struct vb_span subject; /* "": all it has are names */
    struct vb_span issuer;
    struct vb_span serial;
    struct vb_span fingerprint;
    struct vb_span common_name; /* of the subject; "": it has none, or more than
                                   one */
    const struct vb_span *names; /* subjectAltName, of the kinds above */
    size_t name_count;
};

#endif
