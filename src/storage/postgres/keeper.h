/*
 * What is done beside the requests: in each process by one client, the first
 * that attaches, and after it by another one; in steps of one statement or a
 * few, one at a time.
 *
 * Instances do not know of each other. Each step is right whoever else does the
 * same: rows that somebody has locked are passed over, and what is gone is
 * gone.
 */
#ifndef VB_STORAGE_POSTGRES_KEEPER_H
#define VB_STORAGE_POSTGRES_KEEPER_H

#include "storage/postgres/state.h"

/* What there is to be done. */
#define VB__PG_KEEP_BLOBS   1U /* loose ones that are old are removed */
#define VB__PG_KEEP_HISTORY 2U /* what is beyond its bounds goes */
#define VB__PG_KEEP_GONE    4U /* rows that were kept for their revision go */
#define VB__PG_KEEP_WRITERS 8U /* rows of processes that have ended go */

/* How long a loose blob lives that nobody is known to use: long enough for a
 * process that has it in use to say so. Tests make it shorter. */
extern int64_t vb__pg_loose_ms;

/* What the clients of a store share. NULL: no memory. */
struct vb__pg_keeping *vb__pg_keeping_new(void);
void vb__pg_keeping_free(struct vb__pg_keeping *keeping);

/* The client is the keeper, if there is none yet. False: no memory. */
bool vb__pg_keeper_begin(struct vb__pg_client *client);
/* After its links are done. */
void vb__pg_keeper_end(struct vb__pg_client *client);

/* There is this to be done: soon. Any thread. */
void vb__pg_keeper_nudge(struct vb__pg_store *store, unsigned what);

/* Begins with what is to be done, if the client is the keeper. */
void vb__pg_keeper_turn(struct vb__pg_client *client);

/* The client has made the history longer by about so many bytes. */
void vb__pg_keeper_grew(struct vb__pg_client *client, uint64_t bytes);

#endif
