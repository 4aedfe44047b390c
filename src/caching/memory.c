/* The memory tier. See memory.h. */
#include "caching/memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/table.h"
#include "caching/fifo.h"
#include "caching/moments.h"
#include "caching/variants.h"

#define SHARDS 16

/* What malloc and the table's bucket cost beside the structures. */
#define OVERHEAD 48

/* Bytes of a response, by which the memory of what is gone is measured. */
#define TYPICAL 4096

struct node {
    struct vb_table_node table;
    struct vb_variants variants;
    uint64_t uri_hash; /* of the URI that the key begins with */
    bool held;         /* it stays, also where it has no variant */
    size_t len;
    char key[];
};

struct slot {
    struct vb_variant variant;
    struct vb_fifo_entry fifo;
    struct node *node;
    struct slot *next; /* of those that go */
    uint64_t moment;
    size_t group_count;
    uint64_t groups[]; /* their hashes */
};

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct vb_table table;
    struct vb_fifo fifo;
    struct vb_memory_stats stats;
};

struct vb_memory_tier {
    struct shard shards[SHARDS];
    struct vb_memory_config config;
    struct vb_moments *moments;
    atomic_size_t bytes; /* of all shards, and our own */
    atomic_uint next;    /* which shard gives next, where its own has none */
};

static uint64_t hash_of(struct vb_span name)
{
    return vb_hash(vb_hash_key_shared(), name);
}

/* Groups of two origins are two (RFC 9875 section 2). */
static uint64_t group_hash(struct vb_span origin, struct vb_span group)
{
    struct vb_hash_key key = *vb_hash_key_shared();

    key.k1 ^= hash_of(origin);
    return vb_hash(&key, group);
}

static struct shard *shard_of(struct vb_memory_tier *tier, uint64_t hash)
{
    return &tier->shards[hash >> 60];
}

static bool init_shards(struct vb_memory_tier *tier)
{
    size_t ghosts = tier->config.budget / TYPICAL / SHARDS;
    bool fine = true;

    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &tier->shards[i];

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

/* Takes out a node that has nothing and is not held. */
static void drop_if_empty(struct shard *shard, struct node *node)
{
    if (node->variants.count > 0 || node->held)
        return;
    vb_table_remove(&shard->table, &node->table);
    free(node);
}

/* Takes a slot out of the tree, and its node if it was the last there. It is
 * out of the queues already. */
static void take_out(struct vb_memory_tier *tier, struct shard *shard,
                     struct slot *slot)
{
    struct node *node = slot->node;

    atomic_fetch_sub(&tier->bytes, slot->fifo.size);
    vb_variants_remove(&node->variants, &slot->variant);
    drop_if_empty(shard, node);
}

/* The same, from the queues as well; onto the list of those that go. */
static void unlink_slot(struct vb_memory_tier *tier, struct shard *shard,
                        struct slot *slot, struct slot **gone)
{
    vb_fifo_remove(&shard->fifo, &slot->fifo);
    take_out(tier, shard, slot);
    slot->next = *gone;
    *gone = slot;
}

/* Without the lock: content may be large. */
static void free_slots(struct slot *gone)
{
    while (gone != NULL) {
        struct slot *next = gone->next;

        vb_stored_response_unref(gone->variant.response);
        free(gone);
        gone = next;
    }
}

static struct slot *slot_of(struct vb_variant *variant)
{
    return VB_CONTAINER(variant, struct slot, variant);
}

static void empty(struct vb_memory_tier *tier, struct shard *shard)
{
    struct slot *gone = NULL;
    struct vb_fifo_entry *entry;

    while ((entry = vb_fifo_evict(&shard->fifo)) != NULL) {
        struct slot *slot = VB_CONTAINER(entry, struct slot, fifo);

        take_out(tier, shard, slot);
        slot->next = gone;
        gone = slot;
    }
    free_slots(gone);
}

void vb_memory_free(struct vb_memory_tier *tier)
{
    if (tier == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &tier->shards[i];

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
                             const struct vb_caching_key *key, uint64_t moment)
{
    return vb_moments_since(tier->moments, hash_of(key->uri), moment);
}

static struct node *find_node(const struct shard *shard, uint64_t hash,
                              struct vb_span key)
{
    struct vb_table_node *at = vb_table_first(&shard->table, hash);

    for (; at != NULL; at = vb_table_next(at)) {
        struct node *node = VB_CONTAINER(at, struct node, table);

        if (vb_span_eq(vb_span_of(node->key, node->len), key))
            return node;
    }
    return NULL;
}

static bool is_true(const struct vb_memory_tier *tier, const struct slot *slot)
{
    if (vb_moments_since(tier->moments, slot->node->uri_hash, slot->moment))
        return false;
    for (size_t i = 0; i < slot->group_count; i++)
        if (vb_moments_since(tier->moments, slot->groups[i], slot->moment))
            return false;
    return true;
}

static enum vb_found look_up(struct vb_memory_tier *tier, struct shard *shard,
                             uint64_t hash, struct vb_span key,
                             const struct vb_fields *fields,
                             struct slot **ret_slot, struct slot **gone)
{
    struct node *node;

    while ((node = find_node(shard, hash, key)) != NULL) {
        struct vb_variant *variant =
            vb_variants_select(&node->variants, fields);

        if (variant == NULL)
            return VB_FOUND_OTHERS;
        *ret_slot = slot_of(variant);
        if (is_true(tier, *ret_slot))
            return VB_FOUND_ONE;
        shard->stats.invalidated++;
        unlink_slot(tier, shard, *ret_slot, gone);
    }
    return VB_FOUND_NOTHING;
}

enum vb_found vb_memory_find(struct vb_memory_tier *tier,
                             const struct vb_caching_key *key,
                             const struct vb_fields *fields,
                             struct vb_stored_response **ret_response)
{
    uint64_t hash = hash_of(key->text);
    struct shard *shard = shard_of(tier, hash);
    struct slot *slot, *gone = NULL;
    enum vb_found found;

    pthread_mutex_lock(&shard->lock);
    found = look_up(tier, shard, hash, key->text, fields, &slot, &gone);
    if (found == VB_FOUND_ONE) {
        vb_fifo_hit(&slot->fifo);
        *ret_response = vb_stored_response_ref(slot->variant.response);
        shard->stats.hits++;
    } else {
        shard->stats.misses++;
    }
    pthread_mutex_unlock(&shard->lock);
    free_slots(gone);
    return found;
}

size_t vb_memory_collect(struct vb_memory_tier *tier,
                         const struct vb_caching_key *key,
                         struct vb_stored_response **ret_responses, size_t max)
{
    uint64_t hash = hash_of(key->text);
    struct shard *shard = shard_of(tier, hash);
    struct node *node;
    size_t count = 0;

    pthread_mutex_lock(&shard->lock);
    node = find_node(shard, hash, key->text);
    if (node != NULL)
        count = vb_variants_collect(&node->variants, ret_responses, max);
    pthread_mutex_unlock(&shard->lock);
    return count;
}

static struct slot *new_slot(const struct vb_caching_key *key, uint64_t moment,
                             struct vb_stored_response *response)
{
    struct slot *slot =
        malloc(sizeof(*slot) + response->group_count * sizeof(uint64_t));
    struct vb_span origin = vb_caching_origin(key->uri);

    if (slot == NULL)
        return NULL;
    *slot = (struct slot){
        .variant = {.response = vb_stored_response_ref(response)},
        .moment = moment,
        .group_count = response->group_count,
    };
    for (size_t i = 0; i < slot->group_count; i++)
        slot->groups[i] = group_hash(origin, response->groups[i]);
    slot->fifo.hash = hash_of(response->values) ^ hash_of(key->text);
    slot->fifo.size = response->size + sizeof(*slot) + OVERHEAD +
                      slot->group_count * sizeof(uint64_t) +
                      sizeof(struct node) + OVERHEAD + key->text.len;
    return slot;
}

static struct node *make_node(struct shard *shard, uint64_t hash,
                              const struct vb_caching_key *key)
{
    struct node *node = find_node(shard, hash, key->text);

    if (node != NULL)
        return node;
    node = malloc(sizeof(*node) + key->text.len);
    if (node == NULL)
        return NULL;
    vb_variants_init(&node->variants);
    node->uri_hash = hash_of(key->uri);
    node->held = false;
    node->len = key->text.len;
    memcpy(node->key, key->text.ptr, key->text.len);
    if (vb_table_insert(&shard->table, &node->table, hash))
        return node;
    free(node);
    return NULL;
}

/* Adds a slot to its node, and takes out what is in its place. */
static bool add_slot(struct vb_memory_tier *tier, struct shard *shard,
                     struct node *node, struct slot *slot, struct slot **gone)
{
    struct vb_stored_response *response = slot->variant.response;
    struct vb_variant *old;
    bool added = false;

    slot->node = node;
    node->held = true;
    if (is_true(tier, slot)) {
        while ((old = vb_variants_crowded_out(&node->variants, response)) !=
               NULL)
            unlink_slot(tier, shard, slot_of(old), gone);
        added = vb_variants_add(&node->variants, &slot->variant);
    }
    node->held = false;
    if (!added) {
        drop_if_empty(shard, node);
        return false;
    }
    vb_fifo_add(&shard->fifo, &slot->fifo);
    atomic_fetch_add(&tier->bytes, slot->fifo.size);
    shard->stats.stored++;
    return true;
}

/* One that has to go, out of a shard; NULL: it has none. */
static struct slot *evict(struct vb_memory_tier *tier, struct shard *shard,
                          struct vb_span *ret_key)
{
    struct vb_fifo_entry *entry;
    struct slot *slot = NULL;

    pthread_mutex_lock(&shard->lock);
    entry = vb_fifo_evict(&shard->fifo);
    if (entry != NULL) {
        slot = VB_CONTAINER(entry, struct slot, fifo);
        slot->next = NULL;
        *ret_key = vb_span_of(NULL, 0);
        if (tier->config.evicted != NULL) {
            char *copy = malloc(slot->node->len);

            if (copy != NULL)
                memcpy(copy, slot->node->key, slot->node->len);
            *ret_key = vb_span_of(copy, copy == NULL ? 0 : slot->node->len);
        }
        take_out(tier, shard, slot);
        shard->stats.evicted++;
    }
    pthread_mutex_unlock(&shard->lock);
    return slot;
}

/* Its own shard gives first, so that mostly one lock is taken. */
static void make_room(struct vb_memory_tier *tier, struct shard *shard)
{
    while (atomic_load(&tier->bytes) > tier->config.budget) {
        struct vb_span key;
        struct slot *slot = evict(tier, shard, &key);

        if (slot == NULL) {
            shard = &tier->shards[atomic_fetch_add(&tier->next, 1) % SHARDS];
            continue;
        }
        if (key.ptr != NULL)
            tier->config.evicted(
                tier->config.context, key, slot->moment,
                vb_stored_response_ref(slot->variant.response));
        free((char *)key.ptr);
        free_slots(slot);
    }
}

bool vb_memory_put(struct vb_memory_tier *tier,
                   const struct vb_caching_key *key, uint64_t moment,
                   struct vb_stored_response *response)
{
    uint64_t hash = hash_of(key->text);
    struct shard *shard = shard_of(tier, hash);
    struct slot *gone = NULL, *slot;
    struct node *node;
    bool added;

    if (response->size > tier->config.max_response)
        return false;
    slot = new_slot(key, moment, response);
    if (slot == NULL)
        return false;
    pthread_mutex_lock(&shard->lock);
    node = make_node(shard, hash, key);
    added = node != NULL && add_slot(tier, shard, node, slot, &gone);
    pthread_mutex_unlock(&shard->lock);
    if (!added) {
        slot->next = gone;
        gone = slot;
    }
    free_slots(gone);
    make_room(tier, shard);
    return added;
}

/* The slot of that response, or NULL. */
static struct slot *find_slot(const struct shard *shard, uint64_t hash,
                              struct vb_span key,
                              const struct vb_stored_response *response)
{
    struct node *node = find_node(shard, hash, key);
    struct vb_variant *variant = NULL;

    if (node != NULL)
        variant = vb_variants_in_place(&node->variants, response);
    return variant != NULL && variant->response == response ? slot_of(variant)
                                                            : NULL;
}

void vb_memory_drop(struct vb_memory_tier *tier,
                    const struct vb_caching_key *key,
                    const struct vb_stored_response *response)
{
    uint64_t hash = hash_of(key->text);
    struct shard *shard = shard_of(tier, hash);
    struct slot *gone = NULL, *slot;

    pthread_mutex_lock(&shard->lock);
    slot = find_slot(shard, hash, key->text, response);
    if (slot != NULL)
        unlink_slot(tier, shard, slot, &gone);
    pthread_mutex_unlock(&shard->lock);
    free_slots(gone);
}

/* Marked for whatever begins with it, such as queries; what is found by the
 * URI alone goes at once. */
void vb_memory_purge(struct vb_memory_tier *tier, struct vb_span uri)
{
    uint64_t hash = hash_of(uri);
    struct shard *shard = shard_of(tier, hash);
    struct slot *gone = NULL;
    struct node *node;

    vb_moments_mark(tier->moments, hash);
    pthread_mutex_lock(&shard->lock);
    node = find_node(shard, hash, uri);
    for (unsigned left = node == NULL ? 0 : node->variants.count; left > 0;
         left--)
        unlink_slot(tier, shard, slot_of(vb_variants_any(&node->variants)),
                    &gone);
    pthread_mutex_unlock(&shard->lock);
    free_slots(gone);
}

void vb_memory_purge_group(struct vb_memory_tier *tier, struct vb_span origin,
                           struct vb_span group)
{
    vb_moments_mark(tier->moments, group_hash(origin, group));
}

void vb_memory_purge_all(struct vb_memory_tier *tier)
{
    vb_moments_mark_all(tier->moments);
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &tier->shards[i];

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

    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &tier->shards[i];

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
