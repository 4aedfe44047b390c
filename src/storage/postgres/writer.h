/*
 * A client as one of the writers of the database: its row, which it locks with
 * each transaction, gives it revisions and says which of its batches was the
 * last to be committed. See docs/scaling.md for the order of revisions.
 */
#ifndef VB_STORAGE_POSTGRES_WRITER_H
#define VB_STORAGE_POSTGRES_WRITER_H

#include "storage/postgres/indexing.h"
#include "storage/postgres/link.h"

struct vb__pg_client;

struct vb__pg_writer {
    struct vb__pg_client *client;
    int64_t slot;
    int64_t batch;           /* the last one that was begun: an even number */
    bool known;              /* it has its row */
    struct vb__pg_kept kept; /* indexes, as its row says */
    struct vb__pg_ask ask;
    bool raising; /* the second of two steps */
    bool silent;  /* it keeps no history, as its row says */
    /* It is registered, or it can't be for this reason. */
    void (*done)(struct vb__pg_writer *writer, enum vb_err err);
};

void vb__pg_writer_init(struct vb__pg_writer *writer,
                        struct vb__pg_client *client);

/* Is what its row says of it still so? */
bool vb__pg_writer_is_current(const struct vb__pg_writer *writer);

/* Makes its row; `done` is called later. */
void vb__pg_writer_register(struct vb__pg_writer *writer, int64_t deadline_ms);

#endif
