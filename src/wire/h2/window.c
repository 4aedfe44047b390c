/*
 * Flow control (RFC 9113 sections 5.2, 6.9). What the client may send is given
 * back as sinks take it, when it is half a window: less would cost more frames
 * than it is worth.
 */
#include "wire/h2/inner.h"

static void give_back(struct vb_h2 *h2, struct vb_h2_credit *credit,
                      uint32_t id, uint32_t n, uint32_t window)
{
    credit->used += n;
    if (credit->used < window / 2)
        return;
    vb__h2_put_window(h2, id, credit->used);
    credit->left += (int32_t)credit->used;
    credit->used = 0;
}

void vb__h2_consumed(struct vb_h2 *h2, struct vb_h2_stream *s, uint32_t n)
{
    if (h2->over)
        return;
    give_back(h2, &h2->credit, 0, n, VB_MUX_WINDOW);
    if (s != NULL && !s->mux.ended && !s->broken)
        give_back(h2, &s->credit, s->id, n, VB_MUX_STREAM_WINDOW);
}

void vb__h2_window_open(struct vb_h2 *h2, struct vb_h2_stream *s, uint32_t n)
{
    int64_t *window = s == NULL ? &h2->window : &s->window;

    *window += n;
    if (*window <= VB_H2_WINDOW_MAX) {
        if (s != NULL)
            vb__h2_turn_join(s);
    } else if (s == NULL) {
        vb__h2_give_up(h2, VB_H2_FLOW_CONTROL_ERROR);
    } else {
        vb__h2_break(s, VB_H2_FLOW_CONTROL_ERROR);
    }
}

void vb__h2_window_initial(struct vb_h2 *h2, uint32_t n)
{
    int64_t more = (int64_t)n - h2->initial;

    h2->initial = n;
    for (struct vb_h2_stream *s = h2->streams; s != NULL; s = s->next) {
        s->window += more;
        if (s->window > VB_H2_WINDOW_MAX) {
            vb__h2_give_up(h2, VB_H2_FLOW_CONTROL_ERROR);
            return;
        }
        if (s->window <= 0)
            vb_mux_turn_leave(&h2->turns, &s->mux);
        else
            vb__h2_turn_join(s);
    }
}
