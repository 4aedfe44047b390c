/* What the parts of a reader share: reader.c, reader_list.c, reader_index.c,
 * reader_ordered.c. */
#ifndef VB_STORAGE_SQLITE_READER_PART_H
#define VB_STORAGE_SQLITE_READER_PART_H

#include "storage/sieve.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/reader.h"

/* Ends a call; how it went. After a failure the transaction may be gone: it is
 * started afresh next time. */
enum vb_err vb__reader_ended(struct vb__reader *reader, struct vb__call *call);
/* The same, where `err` is what went wrong with its rows. */
enum vb_err vb__reader_ended_with(struct vb__reader *reader,
                                  struct vb__call *call, enum vb_err err);

/* The column behind those of VB__RECORD_COLUMNS. */
#define VB__ROW_EXTRA 11

/* The record in the current row, borrowed from it. */
struct vb_record vb__row_of(const struct vb__call *row);
bool vb__row_is_tombstone(const struct vb__call *row);
/* A walk's statement, for this list. */
static inline enum vb__reader_statement
vb__walk_for(enum vb__reader_statement whole, const struct vb_list_read *list)
{
    return list->brief.len > 0 ? (enum vb__reader_statement)(whole + 1) : whole;
}

/* The row of a walk: where the list takes members brief, without a key. */
struct vb_record vb__row_for(const struct vb__call *row,
                             const struct vb_list_read *list);
/* A record with the row's fields; NULL when out of memory. */
struct vb_record *vb__record_of(struct vb__reader *reader,
                                const struct vb_record *row);

struct vb__collected {
    uint64_t revision;
    uint64_t count;
    int64_t modified_ms;
    int64_t number;
};

/* In a snapshot, which is begun if none is open. */
enum vb_err vb__reader_collected(struct vb__reader *reader,
                                 struct vb_span parent,
                                 struct vb__collected *ret_collected);

/* --- reader_list.c -------------------------------------------------------- */

/* A list that is being filled. */
struct vb__filling {
    struct vb__reader *reader;
    struct vb_list_read *list;
    size_t cap; /* of list->records */
};

enum vb_err vb__fill(struct vb__filling *filling, const struct vb_record *row);

/* Sifts the rows of a statement whose parameters are bound, until the list has
 * enough; ends the call. */
enum vb_err vb__sift_rows(struct vb__filling *filling,
                          struct vb__sifting *sifting, struct vb__call *call,
                          enum vb__sift *ret_verdict);

/* --- reader_index.c ------------------------------------------------------- */

/* One that a list may use, in the open snapshot. */
struct vb__index {
    uint64_t id; /* of its row */
    const struct vb_list_index *wanted;
};

/* VB_ERR_UNSUPPORTED: there is none, or it is not whole yet. */
enum vb_err vb__reader_index(struct vb__reader *reader,
                             const struct vb_list_index *wanted,
                             struct vb__index *ret_index);

/* A statement with the index and the listing bound. */
struct vb__call vb__index_use(struct vb__reader *reader,
                              enum vb__reader_statement which,
                              const struct vb__index *index,
                              struct vb_span listing);

/* Sifts all that has this key, beyond `from`; 0: all of them. */
enum vb_err vb__index_group(struct vb__filling *filling,
                            struct vb__sifting *sifting,
                            const struct vb__index *index, struct vb_span key,
                            uint64_t from, enum vb__sift *ret_verdict);

/* list->total becomes how many keys lie in the ranges. */
enum vb_err vb__index_count(struct vb__reader *reader,
                            const struct vb__index *index,
                            struct vb_list_read *list);

/* Is all that is wanted one key? */
bool vb__index_is_point(const struct vb_list_index *wanted);

/* A list in the order of positions: of all that has one key, and of all that
 * has one in the ranges. */
enum vb_err vb__index_point(struct vb__reader *reader,
                            const struct vb__index *index,
                            struct vb_list_read *list);
enum vb_err vb__index_ranges(struct vb__reader *reader,
                             const struct vb__index *index,
                             struct vb_list_read *list);
/* Offers all members that have a key in the ranges. */
enum vb_err vb__index_pick(struct vb__reader *reader,
                           const struct vb__index *index,
                           struct vb__pick *pick);

/* --- reader_ordered.c ----------------------------------------------------- */

/* A list in the order of the index. */
enum vb_err vb__index_ordered(struct vb__reader *reader,
                              const struct vb__index *index,
                              struct vb_list_read *list);

#endif
