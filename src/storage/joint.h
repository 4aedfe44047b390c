/*
 * Commits of several that are made as one: all of them, or none.
 *
 *     vb_joint_commit ─▶ parked ┐
 *     vb_joint_commit ─▶ parked ├ vb_joint_make ─▶ one commit ─▶ all answered
 *     vb_joint_commit ─▶ parked ┘
 *
 * Whoever commits sees nothing of it: it is answered later, as by any store.
 * The one that is in the way of all (CONFLICT) is answered alone, and the
 * others stay parked: so its own way of getting over that may still go on.
 * AGAIN, and any trouble of the store's, is answered to all.
 *
 * One worker's; nothing is locked.
 */
#ifndef VB_STORAGE_JOINT_H
#define VB_STORAGE_JOINT_H

#include "storage/store.h"

struct vb_joint {
    struct vb_store_client *client;
    struct vb_commit **parked; /* room for `most`, the owner's */
    struct vb_commit **taken;  /* likewise: those that are being made */
    size_t most;
    /* One more is parked. It must not be answered before this returns unless
     * it is by vb_joint_make or vb_joint_cancel. */
    void (*changed)(struct vb_joint *joint);
    void *context; /* the owner's */

    size_t count; /* parked */
    size_t taken_count;
    struct vb_commit commit; /* of all that are taken */
    struct vb_change *changes;
    struct vb_memo *memos;
};

/*
 * For who commits: as vb_store_commit where `joint` is NULL, else PENDING. No
 * more than `most` are parked at once: beyond, VB_ERR_LIMIT. A commit that
 * amends is not for this.
 */
enum vb_io vb_joint_commit(struct vb_joint *joint,
                           struct vb_store_client *client,
                           struct vb_commit *commit);

/* Makes all that are parked, at least one, as one commit. They are answered, in
 * this call or later; whoever is answered may commit again, and is parked. */
void vb_joint_make(struct vb_joint *joint);

/* Answers all that are parked. */
void vb_joint_cancel(struct vb_joint *joint, enum vb_err err);

#endif
