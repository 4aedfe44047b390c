/* See peer.h. */
#include "tls/peer.h"

#include "base/list.h"

/* RFC 9110 section 7.4. */
static bool certified(const struct vb_peer *peer, struct vb_span authority)
{
    const struct vb_tls_peer *p =
        VB_CONTAINER(peer, const struct vb_tls_peer, peer);

    return !peer->bare &&
           vb_tls_names_cover(&p->choice.certificate->names, authority);
}

void vb_tls_peer_open(struct vb_tls_peer *p, gnutls_session_t session)
{
    if (p->choice.certificate == NULL)
        vb_tls_choose(session);
    p->peer.secure = true;
    p->peer.certified = certified;
}

void vb_tls_peer_bare(struct vb_tls_peer *p)
{
    p->peer.bare = true;
    p->peer.certified = certified;
}
