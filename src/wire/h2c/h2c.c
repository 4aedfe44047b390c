/* The wire's operations: what the loop calls. */
#include "wire/h2c/h2c.h"

#include <stdlib.h>

#include "base/clock.h"
#include "wire/h2c/inner.h"

/* What lies where a connection of HTTP/1 does, which must not pay for it. */
struct place {
    struct vb_wire wire;
    struct vb_client client;
    struct vb_h2c *c;
};

struct vb_h2c *vb__h2c_of(struct vb_client *client)
{
    return VB_CONTAINER(client, struct place, client)->c;
}

static struct vb_h2c *c_of(const struct vb_wire *wire)
{
    return ((const struct place *)wire)->c;
}

/* --- From the loop ----------------------------------------------------------
 */

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct vb_h2c *c = c_of(wire);

    if (bytes.len == 0 || c->phase != VB_H2C_OPEN)
        return;
    c->heard = wire->env->now.mono_ms;
    c->running = true;
    vb__h2_reader_feed(&c->reader, bytes);
    c->running = false;
    vb__h2c_run(c);
}

static void eof(struct vb_wire *wire)
{
    vb__h2c_lost(c_of(wire));
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    struct vb_h2c *c = c_of(wire);

    ret_file->length = 0;
    vb__h2c_run(c);
    return vb__h1_blocks_drain(&c->output, iov, max);
}

static void sent(struct vb_wire *wire, size_t n)
{
    struct vb_h2c *c = c_of(wire);

    if (c->phase == VB_H2C_OVER)
        return;
    c->sent += vb__h1_blocks_sent(&c->output, c->env, n);
    vb__h2c_run(c);
}

/* Is there something that vb__h2c_run would do? */
static bool has_turn(const struct vb_h2c *c)
{
    return c->marked || (!vb_list_empty(&c->turns) && c->window > 0);
}

/* Who does not read our frames is not to make us owe more of them. */
static unsigned state(const struct vb_wire *wire)
{
    const struct vb_h2c *c = c_of(wire);
    unsigned bits = 0;

    if (c->phase == VB_H2C_OVER)
        return VB_WIRE_CLOSE;
    if (c->phase == VB_H2C_OPEN && c->output.queued < VB_H1_QUEUE_MAX)
        bits |= VB_WIRE_READ;
    if (c->output.queued > 0 || c->broken ||
        (c->phase == VB_H2C_OPEN && has_turn(c)))
        bits |= VB_WIRE_WRITE;
    return bits;
}

static void shut_down(struct vb_wire *wire)
{
    c_of(wire)->stopping = true;
    vb__h2c_run(c_of(wire));
}

/* --- Time -------------------------------------------------------------------
 */

static int64_t connection_deadline(const struct vb_h2c *c)
{
    if (c->phase == VB_H2C_LAST)
        return c->last_at + c->env->limits->linger_ms;
    if (c->phase == VB_H2C_OPEN && c->open == 0)
        return vb_client_idle_deadline(c->client);
    return VB_TIME_NEVER;
}

static int64_t deadline(const struct vb_wire *wire)
{
    const struct vb_h2c *c = c_of(wire);
    int64_t first = connection_deadline(c);

    for (const struct vb_link *at = c->streams.next; at != &c->streams;
         at = at->next) {
        int64_t late = vb__h2c_stream_deadline(
            VB_CONTAINER((uintptr_t)at, const struct vb_h2c_stream, link));

        if (late < first)
            first = late;
    }
    return first;
}

/* Any call may be gone when another one is told its end: each look begins
 * anew, and each finds one less. */
static struct vb_h2c_stream *find_late(const struct vb_h2c *c)
{
    for (struct vb_link *at = c->streams.next; at != &c->streams;
         at = at->next) {
        struct vb_h2c_stream *s = VB_CONTAINER(at, struct vb_h2c_stream, link);

        if (vb__h2c_stream_deadline(s) <= c->env->now.mono_ms)
            return s;
    }
    return NULL;
}

static void tick(struct vb_wire *wire)
{
    struct vb_h2c *c = c_of(wire);
    int64_t now = wire->env->now.mono_ms;
    struct vb_h2c_stream *s;

    if (connection_deadline(c) <= now) {
        if (c->phase == VB_H2C_LAST)
            vb__h2c_lost(c);
        else
            c->stopping = true;
    }
    c->running = true;
    while ((s = find_late(c)) != NULL)
        vb__h2c_stream_late(s);
    c->running = false;
    vb__h2c_run(c);
}

/* --- Life -------------------------------------------------------------------
 */

static void free_place(struct place *place)
{
    struct vb_h2c *c = place->c;

    vb__h2c_lost(c);
    if (c->inflater != NULL)
        nghttp2_hd_inflate_del(c->inflater);
    if (c->deflater != NULL)
        nghttp2_hd_deflate_del(c->deflater);
    free(c);
}

static void free_wire(struct vb_wire *wire)
{
    struct place *place = (struct place *)wire;

    if (wire == NULL)
        return;
    vb__h2c_lost(place->c);
    if (place->client.gone != NULL)
        place->client.gone(&place->client);
    free_place(place);
}

static const struct vb_wire_ops ops = {
    .name = "h2",
    .feed = feed,
    .eof = eof,
    .drain = drain,
    .sent = sent,
    .state = state,
    .deadline = deadline,
    .tick = tick,
    .shut_down = shut_down,
    .free = free_wire,
};

size_t vb_h2c_size(void)
{
    return sizeof(struct place);
}

static bool init(struct vb_h2c *c, struct place *place)
{
    struct vb_env *env = place->wire.env;

    *c = (struct vb_h2c){.wire = &place->wire,
                         .client = &place->client,
                         .env = env,
                         .mem = {&env->heap, vb_mux_malloc, vb_mux_free,
                                 vb_mux_calloc, vb_mux_realloc},
                         .reader = {.ops = &vb__h2c_reader_ops},
                         .window = VB_H2_WINDOW,
                         .initial = VB_H2_WINDOW,
                         .credit = {.left = VB_MUX_WINDOW},
                         .heard = env->now.mono_ms,
                         .next_id = 1,
                         .most = VB_H2C_STREAMS};
    vb__h2_reader_begin_frames(&c->reader);
    vb_list_init(&c->streams);
    vb_list_init(&c->turns);
    vb_list_init(&c->marks);
    vb_mux_budget_init(&c->budget, env->now.mono_ms);
    if (nghttp2_hd_inflate_new2(&c->inflater, &c->mem) != 0 ||
        nghttp2_hd_deflate_new2(&c->deflater, VB_H2_TABLE, &c->mem) != 0)
        return false;
    vb__h2c_put_preface(c);
    return !c->broken;
}

struct vb_wire *vb_h2c_init(void *memory, struct vb_env *env,
                            const struct vb_peer *peer,
                            struct vb_client **ret_client)
{
    struct place *place = memory;

    *place = (struct place){.wire = {.ops = &ops, .env = env, .peer = peer},
                            .client = {.ops = &vb__h2c_client_ops,
                                       .protocol = "HTTP/2",
                                       .peer = peer,
                                       .idle_since = env->now.mono_ms},
                            .c = malloc(sizeof(struct vb_h2c))};
    if (place->c == NULL)
        return NULL;
    vb_list_init(&place->client.link);
    if (!init(place->c, place)) {
        free_place(place);
        return NULL;
    }
    *ret_client = &place->client;
    return &place->wire;
}
