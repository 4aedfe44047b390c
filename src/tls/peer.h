/*
 * The other side of a session, as what is inside the session sees it: that it
 * is secure, which hosts the certificate that it was shown is valid for, and by
 * which certificate it is known itself. The same for TCP and for QUIC.
 */
#ifndef VB_TLS_PEER_H
#define VB_TLS_PEER_H

#include "exchange/exchange.h"
#include "tls/credentials.h"

/* Its `peer` is what a protocol is given; it must stay where it is. */
struct vb_tls_peer {
    struct vb_peer peer;
    struct vb_tls_choice choice;
};

/*
 * The session has keys, so a certificate was shown, or was when the session
 * began that this one resumes. To be called when the handshake is done, and
 * before it, too, where something is read before it. 0, or the code of GnuTLS's
 * with which the session is to end before anything is read from it.
 */
int vb_tls_peer_open(struct vb_tls_peer *peer, gnutls_session_t session);

/* It speaks without TLS, and was shown nothing. */
void vb_tls_peer_bare(struct vb_tls_peer *peer);

#endif
