/* The client's side of a wire: from the handshake to the client that calls. */
#include "tls/wire.h"

#include "base/clock.h"
#include "tls/wire_inner.h"
#include "wire/client.h"

static enum vb_client_kind kind_of(const struct vb_tls_visit *visit,
                                   bool http_2)
{
    if (visit->protocol == VB_DIAL_BARE)
        return VB_CLIENT_BARE;
    return http_2 ? VB_CLIENT_HTTP_2 : VB_CLIENT_HTTP_1;
}

static int open(struct vb_tls_wire *t)
{
    struct vb_client *client;
    bool http_2;
    int rc = vb_tls_visit_open(t->visit, t->session, &http_2);

    if (rc != 0)
        return rc;
    t->phase = VB_TLS_OPEN;
    t->shown.peer.secure = true;
    if (vb_client_wire_init(&t->inner, t->wire.env, &t->shown.peer,
                            kind_of(t->visit, http_2), &client) == NULL) {
        t->visit->end = VB_DIAL_NOMEM;
        vb__tls_die(t);
        return 0;
    }
    vb__tls_begin_inner(t);
    t->visit->client = client;
    return 0;
}

static gnutls_alert_description_t failed(struct vb_tls_wire *t, int rc)
{
    vb_tls_visit_failed(t->visit, t->session, rc);
    if (rc == GNUTLS_E_REHANDSHAKE)
        return GNUTLS_A_NO_RENEGOTIATION;
    return (gnutls_alert_description_t)t->visit->alert;
}

/* Content that ends with the connection is not known to be whole (RFC 9112
 * section 9.8). */
static void cut(struct vb_tls_wire *t)
{
    vb__tls_die(t);
}

static const struct vb_tls_side side = {
    .open = open, .failed = failed, .cut = cut};

size_t vb_tls_outward_wire_size(void)
{
    return offsetof(struct vb_tls_wire, inner) + vb_client_wire_size();
}

struct vb_wire *vb_tls_outward_wire_init(void *memory,
                                         const struct vb_endpoint *to,
                                         struct vb_env *env,
                                         const struct vb_peer *peer)
{
    struct vb_tls_wire *t = vb__tls_wire_init(memory, &side, env, peer);

    t->visit = vb_tls_visit_new(to, &t->session);
    if (t->visit == NULL)
        return NULL;
    vb__tls_carry(t);
    t->phase = VB_TLS_HANDSHAKE;
    vb__tls_go_on(t, 0);
    return &t->wire;
}

bool vb_tls_outward_look(const struct vb_wire *wire, struct vb_tls_outcome *ret)
{
    const struct vb_tls_wire *t =
        VB_CONTAINER(wire, const struct vb_tls_wire, wire);
    const struct vb_tls_visit *visit = t->visit;

    if (t->phase == VB_TLS_HANDSHAKE)
        return false;
    *ret = (struct vb_tls_outcome){visit->end, visit->client, visit->why};
    if (visit->client == NULL && visit->end == VB_DIAL_OK)
        *ret = (struct vb_tls_outcome){VB_DIAL_TLS, NULL,
                                       "it has closed the connection"};
    return true;
}
