/*
 * A small heap, for a library that asks for its allocator: blocks of a few
 * sizes, each kept for reuse by a pool; what is larger is malloc's. One
 * thread's: no lock.
 *
 *     request of 100 bytes ─▶ the pool of 128 ─▶ [its pool | 128 bytes]
 */
#ifndef VB_BASE_HEAP_H
#define VB_BASE_HEAP_H

#include <stddef.h>

#include "base/pool.h"

/* Sizes of blocks: 64, 128, 256 and 512 bytes. */
#define VB_HEAP_SIZES 4

struct vb_heap {
    struct vb_pool pools[VB_HEAP_SIZES];
};

/* Takes no memory yet. Up to `keep` free blocks of each size are held. */
void vb_heap_init(struct vb_heap *heap, size_t keep);

/* All blocks must have come back. */
void vb_heap_done(struct vb_heap *heap);

/* As malloc, calloc, realloc and free, for blocks of this heap's. */
void *vb_heap_alloc(struct vb_heap *heap, size_t size);
void *vb_heap_calloc(struct vb_heap *heap, size_t count, size_t size);
void *vb_heap_realloc(struct vb_heap *heap, void *at, size_t size);
void vb_heap_free(struct vb_heap *heap, void *at);

#endif
