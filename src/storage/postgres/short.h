/*
 * The short way of a group of commits: one round trip. See short.c.
 */
#ifndef VB_STORAGE_POSTGRES_SHORT_H
#define VB_STORAGE_POSTGRES_SHORT_H

#include "storage/history.h"
#include "storage/postgres/group.h"

/* May the group try it? */
bool vb__pg_short_suits(const struct vb__pg_group *group);

/* Sends all of it but BEGIN, with the locks of the survey. */
void vb__pg_short_send(struct vb__pg_group *group);

/* Takes what was granted, and what has been done of it: two columns. */
void vb__pg_short_take(struct vb__pg_group *group, const PGresult *result,
                       int column);

/* Fills those commits in that were made: they are durable. */
void vb__pg_short_publish(struct vb__pg_group *group);

/* The same as vb__pg_write_doubt. */
void vb__pg_short_doubt(struct vb__pg_group *group);

/* Answers those, and those that can't be made; others are the group's, and go
 * the general way. */
void vb__pg_short_answer(struct vb__pg_group *group);

/* There must be nothing under its key. */
static inline bool vb__pg_short_creates(const struct vb_change *change)
{
    return change->expect == VB_EXPECT_NONE ||
           change->expect == VB_EXPECT_UNUSED;
}

/* Of what a commit of this revision creates; SHORT_ADD gives the same. */
static inline uint64_t vb__pg_short_position(uint64_t revision)
{
    return revision << VB_MOMENT_STEP_BITS | 1;
}

#endif
