/*
 * The server's side of a wire: what the first byte tells, the protocols that a
 * client can choose, and what is found out about it.
 */
#include "tls/wire.h"

#include "tls/wire_inner.h"
#include "wire/h1/h1.h"
#include "wire/h2/h2.h"

/* What ALPN (RFC 7301) can choose, in our order; who does not ask for any gets
 * the last. */
static const struct protocol {
    const char *name;
    size_t (*size)(void);
    struct vb_wire *(*init)(void *memory, struct vb_env *env,
                            const struct vb_peer *peer);
} protocols[] = {
    {"h2", vb_h2_size, vb_h2_init},
    {"http/1.1", vb_h1_size, vb_h1_init},
};
#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static size_t inner_size(void)
{
    size_t most = sizeof(struct vb_wire);

    for (size_t i = 0; i < PROTOCOLS; i++)
        if (protocols[i].size() > most)
            most = protocols[i].size();
    return most;
}

/* Without memory for it, there is no more to be said. */
static void open_inner(struct vb_tls_wire *t, const struct protocol *protocol,
                       enum vb_tls_phase phase)
{
    t->phase = (uint8_t)phase;
    if (protocol->init(&t->inner, t->wire.env, &t->shown.peer) != NULL)
        vb__tls_begin_inner(t);
    else
        vb__tls_die(t);
}

static const struct protocol *negotiated(gnutls_session_t session)
{
    gnutls_datum_t name;

    if (gnutls_alpn_get_selected_protocol(session, &name) == 0)
        for (size_t i = 0; i < PROTOCOLS; i++)
            if (vb_span_eq(vb_span_str(protocols[i].name),
                           vb_span_of((const char *)name.data, name.size)))
                return &protocols[i];
    return &protocols[PROTOCOLS - 1];
}

static int open(struct vb_tls_wire *t)
{
    int rc = vb_tls_peer_open(&t->shown, t->session);

    if (rc == 0)
        open_inner(t, negotiated(t->session), VB_TLS_OPEN);
    return rc;
}

static gnutls_alert_description_t failed(struct vb_tls_wire *t, int rc)
{
    return vb_tls_alert(t->session, rc);
}

/* A request says itself where it ends, so that one cut short is not taken for
 * whole, and one that is whole is answered. */
static void cut(struct vb_tls_wire *t)
{
    t->inner.ops->eof(&t->inner);
}

static const struct vb_tls_side side = {
    .open = open, .failed = failed, .cut = cut, .lingers = true};

static bool offer_protocols(gnutls_session_t session)
{
    const char *names[PROTOCOLS];

    for (size_t i = 0; i < PROTOCOLS; i++)
        names[i] = protocols[i].name;
    return vb_tls_offer(session, names, PROTOCOLS);
}

static bool begin_session(struct vb_tls_wire *t)
{
    if (vb_tls_session_new(t->tls, VB_TLS_TCP, t->wire.env->now.mono_ms,
                           &t->shown.choice, &t->session) != VB_OK)
        return false;
    vb__tls_carry(t);
    return offer_protocols(t->session);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void vb__tls_begin(struct vb_tls_wire *t, char first)
{
    if (is_letter(first)) {
        vb_tls_peer_bare(&t->shown);
        open_inner(t, &protocols[PROTOCOLS - 1], VB_TLS_BARE);
    } else if (begin_session(t)) {
        t->phase = VB_TLS_HANDSHAKE;
    } else {
        vb__tls_die(t);
    }
}

size_t vb_tls_wire_size(void)
{
    return offsetof(struct vb_tls_wire, inner) + inner_size();
}

struct vb_wire *vb_tls_wire_init(void *memory, struct vb_tls *tls,
                                 struct vb_env *env, const struct vb_peer *peer)
{
    struct vb_tls_wire *t = vb__tls_wire_init(memory, &side, env, peer);

    t->tls = tls;
    return &t->wire;
}
