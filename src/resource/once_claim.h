/*
 * Claims on names: who does something that is to be done once says so in the
 * store, where others write to it as well, before it begins. A hold
 * (storage/holds.h) keeps off only this process.
 *
 *     take ── a note of the name ─▶ it is ours ─ renewed ─▶ ...
 *       └─ there is one: it was done, or is being done      │
 *                                                  ┌────────┴────────┐
 *                                     the outcome takes its place,  leave: it
 *                                     in the outcome's own commit   is gone
 *
 * It is a note like others (struct vb_memo), that ends soon: so what an
 * instance has begun that ends before it is over, another may begin some
 * seconds later (VB__CLAIM_MS), and is told when.
 *
 * Whose claim has ended may not know: it stalls, or its clock is behind. It can
 * still not commit what another has done meanwhile, as the outcome takes the
 * place of its own claim only, in one transaction: VB_ERR_EXISTS. So nothing is
 * committed twice, whatever the clocks say. What is done beyond the store, by
 * programs, may be, where they are further apart than what is left of a claim
 * when it is renewed late: ten seconds.
 */
#ifndef VB_RESOURCE_ONCE_CLAIM_H
#define VB_RESOURCE_ONCE_CLAIM_H

#include "base/alarm.h"
#include "exchange/exchange.h"
#include "storage/store.h"

/* Bytes of the note of a claim: random ones. No other note is as short. */
#define VB__CLAIM_LEN 16

/* How long it is good, when it is renewed, and how long after that was not
 * possible, in milliseconds. */
#define VB__CLAIM_MS       20000
#define VB__CLAIM_RENEW_MS 5000
#define VB__CLAIM_PAUSE_MS 1000

/* One of an exchange's, in its arena; the exchange is held while the store is
 * at it. */
struct vb__once_claim {
    struct vb_exchange *x;
    struct vb_span name; /* which stays */
    char bytes[VB__CLAIM_LEN];
    bool held;
    bool busy;    /* it is being renewed or left */
    bool leaving; /* once it is not */
    bool waits;   /* the reply waits for that */
    struct vb_alarm alarm;
    struct vb_memo memo;
    struct vb_commit commit;
    void (*taken)(struct vb__once_claim *claim); /* after PENDING: see err */
    enum vb_err err;
};

/* Takes the name. DONE: `err` says whether; PENDING: `taken` is called. VB_OK;
 * VB_ERR_EXISTS: there is a note of it; or what else a commit comes to. */
enum vb_io vb__once_claim_take(struct vb__once_claim *claim,
                               struct vb_exchange *x, struct vb_span name,
                               void (*taken)(struct vb__once_claim *claim));

/* What the note of the outcome is to take the place of; "": nothing. */
static inline struct vb_span
vb__once_claim_bytes(const struct vb__once_claim *claim)
{
    return claim->x == NULL ? VB_SPAN("")
                            : vb_span_of(claim->bytes, sizeof(claim->bytes));
}

/* The outcome has taken its place: there is nothing to leave. */
void vb__once_claim_done(struct vb__once_claim *claim);

/*
 * Another may take it. False: it will be so when vb_reply_settled is called,
 * which is what `waits` asks for. Harmless when it is not held.
 */
bool vb__once_claim_leave(struct vb__once_claim *claim, bool waits);

#endif
