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
    tier->names = config->disk != NULL ? vb_disk_names(config->disk)
                                       : vb_hash_key_shared();
    tier->moments =
        config->disk != NULL ? vb_disk_moments(config->disk) : vb_moments_new();
    atomic_store(&tier->bytes, sizeof(*tier) + vb_moments_size());
    if (!init_shards(tier) || tier->moments == NULL ||
        config->budget < 1024 * 1024) {
        vb_memory_free(tier);
        return NULL;
    }
    return tier;
}

/* A slot's key; its texts lie in its node. */
static struct vb_caching_key key_of(const struct vb__node *node)
{
    struct vb_span text = vb_span_of(node->key, node->len);

    return (struct vb_caching_key){.uri = vb_span_head(text, node->uri_len),
                                   .text = text};
}

/* Parts stay here: each that comes would be written with all before it. */
static bool is_for_disk(const struct vb_memory_tier *tier,
                        const struct vb_stored_response *response)
{
    return tier->config.disk != NULL && response->part.complete == 0;
}

/* Sees to it that a slot that goes is on the disk. */
static void keep_on_disk(const struct vb_memory_tier *tier,
                         const struct vb__slot *slot, bool patient)
{
    const struct vb_caching_key key = key_of(slot->node);

    if (is_for_disk(tier, slot->variant.response) &&
        vb__slot_is_true(tier, slot))
        vb_disk_keep(tier->config.disk, &key, slot->moment,
                     slot->variant.response, patient);
}

/* `ends`: the process does, and what is true outlives it. */
static void empty(struct vb_memory_tier *tier, struct vb__shard *shard,
                  bool ends)
{
    struct vb__slot *gone = NULL;
    struct vb_fifo_entry *entry;

    while ((entry = vb_fifo_evict(&shard->fifo)) != NULL) {
        struct vb__slot *slot = VB_CONTAINER(entry, struct vb__slot, fifo);

        if (ends)
            keep_on_disk(tier, slot, true);
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

        empty(tier, shard, true);
        vb_fifo_done(&shard->fifo);
        vb_table_done(&shard->table);
        pthread_mutex_destroy(&shard->lock);
    }
    if (tier->config.disk == NULL)
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

    if (vb_moments_since(tier->moments, vb_hash(tier->names, key->uri), moment))
        return true;
    for (size_t i = 0; response != NULL && i < response->group_count; i++)
        if (vb_moments_since(
                tier->moments,
                vb_moments_group_hash(tier->names, origin, response->groups[i]),
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
                              struct vb__shard *shard)
{
    struct vb_fifo_entry *entry;
    struct vb__slot *slot = NULL;

    pthread_mutex_lock(&shard->lock);
    entry = vb_fifo_evict(&shard->fifo);
    if (entry != NULL) {
        slot = VB_CONTAINER(entry, struct vb__slot, fifo);
        slot->next = NULL;
        keep_on_disk(tier, slot, false);
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
        struct vb__slot *slot = evict(tier, shard);

        if (slot == NULL) {
            shard =
                &tier->shards[atomic_fetch_add(&tier->next, 1) % VB__SHARDS];
            continue;
        }
        vb__slots_free(slot);
    }
}

/* Under the shard's lock it goes to the disk: of two in one place the later one
 * here is the later one there. And what comes from there replaces nothing. */
static bool add(struct vb_memory_tier *tier, struct vb__shard *shard,
                uint64_t hash, const struct vb_caching_key *key,
                struct vb__slot *slot, bool recalled, struct vb__slot **gone)
{
    struct vb_stored_response *response = slot->variant.response;
    struct vb__node *node = vb__node_find(shard, hash, key->text);

    if (recalled && node != NULL &&
        vb_variants_in_place(&node->variants, response) != NULL)
        return false;
    node = vb__node_make(tier, shard, hash, key);
    if (node == NULL || !vb__slot_add(tier, shard, node, slot, gone))
        return false;
    if (!recalled && is_for_disk(tier, response))
        vb_disk_store(tier->config.disk, key, slot->moment, response);
    return true;
}

static bool put(struct vb_memory_tier *tier, const struct vb_caching_key *key,
                uint64_t moment, struct vb_stored_response *response,
                bool recalled)
{
    uint64_t hash = vb__memory_hash(key->text);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__slot *gone = NULL, *slot;
    bool added;

    if (response->size > tier->config.max_response)
        return false;
    slot = vb__slot_new(tier, key, moment, response);
    if (slot == NULL)
        return false;
    pthread_mutex_lock(&shard->lock);
    added = add(tier, shard, hash, key, slot, recalled, &gone);
    pthread_mutex_unlock(&shard->lock);
    if (!added) {
        slot->next = gone;
        gone = slot;
    }
    vb__slots_free(gone);
    make_room(tier, shard);
    return added;
}

bool vb_memory_put(struct vb_memory_tier *tier,
                   const struct vb_caching_key *key, uint64_t moment,
                   struct vb_stored_response *response)
{
    return put(tier, key, moment, response, false);
}

bool vb_memory_may_recall(const struct vb_memory_tier *tier,
                          const struct vb_caching_key *key)
{
    return tier->config.disk != NULL && vb_disk_has(tier->config.disk, key);
}

/* Somebody else may have brought it, or something newer, while this one waited
 * for its turn. */
static struct vb_stored_response *find_here(struct vb_memory_tier *tier,
                                            const struct vb_caching_key *key,
                                            const struct vb_fields *fields)
{
    uint64_t hash = vb__memory_hash(key->text);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb_stored_response *response = NULL;
    struct vb__slot *slot, *gone = NULL;

    pthread_mutex_lock(&shard->lock);
    if (vb__shard_look_up(tier, shard, hash, key->text, fields, &slot, &gone) ==
        VB_FOUND_ONE)
        response = vb_stored_response_ref(slot->variant.response);
    pthread_mutex_unlock(&shard->lock);
    vb__slots_free(gone);
    return response;
}

struct vb_stored_response *vb_memory_recall(struct vb_memory_tier *tier,
                                            const struct vb_caching_key *key,
                                            const struct vb_fields *fields)
{
    struct vb_stored_response *response = find_here(tier, key, fields);
    uint64_t moment;

    if (response != NULL)
        return response;
    response = vb_disk_load(tier->config.disk, key, fields,
                            tier->config.max_response, &moment);
    if (response == NULL || put(tier, key, moment, response, true))
        return response;
    vb_stored_response_unref(response);
    return find_here(tier, key, fields); /* something newer, perhaps */
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
    /* There it may be on its way in either direction: all of the URI goes. */
    if (is_for_disk(tier, response))
        vb_moments_mark(tier->moments, vb_hash(tier->names, key->uri));
}

/* Marked for whatever begins with it, such as queries; what is found by the
 * URI alone goes at once. */
void vb_memory_purge(struct vb_memory_tier *tier, struct vb_span uri)
{
    uint64_t hash = vb__memory_hash(uri);
    struct vb__shard *shard = shard_of(tier, hash);
    struct vb__slot *gone = NULL;
    struct vb__node *node;

    vb_moments_mark(tier->moments, vb_hash(tier->names, uri));
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
    vb_moments_mark(tier->moments,
                    vb_moments_group_hash(tier->names, origin, group));
}

void vb_memory_purge_all(struct vb_memory_tier *tier)
{
    vb_moments_mark_all(tier->moments);
    for (size_t i = 0; i < VB__SHARDS; i++) {
        struct vb__shard *shard = &tier->shards[i];

        pthread_mutex_lock(&shard->lock);
        empty(tier, shard, false);
        pthread_mutex_unlock(&shard->lock);
    }
    if (tier->config.disk != NULL)
        vb_disk_clear(tier->config.disk);
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

bool vb_memory_disk_stats(struct vb_memory_tier *tier,
                          struct vb_disk_stats *ret_stats)
{
    if (tier->config.disk == NULL)
        return false;
    *ret_stats = vb_disk_stats(tier->config.disk);
    return true;
}
