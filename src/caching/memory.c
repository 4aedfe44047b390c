/* The memory tier. See memory.h. */
#include <stdlib.h>

#include "caching/memory_inner.h"

/* Bytes of a response, by which the memory of what is gone is measured. */
#define TYPICAL 4096

static struct vb__shard *shard_of(struct vb_memory_tier *tier, uint64_t hash)
{
    return &tier->shards[hash >> 60];
}

static bool init_shards(struct vb_memory_tier *tier)
{
    size_t ghosts = tier->config.budget / TYPICAL / VB__SHARDS;
    bool fine = true;

    for (size_t i = 0; i < VB__SHARDS; i++) {
        struct vb__shard *shard = &tier->shards[i];

        pthread_mutex_init(&shard->lock, NULL);
        vb_table_init(&shard->table);
        fine &= vb_fifo_init(&shard->fifo, ghosts);
        atomic_fetch_add(&tier->bytes, vb_ghost_size(&shard->fifo.ghost));
    }
    return fine;
}

struct vb_memory_tier *vb_memory_new(const struct vb_memory_config *config)
{
    struct vb_memory_tier *tier =
        aligned_alloc(64, (sizeof(*tier) + 63) / 64 * 64);

    if (tier == NULL)
        return NULL;
    memset(tier, 0, sizeof(*tier));
    tier->config = *config;
    tier->moments = vb_moments_new();
    atomic_store(&tier->bytes, sizeof(*tier) + vb_moments_size());
    if (!init_shards(tier) || tier->moments == NULL ||
        config->budget < 1024 * 1024) {
        vb_memory_free(tier);
        return NULL;
    }
    return tier;
}

static void empty(struct vb_memory_tier *tier, struct vb__shard *shard)
{
    struct vb__slot *gone = NULL;
    struct vb_fifo_entry *entry;

    while ((entry = vb_fifo_evict(&shard->fifo)) != NULL) {
        struct vb__slot *slot = VB_CONTAINER(entry, struct vb__slot, fifo);

        vb__slot_take_out(tier, shard, slot);
        slot->next = gone;
        gone = slot;
    }
    vb__slots_free(gone);
}

void vb_memory_free(struct vb_memory_tier *tier)
{
    if (tier == NULL)
        return;
    for (size_t i = 0; i < VB__SHARDS; i++) {
        struct vb__shard *shard = &tier->shards[i];

        empty(tier, shard);
        vb_fifo_done(&shard->fifo);
        vb_table_done(&shard->table);
        pthread_mutex_destroy(&shard->lock);
    }
    vb_moments_free(tier->moments);
    free(tier);
}

uint64_t vb_memory_moment(const struct vb_memory_tier *tier)
{
    return vb_moments_now(tier->moments);
}

bool vb_memory_invalid_since(const struct vb_memory_tier *tier,
                             const struct vb_caching_key *key, uint64_t moment,
                             const struct vb_stored_response *response)
{
    struct vb_span origin = vb_caching_origin(key->uri);

    if (vb_moments_since(tier->moments, vb__memory_hash(key->uri), moment))
        return true;
    for (size_t i = 0; response != NULL && i < response->group_count; i++)
        if (vb_moments_since(tier->moments,
                             vb__memory_group_hash(origin, response->groups[i]),
                             moment))
            return true;
    return false;
}

enum vb_found vb_memory_find(struct vb_memory_tier *tier,
                             const struct vb_caching_key *key,
                             const struct vb_fields *fields,
                             struct vb_stored_response **ret_response)
{
    uint64_t hash = vb__memory_hash(key->text);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__slot *slot, *gone = NULL;
    enum vb_found found;

    pthread_mutex_lock(&shard->lock);
    found =
        vb__shard_look_up(tier, shard, hash, key->text, fields, &slot, &gone);
    if (found == VB_FOUND_ONE) {
        vb_fifo_hit(&slot->fifo);
        *ret_response = vb_stored_response_ref(slot->variant.response);
        shard->stats.hits++;
    } else {
        shard->stats.misses++;
    }
    pthread_mutex_unlock(&shard->lock);
    vb__slots_free(gone);
    return found;
}

size_t vb_memory_collect(struct vb_memory_tier *tier,
                         const struct vb_caching_key *key,
                         struct vb_stored_response **ret_responses, size_t max)
{
    uint64_t hash = vb__memory_hash(key->text);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__node *node;
    size_t count = 0;

    pthread_mutex_lock(&shard->lock);
    node = vb__node_find(shard, hash, key->text);
    if (node != NULL)
        count = vb_variants_collect(&node->variants, ret_responses, max);
    pthread_mutex_unlock(&shard->lock);
    return count;
}

/* One that has to go, out of a shard; NULL: it has none. */
static struct vb__slot *evict(struct vb_memory_tier *tier,
                              struct vb__shard *shard, struct vb_span *ret_key)
{
    struct vb_fifo_entry *entry;
    struct vb__slot *slot = NULL;

    pthread_mutex_lock(&shard->lock);
    entry = vb_fifo_evict(&shard->fifo);
    if (entry != NULL) {
        slot = VB_CONTAINER(entry, struct vb__slot, fifo);
        slot->next = NULL;
        *ret_key = vb_span_of(NULL, 0);
        if (tier->config.evicted != NULL) {
            char *copy = malloc(slot->node->len);

            if (copy != NULL)
                memcpy(copy, slot->node->key, slot->node->len);
            *ret_key = vb_span_of(copy, copy == NULL ? 0 : slot->node->len);
        }
        vb__slot_take_out(tier, shard, slot);
        shard->stats.evicted++;
    }
    pthread_mutex_unlock(&shard->lock);
    return slot;
}

/* Its own shard gives first, so that mostly one lock is taken. */
static void make_room(struct vb_memory_tier *tier, struct vb__shard *shard)
{
    while (atomic_load(&tier->bytes) > tier->config.budget) {
        struct vb_span key;
        struct vb__slot *slot = evict(tier, shard, &key);

        if (slot == NULL) {
            shard =
                &tier->shards[atomic_fetch_add(&tier->next, 1) % VB__SHARDS];
            continue;
        }
        if (key.ptr != NULL)
            tier->config.evicted(
                tier->config.context, key, slot->moment,
                vb_stored_response_ref(slot->variant.response));
        free((char *)key.ptr);
        vb__slots_free(slot);
    }
}

bool vb_memory_put(struct vb_memory_tier *tier,
                   const struct vb_caching_key *key, uint64_t moment,
                   struct vb_stored_response *response)
{
    uint64_t hash = vb__memory_hash(key->text);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__slot *gone = NULL, *slot;
    struct vb__node *node;
    bool added;

    if (response->size > tier->config.max_response)
        return false;
    slot = vb__slot_new(key, moment, response);
    if (slot == NULL)
        return false;
    pthread_mutex_lock(&shard->lock);
    node = vb__node_make(shard, hash, key);
    added = node != NULL && vb__slot_add(tier, shard, node, slot, &gone);
    pthread_mutex_unlock(&shard->lock);
    if (!added) {
        slot->next = gone;
        gone = slot;
    }
    vb__slots_free(gone);
    make_room(tier, shard);
    return added;
}

void vb_memory_drop(struct vb_memory_tier *tier,
                    const struct vb_caching_key *key,
                    const struct vb_stored_response *response)
{
    uint64_t hash = vb__memory_hash(key->text);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__slot *gone = NULL, *slot;

    pthread_mutex_lock(&shard->lock);
    slot = vb__slot_find(shard, hash, key->text, response);
    if (slot != NULL)
        vb__slot_unlink(tier, shard, slot, &gone);
    pthread_mutex_unlock(&shard->lock);
    vb__slots_free(gone);
}

/* Marked for whatever begins with it, such as queries; what is found by the
 * URI alone goes at once. */
void vb_memory_purge(struct vb_memory_tier *tier, struct vb_span uri)
{
    uint64_t hash = vb__memory_hash(uri);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__slot *gone = NULL;
    struct vb__node *node;

    vb_moments_mark(tier->moments, hash);
    pthread_mutex_lock(&shard->lock);
    node = vb__node_find(shard, hash, uri);
    for (unsigned left = node == NULL ? 0 : node->variants.count; left > 0;
         left--)
        vb__slot_unlink(tier, shard,
                        vb__slot_of(vb_variants_any(&node->variants)), &gone);
    pthread_mutex_unlock(&shard->lock);
    vb__slots_free(gone);
}

void vb_memory_purge_group(struct vb_memory_tier *tier, struct vb_span origin,
                           struct vb_span group)
{
    vb_moments_mark(tier->moments, vb__memory_group_hash(origin, group));
}

void vb_memory_purge_all(struct vb_memory_tier *tier)
{
    vb_moments_mark_all(tier->moments);
    for (size_t i = 0; i < VB__SHARDS; i++) {
        struct vb__shard *shard = &tier->shards[i];

        pthread_mutex_lock(&shard->lock);
        empty(tier, shard);
        pthread_mutex_unlock(&shard->lock);
    }
}

void vb_memory_invalidate(struct vb_memory_tier *tier,
                          const struct vb_invalidation *invalidation)
{
    for (size_t i = 0; i < invalidation->uri_count; i++)
        vb_memory_purge(tier, invalidation->uris[i]);
    for (size_t i = 0; i < invalidation->groups.count; i++)
        vb_memory_purge_group(tier, invalidation->origin,
                              invalidation->groups.at[i]);
}

struct vb_memory_stats vb_memory_stats(struct vb_memory_tier *tier)
{
    struct vb_memory_stats sum = {.bytes = atomic_load(&tier->bytes)};

    for (size_t i = 0; i < VB__SHARDS; i++) {
        struct vb__shard *shard = &tier->shards[i];

        pthread_mutex_lock(&shard->lock);
        sum.hits += shard->stats.hits;
        sum.misses += shard->stats.misses;
        sum.stored += shard->stats.stored;
        sum.evicted += shard->stats.evicted;
        sum.invalidated += shard->stats.invalidated;
        sum.responses += shard->fifo.count;
        pthread_mutex_unlock(&shard->lock);
    }
    return sum;
}
