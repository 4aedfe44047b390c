/* What the shards of the memory tier hold. See memory_inner.h. */
#include <stdlib.h>

#include "base/hash.h"
#include "caching/memory_inner.h"

/* What malloc and the table's bucket cost beside the structures. */
#define OVERHEAD 48

uint64_t vb__memory_hash(struct vb_span name)
{
    return vb_hash(vb_hash_key_shared(), name);
}

/* Takes out a node that has nothing and is not held. */
static void drop_if_empty(struct vb__shard *shard, struct vb__node *node)
{
    if (node->variants.count > 0 || node->held)
        return;
    vb_table_remove(&shard->table, &node->table);
    free(node);
}

void vb__slot_take_out(struct vb_memory_tier *tier, struct vb__shard *shard,
                       struct vb__slot *slot)
{
    struct vb__node *node = slot->node;

    atomic_fetch_sub(&tier->bytes, slot->fifo.size);
    vb_variants_remove(&node->variants, &slot->variant);
    drop_if_empty(shard, node);
}

void vb__slot_unlink(struct vb_memory_tier *tier, struct vb__shard *shard,
                     struct vb__slot *slot, struct vb__slot **gone)
{
    vb_fifo_remove(&shard->fifo, &slot->fifo);
    vb__slot_take_out(tier, shard, slot);
    slot->next = *gone;
    *gone = slot;
}

void vb__slots_free(struct vb__slot *gone)
{
    while (gone != NULL) {
        struct vb__slot *next = gone->next;

        vb_stored_response_unref(gone->variant.response);
        free(gone);
        gone = next;
    }
}

struct vb__node *vb__node_find(const struct vb__shard *shard, uint64_t hash,
                               struct vb_span key)
{
    struct vb_table_node *at = vb_table_first(&shard->table, hash);

    for (; at != NULL; at = vb_table_next(at)) {
        struct vb__node *node = VB_CONTAINER(at, struct vb__node, table);

        if (vb_span_eq(vb_span_of(node->key, node->len), key))
            return node;
    }
    return NULL;
}

bool vb__slot_is_true(const struct vb_memory_tier *tier,
                      const struct vb__slot *slot)
{
    if (vb_moments_since(tier->moments, slot->node->uri_hash, slot->moment))
        return false;
    for (size_t i = 0; i < slot->group_count; i++)
        if (vb_moments_since(tier->moments, slot->groups[i], slot->moment))
            return false;
    return true;
}

enum vb_found vb__shard_look_up(struct vb_memory_tier *tier,
                                struct vb__shard *shard, uint64_t hash,
                                struct vb_span key,
                                const struct vb_fields *fields,
                                struct vb__slot **ret_slot,
                                struct vb__slot **gone)
{
    struct vb__node *node;

    while ((node = vb__node_find(shard, hash, key)) != NULL) {
        struct vb_variant *variant =
            vb_variants_select(&node->variants, fields);

        if (variant == NULL)
            return VB_FOUND_OTHERS;
        *ret_slot = vb__slot_of(variant);
        if (vb__slot_is_true(tier, *ret_slot))
            return VB_FOUND_ONE;
        shard->stats.invalidated++;
        vb__slot_unlink(tier, shard, *ret_slot, gone);
    }
    return VB_FOUND_NOTHING;
}

struct vb__slot *vb__slot_new(const struct vb_memory_tier *tier,
                              const struct vb_caching_key *key, uint64_t moment,
                              struct vb_stored_response *response)
{
    struct vb__slot *slot =
        malloc(sizeof(*slot) + response->group_count * sizeof(uint64_t));
    struct vb_span origin = vb_caching_origin(key->uri);

    if (slot == NULL)
        return NULL;
    *slot = (struct vb__slot){
        .variant = {.response = vb_stored_response_ref(response)},
        .moment = moment,
        .group_count = response->group_count,
    };
    for (size_t i = 0; i < slot->group_count; i++)
        slot->groups[i] =
            vb_moments_group_hash(tier->names, origin, response->groups[i]);
    slot->fifo.hash =
        vb__memory_hash(response->values) ^ vb__memory_hash(key->text);
    slot->fifo.size = response->size + sizeof(*slot) + OVERHEAD +
                      slot->group_count * sizeof(uint64_t) +
                      sizeof(struct vb__node) + OVERHEAD + key->text.len;
    return slot;
}

struct vb__node *vb__node_make(const struct vb_memory_tier *tier,
                               struct vb__shard *shard, uint64_t hash,
                               const struct vb_caching_key *key)
{
    struct vb__node *node = vb__node_find(shard, hash, key->text);

    if (node != NULL)
        return node;
    node = malloc(sizeof(*node) + key->text.len);
    if (node == NULL)
        return NULL;
    vb_variants_init(&node->variants);
    node->uri_hash = vb_hash(tier->names, key->uri);
    node->uri_len = key->uri.len;
    node->held = false;
    node->len = key->text.len;
    memcpy(node->key, key->text.ptr, key->text.len);
    if (vb_table_insert(&shard->table, &node->table, hash))
        return node;
    free(node);
    return NULL;
}

bool vb__slot_add(struct vb_memory_tier *tier, struct vb__shard *shard,
                  struct vb__node *node, struct vb__slot *slot,
                  struct vb__slot **gone)
{
    struct vb_stored_response *response = slot->variant.response;
    struct vb_variant *old;
    bool added = false;

    slot->node = node;
    node->held = true;
    if (vb__slot_is_true(tier, slot)) {
        while ((old = vb_variants_crowded_out(&node->variants, response)) !=
               NULL)
            vb__slot_unlink(tier, shard, vb__slot_of(old), gone);
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

struct vb__slot *vb__slot_find(const struct vb__shard *shard, uint64_t hash,
                               struct vb_span key,
                               const struct vb_stored_response *response)
{
    struct vb__node *node = vb__node_find(shard, hash, key);
    struct vb_variant *variant = NULL;

    if (node != NULL)
        variant = vb_variants_in_place(&node->variants, response);
    return variant != NULL && variant->response == response
               ? vb__slot_of(variant)
               : NULL;
}
