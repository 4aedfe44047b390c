/*
 * What the files that read share: record.c, read.c, read_ties.c, list.c,
 * history_read.c.
 *
 * What is answered with one statement is a *reading*: a block of the client's
 * pool that lives from the request to its answer. Where the statement is sent
 * again (link.h), what it has brought is forgotten first.
 */
#ifndef VB_STORAGE_POSTGRES_READ_PART_H
#define VB_STORAGE_POSTGRES_READ_PART_H

#include "storage/postgres/state.h"

struct vb__pg_reading;

/* How a request is made and answered. `op` is the request. */
struct vb__pg_reading_kind {
    /* Its statement, by vb__pg_send. */
    void (*send)(struct vb__pg_reading *reading, struct vb__pg_link *link);
    /* The request gets what the statement has brought. */
    enum vb_err (*take)(struct vb__pg_reading *reading, const PGresult *result);
    /* What it has brought is given back, and it is as if it had brought
     * nothing. */
    void (*forget)(struct vb_store_op *op);
};

struct vb__pg_reading {
    struct vb__pg_ask ask;
    const struct vb__pg_reading_kind *kind;
    struct vb__pg_client *client;
    struct vb_store_op *op;
    enum vb_err err; /* what went wrong here */
};

/* Asks for it over `link`. The request has what one has that has brought
 * nothing. */
enum vb_io vb__pg_reading_begin(struct vb__pg_client *client,
                                struct vb__pg_link *link,
                                const struct vb__pg_reading_kind *kind,
                                struct vb_store_op *op);

/* There is no room for another ask: VB_ERR_UNAVAILABLE. (Asked all the same, it
 * would be over before the request is said to be pending.) */
static inline bool vb__pg_link_is_full(const struct vb__pg_link *link)
{
    return link->waiting_count >= VB__PG_WAITING_MOST;
}

/* --- history_read.c: what a client needs, first and last */

void vb__pg_history_begin(struct vb__pg_client *client);
void vb__pg_history_done(struct vb__pg_client *client);

/* A row of VB__PG_RECORD_COLUMNS, borrowed from the result: for a sieve. */
struct vb_record vb__pg_row(const PGresult *result, int row, int column);

#endif
