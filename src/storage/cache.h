/*
 * The hot cache: what a worker made of records, kept while it is true.
 *
 *     name (key, variant) ──▶ entry: value, size, stamp
 *                                                   │ equal?
 *     generation of the key that the value was made from, now
 *
 * One worker's, so no locks. An entry counts only while the generation that
 * its stamp noted is still the current one (see generations in store.h). The
 * stamp is taken before the store is read:
 *
 *     name = vb_cache_name(cache, key, variant);
 *     if (vb_cache_get(cache, &name, &value) == VB_CACHE_MISS) {
 *         stamp = vb_cache_stamp(cache, name.hash);
 *         ... read the store, make the value ...
 *         vb_cache_put(cache, &name, stamp, value);
 *     }
 *
 * Where others write to the store as well (its `shared`), a counter tells of
 * what is heard of here, which may be late. So what is made of its records
 * counts for a bounded time beside, or not at all (vb_cache_age); what is made
 * of anything else is stamped as lasting.
 *
 * Values are opaque and counted by their owner. That there is nothing under a
 * name can be kept too. Room is made by the CLOCK rule: what was not asked for
 * since the hand came by last goes first.
 */
#ifndef VB_STORAGE_CACHE_H
#define VB_STORAGE_CACHE_H

#include <stdint.h>

#include "storage/store.h"

struct vb_cache;

/* What an entry is found by; borrows the key. */
struct vb_cache_name {
    struct vb_span key;
    uint32_t variant; /* tells representations of one key apart */
    uint64_t hash;    /* vb_store_hash of the key */
};

/* When a value was true. */
struct vb_cache_stamp {
    uint64_t hash;       /* of the key whose changes make it untrue */
    uint64_t generation; /* UINT64_MAX: of nothing in the store */
    int64_t until_ms;    /* monotonic; VB_TIME_NEVER: that alone */
};

/* What is kept: a counted value, how to give back one reference to it, and how
 * many bytes it takes. */
struct vb_cache_value {
    void *of; /* NULL: there is nothing under that name */
    void (*release)(void *value);
    size_t size;
};

enum vb_cache_answer {
    VB_CACHE_MISS,
    VB_CACHE_HIT,
    VB_CACHE_ABSENT /* it is known that there is nothing */
};

struct vb_cache_stats {
    uint64_t hits; /* absences included */
    uint64_t misses;
    uint64_t stale;   /* of the misses: there was an entry, but untrue */
    uint64_t evicted; /* to make room */
    size_t entries;
    size_t bytes; /* values, keys and our own */
};

/* `budget` bounds the bytes. The store must outlive the cache: values may hold
 * its records. NULL: no memory. */
struct vb_cache *vb_cache_new(const struct vb_store *store, size_t budget);

/*
 * For a store that is shared: what is made of its records counts for so long
 * after it was true. `now_ms` is where the monotonic time stands, and stays. 0,
 * and until this is called: it does not count at all.
 */
void vb_cache_age(struct vb_cache *cache, const int64_t *now_ms,
                  int64_t max_age_ms);

/* How old at most what is read of a shared store may be. */
int64_t vb_cache_max_age(const struct vb_cache *cache);

/* NULL is fine. */
void vb_cache_free(struct vb_cache *cache);

struct vb_cache_name vb_cache_name(const struct vb_cache *cache,
                                   struct vb_span key, uint32_t variant);

/* Before reading the store. `hash` is that of the key whose records the value
 * is made from: mostly name.hash, but for a page of a listing the collection's
 * (vb_store_hash). */
struct vb_cache_stamp vb_cache_stamp(const struct vb_cache *cache,
                                     uint64_t hash);

/* Of what is made of nothing in the store. */
struct vb_cache_stamp vb_cache_stamp_lasting(void);

/* Is a value with this stamp true still? Else it need not be made. */
bool vb_cache_is_current(const struct vb_cache *cache,
                         struct vb_cache_stamp stamp);

/*
 * Of what a commit has just written under the key of this hash, which has led
 * to this generation. It does not count where the store is shared: another
 * one's later commit may have been heard of before the answer to this one.
 */
struct vb_cache_stamp vb_cache_stamp_commit(const struct vb_cache *cache,
                                            uint64_t hash, uint64_t generation);

/* Of what is kept under a name: for something else that is made of it. Where
 * there is nothing, one that does not count. */
struct vb_cache_stamp vb_cache_stamp_of(const struct vb_cache *cache,
                                        const struct vb_cache_name *name);

/* On VB_CACHE_HIT, *ret_value is borrowed until the next call for this cache:
 * take a reference to keep it. Allocates nothing. */
enum vb_cache_answer vb_cache_get(struct vb_cache *cache,
                                  const struct vb_cache_name *name,
                                  void **ret_value);

/*
 * Keeps a value in place of what was there; takes over one reference. What is
 * untrue already, too large (an eighth of the budget) or finds no memory is
 * released at once.
 */
void vb_cache_put(struct vb_cache *cache, const struct vb_cache_name *name,
                  struct vb_cache_stamp stamp, struct vb_cache_value value);

struct vb_cache_stats vb_cache_stats(const struct vb_cache *cache);

#endif
