/* Claims on names, in the store. See once_claim.h. */
#include "resource/once_claim.h"

#include <sodium.h>

#include "flow/reply.h"

/* A commit of nothing but the note, which is good for so long. */
static enum vb_io write_note(struct vb__once_claim *claim, struct vb_span over,
                             int64_t for_ms,
                             void (*done)(struct vb_store_op *op))
{
    const struct vb_env *env = claim->x->env;

    claim->memo = (struct vb_memo){
        .name = claim->name,
        .bytes = vb__once_claim_bytes(claim),
        .now_ms = env->now.unix_ms,
        .expires_ms = env->now.unix_ms + for_ms,
        .over = over,
    };
    claim->commit = (struct vb_commit){
        .op = {.done = done, .context = claim},
        .memo = &claim->memo,
    };
    return vb_store_commit(env->store, &claim->commit);
}

/* --- while it is held --------------------------------------------------------
 */

static bool begin_leaving(struct vb__once_claim *claim);

/* The reply may wait for it. */
static void tell(struct vb__once_claim *claim)
{
    bool waits = claim->waits;

    claim->waits = false;
    if (waits)
        vb_reply_settled(claim->x);
}

static void set_alarm(struct vb__once_claim *claim, uint64_t after_ms)
{
    struct vb_alarms *alarms = claim->x->env->alarms;

    if (alarms != NULL) /* without, it ends when it ends */
        (void)alarms->set(alarms, &claim->alarm, after_ms);
}

static void cancel_alarm(struct vb__once_claim *claim)
{
    struct vb_alarms *alarms = claim->x->env->alarms;

    if (alarms != NULL)
        alarms->cancel(alarms, &claim->alarm);
}

/* What could not be renewed is tried soon. It may be too late then: another
 * has it, which the outcome's commit finds out. */
static void renewed(struct vb_store_op *op)
{
    struct vb__once_claim *claim = op->context;
    struct vb_exchange *x = claim->x;

    claim->busy = false;
    if (op->err == VB_ERR_EXISTS)
        claim->held = false;
    if (claim->leaving && begin_leaving(claim))
        tell(claim);
    else if (claim->held)
        set_alarm(claim,
                  op->err == VB_OK ? VB__CLAIM_RENEW_MS : VB__CLAIM_PAUSE_MS);
    vb_exchange_unhold(x);
}

static void renew(struct vb_alarm *alarm)
{
    struct vb__once_claim *claim = alarm->context;

    claim->busy = true;
    vb_exchange_hold(claim->x);
    if (write_note(claim, vb__once_claim_bytes(claim), VB__CLAIM_MS, renewed) ==
        VB_IO_DONE)
        renewed(&claim->commit.op);
}

/* --- the beginning -----------------------------------------------------------
 */

static void take(struct vb__once_claim *claim)
{
    claim->err = claim->commit.op.err;
    claim->held = claim->err == VB_OK;
    if (claim->held)
        set_alarm(claim, VB__CLAIM_RENEW_MS);
}

static void take_done(struct vb_store_op *op)
{
    struct vb__once_claim *claim = op->context;

    take(claim);
    claim->taken(claim);
}

enum vb_io vb__once_claim_take(struct vb__once_claim *claim,
                               struct vb_exchange *x, struct vb_span name,
                               void (*taken)(struct vb__once_claim *claim))
{
    *claim = (struct vb__once_claim){.x = x, .name = name, .taken = taken};
    claim->alarm = (struct vb_alarm){.ring = renew, .context = claim};
    randombytes_buf(claim->bytes, sizeof(claim->bytes));
    if (write_note(claim, VB_SPAN(""), VB__CLAIM_MS, take_done) ==
        VB_IO_PENDING)
        return VB_IO_PENDING;
    take(claim);
    return VB_IO_DONE;
}

/* --- the end -----------------------------------------------------------------
 */

void vb__once_claim_done(struct vb__once_claim *claim)
{
    if (claim->held)
        cancel_alarm(claim);
    claim->held = false;
}

/* What could not be told the store, it finds out by itself when it ends. */
static void left(struct vb_store_op *op)
{
    struct vb__once_claim *claim = op->context;
    struct vb_exchange *x = claim->x;

    claim->busy = false;
    tell(claim);
    vb_exchange_unhold(x);
}

/* True: it has left. */
static bool begin_leaving(struct vb__once_claim *claim)
{
    claim->leaving = false;
    claim->busy = true;
    if (write_note(claim, vb__once_claim_bytes(claim), 0, left) == VB_IO_DONE) {
        claim->busy = false;
        return true;
    }
    vb_exchange_hold(claim->x);
    return false;
}

bool vb__once_claim_leave(struct vb__once_claim *claim, bool waits)
{
    if (!claim->held)
        return true;
    vb__once_claim_done(claim);
    claim->leaving = claim->busy;
    if (!claim->busy && begin_leaving(claim))
        return true;
    claim->waits = waits;
    return !waits;
}
