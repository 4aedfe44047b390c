/* The wire's operations: what the loop calls. */
#include "wire/h1c/h1c.h"

#include "wire/h1c/inner.h"

static struct vb_h1c *h1c_of(struct vb_wire *wire)
{
    return (struct vb_h1c *)wire;
}

/* Bytes for a call of which nothing was sent are no reply to it (RFC 9112
 * section 9.2), and an end is none of its: it goes on elsewhere. What is bare
 * has no such order. */
static bool is_unasked(const struct vb_h1c *c)
{
    return !c->bare && c->phase == VB_H1C_CALL && !c->touched;
}

static void note_bytes(struct vb_h1c *c)
{
    c->moved = c->wire.env->now.mono_ms;
    if (c->phase == VB_H1C_CALL)
        c->call->begun = true;
}

static void keep(struct vb_h1c *c, struct vb_span bytes)
{
    if (bytes.len == 0 || vb__h1_input_add(&c->input, bytes))
        return;
    if (c->phase == VB_H1C_CALL)
        vb__h1c_fail(c, VB_CALL_NOMEM, NULL);
    else
        vb__h1c_over(c);
}

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct vb_h1c *c = h1c_of(wire);

    if (bytes.len == 0 || c->phase == VB_H1C_OVER)
        return;
    if (is_unasked(c)) {
        vb__h1c_lost(c);
        return;
    }
    note_bytes(c);
    if (c->input == NULL) {
        vb__h1c_run(c, &bytes);
        keep(c, bytes);
    } else {
        keep(c, bytes);
        vb__h1c_run_stored(c);
    }
}

static void eof(struct vb_wire *wire)
{
    struct vb_h1c *c = h1c_of(wire);

    c->eof = true;
    if (is_unasked(c))
        vb__h1c_lost(c);
    else
        vb__h1c_run_stored(c);
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    struct vb_h1c *c = h1c_of(wire);

    ret_file->length = 0;
    vb__h1c_run_stored(c);
    return vb__h1c_output_drain(c, iov, max);
}

static void sent(struct vb_wire *wire, size_t n)
{
    struct vb_h1c *c = h1c_of(wire);

    if (c->phase == VB_H1C_OVER)
        return;
    c->moved = wire->env->now.mono_ms;
    c->touched |= n > 0;
    vb__h1c_output_sent(c, n);
    if (!vb__h1c_has_output(c) && c->sending != VB_H1C_PULLING)
        c->asked = wire->env->now.mono_ms;
    if (n > 0)
        vb__h1c_run_stored(c);
}

/* Can bytes be used, or at least kept without harm? */
static bool wants_bytes(const struct vb_h1c *c)
{
    if (c->eof || c->paused)
        return false;
    return c->phase == VB_H1C_CALL || !c->bare; /* it waits for its call */
}

/* What we send in a tunnel has ended, and what comes has not. */
static bool is_half_closed(const struct vb_h1c *c)
{
    return c->phase == VB_H1C_CALL && c->call->switched &&
           c->sending == VB_H1C_SENT && !vb__h1c_has_output(c);
}

static unsigned state(const struct vb_wire *wire)
{
    const struct vb_h1c *c = (const struct vb_h1c *)wire;
    unsigned bits = 0;

    if (c->phase == VB_H1C_OVER)
        return VB_WIRE_CLOSE | (c->reset ? VB_WIRE_RESET : 0);
    if (wants_bytes(c))
        bits |= VB_WIRE_READ | (is_half_closed(c) ? VB_WIRE_LINGER : 0);
    if (c->marked || vb__h1c_has_output(c) || vb__h1c_can_send(c))
        bits |= VB_WIRE_WRITE;
    return bits;
}

static void shut_down(struct vb_wire *wire)
{
    struct vb_h1c *c = h1c_of(wire);

    c->stopping = true;
    vb__h1c_run_stored(c);
}

static void free_wire(struct vb_wire *wire)
{
    struct vb_h1c *c;

    if (wire == NULL)
        return;
    c = h1c_of(wire);
    vb__h1c_lost(c);
    vb__h1_input_drop(&c->input, vb__h1_input_span(c->input).len);
    if (c->client.gone != NULL)
        c->client.gone(&c->client);
}

static const struct vb_wire_ops ops = {
    .name = "http/1.1",
    .feed = feed,
    .eof = eof,
    .drain = drain,
    .sent = sent,
    .state = state,
    .deadline = vb__h1c_deadline,
    .tick = vb__h1c_tick,
    .shut_down = shut_down,
    .free = free_wire,
};

size_t vb_h1c_size(void)
{
    return sizeof(struct vb_h1c);
}

struct vb_wire *vb_h1c_init(void *memory, struct vb_env *env,
                            const struct vb_peer *peer, bool bare,
                            struct vb_client **ret_client)
{
    struct vb_h1c *c = memory;

    *c = (struct vb_h1c){.wire = {.ops = &ops, .env = env, .peer = peer},
                         .client = {.ops = &vb__h1c_client_ops,
                                    .protocol = bare ? "" : "HTTP/1.1",
                                    .peer = peer,
                                    .idle_since = env->now.mono_ms},
                         .bare = bare};
    vb_list_init(&c->client.link);
    *ret_client = &c->client;
    return &c->wire;
}
