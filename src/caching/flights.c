/* Fills by their keys: who leads, and who follows. See fill.h. */
#include <stdlib.h>

#include "base/hash.h"
#include "caching/fill_inner.h"

#define SHARDS 16

/* Keys that are remembered, one a place. */
#define MEMORY 256

struct remembered {
    uint64_t hash;
    int64_t until_ms;
};

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct vb_table table;
    int64_t now_ms; /* of the last who joined */
    struct remembered memory[MEMORY];
};

struct vb_flights {
    struct shard shards[SHARDS];
    struct vb_flights_config config;
    atomic_size_t bytes;
};

struct vb_flights *vb_flights_new(const struct vb_flights_config *config)
{
    struct vb_flights *flights =
        aligned_alloc(64, (sizeof(*flights) + 63) / 64 * 64);

    if (flights == NULL)
        return NULL;
    memset(flights, 0, sizeof(*flights));
    flights->config = *config;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&flights->shards[i].lock, NULL);
        vb_table_init(&flights->shards[i].table);
    }
    return flights;
}

void vb_flights_free(struct vb_flights *flights)
{
    if (flights == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        vb_assert(flights->shards[i].table.count == 0);
        vb_table_done(&flights->shards[i].table);
        pthread_mutex_destroy(&flights->shards[i].lock);
    }
    free(flights);
}

const struct vb_flights_config *
vb__flights_config(const struct vb_flights *flights)
{
    return &flights->config;
}

bool vb__flights_take(struct vb_flights *flights, size_t bytes)
{
    size_t before = atomic_fetch_add(&flights->bytes, bytes);

    if (bytes <= flights->config.max_in_flight &&
        before <= flights->config.max_in_flight - bytes)
        return true;
    atomic_fetch_sub(&flights->bytes, bytes);
    return false;
}

void vb__flights_give(struct vb_flights *flights, size_t bytes)
{
    atomic_fetch_sub(&flights->bytes, bytes);
}

static uint64_t hash_of(const struct vb_caching_key *key)
{
    return vb_hash(vb_hash_key_shared(), key->text);
}

static struct shard *shard_of(struct vb_flights *flights, uint64_t hash)
{
    return &flights->shards[hash >> 60];
}

static struct remembered *place_of(struct shard *shard, uint64_t hash)
{
    return &shard->memory[hash % MEMORY];
}

/* Takes it out of the table, under the shard's lock. */
static void unlist(struct shard *shard, struct vb_fill *fill)
{
    if (fill->listed)
        vb_table_remove(&shard->table, &fill->node);
    fill->listed = false;
}

/* What is under way for a key, under the shard's lock; or NULL. */
static struct vb_fill *find(struct shard *shard, uint64_t hash,
                            const struct vb_caching_key *key)
{
    struct vb_table_node *at = vb_table_first(&shard->table, hash);

    for (; at != NULL; at = vb_table_next(at)) {
        struct vb_fill *fill = VB_CONTAINER(at, struct vb_fill, node);

        if (!vb_span_eq(fill->key.text, key->text))
            continue;
        if (!vb__fill_is_too_old(fill, NULL))
            return fill;
        unlist(shard, fill);
        return NULL;
    }
    return NULL;
}

static bool is_alone(struct shard *shard, uint64_t hash, int64_t now_ms)
{
    const struct remembered *place = place_of(shard, hash);

    shard->now_ms = now_ms;
    return place->hash == hash && place->until_ms > now_ms;
}

/* Puts a fill of its own into the table, under the shard's lock. */
static void list(struct shard *shard, uint64_t hash, struct vb_fill *fill)
{
    fill->listed = vb_table_insert(&shard->table, &fill->node, hash);
}

void vb__flights_unlist(struct vb_fill *fill)
{
    uint64_t hash = hash_of(&fill->key);
    struct shard *shard = shard_of(fill->flights, hash);

    pthread_mutex_lock(&shard->lock);
    unlist(shard, fill);
    pthread_mutex_unlock(&shard->lock);
}

void vb__flights_remember(struct vb_fill *fill)
{
    uint64_t hash = hash_of(&fill->key);
    struct shard *shard = shard_of(fill->flights, hash);

    pthread_mutex_lock(&shard->lock);
    *place_of(shard, hash) = (struct remembered){
        hash, shard->now_ms + fill->flights->config.memory_ms};
    pthread_mutex_unlock(&shard->lock);
}

/* A reader of what is under way; NULL: nothing is that it may follow. */
static struct vb_fill_reader *follow(struct vb_fill *fill,
                                     const struct vb_fill_party *party)
{
    struct vb_fill_reader *reader = NULL;

    pthread_mutex_lock(&fill->lock);
    if ((fill->state == VB_FILL_WAITING || fill->state == VB_FILL_OPEN) &&
        !fill->passing)
        reader = vb__fill_follow(fill, party);
    pthread_mutex_unlock(&fill->lock);
    return reader;
}

static struct vb_fill_reader *own_reader(struct vb_fill *fill,
                                         const struct vb_fill_party *party)
{
    struct vb_fill_reader *reader;

    pthread_mutex_lock(&fill->lock);
    reader = vb__fill_follow(fill, party);
    pthread_mutex_unlock(&fill->lock);
    if (reader != NULL)
        reader->leads = true;
    return reader;
}

enum vb_flight_part
vb_flights_join(struct vb_flights *flights, const struct vb_caching_key *key,
                bool alone, const struct vb_fill_party *party, int64_t now_ms,
                struct vb_fill **ret_fill, struct vb_fill_reader **ret_reader)
{
    uint64_t hash = hash_of(key);
    struct shard *shard = shard_of(flights, hash);
    struct vb_fill *under_way, *fill = vb__fill_new(flights, key, party);
    bool leads;

    if (fill == NULL)
        return VB_FLIGHT_NOMEM;
    pthread_mutex_lock(&shard->lock);
    alone |= is_alone(shard, hash, now_ms);
    under_way = alone ? NULL : find(shard, hash, key);
    *ret_reader = NULL;
    if (under_way != NULL)
        *ret_reader = follow(under_way, party);
    else if (!alone)
        list(shard, hash, fill);
    leads = fill->listed;
    pthread_mutex_unlock(&shard->lock);
    if (*ret_reader != NULL) {
        vb_fill_close(fill);
        return VB_FLIGHT_FOLLOW;
    }
    *ret_reader = own_reader(fill, party);
    if (*ret_reader == NULL) {
        vb_fill_close(fill);
        return VB_FLIGHT_NOMEM;
    }
    *ret_fill = fill;
    return leads ? VB_FLIGHT_LEAD : VB_FLIGHT_ALONE;
}

struct vb_fill *vb_flights_lead(struct vb_flights *flights,
                                const struct vb_caching_key *key,
                                const struct vb_fill_party *party)
{
    uint64_t hash = hash_of(key);
    struct shard *shard = shard_of(flights, hash);
    struct vb_fill *under_way, *fill = vb__fill_new(flights, key, party);

    if (fill == NULL)
        return NULL;
    pthread_mutex_lock(&shard->lock);
    under_way = find(shard, hash, key);
    if (under_way == NULL)
        list(shard, hash, fill);
    pthread_mutex_unlock(&shard->lock);
    if (under_way == NULL)
        return fill;
    vb_fill_close(fill);
    return NULL;
}

struct vb_fill *vb_flights_alone(struct vb_flights *flights,
                                 const struct vb_caching_key *key,
                                 const struct vb_fill_party *party)
{
    struct vb_fill *fill = vb__fill_new(flights, key, party);

    if (fill != NULL)
        fill->alone = true;
    return fill;
}
