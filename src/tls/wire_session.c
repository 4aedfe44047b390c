/*
 * From the first byte of a connection to its inner wire: the transport that
 * GnuTLS is given, the handshake, and the protocol that ALPN chooses.
 */
#include <errno.h>

#include "tls/wire_inner.h"
#include "wire/h1/h1.h"
#include "wire/h2/h2.h"

/* Bytes of a handshake without its end: a ClientHello with all that is in use
 * is a few KiB. */
#define HANDSHAKE_MOST ((uint32_t)64 * 1024)

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

/* --- GnuTLS's transport -----------------------------------------------------
 */

static ssize_t pull(gnutls_transport_ptr_t pointer, void *into, size_t size)
{
    struct vb_tls_wire *t = pointer;
    size_t n = size < t->input.len ? size : t->input.len;

    if (t->input.len == 0) {
        if (t->eof)
            return 0;
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    memcpy(into, t->input.ptr, n);
    t->input = vb_span_from(t->input, n);
    return (ssize_t)n;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
    const struct vb_tls_wire *t = pointer;

    (void)ms;
    return t->input.len > 0 || t->eof;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *iov,
                    int count)
{
    struct vb_tls_wire *t = pointer;
    size_t before = t->queue.len;

    if (before == 0) /* waiting for the peer begins now */
        t->write_since = t->wire.env->now.mono_ms;
    for (int i = 0; i < count; i++)
        if (!vb_tls_queue_put(&t->queue,
                              vb_span_of(iov[i].iov_base, iov[i].iov_len))) {
            gnutls_transport_set_errno(t->session, ENOMEM);
            return -1;
        }
    return (ssize_t)(t->queue.len - before);
}

/* --- The inner wire ---------------------------------------------------------
 */

static void inner_wake(struct vb_wire *inner)
{
    struct vb_tls_wire *t = VB_CONTAINER(inner, struct vb_tls_wire, inner);

    t->wire.wake(&t->wire);
}

/* False when out of memory. */
static bool begin_inner(struct vb_tls_wire *t, const struct protocol *protocol)
{
    if (protocol->init(&t->inner, t->wire.env, &t->shown.peer) == NULL)
        return false;
    t->inner.wake = inner_wake;
    t->inside = true;
    return true;
}

void vb__tls_end_inner(struct vb_tls_wire *t)
{
    if (t->inside)
        t->inner.ops->free(&t->inner);
    t->inside = false;
}

size_t vb__tls_inner_size(void)
{
    size_t most = sizeof(struct vb_wire);

    for (size_t i = 0; i < PROTOCOLS; i++)
        if (protocols[i].size() > most)
            most = protocols[i].size();
    return most;
}

/* --- The handshake ----------------------------------------------------------
 */

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

static void open_inner(struct vb_tls_wire *t)
{
    t->phase = VB_TLS_OPEN;
    if (!begin_inner(t, negotiated(t->session)))
        vb__tls_die(t);
}

/* GnuTLS looks at a message's size only when it is there. */
void vb__tls_go_on(struct vb_tls_wire *t, size_t len)
{
    int rc;

    t->taken += (uint32_t)len;
    do
        rc = gnutls_handshake(t->session);
    while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc));
    if (rc == 0)
        rc = vb_tls_peer_open(&t->shown, t->session);
    if (rc == 0)
        open_inner(t);
    else if (rc != GNUTLS_E_AGAIN)
        vb__tls_fail(t, rc);
    else if (t->taken > HANDSHAKE_MOST)
        vb__tls_fail(t, GNUTLS_E_RECORD_OVERFLOW);
}

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
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
    gnutls_transport_set_vec_push_function(t->session, push);
    return offer_protocols(t->session);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void vb__tls_begin(struct vb_tls_wire *t, char first)
{
    if (is_letter(first)) {
        t->phase = VB_TLS_BARE;
        vb_tls_peer_bare(&t->shown);
        if (!begin_inner(t, &protocols[PROTOCOLS - 1]))
            vb__tls_die(t);
    } else if (begin_session(t)) {
        t->phase = VB_TLS_HANDSHAKE;
    } else {
        vb__tls_die(t);
    }
}
