/*
 * Blocks of one size, kept for reuse. One thread's: no lock.
 *
 * A worker lends these to connections while something is under way (an
 * exchange, bytes on their way out) and takes them back when the connection
 * falls idle, so that idle connections cost next to nothing.
 */
#ifndef VB_BASE_POOL_H
#define VB_BASE_POOL_H

#include <stddef.h>

struct vb_pool_block;

struct vb_pool {
    struct vb_pool_block *free;
    size_t block_size; /* bytes */
    size_t free_count;
    size_t keep; /* free blocks held at most; more go back to malloc */
    size_t lent; /* blocks out now */
};

/* Takes no memory yet. */
void vb_pool_init(struct vb_pool *pool, size_t block_size, size_t keep);

/* Frees the blocks that are not lent; all must have come back. */
void vb_pool_done(struct vb_pool *pool);

/* A block with arbitrary content, aligned for any type; NULL: no memory. */
void *vb_pool_take(struct vb_pool *pool);

/* NULL is fine. */
void vb_pool_give(struct vb_pool *pool, void *at);

#endif
