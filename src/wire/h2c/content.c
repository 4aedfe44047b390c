/*
 * A reply's content on its way to the call: as it comes, and without a copy
 * unless the call has paused. What waits for it is bounded by the stream's
 * window, which opens only as the call takes bytes. The connection's opens at
 * once, since one paused call is not to stop all others; until too much waits.
 */
#include "wire/h2c/inner.h"

/* --- Windows (RFC 9113 sections 5.2, 6.9) -----------------------------------
 */

/* When it is half a window: less would cost more frames than it is worth. */
static void give_back(struct vb_h2c *c, struct vb_h2_credit *credit,
                      uint32_t id, uint32_t window)
{
    if (credit->used < window / 2 || c->phase != VB_H2C_OPEN)
        return;
    vb__h2c_put_window(c, id, credit->used);
    credit->left += (int32_t)credit->used;
    credit->used = 0;
}

void vb__h2c_took(struct vb_h2c *c, uint32_t n)
{
    c->credit.used += n;
    if (c->waiting <= VB_H2C_WAITING_MAX)
        give_back(c, &c->credit, 0, VB_MUX_WINDOW);
}

void vb__h2c_consumed(struct vb_h2c_stream *s, uint32_t n)
{
    s->credit.used += n;
    if (!s->ended)
        give_back(s->c, &s->credit, s->id, VB_MUX_STREAM_WINDOW);
}

/* --- Counting ---------------------------------------------------------------
 */

static void malformed(struct vb_h2c_stream *s, const char *why)
{
    vb__h2c_abort(s, VB_CALL_MALFORMED, why, VB_H2_PROTOCOL_ERROR);
}

bool vb__h2c_content_counts(struct vb_h2c_stream *s, uint32_t length,
                            uint32_t carried)
{
    s->content += carried;
    if (s->ended)
        vb__h2c_abort(s, VB_CALL_MALFORMED, "Content comes after its end.",
                      VB_H2_STREAM_CLOSED);
    else if (s->part == VB_H2C_HEAD)
        malformed(s, "Content comes before the reply's head.");
    else if (s->bare && carried > 0)
        malformed(s, "There is content where there can be none.");
    else if (s->expected >= 0 && s->content > (uint64_t)s->expected)
        malformed(s, "There is more content than Content-Length says.");
    else if (!vb__h2_credit_take(&s->credit, length))
        vb__h2c_abort(s, VB_CALL_MALFORMED, "Content passes its window.",
                      VB_H2_FLOW_CONTROL_ERROR);
    else
        return true;
    return false;
}

/* --- Bytes ------------------------------------------------------------------
 */

/* False: the stream is gone. */
static bool give(struct vb_h2c_stream *s, struct vb_span bytes)
{
    struct vb_h2c *c = s->c;
    uint32_t id = s->id;
    enum vb_sink_want want = s->call->ops->content(s->call, bytes);

    if (vb__h2c_find(c, id) == NULL)
        return false;
    s->paused = want == VB_SINK_PAUSE;
    vb__h2c_consumed(s, (uint32_t)bytes.len);
    return true;
}

void vb__h2c_content_bytes(struct vb_h2c_stream *s, struct vb_span bytes)
{
    s->moved = s->c->env->now.mono_ms;
    if (!s->paused && s->waiting.len == 0) {
        give(s, bytes);
        return;
    }
    vb_buf_append(&s->waiting, bytes);
    if (s->waiting.err != VB_OK) {
        vb__h2c_abort(s, VB_CALL_NOMEM, NULL, VB_H2_INTERNAL_ERROR);
        return;
    }
    s->c->waiting += bytes.len;
}

/* What is left of the request is of no interest (RFC 9113 section 8.1). */
static void finish(struct vb_h2c_stream *s)
{
    if (s->sending == VB_H2C_SENT)
        vb__h2c_end(s, VB_CALL_WHOLE, NULL);
    else
        vb__h2c_abort(s, VB_CALL_WHOLE, NULL, VB_H2_CANCEL);
}

/* What we send may go on, and the call ends with that (8.5). */
static void end_tunnel_in(struct vb_h2c_stream *s)
{
    struct vb_h2c *c = s->c;
    uint32_t id = s->id;

    if (s->call->ops->eof != NULL) {
        s->call->ops->eof(s->call);
        if (vb__h2c_find(c, id) == NULL || s->sending != VB_H2C_SENT)
            return;
    }
    finish(s);
}

/* All of it was taken, and its end has come. */
static void end(struct vb_h2c_stream *s)
{
    bool tunnel = s->part == VB_H2C_RAW;

    s->part = VB_H2C_ALL;
    if (tunnel)
        end_tunnel_in(s);
    else
        finish(s);
}

/* RFC 9113 section 8.1.1. */
void vb__h2c_content_end(struct vb_h2c_stream *s)
{
    if (s->expected >= 0 && s->content != (uint64_t)s->expected && !s->bare) {
        malformed(s, "There is less content than Content-Length says.");
        return;
    }
    s->ended = true;
    if (!s->paused && s->waiting.len == 0)
        end(s);
}

void vb__h2c_content_go_on(struct vb_h2c_stream *s)
{
    if (!s->paused && s->waiting.len > 0) {
        struct vb_h2c *c = s->c;
        struct vb_buf waiting = s->waiting;
        bool there;

        vb_buf_init(&s->waiting, waiting.limit);
        c->waiting -= waiting.len;
        there = give(s, vb_buf_span(&waiting));
        vb_buf_done(&waiting);
        vb__h2c_took(c, 0);
        if (!there)
            return;
    }
    if (!s->paused && s->ended && s->waiting.len == 0 && s->part != VB_H2C_ALL)
        end(s);
}
