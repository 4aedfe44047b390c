/*
 * An arena: memory that is taken piece by piece and given back all at once.
 *
 *     arena ──▶ block ──▶ block ──▶ NULL      newest first; each malloc'ed
 *                [used......|free]
 *
 * An exchange has one. Between two requests vb_arena_reset keeps the first
 * block, so a connection in its stride never calls malloc. The limit bounds
 * what one request can make us hold; past it vb_arena_alloc gives NULL, and
 * stays that way until the reset, so that a builder may check once at the end.
 */
#ifndef VB_BASE_ARENA_H
#define VB_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct vb_arena_block;
struct vb_pool;

struct vb_arena {
    struct vb_arena_block *newest;
    struct vb_pool *pool; /* where usual blocks come from; NULL: malloc */
    size_t block_size;    /* bytes of a usual block */
    size_t limit;         /* bytes over all blocks */
    size_t total;         /* bytes in all blocks */
    bool failed;          /* a request was refused since the last reset */
};

/* Takes no memory yet. block_size and limit are in bytes. */
void vb_arena_init(struct vb_arena *arena, size_t block_size, size_t limit);

/*
 * The same, with usual blocks borrowed from a pool: for arenas that come and
 * go with requests. The pool's block size is the arena's (a few bytes of each
 * block are the arena's own).
 */
void vb_arena_init_pooled(struct vb_arena *arena, struct vb_pool *pool,
                          size_t limit);

/* Gives everything back. The arena may be used again. */
void vb_arena_done(struct vb_arena *arena);

/* Forgets all allocations; keeps one usual block for the next round. */
void vb_arena_reset(struct vb_arena *arena);

/*
 * `size` uninitialised bytes, aligned for any type, valid until the reset.
 * NULL when the limit or memory is exhausted (arena->failed is set then).
 */
void *vb_arena_alloc(struct vb_arena *arena, size_t size);

/* The same, zeroed; count * size is checked for overflow. */
void *vb_arena_calloc(struct vb_arena *arena, size_t count, size_t size);

/* A copy of s in the arena with a NUL behind it; {NULL, 0} on failure. */
struct vb_span vb_arena_dup(struct vb_arena *arena, struct vb_span s);

/* A formatted, NUL-terminated text in the arena; {NULL, 0} on failure. */
struct vb_span vb_arena_printf(struct vb_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
