/*
 * Certificates of clients: whose are taken, and whether one is. It happens in
 * the handshake or not at all: there is no renegotiation, and no asking later.
 */
#ifndef VB_TLS_CLIENT_H
#define VB_TLS_CLIENT_H

#include "tls/credentials.h"

/* Reads the CAs, and what they have revoked, into a set: from then on its
 * sessions ask for a certificate. Errors as of vb_tls_credentials_load. */
enum vb_err vb_tls_clients_load(struct vb_tls_credentials *into,
                                const struct vb_tls_clients *clients,
                                struct vb_buf *ret_why);

/*
 * Verifies what the client has shown, now or in the session that is resumed,
 * and notes in the session's choice who it is. 0, or
 * GNUTLS_E_CERTIFICATE_ERROR with the alert to send in the choice. Where
 * clients are asked for nothing it is 0, whatever they have shown.
 */
int vb_tls_client_verify(gnutls_session_t session);

/* The alert for what GnuTLS has against a certificate. */
gnutls_alert_description_t vb__tls_alert_of_status(unsigned status);

#endif
