/* How long a call, or an idle client, waits for what (struct vb_call_limits).
 */
#include "base/clock.h"
#include "wire/calls.h"
#include "wire/h1c/inner.h"

/* Is it the reply's head that is waited for, and nothing else? */
static bool waits_for_head(const struct vb_h1c *c)
{
    return c->part == VB_H1C_HEAD && c->sending == VB_H1C_SENT &&
           !vb__h1c_has_output(c);
}

/* Is it the caller that has to go on? A tunnel may be idle both ways. */
static bool waits_for_caller(const struct vb_h1c *c)
{
    if (c->paused)
        return !vb__h1c_has_output(c);
    return (c->part == VB_H1C_HEAD || c->part == VB_H1C_ALL) && c->pending &&
           !c->call->switched && !vb__h1c_has_output(c);
}

static int64_t late_deadline(const struct vb_h1c *c)
{
    if (waits_for_head(c))
        return vb_call_deadline(c->call, VB_CALL_FOR_HEAD, c->asked);
    return vb_call_deadline(c->call,
                            waits_for_caller(c) ? VB_CALL_FOR_CALLER
                                                : VB_CALL_FOR_PROGRESS,
                            c->moved);
}

/* When content goes out that nobody has asked for: asked is when the head was
 * sent, or an interim reply came. */
static int64_t held_deadline(const struct vb_h1c *c)
{
    return c->sending == VB_H1C_HELD ? c->asked + VB_CALL_EXPECT_MS
                                     : VB_TIME_NEVER;
}

int64_t vb__h1c_deadline(const struct vb_wire *wire)
{
    const struct vb_h1c *c = (const struct vb_h1c *)wire;
    int64_t late, held;

    switch ((enum vb_h1c_phase)c->phase) {
    case VB_H1C_IDLE:
        return vb_client_idle_deadline(&c->client);
    case VB_H1C_CALL:
        late = late_deadline(c);
        held = held_deadline(c);
        return late < held ? late : held;
    case VB_H1C_OVER:
        break;
    }
    return VB_TIME_NEVER;
}

void vb__h1c_tick(struct vb_wire *wire)
{
    struct vb_h1c *c = (struct vb_h1c *)wire;
    int64_t now = wire->env->now.mono_ms;

    if (vb__h1c_deadline(wire) > now)
        return;
    if (c->phase == VB_H1C_IDLE) {
        vb__h1c_over(c);
    } else if (held_deadline(c) <= now) {
        c->sending = VB_H1C_PULLING;
        vb__h1c_run_stored(c);
    } else {
        c->reset = c->call->switched;
        vb__h1c_fail(c, VB_CALL_LATE, NULL);
    }
}
