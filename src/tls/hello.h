/*
 * What a ClientHello says about keys that GnuTLS does not tell while there is
 * a certificate to be chosen: in TLS 1.2 the cipher suite names the kind.
 */
#ifndef VB_TLS_HELLO_H
#define VB_TLS_HELLO_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "base/span.h"

enum {
    VB_TLS_SIGNS_RSA = 1,
    VB_TLS_SIGNS_ECDSA = 2, /* and EdDSA */
};

/* The bits of those suites that we offer, in the body of a ClientHello (RFC
 * 8446 section 4.1.2); 0 where it is cut short, or has none of them. */
unsigned vb_tls_hello_suites(struct vb_span hello);

/* Can a key of this kind sign for one of them? */
bool vb_tls_hello_takes(unsigned suites, gnutls_pk_algorithm_t key);

#endif
