/* What happens next on a connection: what streams are marked for, and how it
 * ends. */
#include "wire/h3/inner.h"

/* The source is asked as soon as there is little of it at hand, whatever the
 * windows let through: who answers may end it. */
static void go_both_ways(struct vb_h3_stream *s)
{
    vb__h3_fill(s);
    vb__h3_turn_join(s);
}

static void step(struct vb_h3_stream *s)
{
    if (s->mux.x == NULL)
        return;
    if (!s->broken)
        vb_mux_step(&s->mux);
    if (s->mux.both && !s->broken)
        go_both_ways(s);
    if (s->broken)
        vb__h3_stream_abort(s);
    else if (s->mux.switched && vb__h3_stream_is_over(s))
        vb__h3_stream_done(s);
}

/* Only what is below frees streams, and not within this. */
static void do_marked(struct vb_h3 *h3)
{
    while (h3->marks.first != NULL && !h3->over) {
        struct vb_mux_stream *s = h3->marks.first;

        vb_mux_delist(&h3->marks, s);
        step((struct vb_h3_stream *)s);
    }
}

/* Is all answered that is to be, and known to be the end? */
static bool is_over(const struct vb_h3 *h3)
{
    return h3->last && h3->busy == 0 && h3->control.acked >= h3->notice;
}

void vb__h3_run(struct vb_h3 *h3)
{
    if (h3->running || h3->over)
        return;
    h3->running = true;
    do_marked(h3);
    if (h3->stopping && h3->busy == 0)
        vb__h3_stop_now(h3);
    if (is_over(h3))
        vb__h3_give_up(h3, NGHTTP3_H3_NO_ERROR);
    h3->running = false;
}

void vb__h3_mark(struct vb_h3_stream *s)
{
    struct vb_h3 *h3 = s->h3;

    if (s->mux.closed || h3->over)
        return;
    vb_mux_enlist(&h3->marks, &s->mux);
    if (h3->running)
        return;
    vb__h3_run(h3);
    h3->below->ops->wake(h3->below);
}

void vb__h3_give_up(struct vb_h3 *h3, uint64_t code)
{
    if (h3->over)
        return;
    h3->over = true;
    h3->below->ops->close(h3->below, code);
}

void vb__h3_spend(struct vb_h3 *h3, int32_t cost)
{
    if (!vb_mux_budget_spend(&h3->budget, h3->env->now.mono_ms, cost))
        vb__h3_give_up(h3, NGHTTP3_H3_EXCESSIVE_LOAD);
}

/* --- The last request --------------------------------------------------------
 */

static void put_goaway(struct vb_h3 *h3, uint64_t id)
{
    char id_bytes[VB_VARINT_LEN];
    size_t len = vb_varint_put(id_bytes, id);
    char bytes[16 + VB_VARINT_LEN];
    size_t n = vb__h3_frame_put(bytes, VB_H3_GOAWAY, len);

    memcpy(bytes + n, id_bytes, len);
    if (!vb__h3_output_put(h3, &h3->control, vb_span_of(bytes, n + len)))
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
    h3->notice = h3->control.added;
}

void vb__h3_stop_now(struct vb_h3 *h3)
{
    if (h3->last || h3->over)
        return;
    h3->stopping = true;
    h3->last = true;
    h3->read_since = h3->env->now.mono_ms;
    h3->goaway = h3->highest + 4;
    put_goaway(h3, (uint64_t)h3->goaway);
}

/* RFC 9114 section 5.2: requests may be on their way, and are to be answered;
 * once the client is known to have got this, the last is told. With none under
 * way, it is told at once: what comes then can be sent again. */
void vb__h3_stop(struct vb_h3 *h3)
{
    if (h3->stopping || h3->over)
        return;
    h3->stopping = true;
    h3->read_since = h3->env->now.mono_ms;
    if (h3->busy == 0)
        vb__h3_stop_now(h3);
    else
        put_goaway(h3, VB_VARINT_MAX - 3);
}

void vb__h3_control_acked(struct vb_h3 *h3)
{
    if (h3->stopping && h3->control.acked >= h3->notice)
        vb__h3_stop_now(h3);
}
