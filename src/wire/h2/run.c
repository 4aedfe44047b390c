/*
 * What happens next on a connection: what streams are marked for, then frames
 * while there is room for them, until nothing more can be done without new
 * bytes, room to send, or an answer.
 */
#include "base/assert.h"
#include "wire/h2/inner.h"

/* A step leaves all streams where they are: only nghttp2 closes them. */
static void do_marked(struct vb_h2 *h2)
{
    while (h2->marked) {
        h2->marked = false;
        for (struct vb_h2_stream *s = h2->streams; s != NULL; s = s->next)
            if (s->mux.marked)
                vb_mux_step(&s->mux);
    }
}

/* Lets one frame, or several of data, out. False: there is none. */
static bool let_out(struct vb_h2 *h2)
{
    const uint8_t *bytes;
    ssize_t n = nghttp2_session_mem_send(h2->session, &bytes);

    if (n > 0 &&
        vb__h2_output_put(h2, vb_span_of((const char *)bytes, (size_t)n)))
        return true;
    if (n != 0)
        h2->broken = true;
    return false;
}

/* Is everything said, by both sides? */
static bool is_over(const struct vb_h2 *h2)
{
    if (h2->eof && h2->streams == NULL)
        return true;
    return !nghttp2_session_want_read(h2->session) &&
           !nghttp2_session_want_write(h2->session);
}

static void drop_streams(struct vb_h2 *h2)
{
    while (h2->streams != NULL)
        vb__h2_stream_closed(h2->streams);
}

static void look_at_end(struct vb_h2 *h2)
{
    if (h2->phase != VB_H2_OPEN || vb__h2_output_queued(h2) > 0 || !is_over(h2))
        return;
    drop_streams(h2);
    h2->phase = h2->eof ? VB_H2_CLOSED : VB_H2_LINGER;
    h2->read_since = h2->wire.env->now.mono_ms;
}

void vb__h2_run(struct vb_h2 *h2)
{
    bool more = true;

    if (h2->running || h2->phase != VB_H2_OPEN)
        return;
    h2->running = true;
    while (more && !h2->broken) {
        do_marked(h2);
        more = !vb__h2_output_full(h2) && let_out(h2);
        more |= h2->marked;
    }
    if (!h2->broken)
        look_at_end(h2);
    h2->running = false;
    if (h2->broken)
        vb__h2_close(h2);
}

void vb__h2_mark(struct vb_h2_stream *s)
{
    struct vb_h2 *h2 = s->h2;

    if (s->mux.closed)
        return;
    s->mux.marked = true;
    h2->marked = true;
    if (h2->running)
        return;
    vb__h2_run(h2);
    if (h2->wire.wake != NULL)
        h2->wire.wake(&h2->wire); /* which may end the wire */
}

void vb__h2_give_up(struct vb_h2 *h2, uint32_t code)
{
    if (h2->over)
        return;
    h2->over = true;
    if (nghttp2_session_terminate_session(h2->session, code) != 0)
        h2->broken = true;
}

void vb__h2_spend(struct vb_h2 *h2, int32_t cost)
{
    if (!vb_mux_budget_spend(&h2->budget, h2->wire.env->now.mono_ms, cost))
        vb__h2_give_up(h2, NGHTTP2_ENHANCE_YOUR_CALM);
}

void vb__h2_stop_now(struct vb_h2 *h2)
{
    if (h2->last || h2->over)
        return;
    h2->last = true;
    if (nghttp2_submit_goaway(
            h2->session, NGHTTP2_FLAG_NONE,
            nghttp2_session_get_last_proc_stream_id(h2->session),
            NGHTTP2_NO_ERROR, NULL, 0) != 0)
        h2->broken = true;
}

/* RFC 9113 section 6.8: requests may be on their way, and are to be answered;
 * once the PING is, all that follows was sent by who knows. With none under
 * way, the last is told at once: what comes then can be sent again. */
void vb__h2_stop(struct vb_h2 *h2)
{
    if (h2->stopping)
        return;
    h2->stopping = true;
    h2->read_since = h2->wire.env->now.mono_ms;
    if (h2->streams == NULL || !h2->begun) {
        vb__h2_stop_now(h2);
        return;
    }
    if (nghttp2_submit_shutdown_notice(h2->session) != 0)
        h2->broken = true;
}

/* Not before: nghttp2 lets a PING pass what waits. */
void vb__h2_goaway_sent(struct vb_h2 *h2)
{
    if (h2->last || h2->over)
        return;
    if (nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, NULL) != 0)
        h2->broken = true;
}

void vb__h2_close(struct vb_h2 *h2)
{
    vb_assert(!h2->running);
    h2->phase = VB_H2_CLOSED;
    h2->running = true; /* what ends may call, but nothing is to be done */
    vb__h2_output_clear(h2);
    drop_streams(h2);
    h2->running = false;
}
