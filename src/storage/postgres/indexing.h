/*
 * Indexes (storage/index.h) in a database that several instances write:
 *
 *     writer     slot │ …, indexes: ids of those that it keeps
 *     indexes    name │ id, state (1: whole), reached: how often it was broken
 *     index_key  (listing, idx, sort, member) → key
 *
 * Every commit keeps the keys of all indexes that its instance has declared, in
 * its own transaction, and says in its writer's row which these are. Who
 * registers as a writer breaks, in that transaction, those that it does not
 * keep; a list that goes by one sees in its own snapshot whether it is whole.
 *
 * To make one (making.c): rows of writers that do not keep it and do nothing
 * are removed (who comes back registers again, and breaks it again); when there
 * is none left, what is missing is added listing by listing, and it is whole
 * unless it was broken meanwhile.
 *
 * An index's id is made of its name, so that nobody has to ask for it.
 */
#ifndef VB_STORAGE_POSTGRES_INDEXING_H
#define VB_STORAGE_POSTGRES_INDEXING_H

#include "base/arena.h"
#include "storage/index.h"
#include "storage/postgres/statement.h"
#include "storage/record.h"

struct vb__pg_store;
struct vb__pg_group;
struct vb__pg_rows;

int64_t vb__pg_index_id(struct vb_span name);

/* Those that are kept, as declared at some time. */
struct vb__pg_kept {
    struct vb_indexes *declared; /* NULL: none */
    int64_t *ids;
    uint64_t serial; /* of the declaration */
};

/* Takes those that are declared now. False: no memory, and nothing changed. */
bool vb__pg_kept_take(struct vb__pg_kept *kept, struct vb__pg_store *store);
bool vb__pg_kept_is_current(const struct vb__pg_kept *kept,
                            const struct vb__pg_store *store);
void vb__pg_kept_drop(struct vb__pg_kept *kept);
/* Have members of this listing keys? */
bool vb__pg_kept_covers(const struct vb__pg_kept *kept, struct vb_span listing);
/* Arrays of them, and what a writer's row has. */
void vb__pg_kept_names(const struct vb__pg_kept *kept, struct vb_buf *buf);
void vb__pg_kept_ids(const struct vb__pg_kept *kept, struct vb_buf *buf);
void vb__pg_kept_mark(const struct vb__pg_kept *kept, struct vb_buf *buf);

/* A member whose keys are to be what its state gives. */
struct vb__pg_member_row {
    struct vb_span listing;
    int64_t member; /* its position */
    bool is_new;    /* it had none */
    /* What it is now; revision 0: it is gone. */
    struct vb_record state;
};

/* A row of index_key. */
struct vb__pg_key_row {
    struct vb_span listing;
    int64_t idx;
    struct vb_span sort;
    int64_t member;
    struct vb_span key;
    int64_t revision;
};

/* The keys of the members, in the arena. False: no memory. */
bool vb__pg_kept_keys(const struct vb__pg_kept *kept,
                      const struct vb__pg_member_row *members, size_t count,
                      struct vb_arena *arena, struct vb__pg_key_row **ret_rows,
                      size_t *ret_count);

#endif
