/*
 * A store, copied: from an SQLite file into a PostgreSQL, back, or from one of
 * them to another of its kind. What clients were told stays true: the copy has
 * the same epoch and secret, and each record its revision, its times and its
 * place, so entity tags, cursors and sessions stay good.
 *
 *     FROM ──▶ one snapshot ──▶ rows, a table after the other ──▶ TO
 *                                  │                              │
 *                             digest, count  ◀── compared ──▶  digest, count
 *
 * What is interrupted goes on where it was, if nothing was written to FROM
 * meanwhile; else it begins anew. Until it is whole, TO is no store: to open it
 * is refused.
 *
 * History is not copied: who follows, and had heard of everything, goes on
 * without a gap, and all others are told that there is one. Indexes are made
 * anew by the first server.
 */
#ifndef VB_STORAGE_COPY_H
#define VB_STORAGE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum vb_copy_phase {
    VB_COPY_BEGINS,   /* nothing is there yet */
    VB_COPY_GOES_ON,  /* where it was interrupted */
    VB_COPY_ANEW,     /* the same, but FROM was written to since */
    VB_COPY_ROWS,     /* `done` of `total` rows of `table` are there */
    VB_COPY_COMPARES, /* likewise: they are read again */
};

struct vb_copy {
    struct vb_span from, to; /* URLs, as vb_store_open takes them */
    bool citus;              /* TO is made a store that lies on several */
    /* Called now and then, and when something begins. */
    void (*tell)(struct vb_copy *copy);
    void *context; /* the caller's */

    enum vb_copy_phase phase; /* out, for `tell`: and all that follows */
    const char *table;
    uint64_t done, total;
    uint64_t rows; /* out: all that there are */
    bool copied;   /* out: all rows had been copied before */
};

/*
 * Blocks until it is done. VB_ERR_EXISTS: TO is a store with something in it;
 * VB_ERR_CORRUPT: what arrived is not what was sent; others as
 * vb_store_open's. ret_why gets one line.
 */
enum vb_err vb_store_copy(struct vb_copy *copy, struct vb_buf *ret_why);

#endif
