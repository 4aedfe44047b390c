/*
 * What calls, and who owns the client, ask for. A request's head is queued at
 * once, in the order of its id; all else only leaves marks for when the loop,
 * which is woken for it, drains.
 */
#include "wire/h2c/inner.h"

/* --- The client's -----------------------------------------------------------
 */

/* Ids may run out (RFC 9113 section 5.1.1). */
static unsigned room(const struct vb_client *client)
{
    const struct vb_h2c *c = vb__h2c_of((struct vb_client *)client);

    if (c->phase != VB_H2C_OPEN || c->stopping || c->leaving || c->broken ||
        c->next_id > VB_H2_ID_MAX || c->open >= c->most)
        return 0;
    return c->most - c->open;
}

/* What the server's SETTINGS must allow, and do not: RFC 8441 section 3. */
static bool is_refused(const struct vb_h2c *c, const struct vb_call *call)
{
    return call->protocol.len > 0 && c->begun && !c->connects;
}

static void begin(struct vb_h2c *c, struct vb_call *call,
                  struct vb_h2c_stream *s)
{
    call->carrier = &vb__h2c_carrier;
    call->own = s;
    call->reused = c->client->calls > 0;
    call->begun_ms = c->env->now.mono_ms;
    c->client->calls++;
}

static enum vb_err start(struct vb_client *client, struct vb_call *call)
{
    struct vb_h2c *c = vb__h2c_of(client);
    struct vb_h2c_stream *s;
    enum vb_err err = VB_OK;

    if (room(client) == 0)
        return VB_ERR_CLOSED;
    if (!vb_call_is_sayable(call))
        return VB_ERR_INVALID;
    if (is_refused(c, call))
        return VB_ERR_UNSUPPORTED;
    s = vb__h2c_stream_new(c, call);
    if (s == NULL)
        return VB_ERR_NOMEM;
    if (call->protocol.len == 0 || c->begun)
        err = vb__h2c_say(s);
    if (err == VB_OK)
        begin(c, call, s);
    else
        vb__h2c_stream_remove(s);
    vb__h2c_mark(c, NULL); /* also where that has broken it */
    return err;
}

static void close_client(struct vb_client *client)
{
    struct vb_h2c *c = vb__h2c_of(client);

    c->stopping = true;
    vb__h2c_mark(c, NULL);
}

const struct vb_client_ops vb__h2c_client_ops = {
    .start = start,
    .room = room,
    .close = close_client,
};

/* --- The call's -------------------------------------------------------------
 */

static void resume(struct vb_call *call)
{
    struct vb_h2c_stream *s = call->own;

    s->paused = false;
    s->moved = s->c->env->now.mono_ms;
    vb__h2c_mark(s->c, s);
}

static void content_ready(struct vb_call *call)
{
    struct vb_h2c_stream *s = call->own;

    s->ready = true;
    s->pending = false;
    vb__h2c_turn_join(s);
    vb__h2c_mark(s->c, NULL);
}

static void cancel(struct vb_call *call)
{
    struct vb_h2c_stream *s = call->own;
    struct vb_h2c *c = s->c;

    if (s->id != 0 && c->phase == VB_H2C_OPEN)
        vb__h2c_put_reset(c, s->id, VB_H2_CANCEL);
    vb__h2c_stream_remove(s);
    vb__h2c_mark(c, NULL);
}

const struct vb_call_carrier vb__h2c_carrier = {
    .resume = resume,
    .content_ready = content_ready,
    .cancel = cancel,
};
