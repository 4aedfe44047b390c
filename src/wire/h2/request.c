/*
 * HEADERS, CONTINUATION and DATA: requests (RFC 9113
 * sections 5.1, 6.1, 6.2, 6.10, 8.1). Whatever becomes of a stream, its field
 * sections are decoded, since what compresses those that follow is in them, and
 * its content counts.
 */
#include "wire/h2/inner.h"

/* --- What a frame on a stream that is closed leads to (5.1) ------------------
 */

/* It may be passed over: the client could not know. */
static void late(struct vb_h2 *h2, uint32_t id, bool headers)
{
    bool old = h2->highest - id >= 2 * VB_H2_PAST;

    switch (vb__h2_stream_past(h2, id)) {
    case VB_H2_RESET:
        vb__h2_spend(h2, VB_COST_FRAME);
        break;
    case VB_H2_DONE:
        vb__h2_give_up(h2, VB_H2_STREAM_CLOSED);
        break;
    case VB_H2_SKIPPED:
        if (old && !headers)
            vb__h2_spend(h2, VB_COST_FRAME);
        else
            vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
        break;
    }
}

/* --- Field sections ----------------------------------------------------------
 */

/* RFC 9113 section 8.7: it may be sent again. */
static void refuse(struct vb_h2 *h2, uint32_t id)
{
    vb__h2_put_reset(h2, id, VB_H2_REFUSED_STREAM);
    vb__h2_spend(h2, VB_COST_RESET);
}

/* A new stream; NULL: it is refused, or too late (6.8). */
static struct vb_h2_stream *begin_stream(struct vb_h2 *h2, uint32_t id)
{
    struct vb_h2_stream *s = NULL;

    vb__h2_stream_reach(h2, id);
    if (h2->last) {
        vb__h2_spend(h2, VB_COST_RESET);
        return NULL;
    }
    if (h2->open < VB_MUX_STREAMS_MAX)
        s = vb__h2_stream_new(h2, id);
    if (s == NULL)
        refuse(h2, id);
    return s;
}

/* Trailers end their stream (8.1). */
static struct vb_h2_stream *begin_trailers(struct vb_h2_stream *s, bool end)
{
    if (s->broken)
        return NULL;
    if (s->mux.ended)
        vb__h2_break(s, VB_H2_STREAM_CLOSED);
    else if (!end || s->mux.switched) /* 8.5: a tunnel has DATA alone */
        vb__h2_break(s, VB_H2_PROTOCOL_ERROR);
    return s->broken ? NULL : s;
}

void vb__h2_headers_begin(struct vb_h2 *h2, const struct vb_h2_frame *frame,
                          uint32_t dependency)
{
    struct vb_h2_stream *s = vb__h2_stream_find(h2, frame->id);
    bool end = (frame->flags & VB_H2_END_STREAM) != 0;

    h2->section = (struct vb_h2_section){.id = frame->id, .end = end};
    if (s != NULL)
        h2->section.stream = begin_trailers(s, end);
    else if (frame->id % 2 == 0)
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    else if (frame->id > h2->highest)
        h2->section.stream = begin_stream(h2, frame->id);
    else
        late(h2, frame->id, true);
    if (dependency == frame->id && h2->section.stream != NULL) {
        vb__h2_break(h2->section.stream, VB_H2_PROTOCOL_ERROR);
        h2->section.stream = NULL;
    }
}

void vb__h2_continuation_begin(struct vb_h2 *h2)
{
    if (++h2->section.frames > VB_H2_CONTINUATIONS_MAX)
        vb__h2_give_up(h2, VB_H2_ENHANCE_YOUR_CALM);
}

/* The head is complete: malformed, or the service's. */
static void ask(struct vb_h2_stream *s, bool ended)
{
    struct vb_h2 *h2 = s->h2;
    uint32_t max = h2->env->limits->max_requests;

    if (!vb_mux_head_is_fine(&s->mux) ||
        !vb_mux_ask(&s->mux, &vb__h2_carrier, h2->wire->peer, ended)) {
        vb__h2_break(s, VB_H2_PROTOCOL_ERROR);
        return;
    }
    h2->requests++;
    if (max > 0 && h2->requests >= max)
        vb__h2_stop(h2);
}

static void end_content(struct vb_h2_stream *s)
{
    s->mux.ended = true;
    if (s->mux.x->verdict.status != 0 || vb_mux_content_is_all(&s->mux))
        vb__h2_mark(s);
    else
        vb__h2_break(s, VB_H2_PROTOCOL_ERROR);
}

void vb__h2_headers_end(struct vb_h2 *h2, uint8_t flags)
{
    struct vb_h2_stream *s;
    bool end = h2->section.end;

    if ((flags & VB_H2_END_HEADERS) == 0)
        return;
    vb__h2_decode(h2, vb_span_of(NULL, 0), true);
    s = h2->section.stream;
    h2->section = (struct vb_h2_section){.id = 0};
    if (s == NULL || h2->over)
        return;
    if (s->mux.malformed)
        vb__h2_break(s, VB_H2_PROTOCOL_ERROR);
    else if (s->mux.state == VB_MUX_HEAD)
        ask(s, end);
    else
        end_content(s);
}

/* --- Content -----------------------------------------------------------------
 */

/* Who takes the content of this stream; NULL: nobody. */
static struct vb_h2_stream *taker_of(const struct vb_h2 *h2, uint32_t id)
{
    struct vb_h2_stream *s = vb__h2_stream_find(h2, id);

    return s == NULL || s->broken ? NULL : s;
}

/* May it come on this stream, and does its window let it? */
static void check_stream(struct vb_h2_stream *s,
                         const struct vb_h2_frame *frame, uint32_t carried)
{
    if (s->mux.ended)
        vb__h2_break(s, VB_H2_STREAM_CLOSED);
    else if (!vb__h2_credit_take(&s->credit, frame->length))
        vb__h2_break(s, VB_H2_FLOW_CONTROL_ERROR);
    else if (!vb_mux_content_counts(&s->mux, carried))
        vb__h2_break(s, VB_H2_PROTOCOL_ERROR);
}

/* Padding, and what nobody takes, is used at once. */
static void pass(struct vb_h2 *h2, uint32_t id, uint32_t n)
{
    struct vb_h2_stream *s = taker_of(h2, id);

    vb__h2_consumed(h2, s != NULL && vb_mux_feeds(&s->mux) ? s : NULL, n);
}

void vb__h2_data_begin(struct vb_h2 *h2, const struct vb_h2_frame *frame,
                       uint32_t carried)
{
    struct vb_h2_stream *s = taker_of(h2, frame->id);

    if (!vb__h2_credit_take(&h2->credit, frame->length)) {
        vb__h2_give_up(h2, VB_H2_FLOW_CONTROL_ERROR);
        return;
    }
    if (frame->id > h2->highest || frame->id % 2 == 0)
        vb__h2_give_up(h2, VB_H2_PROTOCOL_ERROR);
    else if (s != NULL)
        check_stream(s, frame, carried);
    else if (vb__h2_stream_find(h2, frame->id) == NULL)
        late(h2, frame->id, false);
    if (carried == 0 && (frame->flags & VB_H2_END_STREAM) == 0)
        vb__h2_spend(h2, VB_COST_FRAME);
    if (!h2->over && frame->length > carried)
        pass(h2, frame->id, frame->length - carried);
}

void vb__h2_data_bytes(struct vb_h2 *h2, uint32_t id, struct vb_span bytes)
{
    struct vb_h2_stream *s = taker_of(h2, id);

    if (s == NULL) {
        pass(h2, id, (uint32_t)bytes.len);
        return;
    }
    vb_mux_content_bytes(&s->mux, bytes);
    vb__h2_mark(s);
}

void vb__h2_data_end(struct vb_h2 *h2, const struct vb_h2_frame *frame)
{
    struct vb_h2_stream *s = taker_of(h2, frame->id);

    if (s != NULL && (frame->flags & VB_H2_END_STREAM) != 0)
        end_content(s);
}
