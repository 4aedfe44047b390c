/*
 * What the accepted commits of a group come to: rows of each table.
 */
#ifndef VB_STORAGE_POSTGRES_ROWS_H
#define VB_STORAGE_POSTGRES_ROWS_H

#include "storage/postgres/group.h"

/* As the table `record` has them. */
struct vb__pg_row {
    struct vb_span key;
    int64_t kind;
    int64_t revision;
    int64_t position;
    int64_t created_ms;
    int64_t modified_ms;
    int64_t length;
    int64_t blob;
    int64_t ties;
    struct vb_span parent;
    struct vb_span media_type;
    struct vb_span content;
};

struct vb__pg_happening_row {
    struct vb_span key;
    int64_t moment;
    int64_t removed;
    struct vb_span parent;
    int64_t position;
};

struct vb__pg_claim_row {
    struct vb_span scope;
    struct vb_span value;
    struct vb_span key;
    int64_t is_long;
    struct vb_span whole; /* where it is */
};

struct vb__pg_reference_row {
    struct vb_span target;
    int64_t position;
    struct vb_span source;
};

struct vb__pg_memo_row {
    struct vb_span name;
    int64_t now_ms;
    int64_t revision;
    int64_t expires_ms;
    struct vb_span bytes;
    struct vb_span over;
};

/* Rows of one kind, in the arena: as many as there can be. */
#define VB__PG_ROWS(type)                                                      \
    struct {                                                                   \
        struct type *at;                                                       \
        size_t count;                                                          \
    }

struct vb__pg_rows {
    VB__PG_ROWS(vb__pg_row) added, changed, amended;
    VB__PG_ROWS(vb__pg_happening_row) created, happened, hidden;
    VB__PG_ROWS(vb__pg_claim_row) claims;
    VB__PG_ROWS(vb__pg_reference_row) references;
    VB__PG_ROWS(vb__pg_memo_row) memos;
    VB__PG_ROWS(vb__pg_member_row) members; /* that have keys, or had some */
    struct vb__pg_names claims_of, references_of; /* keys that lose theirs */
    int64_t *taken, *released;                    /* blobs */
    size_t taken_count, released_count;
    uint64_t cost; /* of what the history gets, about */
    struct vb_arena *arena;
};

/* Makes those of all accepted commits; sets the positions of what they create,
 * and counts in the collections. False: no memory. */
bool vb__pg_rows_make(struct vb__pg_group *group, struct vb__pg_rows *rows);

#endif
