/*
 * What other processes have changed, for caches (store.h, vb_store_follow) and
 * for who watches.
 *
 *     look ──▶ writers' rows ──▶ whose batch is another one than before?
 *                                   │ only ours, or nobody's: that is all
 *                                   ▼
 *              history beyond the floors that those had ──▶ generations
 *
 * A writer's changes are above the floor that was seen in its row, so what is
 * read are all changes since the last look, and perhaps some that are older:
 * nothing hangs on clocks, on order, or on who is told in time. Where history
 * does not tell (it is not kept, or too much has happened, or the connection is
 * another one, perhaps to another server), all generations are bumped.
 *
 * One worker's of each process, but for what is said of its own commits.
 */
#ifndef VB_STORAGE_POSTGRES_OTHERS_H
#define VB_STORAGE_POSTGRES_OTHERS_H

#include "storage/postgres/state.h"

struct vb__pg_others;

/* NULL: no memory. */
struct vb__pg_others *vb__pg_others_new(struct vb__pg_client *client);
/* After the client's links are done. NULL is fine. */
void vb__pg_others_free(struct vb__pg_others *others);

/* There may be something new: looks, soon. It asks on the client's `reads`,
 * where nothing takes long. */
void vb__pg_others_look(struct vb__pg_others *others);

/* The connection is a new one: what was seen before says nothing. */
void vb__pg_others_forget(struct vb__pg_others *others);

/* A record under this key was changed by somebody else. Any thread. */
void vb__pg_others_changed(struct vb__pg_store *store, struct vb_span key,
                           struct vb_span parent);

/* --- of the process' own commits, which nobody has to look for ------------ */

void vb__pg_own_begin(struct vb__pg_client *client, int64_t slot);
void vb__pg_own_end(struct vb__pg_client *client);
/* Generations have it that this batch was committed. */
void vb__pg_own_told(struct vb__pg_client *client, int64_t batch);
/* Nobody knows whether this batch was, or will be. */
void vb__pg_own_doubt(struct vb__pg_client *client, int64_t batch);

#endif
