/* The wire's operations: what the loop calls, and what an exchange calls. */
#include "wire/h1/h1.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/list.h"
#include "wire/h1/inner.h"

/* What an idle connection costs: see README.md. */
_Static_assert(sizeof(struct vb_h1) <= 96, "idle connections stay small");

static struct vb_h1 *h1_of(struct vb_wire *wire)
{
    return (struct vb_h1 *)wire;
}

static const struct vb_h1 *const_h1_of(const struct vb_wire *wire)
{
    return (const struct vb_h1 *)wire;
}

/* --- From the loop -----------------------------------------------------------
 */

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct vb_h1 *h1 = h1_of(wire);

    if (bytes.len == 0 || h1->phase >= VB_H1_LINGER)
        return;
    if (h1->phase == VB_H1_EXCHANGE)
        h1->read_since = wire->env->now.mono_ms;
    if (h1->input == NULL) {
        vb__h1_run(h1, &bytes);
        if (bytes.len > 0 && !vb__h1_input_add(&h1->input, bytes))
            vb__h1_close(h1);
    } else if (vb__h1_input_add(&h1->input, bytes)) {
        vb__h1_run_stored(h1);
    } else {
        vb__h1_close(h1);
    }
}

static void eof(struct vb_wire *wire)
{
    struct vb_h1 *h1 = h1_of(wire);

    h1->eof = true;
    if (h1->phase == VB_H1_LINGER)
        h1->phase = VB_H1_CLOSED;
    if (h1->message != NULL && h1->message->replied &&
        vb_exchange_is_endless(h1->message->x))
        vb__h1_close(h1);
    vb__h1_run_stored(h1);
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    return vb__h1_output_drain(h1_of(wire), iov, max, ret_file);
}

static void sent(struct vb_wire *wire, size_t n)
{
    struct vb_h1 *h1 = h1_of(wire);

    vb__h1_output_sent(h1, n);
    if (h1->message != NULL || h1->input != NULL || h1->phase == VB_H1_CLOSING)
        vb__h1_run_stored(h1);
}

static void shut_down(struct vb_wire *wire)
{
    struct vb_h1 *h1 = h1_of(wire);

    h1->stopping = true;
    vb__h1_run_stored(h1);
}

/* Can bytes be used, or at least kept without harm? */
static bool wants_bytes(const struct vb_h1 *h1)
{
    if (h1->eof)
        return false;
    switch ((enum vb_h1_phase)h1->phase) {
    case VB_H1_HEAD:
        return h1->output.queued <= VB_H1_QUEUE_MAX;
    case VB_H1_EXCHANGE:
    case VB_H1_BOTH: /* also to notice that the peer is gone */
        return h1->input == NULL ? !h1->message->paused
                                 : vb__h1_receives_content(h1);
    case VB_H1_CLOSING:
    case VB_H1_LINGER:
        return true;
    case VB_H1_CLOSED:
        break;
    }
    return false;
}

/* Was all said that is to be said in a tunnel, which may go on to hear? */
static bool is_half_closed(const struct vb_h1 *h1)
{
    const struct vb_h1_message *m = h1->message;

    return m != NULL && m->switched && m->all_sent && !m->paused && !h1->eof;
}

static unsigned state(const struct vb_wire *wire)
{
    const struct vb_h1 *h1 = const_h1_of(wire);
    unsigned bits = wants_bytes(h1) ? VB_WIRE_READ : 0;

    if (h1->phase == VB_H1_CLOSED)
        return VB_WIRE_CLOSE | (h1->reset ? VB_WIRE_RESET : 0);
    if (h1->phase == VB_H1_LINGER)
        bits |= VB_WIRE_LINGER;
    if (vb__h1_has_output(h1))
        bits |= VB_WIRE_WRITE;
    else if (is_half_closed(h1))
        bits |= VB_WIRE_LINGER;
    return bits;
}

/* --- Time
 * ------------------------------------------------------------------------ */

/* Until when what we wait for must come from the peer. */
static int64_t read_deadline(const struct vb_h1 *h1)
{
    const struct vb_limits *limits = h1->wire.env->limits;

    switch ((enum vb_h1_phase)h1->phase) {
    case VB_H1_HEAD:
        if (h1->output.queued > VB_H1_QUEUE_MAX)
            return VB_TIME_NEVER; /* it is the reading of replies we wait for */
        return h1->read_since + (h1->head_begun ? limits->head_timeout_ms
                                                : limits->idle_timeout_ms);
    case VB_H1_EXCHANGE:
        if (vb__h1_receives_content(h1))
            return h1->read_since + limits->content_timeout_ms;
        break;
    case VB_H1_LINGER:
        return h1->read_since + limits->linger_ms;
    case VB_H1_BOTH:
    case VB_H1_CLOSING:
    case VB_H1_CLOSED:
        break;
    }
    return VB_TIME_NEVER;
}

static int64_t write_deadline(const struct vb_h1 *h1)
{
    if (!vb__h1_has_output(h1))
        return VB_TIME_NEVER;
    return h1->output.since + h1->wire.env->limits->write_timeout_ms;
}

static int64_t deadline(const struct vb_wire *wire)
{
    int64_t read = read_deadline(const_h1_of(wire));
    int64_t write = write_deadline(const_h1_of(wire));

    return read < write ? read : write;
}

/* What was to come did not. */
static void read_timeout(struct vb_h1 *h1)
{
    struct vb_h1_message *m = h1->message;

    if (h1->phase == VB_H1_HEAD && h1->head_begun) {
        h1->late = true; /* 408 (RFC 9110 section 15.5.9) */
    } else if (m != NULL && !m->replied) {
        vb__h1_content_fail(m, &vb_content_late);
    } else {
        vb__h1_close(h1);
        return;
    }
    vb__h1_run_stored(h1);
}

static void tick(struct vb_wire *wire)
{
    struct vb_h1 *h1 = h1_of(wire);
    int64_t now = wire->env->now.mono_ms;

    if (write_deadline(h1) <= now)
        vb__h1_close(h1);
    else if (read_deadline(h1) <= now)
        read_timeout(h1);
}

/* --- Life
 * ----------------------------------------------------------------------------
 */

static void free_wire(struct vb_wire *wire)
{
    struct vb_h1 *h1;

    if (wire == NULL)
        return;
    h1 = h1_of(wire);
    vb__h1_close(h1);
    if (h1->owned)
        free(h1);
}

static const struct vb_wire_ops ops = {
    .name = "http/1.1",
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

size_t vb_h1_size(void)
{
    return sizeof(struct vb_h1);
}

struct vb_wire *vb_h1_init(void *memory, struct vb_env *env,
                           const struct vb_peer *peer)
{
    struct vb_h1 *h1 = memory;

    *h1 = (struct vb_h1){.wire = {.ops = &ops, .env = env, .peer = peer},
                         .read_since = env->now.mono_ms};
    return &h1->wire;
}

struct vb_wire *vb_h1_new(struct vb_env *env, const struct vb_peer *peer)
{
    void *memory = malloc(sizeof(struct vb_h1));
    struct vb_wire *wire;

    if (memory == NULL)
        return NULL;
    wire = vb_h1_init(memory, env, peer);
    h1_of(wire)->owned = true;
    return wire;
}
