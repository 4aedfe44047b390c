/*
 * From credentials to an account, where the way there costs something:
 *
 *     remembered? ── yes ─▶ the account, of that revision still? ─▶ who it is
 *          └─ no ─▶ find ─▶ the account ─▶ remembered, who it is
 *                    ▲                └─ it has changed meanwhile ─┐
 *                    └─────────────────────────────────────────────┘
 *
 * A worker remembers for some minutes, in its hot cache, where they led, for
 * one revision of the account: so what is remembered dies with any change of
 * the account, and whether it is disabled is asked each time.
 *
 * Inside of this room only.
 */
#ifndef VB_ACCESS_LEAD_H
#define VB_ACCESS_LEAD_H

#include "access/account.h"

/* One of them, in the exchange's arena. */
struct vb__lead {
    struct vb_exchange *x;
    struct vb_identity *ret;
    struct vb_span name; /* by which it is remembered; no key of a record */
    struct vb_span why;  /* told where it leads nowhere (vb_access_why) */
    /* Finds whose they are: GOOD with the account's state in `record`, a
     * reference that is taken over; BAD; HALT; PENDING: vb__lead_found. */
    enum vb_proof (*find)(struct vb__lead *lead);
    struct vb_record *record;

    bool remembered; /* ours, and so are these */
    uint64_t revision;
    struct vb_account_read read;
};

/* Follows it, as vb_account_identify does. */
enum vb_proof vb__lead_follow(struct vb__lead *lead);

/* What `find` comes to, after PENDING. */
void vb__lead_found(struct vb__lead *lead, enum vb_proof proof);

#endif
