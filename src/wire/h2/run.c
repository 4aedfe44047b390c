/*
 * What happens next on a connection: what streams are marked for, then frames
 * while there is room for them, until nothing more can be done without new
 * bytes, room to send, or an answer.
 */
#include "base/assert.h"
#include "wire/h2/inner.h"

/* A step leaves its stream where it is: it is closed behind that. */
static void step(struct vb_h2_stream *s)
{
    if (!s->broken)
        vb_mux_step(&s->mux);
    if (s->mux.both && !s->broken)
        vb__h2_stock(s);
    if (s->broken)
        vb__h2_stream_abort(s);
    else if (s->mux.all_sent)
        vb__h2_sent_all(s);
}

/* The next thing to do; false: there is none. */
static bool do_next(struct vb_h2 *h2)
{
    struct vb_mux_stream *s = h2->marks.first;

    if (s == NULL)
        return vb__h2_send(h2);
    vb_mux_delist(&h2->marks, s);
    step((struct vb_h2_stream *)s);
    return true;
}

static void drop_streams(struct vb_h2 *h2)
{
    while (h2->streams != NULL)
        vb__h2_stream_close(h2->streams, VB_H2_DONE, false);
}

/* Is everything said, by both sides? */
static bool is_over(const struct vb_h2 *h2)
{
    return h2->over || (h2->streams == NULL && (h2->last || h2->eof));
}

static void look_at_end(struct vb_h2 *h2)
{
    if (h2->output.queued > 0 || !is_over(h2))
        return;
    drop_streams(h2);
    h2->phase = h2->eof ? VB_H2_CLOSED : VB_H2_LINGER;
    h2->read_since = h2->env->now.mono_ms;
}

void vb__h2_run(struct vb_h2 *h2)
{
    if (h2->running || h2->phase != VB_H2_OPEN)
        return;
    h2->running = true;
    while (!h2->broken && !h2->over && !vb__h2_output_full(h2) && do_next(h2)) {
    }
    if (h2->stopping && h2->streams == NULL)
        vb__h2_stop_now(h2);
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
    vb_mux_enlist(&h2->marks, &s->mux);
    if (h2->running)
        return;
    vb__h2_run(h2);
    if (h2->wire->wake != NULL)
        h2->wire->wake(h2->wire); /* which may end the wire */
}

void vb__h2_give_up(struct vb_h2 *h2, enum vb_h2_code code)
{
    if (h2->over)
        return;
    h2->over = true;
    vb__h2_put_goaway(h2, h2->processed, code);
}

void vb__h2_spend(struct vb_h2 *h2, int32_t cost)
{
    if (!vb_mux_budget_spend(&h2->budget, h2->env->now.mono_ms, cost))
        vb__h2_give_up(h2, VB_H2_ENHANCE_YOUR_CALM);
}

/* --- The last request --------------------------------------------------------
 */

void vb__h2_stop_now(struct vb_h2 *h2)
{
    if (h2->last || h2->over)
        return;
    h2->last = true;
    vb__h2_put_goaway(h2, h2->processed, VB_H2_NO_ERROR);
}

/* RFC 9113 section 6.8: requests may be on their way, and are to be answered;
 * once the PING is, all that follows was sent by who knows. With none under
 * way, the last is told at once: what comes then can be sent again. */
void vb__h2_stop(struct vb_h2 *h2)
{
    if (h2->stopping || h2->over)
        return;
    h2->stopping = true;
    h2->read_since = h2->env->now.mono_ms;
    if (h2->streams == NULL || !h2->begun) {
        vb__h2_stop_now(h2);
        return;
    }
    vb__h2_put_goaway(h2, VB_H2_ID_MAX, VB_H2_NO_ERROR);
    vb__h2_put_ping(h2);
}

void vb__h2_close(struct vb_h2 *h2)
{
    vb_assert(!h2->running);
    h2->phase = VB_H2_CLOSED;
    h2->over = true;    /* nothing is told any more */
    h2->running = true; /* what ends may call, but nothing is to be done */
    vb__h2_output_clear(h2);
    drop_streams(h2);
    h2->running = false;
}
