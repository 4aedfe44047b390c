/* Collections in memory: members in an array in the order of creation. */
#include <stdlib.h>

#include "base/span.h"
#include "storage/memory/state.h"

static bool is(const struct vb__collection *collection, struct vb_span key)
{
    return vb_span_eq(vb_span_of(collection->key, collection->key_len), key);
}

static struct vb__collection *find(struct vb__memory *memory,
                                   struct vb_span key, uint64_t hash)
{
    struct vb_table_node *node = vb_table_first(&memory->collections, hash);

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__collection *collection =
            VB_CONTAINER(node, struct vb__collection, node);

        if (is(collection, key))
            return collection;
    }
    return NULL;
}

struct vb__collection *vb__collection_find(struct vb__memory *memory,
                                           struct vb_span key)
{
    return find(memory, key, vb_hash(&memory->hash_key, key));
}

struct vb__collection *vb__collection_get(struct vb__memory *memory,
                                          struct vb_span key)
{
    uint64_t hash = vb_hash(&memory->hash_key, key);
    struct vb__collection *collection = find(memory, key, hash);

    if (collection != NULL)
        return collection;
    collection = calloc(1, sizeof(*collection) + key.len);
    if (collection == NULL)
        return NULL;
    collection->key_len = key.len;
    if (key.len > 0)
        memcpy(collection->key, key.ptr, key.len);
    if (!vb_table_insert(&memory->collections, &collection->node, hash)) {
        free(collection);
        return NULL;
    }
    return collection;
}

void vb__collection_free(struct vb__collection *collection)
{
    free(collection->members);
    free(collection);
}

bool vb__collection_reserve(struct vb__collection *collection)
{
    size_t least = collection->used + collection->coming;
    size_t cap = collection->cap == 0 ? 8 : collection->cap;
    struct vb__member *members;

    if (least <= collection->cap)
        return true;
    while (cap < least)
        cap *= 2;
    members = realloc(collection->members, cap * sizeof(*members));
    if (members == NULL)
        return false;
    collection->members = members;
    collection->cap = cap;
    return true;
}

void vb__collection_append(struct vb__collection *collection,
                           struct vb__row *row)
{
    row->slot = collection->used++;
    collection->members[row->slot] =
        (struct vb__member){row->record->position, row};
    collection->count++;
}

/* Paid for by the removals that made the holes. */
static void close_holes(struct vb__collection *collection)
{
    size_t to = 0;

    for (size_t i = 0; i < collection->used; i++) {
        if (collection->members[i].row == NULL)
            continue;
        collection->members[to] = collection->members[i];
        collection->members[to].row->slot = to;
        to++;
    }
    collection->used = to;
}

void vb__collection_remove(struct vb__collection *collection,
                           struct vb__row *row)
{
    collection->members[row->slot].row = NULL;
    collection->count--;
    if (collection->used > 16 && collection->count < collection->used / 2)
        close_holes(collection);
}

size_t vb__collection_seek(const struct vb__collection *collection,
                           uint64_t from)
{
    size_t low = 0, high = collection->used;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (collection->members[middle].position <= from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
