/* The hot cache. See cache.h. */
#include "storage/cache.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/span.h"
#include "base/table.h"

/* How many asked-for entries the hand passes over before it takes one all the
 * same: no insertion may have to look at all of them. */
#define PATIENCE 32

/* What malloc and the table's bucket cost beside the entry itself. */
#define OVERHEAD 24

/* No counter gets there: what is stamped with it depends on none. */
#define LASTING UINT64_MAX

struct entry {
    struct vb_link ring; /* in the order of the clock */
    size_t bytes;        /* what it counts for in the budget */
    /* The rest is what a look-up wants. */
    struct vb_table_node node;
    void *value; /* NULL: absent */
    void (*release)(void *value);
    struct vb_cache_stamp stamp;
    uint32_t variant;
    bool asked; /* for since the hand came by */
    size_t key_len;
    char key[];
};

struct vb_cache {
    const struct vb_store *store;
    struct vb_table table;
    struct vb_link ring;
    struct vb_link *hand;  /* the next to be looked at; or the ring itself */
    const int64_t *now_ms; /* NULL: no time is known */
    int64_t max_age_ms;
    size_t budget;
    size_t bytes;
    uint64_t hits;
    uint64_t misses;
    uint64_t stale;
    uint64_t evicted;
};

struct vb_cache *vb_cache_new(const struct vb_store *store, size_t budget)
{
    struct vb_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->store = store;
    cache->budget = budget;
    vb_table_init(&cache->table);
    vb_list_init(&cache->ring);
    cache->hand = &cache->ring;
    return cache;
}

void vb_cache_age(struct vb_cache *cache, const int64_t *now_ms,
                  int64_t max_age_ms)
{
    cache->now_ms = now_ms;
    cache->max_age_ms = max_age_ms;
}

int64_t vb_cache_max_age(const struct vb_cache *cache)
{
    return cache->max_age_ms;
}

static void drop(struct vb_cache *cache, struct entry *entry)
{
    if (cache->hand == &entry->ring)
        cache->hand = entry->ring.next;
    vb_list_remove(&entry->ring);
    vb_table_remove(&cache->table, &entry->node);
    cache->bytes -= entry->bytes;
    if (entry->value != NULL)
        entry->release(entry->value);
    free(entry);
}

void vb_cache_free(struct vb_cache *cache)
{
    if (cache == NULL)
        return;
    while (!vb_list_empty(&cache->ring))
        drop(cache, VB_CONTAINER(cache->ring.next, struct entry, ring));
    vb_table_done(&cache->table);
    free(cache);
}

struct vb_cache_name vb_cache_name(const struct vb_cache *cache,
                                   struct vb_span key, uint32_t variant)
{
    return (struct vb_cache_name){key, variant,
                                  vb_store_hash(cache->store, key)};
}

/* Until when something counts that the store says now. */
static int64_t until(const struct vb_cache *cache)
{
    if (!cache->store->shared)
        return VB_TIME_NEVER;
    return cache->now_ms == NULL ? INT64_MIN
                                 : *cache->now_ms + cache->max_age_ms;
}

struct vb_cache_stamp vb_cache_stamp(const struct vb_cache *cache,
                                     uint64_t hash)
{
    return (struct vb_cache_stamp){
        hash, vb_store_generation_hashed(cache->store, hash), until(cache)};
}

struct vb_cache_stamp vb_cache_stamp_lasting(void)
{
    return (struct vb_cache_stamp){0, LASTING, VB_TIME_NEVER};
}

struct vb_cache_stamp vb_cache_stamp_commit(const struct vb_cache *cache,
                                            uint64_t hash, uint64_t generation)
{
    return (struct vb_cache_stamp){
        hash, generation, cache->store->shared ? INT64_MIN : VB_TIME_NEVER};
}

static bool is_over(const struct vb_cache *cache, struct vb_cache_stamp stamp)
{
    return stamp.until_ms != VB_TIME_NEVER &&
           (cache->now_ms == NULL || *cache->now_ms >= stamp.until_ms);
}

bool vb_cache_is_current(const struct vb_cache *cache,
                         struct vb_cache_stamp stamp)
{
    if (stamp.generation != LASTING &&
        vb_store_generation_hashed(cache->store, stamp.hash) !=
            stamp.generation)
        return false;
    return !is_over(cache, stamp);
}

/* The key's hash is secret and spread already; the variant need only move it
 * to some other place. */
static uint64_t place(const struct vb_cache_name *name)
{
    return name->hash ^ name->variant * UINT64_C(0x9e3779b97f4a7c15);
}

static struct entry *find(const struct vb_cache *cache,
                          const struct vb_cache_name *name)
{
    struct vb_table_node *node = vb_table_first(&cache->table, place(name));

    for (; node != NULL; node = vb_table_next(node)) {
        struct entry *entry = VB_CONTAINER(node, struct entry, node);

        if (entry->variant == name->variant &&
            vb_span_eq(vb_span_of(entry->key, entry->key_len), name->key))
            return entry;
    }
    return NULL;
}

struct vb_cache_stamp vb_cache_stamp_of(const struct vb_cache *cache,
                                        const struct vb_cache_name *name)
{
    const struct entry *entry = find(cache, name);

    return entry != NULL ? entry->stamp
                         : (struct vb_cache_stamp){.until_ms = INT64_MIN};
}

enum vb_cache_answer vb_cache_get(struct vb_cache *cache,
                                  const struct vb_cache_name *name,
                                  void **ret_value)
{
    struct entry *entry = find(cache, name);

    if (entry != NULL && !vb_cache_is_current(cache, entry->stamp)) {
        drop(cache, entry);
        cache->stale++;
        entry = NULL;
    }
    if (entry == NULL) {
        cache->misses++;
        return VB_CACHE_MISS;
    }
    cache->hits++;
    if (!entry->asked) /* do not write to its cache line for nothing */
        entry->asked = true;
    if (entry->value == NULL)
        return VB_CACHE_ABSENT;
    *ret_value = entry->value;
    return VB_CACHE_HIT;
}

/* One entry fewer; there is one. */
static void evict(struct vb_cache *cache)
{
    struct entry *entry;

    for (int i = 0;; i++) {
        if (cache->hand == &cache->ring)
            cache->hand = cache->ring.next;
        entry = VB_CONTAINER(cache->hand, struct entry, ring);
        if (!entry->asked || i == PATIENCE)
            break;
        entry->asked = false;
        cache->hand = entry->ring.next;
    }
    drop(cache, entry);
    cache->evicted++;
}

static struct entry *entry_new(const struct vb_cache_name *name,
                               struct vb_cache_stamp stamp,
                               struct vb_cache_value value, size_t bytes)
{
    struct entry *entry = malloc(sizeof(*entry) + name->key.len);

    if (entry == NULL)
        return NULL;
    entry->bytes = bytes;
    entry->value = value.of;
    entry->release = value.release;
    entry->stamp = stamp;
    entry->variant = name->variant;
    entry->asked = false;
    entry->key_len = name->key.len;
    if (name->key.len > 0)
        memcpy(entry->key, name->key.ptr, name->key.len);
    return entry;
}

static bool add(struct vb_cache *cache, const struct vb_cache_name *name,
                struct vb_cache_stamp stamp, struct vb_cache_value value)
{
    size_t own = sizeof(struct entry) + OVERHEAD + name->key.len;
    struct entry *entry;

    if (value.size > cache->budget / 8 || own > cache->budget / 8 ||
        !vb_cache_is_current(cache, stamp))
        return false;
    while (cache->bytes + own + value.size > cache->budget)
        evict(cache);
    entry = entry_new(name, stamp, value, own + value.size);
    if (entry == NULL)
        return false;
    if (!vb_table_insert(&cache->table, &entry->node, place(name))) {
        free(entry);
        return false;
    }
    /* Behind the hand: it is the last that the hand will come to. */
    vb_list_insert_after(cache->hand->prev, &entry->ring);
    cache->bytes += entry->bytes;
    return true;
}

void vb_cache_put(struct vb_cache *cache, const struct vb_cache_name *name,
                  struct vb_cache_stamp stamp, struct vb_cache_value value)
{
    struct entry *old = find(cache, name);

    if (old != NULL)
        drop(cache, old);
    if (!add(cache, name, stamp, value) && value.of != NULL)
        value.release(value.of);
}

struct vb_cache_stats vb_cache_stats(const struct vb_cache *cache)
{
    return (struct vb_cache_stats){
        .hits = cache->hits,
        .misses = cache->misses,
        .stale = cache->stale,
        .evicted = cache->evicted,
        .entries = cache->table.count,
        .bytes = cache->bytes,
    };
}
