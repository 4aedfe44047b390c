/*
 * Hashes of what was thrown out lately, as many as it has room for: a set that
 * forgets by age. It may forget one early, where several fall into one place,
 * and takes one for another once in some billions.
 */
#ifndef VB_CACHING_GHOST_H
#define VB_CACHING_GHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb_ghost_mark {
    uint32_t hash;
    uint32_t when; /* in additions; 0: none */
};

struct vb_ghost {
    struct vb_ghost_mark *marks;
    size_t mask; /* places of 4 marks, less one */
    uint32_t now;
};

/* Room for about so many; false: no memory. */
bool vb_ghost_init(struct vb_ghost *ghost, size_t count);
void vb_ghost_done(struct vb_ghost *ghost);

void vb_ghost_add(struct vb_ghost *ghost, uint64_t hash);

/* Is it one of the last `most` that were added? It is forgotten then. */
bool vb_ghost_take(struct vb_ghost *ghost, uint64_t hash, size_t most);

/* Bytes it holds in memory. */
size_t vb_ghost_size(const struct vb_ghost *ghost);

#endif
