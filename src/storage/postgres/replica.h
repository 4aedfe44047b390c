/*
 * Replicas: servers that follow the one that takes writes, and may answer a
 * list that need not be as new as can be (vb_list_read.max_age_ms).
 *
 *     beat ──▶ the database ──replication──▶ a replica ──▶ shows that beat
 *       │                                                        │
 *       └ at that moment ─── what was committed before is there ─┘
 *
 * A *beat* is a note with a number that nobody has had before. Who follows
 * takes over commits in their order, so a replica that shows a beat shows all
 * that was acknowledged before it was sent: how old that is, is a matter of the
 * own clock alone. Who follows something else has never heard of our beats. It
 * is asked for in the same send as the list, before it.
 *
 * What a replica has not, or says too late, or not at all, is asked of the
 * database itself. A worker's client has one connection to one of them; beats
 * are sent only while lists are asked for that may be old.
 */
#ifndef VB_STORAGE_POSTGRES_REPLICA_H
#define VB_STORAGE_POSTGRES_REPLICA_H

#include "storage/postgres/state.h"

struct vb__pg_replica;

/* NULL: no memory. One that is never asked, where the URL names none. */
struct vb__pg_replica *vb__pg_replica_new(struct vb__pg_client *client);
/* What is asked is over. */
void vb__pg_replica_end(struct vb__pg_replica *replica);
void vb__pg_replica_free(struct vb__pg_replica *replica);
void vb__pg_replica_flush(struct vb__pg_replica *replica);

/* What a list has to show to come from a replica. */
struct vb__pg_freshness {
    int64_t max_age_ms;
    int64_t since_ms; /* what was known of the collection then (monotonic) */
    int64_t true_ms;  /* when all that it shows was so; 0: unknown */
};

/* Where such a list may be asked for, and ret_freshness says what it has to
 * show. NULL: of the database itself. */
struct vb__pg_link *vb__pg_replica_for(struct vb__pg_replica *replica,
                                       const struct vb_list_read *list,
                                       struct vb__pg_freshness *ret_freshness);

/* Within ask->send, before the list's: the statement that asks for the beat;
 * and its result. */
void vb__pg_replica_send(struct vb__pg_replica *replica,
                         struct vb__pg_ask *ask);
void vb__pg_replica_take(const struct vb__pg_replica *replica,
                         struct vb__pg_freshness *freshness,
                         const PGresult *result);

/* How old at most the list is that has just come; -1: it is not to be shown,
 * be it that it is too old or that (`err`) it has not come. */
int64_t vb__pg_replica_judge(struct vb__pg_replica *replica,
                             const struct vb__pg_freshness *freshness,
                             enum vb_err err);

#endif
