/* The wire's operations: what the loop calls. */
#include "wire/h2/h2.h"

#include <stdlib.h>

#include "base/clock.h"
#include "wire/h2/inner.h"

/* What lies where a connection of HTTP/1 does, which must not pay for it. */
struct place {
    struct vb_wire wire;
    struct vb_h2 *h2;
};

_Static_assert(sizeof(struct place) <= 96, "idle connections stay small");

static struct vb_h2 *h2_of(const struct vb_wire *wire)
{
    return ((const struct place *)wire)->h2;
}

/* --- From the loop -----------------------------------------------------------
 */

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct vb_h2 *h2 = h2_of(wire);

    if (bytes.len == 0 || h2->phase != VB_H2_OPEN)
        return;
    h2->running = true;
    vb__h2_reader_feed(&h2->reader, bytes);
    h2->running = false;
    vb__h2_run(h2);
}

/* What has been asked is answered; what was not asked to its end, is refused,
 * as no more of it comes. */
static void eof(struct vb_wire *wire)
{
    struct vb_h2 *h2 = h2_of(wire);

    h2->eof = true;
    if (h2->phase == VB_H2_LINGER)
        h2->phase = VB_H2_CLOSED;
    h2->running = true;
    for (struct vb_h2_stream *s = h2->streams; s != NULL; s = s->next) {
        if (s->mux.state == VB_MUX_HEAD ||
            (s->mux.replied && vb_exchange_is_endless(s->mux.x)))
            vb__h2_break(s, VB_H2_CANCEL);
        vb_mux_cut_short(&s->mux);
    }
    h2->running = false;
    vb__h2_run(h2);
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    return vb__h2_output_drain(h2_of(wire), iov, max, ret_file);
}

static void sent(struct vb_wire *wire, size_t n)
{
    struct vb_h2 *h2 = h2_of(wire);

    vb__h2_output_sent(h2, n);
    vb__h2_run(h2);
}

static void shut_down(struct vb_wire *wire)
{
    vb__h2_stop(h2_of(wire));
    vb__h2_run(h2_of(wire));
}

static unsigned state(const struct vb_wire *wire)
{
    const struct vb_h2 *h2 = h2_of(wire);
    unsigned bits = 0;

    if (h2->phase == VB_H2_CLOSED)
        return VB_WIRE_CLOSE;
    if (h2->phase == VB_H2_LINGER)
        return VB_WIRE_LINGER | VB_WIRE_READ;
    /* Who does not read our frames is not to make us owe more of them. */
    if (!h2->eof && (h2->over || !vb__h2_output_full(h2)))
        bits |= VB_WIRE_READ;
    if (h2->output.queued > 0)
        bits |= VB_WIRE_WRITE;
    return bits;
}

/* --- Time
 * ------------------------------------------------------------------------ */

/* Until when the connection as such must come to something. */
static int64_t connection_deadline(const struct vb_h2 *h2)
{
    const struct vb_limits *limits = h2->env->limits;

    if (h2->phase == VB_H2_LINGER || (h2->stopping && !h2->last))
        return h2->read_since + limits->linger_ms;
    if (!h2->begun)
        return h2->read_since + limits->head_timeout_ms;
    if (h2->streams == NULL && h2->output.queued == 0)
        return h2->read_since + limits->idle_timeout_ms;
    return VB_TIME_NEVER;
}

static int64_t write_deadline(const struct vb_h2 *h2)
{
    if (h2->output.queued == 0)
        return VB_TIME_NEVER;
    return h2->write_since + h2->env->limits->write_timeout_ms;
}

static int64_t deadline(const struct vb_wire *wire)
{
    const struct vb_h2 *h2 = h2_of(wire);
    int64_t first = connection_deadline(h2);
    int64_t write = write_deadline(h2);

    if (write < first)
        first = write;
    if (h2->over)
        return first;
    for (const struct vb_h2_stream *s = h2->streams; s != NULL; s = s->next) {
        int64_t at = vb__h2_stream_deadline(s);

        if (at < first)
            first = at;
    }
    return first;
}

static void connection_late(struct vb_h2 *h2)
{
    if (h2->phase == VB_H2_LINGER || h2->over)
        h2->phase = VB_H2_CLOSED;
    else if (h2->stopping && !h2->last)
        vb__h2_stop_now(h2);
    else
        vb__h2_give_up(h2, VB_H2_NO_ERROR); /* idle */
}

static void tick(struct vb_wire *wire)
{
    struct vb_h2 *h2 = h2_of(wire);
    int64_t now = wire->env->now.mono_ms;

    if (write_deadline(h2) <= now) {
        vb__h2_close(h2);
        return;
    }
    h2->running = true;
    for (struct vb_h2_stream *s = h2->streams; s != NULL && !h2->over;
         s = s->next)
        if (vb__h2_stream_deadline(s) <= now)
            vb__h2_stream_late(s);
    if (connection_deadline(h2) <= now)
        connection_late(h2);
    h2->running = false;
    vb__h2_run(h2);
}

/* --- Life
 * ----------------------------------------------------------------------------
 */

static void free_wire(struct vb_wire *wire)
{
    struct vb_h2 *h2;

    if (wire == NULL)
        return;
    h2 = h2_of(wire);
    vb__h2_close(h2);
    vb__h2_hpack_done(h2);
    free(h2);
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

size_t vb_h2_size(void)
{
    return sizeof(struct place);
}

static void init(struct vb_h2 *h2, struct vb_wire *wire)
{
    *h2 = (struct vb_h2){.wire = wire,
                         .env = wire->env,
                         .reader = {.ops = &vb__h2_reader_ops},
                         .read_since = wire->env->now.mono_ms,
                         .window = VB_H2_WINDOW,
                         .initial = VB_H2_WINDOW,
                         .credit = {.left = VB_MUX_WINDOW}};
    vb_mux_marks_init(&h2->marks);
    vb_mux_early_init(&h2->early);
    vb_mux_budget_init(&h2->budget, wire->env->now.mono_ms);
}

struct vb_wire *vb_h2_init(void *memory, struct vb_env *env,
                           const struct vb_peer *peer)
{
    struct place *place = memory;

    *place = (struct place){.wire = {.ops = &ops, .env = env, .peer = peer},
                            .h2 = malloc(sizeof(struct vb_h2))};
    if (place->h2 == NULL)
        return NULL;
    init(place->h2, &place->wire);
    if (vb__h2_hpack_init(place->h2))
        vb__h2_put_settings(place->h2);
    else
        place->h2->broken = true;
    if (!place->h2->broken)
        return &place->wire;
    free_wire(&place->wire);
    return NULL;
}
