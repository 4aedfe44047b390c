/*
 * What happens next on a client's connection: one step after the other until
 * there is nothing to be done without new bytes, room to send, or a word of the
 * call's.
 */
#include "base/assert.h"
#include "wire/h1c/inner.h"

/* --- Ends -------------------------------------------------------------------
 */

void vb__h1c_over(struct vb_h1c *c)
{
    c->phase = VB_H1C_OVER;
    c->call = NULL;
    c->tail = vb_span_of(NULL, 0);
    c->tail_crlf = 0;
    vb__h1_blocks_clear(&c->output, c->wire.env);
}

/* RFC 9112 section 9.3: all was sent, and all was read, and nothing speaks
 * against another one. */
static bool may_go_on(const struct vb_h1c *c)
{
    return !c->bare && !c->stopping && !c->eof && c->keep &&
           c->sending == VB_H1C_SENT && !vb__h1c_has_output(c);
}

void vb__h1c_finish(struct vb_h1c *c, enum vb_call_end end, bool reusable)
{
    struct vb_call *call = c->call;

    if (c->part == VB_H1C_ALL && !call->switched)
        end = VB_CALL_WHOLE; /* whatever has become of the request */
    c->client.idle_since = c->wire.env->now.mono_ms;
    if (reusable && may_go_on(c)) {
        c->phase = VB_H1C_IDLE;
        c->call = NULL;
    } else {
        vb__h1c_over(c);
    }
    call->ops->end(call, end);
    if (c->phase == VB_H1C_IDLE && c->client.changed != NULL)
        c->client.changed(&c->client);
}

void vb__h1c_fail(struct vb_h1c *c, enum vb_call_end end, const char *why)
{
    c->call->why = why;
    vb__h1c_finish(c, end, false);
}

void vb__h1c_lost(struct vb_h1c *c)
{
    enum vb_call_end end = VB_CALL_CUT;

    if (c->phase == VB_H1C_CALL) {
        if (!c->call->begun)
            end = c->touched ? VB_CALL_CLOSED : VB_CALL_UNSEEN;
        vb__h1c_finish(c, end, false);
    } else {
        vb__h1c_over(c);
    }
}

/* --- Steps ------------------------------------------------------------------
 */

/* Both sides of a tunnel have ended, and the other one will get our end. */
static bool tunnel_is_over(const struct vb_h1c *c)
{
    return c->call->switched && c->part == VB_H1C_ALL &&
           c->sending == VB_H1C_SENT && !vb__h1c_has_output(c);
}

/* The other side of a tunnel has ended (RFC 9110 section 9.3.6). */
static void end_tunnel_in(struct vb_h1c *c)
{
    struct vb_call *call = c->call;

    c->part = VB_H1C_ALL;
    if (call->ops->eof == NULL)
        vb__h1c_finish(c, VB_CALL_WHOLE, false);
    else
        call->ops->eof(call);
}

/* All that came was used, and no more will come. */
static bool eof_step(struct vb_h1c *c)
{
    if (!c->eof || c->paused)
        return false;
    switch ((enum vb_h1c_part)c->part) {
    case VB_H1C_TO_CLOSE: /* RFC 9112 section 6.3 */
        vb__h1c_finish(c, VB_CALL_WHOLE, false);
        return true;
    case VB_H1C_RAW:
        end_tunnel_in(c);
        return true;
    case VB_H1C_HEAD:
    case VB_H1C_LENGTH:
    case VB_H1C_CHUNKED:
    case VB_H1C_TRAILERS: /* RFC 9112 section 8 */
        vb__h1c_lost(c);
        return true;
    case VB_H1C_ALL:
        break;
    }
    return false;
}

/* A reply that comes early, and refuses nothing, does not end the request (RFC
 * 9110 section 7.5). */
static bool is_early(const struct vb_h1c *c, const struct vb_span *in)
{
    return (c->sending == VB_H1C_PULLING || vb__h1c_has_output(c)) &&
           c->takes && !c->stopping && !c->eof && in->len == 0;
}

/* What is behind the reply is nobody's (RFC 9112 section 6.3). */
static bool end_step(struct vb_h1c *c, const struct vb_span *in)
{
    if (c->part != VB_H1C_ALL || c->paused)
        return false;
    if (!c->call->switched && is_early(c, in))
        return false;
    if (!c->call->switched)
        vb__h1c_finish(c, VB_CALL_WHOLE, in->len == 0);
    else if (tunnel_is_over(c))
        vb__h1c_finish(c, VB_CALL_WHOLE, false);
    else
        return false;
    return true;
}

static bool call_step(struct vb_h1c *c, struct vb_span *in)
{
    if (vb__h1c_send_step(c) || c->phase != VB_H1C_CALL)
        return true;
    if (c->part == VB_H1C_HEAD ? vb__h1c_take_head(c, in)
                               : vb__h1c_take_content(c, in))
        return true;
    return end_step(c, in) || eof_step(c);
}

static bool step(struct vb_h1c *c, struct vb_span *in)
{
    switch ((enum vb_h1c_phase)c->phase) {
    case VB_H1C_CALL:
        return call_step(c, in);
    case VB_H1C_IDLE: /* RFC 9112 section 9.2 */
        if (c->bare || (in->len == 0 && !c->eof && !c->stopping))
            return false;
        vb__h1c_over(c);
        return true;
    case VB_H1C_OVER:
        *in = vb_span_of(NULL, 0);
        break;
    }
    return false;
}

void vb__h1c_run(struct vb_h1c *c, struct vb_span *in)
{
    vb_assert(!c->running);
    c->running = true;
    do
        c->marked = false;
    while (step(c, in) || c->marked);
    c->running = false;
}

void vb__h1c_run_stored(struct vb_h1c *c)
{
    struct vb_span in = vb__h1_input_span(c->input);
    size_t before = in.len;

    vb__h1c_run(c, &in);
    vb__h1_input_drop(&c->input, before - in.len);
}
