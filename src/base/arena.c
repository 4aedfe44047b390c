/* Arenas. See arena.h for the shape. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct vb_arena_block {
    struct vb_arena_block *older;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) char data[];
};

void vb_arena_init(struct vb_arena *arena, size_t block_size, size_t limit)
{
    *arena = (struct vb_arena){.block_size = block_size, .limit = limit};
}

static void free_blocks(struct vb_arena_block *block)
{
    while (block != NULL) {
        struct vb_arena_block *older = block->older;

        free(block);
        block = older;
    }
}

void vb_arena_done(struct vb_arena *arena)
{
    free_blocks(arena->newest);
    vb_arena_init(arena, arena->block_size, arena->limit);
}

void vb_arena_reset(struct vb_arena *arena)
{
    struct vb_arena_block *kept = arena->newest;

    arena->failed = false;
    if (kept == NULL)
        return;
    /* The oldest block is the first taken and of the usual size, unless the
     * very first request was larger than that; then nothing is kept. */
    while (kept->older != NULL) {
        struct vb_arena_block *older = kept->older;

        free(kept);
        kept = older;
    }
    if (kept->size != arena->block_size) {
        free(kept);
        kept = NULL;
    } else {
        kept->used = 0;
    }
    arena->newest = kept;
    arena->total = kept == NULL ? 0 : kept->size;
}

static struct vb_arena_block *add_block(struct vb_arena *arena, size_t least)
{
    size_t size = least > arena->block_size ? least : arena->block_size;
    struct vb_arena_block *block;

    if (size > arena->limit - arena->total)
        size = least;
    if (size > arena->limit - arena->total)
        return NULL;
    block = malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    *block = (struct vb_arena_block){.older = arena->newest, .size = size};
    arena->newest = block;
    arena->total += size;
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
