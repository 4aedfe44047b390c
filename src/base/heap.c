/* Blocks of a few sizes. See heap.h. */
#include "base/heap.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What stands before the bytes that are given out. */
struct head {
    alignas(max_align_t) struct vb_pool *pool; /* NULL: malloc's */
    size_t room;                               /* bytes behind it */
};

#define SMALLEST ((size_t)64)
#define LARGEST  (SMALLEST << (VB_HEAP_SIZES - 1))

/* The pool of the least blocks that have room for so many bytes. */
static int index_of(size_t size)
{
    int bits = size <= 1 ? 0 : 64 - __builtin_clzll(size - 1);

    return bits <= 6 ? 0 : bits - 6;
}

void vb_heap_init(struct vb_heap *heap, size_t keep)
{
    for (int i = 0; i < VB_HEAP_SIZES; i++)
        vb_pool_init(&heap->pools[i], sizeof(struct head) + (SMALLEST << i),
                     keep);
}

void vb_heap_done(struct vb_heap *heap)
{
    for (int i = 0; i < VB_HEAP_SIZES; i++)
        vb_pool_done(&heap->pools[i]);
}

static struct head *head_of(void *at)
{
    return (struct head *)at - 1;
}

void *vb_heap_alloc(struct vb_heap *heap, size_t size)
{
    struct vb_pool *pool = NULL;
    struct head *head;

    if (size <= LARGEST) {
        pool = &heap->pools[index_of(size)];
        size = pool->block_size - sizeof(*head);
        head = vb_pool_take(pool);
    } else {
        head = size > SIZE_MAX - sizeof(*head) ? NULL
                                               : malloc(sizeof(*head) + size);
    }
    if (head == NULL)
        return NULL;
    *head = (struct head){pool, size};
    return head + 1;
}

void *vb_heap_calloc(struct vb_heap *heap, size_t count, size_t size)
{
    size_t bytes;
    void *at;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    at = vb_heap_alloc(heap, bytes);
    if (at != NULL)
        memset(at, 0, bytes);
    return at;
}

void *vb_heap_realloc(struct vb_heap *heap, void *at, size_t size)
{
    void *fresh;

    if (at != NULL && size <= head_of(at)->room)
        return at;
    fresh = vb_heap_alloc(heap, size);
    if (fresh != NULL && at != NULL) {
        memcpy(fresh, at, head_of(at)->room);
        vb_heap_free(heap, at);
    }
    return fresh;
}

void vb_heap_free(struct vb_heap *heap, void *at)
{
    struct head *head;

    (void)heap;
    if (at == NULL)
        return;
    head = head_of(at);
    if (head->pool != NULL)
        vb_pool_give(head->pool, head);
    else
        free(head);
}
