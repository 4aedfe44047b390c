/* The record layer as a wire: how it ends, its state, time and life. See
 * wire.h, and wire_inner.h for its parts. */
#include "base/clock.h"
#include "base/log.h"
#include "tls/wire_inner.h"

static const struct vb_tls_wire *const_of(const struct vb_wire *wire)
{
    return VB_CONTAINER(wire, const struct vb_tls_wire, wire);
}

/* --- How it ends ------------------------------------------------------------
 */

void vb__tls_die(struct vb_tls_wire *t)
{
    vb__tls_end_inner(t);
    t->phase = VB_TLS_DEAD;
}

void vb__tls_begin_last(struct vb_tls_wire *t)
{
    t->phase = VB_TLS_LAST;
    t->since = t->wire.env->now.mono_ms;
}

void vb__tls_fail(struct vb_tls_wire *t, int rc)
{
    gnutls_alert_description_t alert = t->side->failed(t, rc);

    vb_log(VB_LOG_DEBUG, "TLS: %s", gnutls_strerror(rc));
    vb__tls_end_inner(t);
    rc = alert != 0 ? gnutls_alert_send(t->session, GNUTLS_AL_FATAL, alert)
                    : gnutls_alert_send_appropriate(t->session, rc);
    if (rc == 0)
        vb__tls_begin_last(t);
    else
        vb__tls_die(t);
}

/* --- State and time ---------------------------------------------------------
 */

static unsigned open_state(const struct vb_tls_wire *t)
{
    unsigned state = t->inner.ops->state(&t->inner);

    if (state & VB_WIRE_RESET)
        return state;
    if (t->queue.len > 0 || vb__tls_is_over(t))
        state |= VB_WIRE_WRITE;
    return state & (VB_WIRE_READ | VB_WIRE_WRITE);
}

/* Without an inner wire: the peer may read the alert, unless it has gone. */
static unsigned alone_state(const struct vb_tls_wire *t)
{
    return t->eof || t->notified ? VB_WIRE_CLOSE : VB_WIRE_LINGER;
}

/* What is left of the inner wire: it hears on for a while, or for long, where
 * it is a tunnel of which one way has ended (RFC 8446 section 6.1). */
static unsigned hearing_state(const struct vb_tls_wire *t)
{
    unsigned state = t->inner.ops->state(&t->inner);

    if (state & VB_WIRE_CLOSE)
        return state & (VB_WIRE_CLOSE | VB_WIRE_RESET);
    return state & VB_WIRE_READ ? VB_WIRE_LINGER | VB_WIRE_READ : 0;
}

/* An alert on its way, and then what follows it. */
static unsigned last_state(const struct vb_tls_wire *t)
{
    if (t->queue.len > 0 && !t->inside)
        return VB_WIRE_READ | VB_WIRE_WRITE;
    if (t->queue.len > 0)
        return VB_WIRE_WRITE | (t->inner.ops->state(&t->inner) & VB_WIRE_READ);
    return t->inside ? hearing_state(t) : alone_state(t);
}

static unsigned state(const struct vb_wire *wire)
{
    const struct vb_tls_wire *t = const_of(wire);
    unsigned more = t->queue.len > 0 ? VB_WIRE_WRITE : 0;

    switch ((enum vb_tls_phase)t->phase) {
    case VB_TLS_FRESH:
    case VB_TLS_HANDSHAKE:
        return VB_WIRE_READ | more;
    case VB_TLS_OPEN:
        return open_state(t);
    case VB_TLS_BARE:
        return t->inner.ops->state(&t->inner);
    case VB_TLS_LAST:
        return last_state(t);
    case VB_TLS_DEAD:
        break;
    }
    return VB_WIRE_CLOSE;
}

static int64_t read_deadline(const struct vb_tls_wire *t)
{
    const struct vb_limits *limits = t->wire.env->limits;

    switch ((enum vb_tls_phase)t->phase) {
    case VB_TLS_FRESH:
    case VB_TLS_HANDSHAKE: /* who dials has a time of its own */
        return t->visit != NULL ? VB_TIME_NEVER
                                : t->since + limits->head_timeout_ms;
    case VB_TLS_OPEN:
    case VB_TLS_BARE:
        return t->inner.ops->deadline(&t->inner);
    case VB_TLS_LAST:
        return t->inside ? t->inner.ops->deadline(&t->inner)
                         : t->since + limits->linger_ms;
    case VB_TLS_DEAD:
        break;
    }
    return VB_TIME_NEVER;
}

static int64_t write_deadline(const struct vb_tls_wire *t)
{
    if (t->queue.len == 0)
        return VB_TIME_NEVER;
    return t->write_since + t->wire.env->limits->write_timeout_ms;
}

static int64_t deadline(const struct vb_wire *wire)
{
    const struct vb_tls_wire *t = const_of(wire);
    int64_t read = read_deadline(t), write = write_deadline(t);

    return read < write ? read : write;
}

static void tick(struct vb_wire *wire)
{
    struct vb_tls_wire *t = vb__tls_wire_of(wire);
    int64_t now = wire->env->now.mono_ms;

    if (write_deadline(t) <= now)
        vb__tls_die(t);
    else if (t->phase == VB_TLS_OPEN || t->phase == VB_TLS_BARE ||
             (t->phase == VB_TLS_LAST && t->inside))
        t->inner.ops->tick(&t->inner);
    else if (read_deadline(t) <= now)
        vb__tls_die(t);
}

/* --- Life
 * ---------------------------------------------------------------------------
 */

static void shut_down(struct vb_wire *wire)
{
    struct vb_tls_wire *t = vb__tls_wire_of(wire);

    if (t->phase == VB_TLS_OPEN || t->phase == VB_TLS_BARE)
        t->inner.ops->shut_down(&t->inner);
    else if ((t->phase == VB_TLS_FRESH || t->phase == VB_TLS_HANDSHAKE) &&
             t->visit == NULL)
        vb__tls_die(t); /* nothing was asked yet */
}

static void free_wire(struct vb_wire *wire)
{
    struct vb_tls_wire *t;

    if (wire == NULL)
        return;
    t = vb__tls_wire_of(wire);
    vb__tls_end_inner(t);
    if (t->session != NULL)
        gnutls_deinit(t->session);
    vb_tls_choice_done(&t->shown.choice);
    vb_tls_visit_free(t->visit);
    vb_tls_queue_drop(&t->queue, t->queue.len);
}

static const struct vb_wire_ops ops = {
    .name = "tls",
    .feed = vb__tls_feed,
    .eof = vb__tls_eof,
    .drain = vb__tls_drain,
    .sent = vb__tls_sent,
    .state = state,
    .deadline = deadline,
    .tick = tick,
    .shut_down = shut_down,
    .free = free_wire,
};

struct vb_tls_wire *vb__tls_wire_init(void *memory,
                                      const struct vb_tls_side *side,
                                      struct vb_env *env,
                                      const struct vb_peer *peer)
{
    struct vb_tls_wire *t = memory;

    memset(t, 0, offsetof(struct vb_tls_wire, inner));
    t->wire = (struct vb_wire){.ops = &ops, .env = env, .peer = peer};
    t->side = side;
    t->queue.pool = &env->output_blocks;
    t->since = env->now.mono_ms;
    t->shown.peer = *peer;
    t->shown.peer.secure = false; /* that is to be seen */
    return t;
}
