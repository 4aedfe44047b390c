/*
 * Blobs that no record has any more, on their way out.
 *
 * The table `loose` names them on disk, so none is forgotten by a crash. One
 * may go when no snapshot is left in which a record still had it, and no live
 * record holds it. A few chunks go at a time, between two groups, so that no
 * commit waits for the end of a large one.
 */
#ifndef VB_STORAGE_SQLITE_GARBAGE_H
#define VB_STORAGE_SQLITE_GARBAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vb__writer;

struct vb__loose {
    uint64_t blob;
    uint64_t commits; /* groups finished when it was loose already */
    uint64_t next;    /* chunk to remove */
};

struct vb__garbage {
    struct vb__loose *items;
    size_t count;
    size_t cap;
    /* For the threads that wonder whether to nudge the writer: */
    atomic_bool any;             /* there are items */
    atomic_bool awaits_snapshot; /* one of them waits for a snapshot's end */
};

void vb__garbage_init(struct vb__garbage *garbage);
void vb__garbage_done(struct vb__garbage *garbage);

/* Without memory for it, it is left for the next start. */
void vb__garbage_add(struct vb__garbage *garbage, uint64_t blob,
                     uint64_t commits);

/* Removes some chunks of what may go, in a transaction of its own. True when
 * there is more to do at once. */
bool vb__garbage_collect(struct vb__writer *writer);

/* Reads the table `loose`, at the start. */
enum vb_err vb__garbage_load(struct vb__writer *writer);

#endif
