/* Blocks kept for reuse. See pool.h. */
#include "base/pool.h"

#include <stdlib.h>

#include "base/assert.h"

struct vb_pool_block {
    struct vb_pool_block *next;
};

void vb_pool_init(struct vb_pool *pool, size_t block_size, size_t keep)
{
    vb_assert(block_size >= sizeof(struct vb_pool_block));
    *pool = (struct vb_pool){.block_size = block_size, .keep = keep};
}

void vb_pool_done(struct vb_pool *pool)
{
    vb_assert(pool->lent == 0);
    while (pool->free != NULL) {
        struct vb_pool_block *block = pool->free;

        pool->free = block->next;
        free(block);
    }
    pool->free_count = 0;
}

void *vb_pool_take(struct vb_pool *pool)
{
    struct vb_pool_block *block = pool->free;

    if (block != NULL) {
        pool->free = block->next;
        pool->free_count--;
    } else {
        block = malloc(pool->block_size);
        if (block == NULL)
            return NULL;
    }
    pool->lent++;
    return block;
}

void vb_pool_give(struct vb_pool *pool, void *at)
{
    struct vb_pool_block *block = at;

    if (block == NULL)
        return;
    vb_assert(pool->lent > 0);
    pool->lent--;
    if (pool->free_count >= pool->keep) {
        free(block);
        return;
    }
    block->next = pool->free;
    pool->free = block;
    pool->free_count++;
}
