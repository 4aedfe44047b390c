/*
 * History in the file: each change leaves what it took the place of, in its
 * commit's own transaction. What it led to is what the next change of the same
 * record has left, or the record as it is now: so nothing is written twice.
 * The oldest go as others come.
 */
#ifndef VB_STORAGE_SQLITE_HISTORY_H
#define VB_STORAGE_SQLITE_HISTORY_H

#include "storage/judge.h"
#include "storage/store.h"

struct vb__writer;
struct vb__reader;

/* The writer's, as the state's row has it. */
struct vb__history {
    uint64_t kept;  /* nothing up to this moment counts any more */
    uint64_t bytes; /* that all rows cost */
    bool stale;     /* some rows may be up to `kept` */
    bool full;      /* the disk is: no rows are added */
    uint64_t steps; /* rows of the commit under way that are still to come */
    uint64_t step;  /* and the last one that came */
    uint64_t added; /* rows of the group under way */
};

/* Before a commit that has been judged is carried out. */
void vb__history_commit(struct vb__writer *writer, const struct vb__plan *plan);

/* Before the step's record is changed or removed; or after it was created. */
enum vb_err vb__history_note(struct vb__writer *writer,
                             const struct vb__step *step);

/* At the end of a group: what is beyond the bound goes. */
enum vb_err vb__history_trim(struct vb__writer *writer);

/* The disk is full: history goes first, and what was kept does not count any
 * more. In a transaction of its own; whether that succeeds shows later. */
void vb__history_give_way(struct vb__writer *writer);

/* The contract's request; at least 1 is wanted. */
enum vb_err vb__reader_history(struct vb__reader *reader,
                               struct vb_history_read *read);

#endif
