/* Generation counters. See generations.h, and store.h for the argument. */
#include "storage/generations.h"

#include <stdatomic.h>
#include <stdlib.h>

/* 512 KiB in all. With n keys changed since an entry was cached, the chance
 * that one of them shares its counter is about n / 65536. */
#define COUNTER_BITS 16

struct vb_generations {
    struct vb_hash_key key;
    /* Counts for each of them: both only grow, so a sum that is the same says
     * that neither has. */
    atomic_uint_fast64_t all;
    atomic_uint_fast64_t counters[1U << COUNTER_BITS];
};

struct vb_generations *vb__generations_new(void)
{
    struct vb_generations *generations = calloc(1, sizeof(*generations));

    if (generations != NULL)
        generations->key = vb_hash_key_random();
    return generations;
}

void vb__generations_free(struct vb_generations *generations)
{
    free(generations);
}

uint64_t vb__generations_hash(const struct vb_generations *generations,
                              struct vb_span key)
{
    return vb_hash(&generations->key, key);
}

/* The upper bits: tables that use the same hash take the lower ones. */
static size_t index_of(uint64_t hash)
{
    return (size_t)(hash >> (64 - COUNTER_BITS));
}

uint64_t vb__generations_get(const struct vb_generations *generations,
                             uint64_t hash)
{
    return atomic_load_explicit(&generations->counters[index_of(hash)],
                                memory_order_acquire) +
           atomic_load_explicit(&generations->all, memory_order_acquire);
}

uint64_t vb__generations_bump(struct vb_generations *generations, uint64_t hash)
{
    return atomic_fetch_add_explicit(&generations->counters[index_of(hash)], 1,
                                     memory_order_release) +
           1 + atomic_load_explicit(&generations->all, memory_order_relaxed);
}

void vb__generations_bump_all(struct vb_generations *generations)
{
    atomic_fetch_add_explicit(&generations->all, 1, memory_order_release);
}
