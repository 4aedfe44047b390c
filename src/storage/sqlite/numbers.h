/*
 * The last number taken in each collection, given out without asking the
 * writer. A group of commits makes durable what was taken before it, in the
 * same transaction: so no number of a durable record ever comes again.
 */
#ifndef VB_STORAGE_SQLITE_NUMBERS_H
#define VB_STORAGE_SQLITE_NUMBERS_H

#include <pthread.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/span.h"
#include "base/table.h"

struct vb__reader;

struct vb__number {
    struct vb_table_node node;
    struct vb_link link; /* in taken or saved */
    int64_t last;        /* taken */
    int64_t saving;      /* what the group under way makes durable */
    size_t key_len;
    char key[];
};

struct vb__numbers {
    pthread_mutex_t lock;
    struct vb_hash_key hash_key;
    struct vb_table table;
    struct vb_link taken; /* since they were saved */
    struct vb_link saved; /* may be forgotten; the oldest first */
};

void vb__numbers_init(struct vb__numbers *numbers);
void vb__numbers_done(struct vb__numbers *numbers);

/* The next one that is at least `least`. `reader` is asked about a collection
 * not known yet. */
enum vb_err vb__numbers_take(struct vb__numbers *numbers,
                             struct vb__reader *reader, struct vb_span parent,
                             int64_t least, int64_t *ret_number);

/* The writer's, in a transaction: calls `save` for each collection in which
 * numbers were taken; stops at the first failure and returns it. */
enum vb_err vb__numbers_save(struct vb__numbers *numbers,
                             enum vb_err (*save)(void *context,
                                                 struct vb_span parent,
                                                 int64_t number),
                             void *context);

/* Numbers were taken that are not saved. */
bool vb__numbers_pending(struct vb__numbers *numbers);

/* The writer's, after that transaction is durable and counted. */
void vb__numbers_saved(struct vb__numbers *numbers);

#endif
