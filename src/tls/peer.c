/* See peer.h. */
#include "tls/peer.h"

#include "base/list.h"
#include "tls/client.h"

/* RFC 9110 section 7.4. */
static bool certified(const struct vb_peer *peer, struct vb_span authority)
{
    const struct vb_tls_peer *p =
        VB_CONTAINER(peer, const struct vb_tls_peer, peer);

    return !peer->bare &&
           vb_tls_names_cover(&p->choice.certificate->names, authority);
}

/* A session that is resumed shows no certificate, and GnuTLS does not look
 * again at the one that its client has shown before. */
int vb_tls_peer_open(struct vb_tls_peer *p, gnutls_session_t session)
{
    int rc = 0;

    if (p->choice.certificate == NULL)
        vb_tls_choose(session);
    if (gnutls_session_is_resumed(session))
        rc = vb_tls_client_verify(session);
    p->peer.secure = true;
    p->peer.certified = certified;
    p->peer.certificate = p->choice.client;
    return rc;
}

void vb_tls_peer_bare(struct vb_tls_peer *p)
{
    p->peer.bare = true;
    p->peer.certified = certified;
}
