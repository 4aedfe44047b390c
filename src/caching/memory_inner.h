/* The inside of the memory tier, shared by memory.c and memory_slot.c. */
#ifndef VB_CACHING_MEMORY_INNER_H
#define VB_CACHING_MEMORY_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/table.h"
#include "caching/disk.h"
#include "caching/fifo.h"
#include "caching/memory.h"
#include "caching/moments.h"
#include "caching/variants.h"

#define VB__SHARDS 16

/* What there is of a key. */
struct vb__node {
    struct vb_table_node table;
    struct vb_variants variants;
    uint64_t uri_hash; /* of the URI that the key begins with */
    size_t uri_len;
    bool held; /* it stays, also where it has no variant */
    size_t len;
    char key[];
};

/* A response, in the tree of its key and in the queues. */
struct vb__slot {
    struct vb_variant variant;
    struct vb_fifo_entry fifo;
    struct vb__node *node;
    struct vb__slot *next; /* of those that go */
    uint64_t moment;
    size_t group_count;
    uint64_t groups[]; /* their hashes */
};

struct vb__shard {
    _Alignas(64) pthread_mutex_t lock;
    struct vb_table table;
    struct vb_fifo fifo;
    struct vb_memory_stats stats;
};

struct vb_memory_tier {
    struct vb__shard shards[VB__SHARDS];
    struct vb_memory_config config;
    struct vb_moments *moments;      /* the disk's, if there is one */
    const struct vb_hash_key *names; /* that they are found by */
    atomic_size_t bytes;             /* of all shards, and our own */
    atomic_uint next; /* which shard gives next, where its own has none */
};

/* Of a key, in this process. */
uint64_t vb__memory_hash(struct vb_span name);

/* All below but the last two are called under the shard's lock. */

/* NULL: there is none. */
struct vb__node *vb__node_find(const struct vb__shard *shard, uint64_t hash,
                               struct vb_span key);
/* The same, made where there is none; NULL: no memory. */
struct vb__node *vb__node_make(const struct vb_memory_tier *tier,
                               struct vb__shard *shard, uint64_t hash,
                               const struct vb_caching_key *key);

/* Was nothing of its names invalidated since its moment? */
bool vb__slot_is_true(const struct vb_memory_tier *tier,
                      const struct vb__slot *slot);

/* What a request selects, and is true; what is not any more goes. */
enum vb_found vb__shard_look_up(struct vb_memory_tier *tier,
                                struct vb__shard *shard, uint64_t hash,
                                struct vb_span key,
                                const struct vb_fields *fields,
                                struct vb__slot **ret_slot,
                                struct vb__slot **gone);
/* The slot of that response, or NULL. */
struct vb__slot *vb__slot_find(const struct vb__shard *shard, uint64_t hash,
                               struct vb_span key,
                               const struct vb_stored_response *response);

/* Adds a slot to its node, and takes out what is in its place. False: no
 * memory, or it was invalidated. */
bool vb__slot_add(struct vb_memory_tier *tier, struct vb__shard *shard,
                  struct vb__node *node, struct vb__slot *slot,
                  struct vb__slot **gone);
/* Takes a slot out of the tree, and its node if it was the last there. It is
 * out of the queues already. */
void vb__slot_take_out(struct vb_memory_tier *tier, struct vb__shard *shard,
                       struct vb__slot *slot);
/* The same, from the queues as well; onto the list of those that go. */
void vb__slot_unlink(struct vb_memory_tier *tier, struct vb__shard *shard,
                     struct vb__slot *slot, struct vb__slot **gone);

static inline struct vb__slot *vb__slot_of(struct vb_variant *variant)
{
    return VB_CONTAINER(variant, struct vb__slot, variant);
}

/* In no tree yet; NULL: no memory. */
struct vb__slot *vb__slot_new(const struct vb_memory_tier *tier,
                              const struct vb_caching_key *key, uint64_t moment,
                              struct vb_stored_response *response);
/* Content may be large: not under the lock. */
void vb__slots_free(struct vb__slot *gone);

#endif
