/* Arenas. See arena.h for the shape. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"

struct vb_arena_block {
    struct vb_arena_block *older;
    size_t size; /* of data */
    size_t used;
    struct vb_pool *pool; /* it goes back there; NULL: to free */
    alignas(max_align_t) char data[];
};

void vb_arena_init(struct vb_arena *arena, size_t block_size, size_t limit)
{
    *arena = (struct vb_arena){.block_size = block_size, .limit = limit};
}

void vb_arena_init_pooled(struct vb_arena *arena, struct vb_pool *pool,
                          size_t limit)
{
    size_t usable = pool->block_size - sizeof(struct vb_arena_block);

    *arena =
        (struct vb_arena){.pool = pool, .block_size = usable, .limit = limit};
}

static void give_block(struct vb_arena_block *block)
{
    if (block->pool != NULL)
        vb_pool_give(block->pool, block);
    else
        free(block);
}

void vb_arena_done(struct vb_arena *arena)
{
    struct vb_arena_block *block = arena->newest;

    while (block != NULL) {
        struct vb_arena_block *older = block->older;

        give_block(block);
        block = older;
    }
    arena->newest = NULL;
    arena->total = 0;
    arena->failed = false;
}

void vb_arena_reset(struct vb_arena *arena)
{
    struct vb_arena_block *kept = arena->newest;

    /* The oldest block is the first taken and of the usual size, unless the
     * very first request was larger than that; then nothing is kept. */
    while (kept != NULL && kept->older != NULL) {
        struct vb_arena_block *older = kept->older;

        give_block(kept);
        kept = older;
    }
    arena->newest = kept;
    if (kept != NULL && kept->size != arena->block_size) {
        vb_arena_done(arena);
        return;
    }
    if (kept != NULL)
        kept->used = 0;
    arena->total = kept == NULL ? 0 : kept->size;
    arena->failed = false;
}

/* Room for at least `least` bytes, in a block of the usual size if it does. */
static struct vb_arena_block *take_block(struct vb_arena *arena, size_t least,
                                         size_t room)
{
    size_t size = least > arena->block_size ? least : arena->block_size;
    struct vb_pool *pool = size == arena->block_size ? arena->pool : NULL;
    struct vb_arena_block *block;

    if (size > room && least <= room) {
        size = least; /* the limit's last bytes are for use, too */
        pool = NULL;
    }
    if (size > room)
        return NULL;
    block = pool != NULL ? vb_pool_take(pool) : malloc(sizeof(*block) + size);
    if (block != NULL)
        *block = (struct vb_arena_block){.size = size, .pool = pool};
    return block;
}

static struct vb_arena_block *add_block(struct vb_arena *arena, size_t least)
{
    struct vb_arena_block *block =
        take_block(arena, least, arena->limit - arena->total);

    if (block == NULL)
        return NULL;
    block->older = arena->newest;
    arena->newest = block;
    arena->total += block->size;
    return block;
}

void *vb_arena_alloc(struct vb_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct vb_arena_block *block = arena->newest;
    void *at;

    if (size > SIZE_MAX - align || arena->failed)
        goto refuse;
    size = (size + align - 1) & ~(align - 1);
    if (block == NULL || size > block->size - block->used) {
        block = add_block(arena, size);
        if (block == NULL)
            goto refuse;
    }
    at = block->data + block->used;
    block->used += size;
    return at;

refuse:
    arena->failed = true;
    return NULL;
}

void *vb_arena_calloc(struct vb_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    void *at;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    at = vb_arena_alloc(arena, bytes);
    if (at != NULL)
        memset(at, 0, bytes);
    return at;
}

struct vb_span vb_arena_dup(struct vb_arena *arena, struct vb_span s)
{
    char *at = s.len < SIZE_MAX ? vb_arena_alloc(arena, s.len + 1) : NULL;

    if (at == NULL)
        return vb_span_of(NULL, 0);
    if (s.len > 0)
        memcpy(at, s.ptr, s.len);
    at[s.len] = '\0';
    return vb_span_of(at, s.len);
}

struct vb_span vb_arena_printf(struct vb_arena *arena, const char *format, ...)
{
    va_list args;
    char *at;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = len < 0 ? NULL : vb_arena_alloc(arena, (size_t)len + 1);
    if (at == NULL)
        return vb_span_of(NULL, 0);
    va_start(args, format);
    vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    return vb_span_of(at, (size_t)len);
}
