/*
 * History in the file: each change leaves what it took the place of, in its
 * commit's own transaction. What it led to is what the next change of the same
 * record has left, or the record as it is now: so nothing is written twice.
 *
 * A group's changes lie together in a row, or in several of them if they are
 * many (past.h). The oldest rows go as others come: once there is a sixteenth
 * more than is to be kept, many at a time.
 */
#ifndef VB_STORAGE_SQLITE_HISTORY_H
#define VB_STORAGE_SQLITE_HISTORY_H

#include "storage/judge.h"
#include "storage/store.h"

struct vb__writer;
struct vb__reader;

/* The writer's. */
struct vb__history {
    /* As the state's row has it. */
    uint64_t kept;  /* nothing up to this moment counts any more */
    uint64_t bytes; /* that all rows cost */

    bool trims; /* until there is no more than is to be kept */
    bool full;  /* the disk is: no rows are added */

    /* The group under way, */
    uint64_t limit; /* bytes that are kept; 0: nothing is */
    uint64_t added; /* bytes that came with it */
    /* and its commit under way. */
    uint64_t steps; /* rows of it that are still to come */
    uint64_t step;  /* and the last one that came */
};

/* The row that is being made. */
struct vb__coming {
    struct vb_buf marks;
    struct vb_buf changes;
    uint64_t cost;
    uint64_t moment; /* of the last change in it; 0: there is none */
};

void vb__coming_init(struct vb__coming *coming);
void vb__coming_done(struct vb__coming *coming);

/* Before a group's first change. */
void vb__history_begin(struct vb__writer *writer);

/* Is what becomes of this record kept? */
bool vb__history_keeps(const struct vb__writer *writer, struct vb_span key);

/* Before a commit that has been judged is carried out. */
void vb__history_commit(struct vb__writer *writer, const struct vb__plan *plan);

/* Before the step's record, which is in this state, is changed or removed; or
 * after it was created (NULL). */
enum vb_err vb__history_note(struct vb__writer *writer,
                             const struct vb__step *step,
                             const struct vb_record *state);

/* At the end of a group: what it has done is written, and what is beyond the
 * bound goes. */
enum vb_err vb__history_end(struct vb__writer *writer);

/* The disk is full: history goes first, and what was kept does not count any
 * more. In a transaction of its own; whether that succeeds shows later. */
void vb__history_give_way(struct vb__writer *writer);

/* The contract's request; at least 1 is wanted. */
enum vb_err vb__reader_history(struct vb__reader *reader,
                               struct vb_history_read *read);

#endif
