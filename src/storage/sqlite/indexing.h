/*
 * Keeping the indexes (storage/index.h), as the writer does: what they are of,
 * and one row for each key.
 *
 *     indexes    id │ name, state, reached
 *     index_key  idx, listing, sort, member       in this order, nothing else
 *
 *     declared ──▶ making ──▶ whole ──▶ going ──▶ gone
 *                  (up to `reached`)
 *
 * Every commit keeps the keys of all that are declared, in its own transaction,
 * also of those that are still being made: to make one is to add, in the order
 * of positions, what is missing. `sort` is the key; of what is replaced the old
 * keys are made again from the old state, so that nothing need be looked up,
 * and what stays the same is not touched.
 */
#ifndef VB_STORAGE_SQLITE_INDEXING_H
#define VB_STORAGE_SQLITE_INDEXING_H

#include "storage/store.h"

struct vb__writer;

/* indexes.state */
enum vb__index_state {
    VB__INDEX_MAKING = 0,
    VB__INDEX_WHOLE = 1, /* what readers look for: see reader.h */
    VB__INDEX_GOING = 2,
};

/* One that is declared. */
struct vb__kept_index {
    uint64_t id; /* its row's */
    bool making;
    uint64_t reached; /* making: the position up to which it has all */
};

struct vb__indexing {
    /* Shared, under the writer's lock. */
    struct vb_indexes *next;
    bool changed;

    /* The writer's thread's own. */
    struct vb_indexes *declared; /* NULL: none */
    struct vb__kept_index *kept; /* declared->count */
    bool read;                   /* they are those of the table */
    bool makes;                  /* one of them is being made */
    uint64_t going;              /* id of one that goes; 0: none is known */
    struct vb_index_keys old, new;
};

void vb__indexing_init(struct vb__indexing *indexing);
void vb__indexing_done(struct vb__indexing *indexing);

/* Other ones are declared. Any thread. */
void vb__indexing_declare(struct vb__writer *writer,
                          struct vb_indexes *indexes);
/* The writer hears of it, under its lock. */
void vb__indexing_hear(struct vb__writer *writer);

/* In a transaction, before its first change: makes the table say what is
 * declared. vb__indexing_forget where the transaction failed. */
enum vb_err vb__indexing_begin(struct vb__writer *writer);
void vb__indexing_forget(struct vb__writer *writer);

/* May members of that collection have keys? */
bool vb__indexing_covers(const struct vb__writer *writer,
                         struct vb_span parent);

/*
 * Around a change to a record: starts with no keys, notes those that it has, if
 * it is not new, and writes down how those of what it has become (NULL: it is
 * gone) differ from them.
 */
void vb__indexing_start(struct vb__writer *writer);
enum vb_err vb__indexing_before(struct vb__writer *writer,
                                const struct vb_record *state);
enum vb_err vb__indexing_after(struct vb__writer *writer, struct vb_span parent,
                               uint64_t id, const struct vb_record *state);

/* --- indexing_work.c ----------------------------------------------------- */

/* Makes some of an index, or lets some of one go, in a transaction of its own.
 * True when there is more to do at once. */
bool vb__indexing_work(struct vb__writer *writer);

/* --- for both ------------------------------------------------------------- */

/* Adds a key's row, if it is not there, or drops it. */
enum vb_err vb__indexing_write(struct vb__writer *writer, bool add,
                               struct vb_span parent, uint64_t id,
                               const struct vb_index_keys *keys,
                               const struct vb_index_key *key);

#endif
