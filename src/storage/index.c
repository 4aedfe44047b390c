/* The keys of a record. See index.h. */
#include "storage/index.h"

#include <stdlib.h>

/* Of one record: its content is at most 256 KiB. */
#define BYTES_LIMIT ((size_t)4 * 1024 * 1024)
#define ITEMS_LIMIT ((size_t)8 * 1024 * 1024)

void vb_index_keys_init(struct vb_index_keys *keys)
{
    vb_buf_init(&keys->bytes, BYTES_LIMIT);
    vb_buf_init(&keys->items, ITEMS_LIMIT);
}

void vb_index_keys_done(struct vb_index_keys *keys)
{
    vb_buf_done(&keys->bytes);
    vb_buf_done(&keys->items);
}

void vb_index_keys_reset(struct vb_index_keys *keys)
{
    vb_buf_reset(&keys->bytes);
    vb_buf_reset(&keys->items);
}

enum vb_err vb_index_keys_err(const struct vb_index_keys *keys)
{
    return keys->bytes.err != VB_OK ? keys->bytes.err : keys->items.err;
}

size_t vb_index_keys_count(const struct vb_index_keys *keys)
{
    return keys->items.len / sizeof(struct vb_index_key);
}

static struct vb_index_key *items_of(const struct vb_index_keys *keys)
{
    return (struct vb_index_key *)(void *)keys->items.ptr;
}

const struct vb_index_key *vb_index_keys_at(const struct vb_index_keys *keys,
                                            size_t i)
{
    return items_of(keys) + i;
}

struct vb_span vb_index_key_bytes(const struct vb_index_keys *keys,
                                  const struct vb_index_key *key)
{
    return vb_span_of(keys->bytes.ptr + key->offset, key->len);
}

void vb_index_keys_add(struct vb_index_keys *keys, uint32_t index)
{
    size_t count = vb_index_keys_count(keys);
    struct vb_index_key key = {.index = index};

    if (count > 0) {
        const struct vb_index_key *last = vb_index_keys_at(keys, count - 1);

        key.offset = last->offset + last->len;
    }
    if (keys->bytes.len - key.offset > VB_INDEX_KEY_MOST) {
        keys->bytes.len = key.offset;
        return;
    }
    key.len = (uint32_t)(keys->bytes.len - key.offset);
    vb_buf_append(&keys->items, vb_span_of((const char *)&key, sizeof(key)));
}

int vb_index_key_cmp(const struct vb_index_keys *a,
                     const struct vb_index_key *key_a,
                     const struct vb_index_keys *b,
                     const struct vb_index_key *key_b)
{
    if (key_a->index != key_b->index)
        return key_a->index < key_b->index ? -1 : 1;
    return vb_span_cmp(vb_index_key_bytes(a, key_a),
                       vb_index_key_bytes(b, key_b));
}

static int compare(const void *a, const void *b, void *context)
{
    return vb_index_key_cmp(context, a, context, b);
}

void vb_index_keys_sort(struct vb_index_keys *keys)
{
    struct vb_index_key *items = items_of(keys);
    size_t count = vb_index_keys_count(keys), kept = 1;

    if (count < 2)
        return;
    qsort_r(items, count, sizeof(*items), compare, keys);
    for (size_t i = 1; i < count; i++)
        if (vb_index_key_cmp(keys, &items[i], keys, &items[kept - 1]) != 0)
            items[kept++] = items[i];
    keys->items.len = kept * sizeof(*items);
}

struct vb_indexes *vb_indexes_ref(struct vb_indexes *indexes)
{
    if (indexes != NULL)
        vb_ref_get(&indexes->ref);
    return indexes;
}

void vb_indexes_unref(struct vb_indexes *indexes)
{
    if (indexes != NULL && vb_ref_put(&indexes->ref))
        indexes->free(indexes);
}
