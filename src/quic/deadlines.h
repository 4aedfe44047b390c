/*
 * Deadlines, soonest first: a binary heap of entries that lie in what they are
 * deadlines of.
 */
#ifndef VB_QUIC_DEADLINES_H
#define VB_QUIC_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb__deadline {
    int64_t at;   /* in nanoseconds */
    size_t index; /* in the heap, from 1; 0: it is in none */
};

/* {0} is an empty one. */
struct vb__deadlines {
    struct vb__deadline **entries;
    size_t count;
    size_t room;
};

/* Makes room for so many entries. False: out of memory. */
bool vb__deadlines_reserve(struct vb__deadlines *all, size_t count);

/* Gives the memory back. */
void vb__deadlines_done(struct vb__deadlines *all);

/* Puts an entry in, or moves it; there must be room for all. */
void vb__deadlines_set(struct vb__deadlines *all, struct vb__deadline *entry,
                       int64_t at);

/* Takes an entry out; fine where it is not in. */
void vb__deadlines_remove(struct vb__deadlines *all,
                          struct vb__deadline *entry);

/* The soonest, or NULL. */
static inline struct vb__deadline *
vb__deadlines_first(const struct vb__deadlines *all)
{
    return all->count > 0 ? all->entries[0] : NULL;
}

#endif
