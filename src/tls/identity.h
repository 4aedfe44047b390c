/* What a certificate says of who has it: see exchange/certificate.h. */
#ifndef VB_TLS_IDENTITY_H
#define VB_TLS_IDENTITY_H

#include <gnutls/gnutls.h>

#include "base/err.h"
#include "exchange/certificate.h"

/*
 * Reads a certificate in DER. VB_ERR_INVALID: it is none, or a text in it has a
 * control character, with which it could pass for another one; VB_ERR_LIMIT:
 * its texts are more than 8 KiB, or its names more than 64; VB_ERR_NOMEM. Names
 * of other kinds are passed over.
 */
enum vb_err vb_tls_identity_read(const gnutls_datum_t *der,
                                 struct vb_certificate **ret);

/* NULL is fine. */
void vb_tls_identity_free(struct vb_certificate *certificate);

#endif
