/*
 * A request's content on its way out, as DATA frames of what the server's
 * windows let through, in turns. A frame is a copy of what the source gave,
 * which is not asked for more before all of that is queued. So what is in
 * memory is bounded by VB_H1_QUEUE_MAX and one piece of each source's.
 */
#include "base/assert.h"
#include "wire/h2c/inner.h"

/* An end needs no window. */
static bool is_sendable(const struct vb_h2c_stream *s)
{
    return s->sending == VB_H2C_PULLING && !s->pending &&
           (s->tail.len == 0 || s->window > 0);
}

void vb__h2c_turn_join(struct vb_h2c_stream *s)
{
    if (is_sendable(s) && vb_list_empty(&s->turn))
        vb_list_append(&s->c->turns, &s->turn);
}

static void sent_all(struct vb_h2c_stream *s)
{
    s->sending = VB_H2C_SENT;
    s->call->content_sent = true;
    s->asked = s->c->env->now.mono_ms;
    if (s->part == VB_H2C_ALL) /* a tunnel, whose other side has ended */
        vb__h2c_end(s, VB_CALL_WHOLE, NULL);
}

/* Trailers, or an empty frame, say that there is no more. */
static void put_end(struct vb_h2c_stream *s)
{
    const struct vb_fields *trailers = s->call->trailers;
    struct vb_section section = {.count = 0};

    if (trailers != NULL && !s->call->switched &&
        !vb_section_trailers(&section, s->call->arena, trailers)) {
        vb__h2c_abort(s, VB_CALL_NOMEM, NULL, VB_H2_INTERNAL_ERROR);
        return;
    }
    if (section.count == 0)
        vb__h2c_put(s->c, VB_H2_DATA, VB_H2_END_STREAM, s->id, VB_SPAN(""));
    else if (!vb__h2c_put_section(s, &section, VB_H2_END_STREAM))
        s->c->broken = true;
    sent_all(s);
}

/* The last byte of a length that was said is an end. */
static bool is_last(const struct vb_h2c_stream *s)
{
    return s->tail.len == 0 && s->owed == 0 && s->call->trailers == NULL &&
           !s->call->switched;
}

/* As much of the tail as the windows and a frame let through. */
static void put_tail(struct vb_h2c_stream *s)
{
    struct vb_h2c *c = s->c;
    int64_t most = s->window < c->window ? s->window : c->window;
    struct vb_span part;

    vb_assert(most > 0);
    part = vb_span_head(s->tail, most < VB_H2_FRAME_MAX ? (size_t)most
                                                        : VB_H2_FRAME_MAX);
    s->tail = vb_span_from(s->tail, part.len);
    s->window -= (int64_t)part.len;
    c->window -= (int64_t)part.len;
    s->moved = c->env->now.mono_ms;
    if (part.len >= VB_H2C_GAIN_MIN) /* windows are opened again for it */
        vb_mux_budget_gain(&c->budget, VB_GAIN_REPLY);
    vb__h2c_put(c, VB_H2_DATA, is_last(s) ? VB_H2_END_STREAM : 0, s->id, part);
    if (is_last(s))
        sent_all(s);
}

static void pull(struct vb_h2c_stream *s)
{
    struct vb_h2c *c = s->c;
    uint32_t id = s->id;
    struct vb_span bytes = {NULL, 0};
    enum vb_pull pulled;

    s->ready = false;
    pulled = vb_pull_owed(s->call->content, &s->owed, &bytes);
    if (vb__h2c_find(c, id) == NULL) /* it was cancelled meanwhile */
        return;
    switch (pulled) {
    case VB_PULL_BYTES:
        s->tail = bytes;
        break;
    case VB_PULL_PENDING:
        s->pending = !s->ready;
        break;
    case VB_PULL_END:
        put_end(s);
        break;
    case VB_PULL_FILE:
    case VB_PULL_FAILED:
        vb__h2c_abort(s, VB_CALL_OWN_CUT, NULL, VB_H2_CANCEL);
        break;
    }
}

bool vb__h2c_send(struct vb_h2c *c)
{
    struct vb_h2c_stream *s;
    uint32_t id;

    if (vb_list_empty(&c->turns))
        return false;
    s = VB_CONTAINER(c->turns.next, struct vb_h2c_stream, turn);
    if (s->tail.len > 0 && c->window <= 0)
        return false;
    id = s->id;
    vb_list_remove(&s->turn);
    if (s->tail.len > 0)
        put_tail(s);
    else if (s->call->content == NULL) /* a tunnel that is only filled */
        put_end(s);
    else
        pull(s);
    if (vb__h2c_find(c, id) != NULL)
        vb__h2c_turn_join(s);
    return true;
}
