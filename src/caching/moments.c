/* Moments of invalidation. See moments.h. */
#include "caching/moments.h"

#include <pthread.h>
#include <stdlib.h>

#define NAMES (VB_MOMENTS_PLACES - 1) /* a power of two */
#define ALL   NAMES                   /* the place behind them */

struct vb_moments {
    atomic_uint_fast64_t now;
    struct vb_moments_keeper *keeper;
    pthread_mutex_t lock; /* of what is being kept */
    atomic_uint_fast64_t last[VB_MOMENTS_PLACES];
};

struct vb_moments *vb_moments_new(void)
{
    struct vb_moments *moments = calloc(1, sizeof(*moments));

    if (moments != NULL)
        pthread_mutex_init(&moments->lock, NULL);
    return moments;
}

void vb_moments_free(struct vb_moments *moments)
{
    if (moments == NULL)
        return;
    pthread_mutex_destroy(&moments->lock);
    free(moments);
}

void vb_moments_kept_by(struct vb_moments *moments,
                        struct vb_moments_keeper *keeper)
{
    moments->keeper = keeper;
}

uint64_t vb_moments_group_hash(const struct vb_hash_key *key,
                               struct vb_span origin, struct vb_span group)
{
    struct vb_hash_key of_origin = *key;

    of_origin.k1 ^= vb_hash(key, origin);
    return vb_hash(&of_origin, group);
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

void vb_moments_restore(struct vb_moments *moments, size_t place,
                        uint64_t moment)
{
    raise_to(&moments->last[place], moment);
    vb_moments_reach(moments, moment);
}

void vb_moments_reach(struct vb_moments *moments, uint64_t moment)
{
    raise_to(&moments->now, moment);
}

static uint64_t mark(struct vb_moments *moments, size_t place)
{
    uint64_t moment = atomic_fetch_add(&moments->now, 1) + 1;

    raise_to(&moments->last[place], moment);
    return moment;
}

/* One at a time where it is kept, so that what is kept of a place last is its
 * last one. */
static void mark_and_keep(struct vb_moments *moments, size_t place)
{
    if (moments->keeper == NULL) {
        (void)mark(moments, place);
        return;
    }
    pthread_mutex_lock(&moments->lock);
    moments->keeper->keep(moments->keeper, place, mark(moments, place));
    pthread_mutex_unlock(&moments->lock);
}

void vb_moments_mark(struct vb_moments *moments, uint64_t hash)
{
    mark_and_keep(moments, hash % NAMES);
}

void vb_moments_mark_all(struct vb_moments *moments)
{
    mark_and_keep(moments, ALL);
}

bool vb_moments_since(const struct vb_moments *moments, uint64_t hash,
                      uint64_t moment)
{
    return atomic_load(&moments->last[hash % NAMES]) > moment ||
           atomic_load(&moments->last[ALL]) > moment;
}
