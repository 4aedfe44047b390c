/*
 * Requests that are done once, however often they come (draft-ietf-httpapi-
 * idempotency-key-header): the first reply is kept with the commit, in its own
 * transaction, and is the reply to all that follow.
 *
 *     fresh_key ── held by another? ─▶ 409
 *         └─ note? ── no ──▶ the usual way ─▶ commit, with a note of the reply
 *              ├───────────────────────────────┘ there is one by now
 *              └─ yes ─ the same content? ── no ──▶ 422
 *                              └─ yes ─▶ the reply as it was
 *
 * Where other instances write to the store as well, it is held by a note, too
 * (once_claim.h), in whose place the reply's comes; else by a hold.
 *
 * The note's name is a hash of method, key, URI and who asks; in it are a
 * fingerprint of the content and the reply. What was not done, was refused or
 * failed, is not kept: to try that again is right.
 */
#ifndef VB_RESOURCE_ONCE_H
#define VB_RESOURCE_ONCE_H

#include "resource/stored.h"

/* The question `fresh_key` of resources whose state is in the store. */
enum vb_answer vb_once_fresh(struct vb_exchange *x, struct vb_span key);

/*
 * For stored->commit, of x->once: the note to be kept with it. `reply`, if any,
 * says what there will be to say; it is tried here, with the revision 0 for the
 * one to come, and has to be called again afterwards. False: out of memory.
 */
bool vb_once_memo(struct vb_stored *stored,
                  void (*reply)(struct vb_stored *stored));

/*
 * The same for any commit: the note of the reply that x has as it stands, with
 * this status. The reply is taken back, and its fields from `since` on.
 */
bool vb_once_note(struct vb_exchange *x, struct vb_commit *commit,
                  unsigned status, uint16_t since);

/*
 * Where a commit with such a note came to VB_ERR_EXISTS, since another one was
 * faster: its reply is that of x. HALT; or PENDING, and HALT comes later.
 */
enum vb_answer vb_once_outrun(struct vb_exchange *x);

/* --- once_reply.c ----------------------------------------------------------
 */

/* Appends the reply that x would have now. The tags of revision 0 in it are
 * those of the revision to come. */
void vb__once_write(struct vb_buf *buf, struct vb_exchange *x, unsigned status);

/* Makes it the reply of x, its tags those of `revision`. The text must live as
 * long as x. False: it is damaged. */
bool vb__once_read(struct vb_exchange *x, struct vb_span text,
                   uint64_t revision);

#endif
