/* What comes from below: bytes, and the ends of streams. */
#include "base/assert.h"
#include "wire/h3/inner.h"

/* The stream of a request; NULL: there is no memory. One that is refused has no
 * exchange, and may be sent again (RFC 9114 section 4.1.1). */
static struct vb_h3_stream *begin_request(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = vb__h3_stream_new(h3, id);

    if (s == NULL)
        return NULL;
    if ((!h3->last || id < h3->goaway) && vb__h3_stream_begin(s))
        return s;
    vb__h3_stream_unsent(s, NGHTTP3_H3_REQUEST_REJECTED);
    vb__h3_stream_unread(s, NGHTTP3_H3_REQUEST_REJECTED, true);
    return s;
}

static void request_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes,
                         bool fin, bool early)
{
    struct vb_h3_stream *s = vb__h3_stream_find(h3, id);

    if (s == NULL)
        s = begin_request(h3, id);
    if (s == NULL || s->mux.x == NULL || s->in_done) {
        if (bytes.len > 0)
            h3->below->ops->consumed(h3->below, -1, bytes.len);
        if (s != NULL)
            s->in_done |= fin;
        return;
    }
    if (!s->complete)
        s->early |= early;
    vb__h3_request_data(s, bytes, fin);
}

void vb_h3_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes, bool fin,
                bool early)
{
    vb_assert(!h3->running);
    if (h3->over)
        return;
    h3->running = true;
    if (vb__h3_is_uni(id))
        vb__h3_uni_data(h3, id, bytes, fin);
    else
        request_data(h3, id, bytes, fin, early);
    h3->running = false;
    vb__h3_run(h3);
}

/* What the client breaks off of a request is one that it wants no more, unless
 * it is answered, and we asked for no more ourselves. Of some nothing has come.
 */
static void request_reset(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = vb__h3_stream_find(h3, id);

    if (s == NULL)
        s = vb__h3_stream_new(h3, id);
    if (s == NULL || s->in_done)
        return;
    vb__h3_stream_unread(s, 0, false);
    if (s->mux.x == NULL)
        vb__h3_stream_unsent(s, NGHTTP3_H3_REQUEST_CANCELLED);
    else if (!s->mux.replied)
        vb__h3_break(s, NGHTTP3_H3_REQUEST_CANCELLED);
    else if (s->mux.both)
        vb_mux_cut_short(&s->mux);
}

void vb_h3_peer_reset(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    (void)code; /* whichever: RFC 9114 section 8 */
    if (h3->over)
        return;
    h3->running = true;
    if (vb__h3_is_uni(id))
        vb__h3_uni_gone(h3, id, false);
    else
        request_reset(h3, id);
    h3->running = false;
    vb__h3_run(h3);
}

/* Likewise of what we send; then what it asks for is of no use either. */
static void request_stopped(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = vb__h3_stream_find(h3, id);

    if (s == NULL)
        s = vb__h3_stream_new(h3, id);
    if (s == NULL)
        return;
    s->out_done = true;
    if (s->mux.x != NULL)
        vb__h3_break(s, NGHTTP3_H3_REQUEST_CANCELLED);
    else
        vb__h3_stream_unread(s, NGHTTP3_H3_REQUEST_CANCELLED, true);
}

void vb_h3_peer_stopped(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    (void)code;
    if (h3->over)
        return;
    h3->running = true;
    if (!vb__h3_is_uni(id))
        request_stopped(h3, id);
    else /* one of ours: RFC 9114 section 6.2.1 */
        vb__h3_give_up(h3, NGHTTP3_H3_CLOSED_CRITICAL_STREAM);
    h3->running = false;
    vb__h3_run(h3);
}

void vb_h3_stream_closed(struct vb_h3 *h3, int64_t id)
{
    struct vb_h3_stream *s = vb__h3_stream_find(h3, id);

    if (h3->over)
        return;
    h3->running = true;
    if (vb__h3_is_uni(id)) {
        vb__h3_uni_gone(h3, id, true);
    } else {
        h3->closed++;
        if (s == NULL || !s->mux.all_sent)
            vb__h3_spend(h3, VB_COST_RESET);
        else
            vb_mux_budget_gain(&h3->budget, VB_GAIN_REPLY);
        if (s != NULL)
            vb__h3_stream_free(s);
    }
    h3->running = false;
    vb__h3_run(h3);
}
