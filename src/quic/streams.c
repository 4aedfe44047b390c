/* Between ngtcp2's streams and h3: what comes goes up, what h3 asks for goes
 * down. A call of ngtcp2's is broken off once the connection has failed. */
#include <stdlib.h>

#include "quic/inner.h"

/* --- What comes -------------------------------------------------------------
 */

/* Once it has failed, h3 is asked for nothing any more. */
static bool is_over(const struct vb__quic_conn *c)
{
    return c->h3 == NULL || c->failed;
}

static int go_on(const struct vb__quic_conn *c)
{
    return is_over(c) ? NGTCP2_ERR_CALLBACK_FAILURE : 0;
}

int vb__quic_on_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                            uint64_t offset, const uint8_t *data, size_t len,
                            void *context, void *stream)
{
    struct vb__quic_conn *c = context;

    (void)conn, (void)offset, (void)stream;
    if (!is_over(c))
        vb_h3_data(c->h3, id, vb_span_of((const char *)data, len),
                   (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0,
                   (flags & NGTCP2_STREAM_DATA_FLAG_0RTT) != 0);
    return go_on(c);
}

int vb__quic_on_acked(ngtcp2_conn *conn, int64_t id, uint64_t offset,
                      uint64_t len, void *context, void *stream)
{
    struct vb__quic_conn *c = context;

    (void)conn, (void)offset, (void)stream;
    if (!is_over(c))
        vb_h3_acked(c->h3, id, len);
    return go_on(c);
}

int vb__quic_on_stream_reset(ngtcp2_conn *conn, int64_t id, uint64_t final_size,
                             uint64_t code, void *context, void *stream)
{
    struct vb__quic_conn *c = context;

    (void)conn, (void)final_size, (void)stream;
    if (!is_over(c))
        vb_h3_peer_reset(c->h3, id, code);
    return go_on(c);
}

int vb__quic_on_window(ngtcp2_conn *conn, int64_t id, uint64_t max,
                       void *context, void *stream)
{
    struct vb__quic_conn *c = context;

    (void)conn, (void)max, (void)stream;
    if (!is_over(c))
        vb_h3_unblocked(c->h3, id);
    return go_on(c);
}

/* --- Requests ---------------------------------------------------------------
 */

/*
 * While a request is under way the connection is kept (RFC 9000 section
 * 10.1.2): its client may wait in silence for as long as it takes. Two PINGs
 * fit into the shorter of the two sides' idle timeouts.
 */
static void keep_alive(struct vb__quic_conn *c)
{
    const ngtcp2_transport_params *peer =
        ngtcp2_conn_get_remote_transport_params(c->ngtcp2);
    ngtcp2_duration idle =
        (ngtcp2_duration)c->quic->config.env->limits->idle_timeout_ms *
        NGTCP2_MILLISECONDS;

    if (peer != NULL && peer->max_idle_timeout > 0 &&
        (peer->max_idle_timeout < idle || idle == 0))
        idle = peer->max_idle_timeout;
    ngtcp2_conn_set_keep_alive_timeout(
        c->ngtcp2, c->requests > 0 && idle > 0 ? idle / 3 : UINT64_MAX);
}

int vb__quic_on_stream_open(ngtcp2_conn *conn, int64_t id, void *context)
{
    struct vb__quic_conn *c = context;

    (void)conn;
    if (ngtcp2_is_bidi_stream(id) && c->requests++ == 0)
        keep_alive(c);
    return 0;
}

/* The client may open another one in its place. */
int vb__quic_on_stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t id,
                             uint64_t code, void *context, void *stream)
{
    struct vb__quic_conn *c = context;

    (void)flags, (void)code, (void)stream;
    if (!is_over(c))
        vb_h3_stream_closed(c->h3, id);
    if (ngtcp2_is_bidi_stream(id)) {
        ngtcp2_conn_extend_max_streams_bidi(conn, 1);
        if (--c->requests == 0)
            keep_alive(c);
    }
    return go_on(c);
}

/* --- What h3 asks for -------------------------------------------------------
 */

static struct vb__quic_conn *conn_of(struct vb_h3_below *below)
{
    return VB_CONTAINER(below, struct vb__quic_conn, below);
}

static int64_t below_open_uni(struct vb_h3_below *below)
{
    struct vb__quic_conn *c = conn_of(below);
    int64_t id;

    return ngtcp2_conn_open_uni_stream(c->ngtcp2, &id, NULL) == 0 ? id : -1;
}

/* Out of memory, a window stays shut, and the connection cannot go on. */
static void check(struct vb__quic_conn *c, int rc)
{
    if (rc != 0)
        vb__quic_conn_fail(c, rc);
    vb__quic_mark(c);
}

static void below_consumed(struct vb_h3_below *below, int64_t id,
                           uint64_t count)
{
    struct vb__quic_conn *c = conn_of(below);

    ngtcp2_conn_extend_max_offset(c->ngtcp2, count);
    check(c, id < 0
                 ? 0
                 : ngtcp2_conn_extend_max_stream_offset(c->ngtcp2, id, count));
}

static void below_stop_sending(struct vb_h3_below *below, int64_t id,
                               uint64_t code)
{
    struct vb__quic_conn *c = conn_of(below);

    check(c, ngtcp2_conn_shutdown_stream_read(c->ngtcp2, 0, id, code));
}

static void below_reset(struct vb_h3_below *below, int64_t id, uint64_t code)
{
    struct vb__quic_conn *c = conn_of(below);

    check(c, ngtcp2_conn_shutdown_stream_write(c->ngtcp2, 0, id, code));
}

static void below_close(struct vb_h3_below *below, uint64_t code)
{
    vb__quic_conn_fail_h3(conn_of(below), code);
}

static void below_wake(struct vb_h3_below *below)
{
    vb__quic_mark(conn_of(below));
}

static const struct vb_h3_below_ops below_ops = {
    .open_uni = below_open_uni,
    .consumed = below_consumed,
    .stop_sending = below_stop_sending,
    .reset = below_reset,
    .close = below_close,
    .wake = below_wake,
};

/* --- Its life ---------------------------------------------------------------
 */

bool vb__quic_h3_begin(struct vb__quic_conn *c)
{
    void *memory = malloc(vb_h3_size());

    c->below.ops = &below_ops;
    if (memory != NULL)
        c->h3 =
            vb_h3_init(memory, c->quic->config.env, &c->shown.peer, &c->below);
    if (c->h3 == NULL) {
        free(memory);
        return false;
    }
    vb_h3_begin(c->h3);
    if (c->quic->leaving && !c->failed)
        vb_h3_shut_down(c->h3);
    return true;
}

void vb__quic_h3_end(struct vb__quic_conn *c)
{
    if (c->h3 == NULL)
        return;
    vb_h3_free(c->h3);
    free(c->h3);
    c->h3 = NULL;
}
