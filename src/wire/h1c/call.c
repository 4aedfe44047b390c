/*
 * What a call, and who owns the client, ask for. They only leave marks: what is
 * to be done is done when the loop, which is woken for it, drains.
 */
#include "base/list.h"
#include "wire/calls.h"
#include "wire/h1c/inner.h"

static struct vb_h1c *h1c_of(struct vb_client *client)
{
    return VB_CONTAINER(client, struct vb_h1c, client);
}

static void mark(struct vb_h1c *c)
{
    c->marked = true;
    if (!c->running && c->wire.wake != NULL)
        c->wire.wake(&c->wire);
}

/* --- The client's -----------------------------------------------------------
 */

/* All of the one before is forgotten. */
static void reset(struct vb_h1c *c, struct vb_call *call)
{
    int64_t now = c->wire.env->now.mono_ms;

    c->call = call;
    c->phase = VB_H1C_CALL;
    c->moved = c->asked = now;
    c->owed = call->content == NULL ? -1 : call->content->length;
    c->interims = 0;
    c->touched = c->pending = c->paused = c->keep = c->takes = false;
    call->carrier = &vb__h1c_carrier;
    call->own = c;
    call->reused = c->client.calls > 0;
    call->begun_ms = now;
    c->client.calls++;
}

static void begin_bare(struct vb_h1c *c)
{
    c->call->switched = true;
    c->part = VB_H1C_RAW;
    c->sending = VB_H1C_PULLING;
}

static void begin_request(struct vb_h1c *c)
{
    const struct vb_call *call = c->call;

    c->part = VB_H1C_HEAD;
    if (call->content == NULL || vb_call_switches(call))
        c->sending = VB_H1C_SENT;
    else
        c->sending = call->expects ? VB_H1C_HELD : VB_H1C_PULLING;
}

static unsigned room(const struct vb_client *client)
{
    const struct vb_h1c *c = VB_CONTAINER(client, const struct vb_h1c, client);

    if (c->phase != VB_H1C_IDLE || c->stopping)
        return 0;
    return c->bare ? client->calls == 0 : !c->eof;
}

static enum vb_err start(struct vb_client *client, struct vb_call *call)
{
    struct vb_h1c *c = h1c_of(client);
    enum vb_err err = VB_OK;

    if (room(client) == 0)
        return VB_ERR_CLOSED;
    if (!c->bare)
        err = vb__h1c_write_head(c, call);
    if (err != VB_OK)
        return err;
    reset(c, call);
    if (c->bare)
        begin_bare(c);
    else
        begin_request(c);
    mark(c);
    return VB_OK;
}

static void close_client(struct vb_client *client)
{
    struct vb_h1c *c = h1c_of(client);

    c->stopping = true;
    if (c->phase == VB_H1C_IDLE)
        vb__h1c_over(c);
    mark(c);
}

const struct vb_client_ops vb__h1c_client_ops = {
    .start = start,
    .room = room,
    .close = close_client,
};

/* --- The call's -------------------------------------------------------------
 */

static void resume(struct vb_call *call)
{
    struct vb_h1c *c = call->own;

    c->paused = false;
    c->moved = c->wire.env->now.mono_ms;
    mark(c);
}

static void content_ready(struct vb_call *call)
{
    struct vb_h1c *c = call->own;

    c->ready = true;
    c->pending = false;
    mark(c);
}

/* What has come of it, and what may still come, is of no use to any other. A
 * tunnel that breaks off must not look like one that has ended. */
static void cancel(struct vb_call *call)
{
    struct vb_h1c *c = call->own;

    c->reset = call->switched;
    vb__h1c_over(c);
    mark(c);
}

const struct vb_call_carrier vb__h1c_carrier = {
    .resume = resume,
    .content_ready = content_ready,
    .cancel = cancel,
};
