/*
 * Indexes: keys that are kept of records, in the order of their bytes, so that
 * a list need not look at all members.
 *
 *     record ──▶ give ──▶ (index, key), (index, key) …     on every commit
 *                                    │
 *     list ──▶ ranges of keys ──▶ positions ──▶ records
 *
 * What the keys mean is the business of who declares the indexes: as with a
 * sieve, the store knows nothing of states. An index that is new is made of the
 * records that there are, and one that nobody declares any more goes, little by
 * little and beside the requests; lists do without it until it is whole.
 */
#ifndef VB_STORAGE_INDEX_H
#define VB_STORAGE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ranges.h"
#include "base/ref.h"

struct vb_record;

/* Bytes of one key; what is longer is not kept. */
#define VB_INDEX_KEY_MOST ((size_t)4096)

/* The keys of one record: bytes one behind the other, and where each ends. */
struct vb_index_keys {
    struct vb_buf bytes;
    struct vb_buf items; /* struct vb_index_key */
};

struct vb_index_key {
    uint32_t index; /* among the declared ones */
    uint32_t len;
    size_t offset;
};

/* Takes no memory yet. What goes wrong shows in the buffers. */
void vb_index_keys_init(struct vb_index_keys *keys);
void vb_index_keys_done(struct vb_index_keys *keys);
void vb_index_keys_reset(struct vb_index_keys *keys);

/* What has been appended to keys->bytes since the last key is one of this
 * index. */
void vb_index_keys_add(struct vb_index_keys *keys, uint32_t index);

/* Puts them in order, each once. */
void vb_index_keys_sort(struct vb_index_keys *keys);

enum vb_err vb_index_keys_err(const struct vb_index_keys *keys);
size_t vb_index_keys_count(const struct vb_index_keys *keys);
const struct vb_index_key *vb_index_keys_at(const struct vb_index_keys *keys,
                                            size_t i);
struct vb_span vb_index_key_bytes(const struct vb_index_keys *keys,
                                  const struct vb_index_key *key);
int vb_index_key_cmp(const struct vb_index_keys *a,
                     const struct vb_index_key *key_a,
                     const struct vb_index_keys *b,
                     const struct vb_index_key *key_b);

/*
 * What is declared: immutable and counted, used on any thread. A name stands
 * for what its index has in it to the letter; who gives other keys gives it
 * another name.
 */
struct vb_indexes {
    struct vb_ref ref;
    const struct vb_span *names;
    size_t count;
    /* May members of that collection have keys? */
    bool (*covers)(const struct vb_indexes *indexes, struct vb_span parent);
    /* Appends the keys of a member of a collection that is covered: for the
     * same state always the same. Of `state` there are key, parent, position,
     * media type and content; it is borrowed. */
    void (*give)(const struct vb_indexes *indexes,
                 const struct vb_record *state, struct vb_index_keys *keys);
    void (*free)(struct vb_indexes *indexes);
};

/* NULL is fine. */
struct vb_indexes *vb_indexes_ref(struct vb_indexes *indexes);
void vb_indexes_unref(struct vb_indexes *indexes);

/* Where a list looks. */
struct vb_list_index {
    struct vb_span name;     /* of the index */
    struct vb_ranges ranges; /* of its keys. Exact: the sieve keeps just those
                                that have one there, and need not be asked */
    uint64_t most;           /* keys that are looked at in one go */
    /* Of a whole list: its keys are those of the index, or, where it is
     * descending, those with all bits turned around. Then it need not count. */
    bool ordered;
    bool descending;
};

#endif
