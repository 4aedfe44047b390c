/* Moments of invalidation. See moments.h. */
#include "caching/moments.h"

#include <stdlib.h>

#define PLACES 32768 /* a power of two */

struct vb_moments {
    atomic_uint_fast64_t now;
    atomic_uint_fast64_t all;
    atomic_uint_fast64_t last[PLACES];
};

struct vb_moments *vb_moments_new(void)
{
    return calloc(1, sizeof(struct vb_moments));
}

void vb_moments_free(struct vb_moments *moments)
{
    free(moments);
}

size_t vb_moments_size(void)
{
    return sizeof(struct vb_moments);
}

uint64_t vb_moments_now(const struct vb_moments *moments)
{
    return atomic_load(&moments->now);
}

/* Of two at once the later one stays. */
static void raise_to(atomic_uint_fast64_t *place, uint64_t moment)
{
    uint_fast64_t last = atomic_load(place);

    while (last < moment && !atomic_compare_exchange_weak(place, &last, moment))
        ;
}

void vb_moments_mark(struct vb_moments *moments, uint64_t hash)
{
    raise_to(&moments->last[hash % PLACES],
             atomic_fetch_add(&moments->now, 1) + 1);
}

void vb_moments_mark_all(struct vb_moments *moments)
{
    raise_to(&moments->all, atomic_fetch_add(&moments->now, 1) + 1);
}

bool vb_moments_since(const struct vb_moments *moments, uint64_t hash,
                      uint64_t moment)
{
    return atomic_load(&moments->last[hash % PLACES]) > moment ||
           atomic_load(&moments->all) > moment;
}
