/* Blobs in memory: chunks in an array, freed with the last record. */
#include <stdlib.h>

#include "storage/memory/state.h"

static uint64_t hash_id(const struct vb__memory *memory, uint64_t id)
{
    return vb_hash(&memory->hash_key,
                   vb_span_of((const char *)&id, sizeof(id)));
}

struct vb__blob *vb__blob_find(struct vb__memory *memory, uint64_t id)
{
    struct vb_table_node *node =
        vb_table_first(&memory->blobs, hash_id(memory, id));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__blob *blob = VB_CONTAINER(node, struct vb__blob, node);

        if (blob->id == id)
            return blob;
    }
    return NULL;
}

static struct vb__blob *get(struct vb__memory *memory, uint64_t id)
{
    struct vb__blob *blob = vb__blob_find(memory, id);

    if (blob != NULL)
        return blob;
    blob = calloc(1, sizeof(*blob));
    if (blob == NULL)
        return NULL;
    blob->id = id;
    if (!vb_table_insert(&memory->blobs, &blob->node, hash_id(memory, id))) {
        free(blob);
        return NULL;
    }
    return blob;
}

/* The array grows by doubling: it has room for the power of two that follows
 * its count. */
static bool reserve(struct vb__blob *blob)
{
    size_t count = (size_t)blob->count;
    char **chunks;

    if (count != 0 && (count & (count - 1)) != 0)
        return true;
    chunks =
        realloc(blob->chunks, (count == 0 ? 1 : count * 2) * sizeof(*chunks));
    if (chunks == NULL)
        return false;
    blob->chunks = chunks;
    return true;
}

enum vb_err vb__blob_append(struct vb__memory *memory,
                            const struct vb_chunk_write *write)
{
    struct vb__blob *blob = get(memory, write->blob);
    char *chunk;

    if (blob == NULL)
        return VB_ERR_NOMEM;
    if (blob->records > 0 || write->index != blob->count ||
        blob->length != blob->count * VB_STORE_CHUNK)
        return VB_ERR_INVALID;
    chunk = malloc(write->bytes.len);
    if (chunk == NULL || !reserve(blob)) {
        free(chunk);
        return VB_ERR_NOMEM;
    }
    memcpy(chunk, write->bytes.ptr, write->bytes.len);
    blob->chunks[blob->count++] = chunk;
    blob->length += write->bytes.len;
    return VB_OK;
}

void vb__blob_free(struct vb__blob *blob)
{
    for (uint64_t i = 0; i < blob->count; i++)
        free(blob->chunks[i]);
    free(blob->chunks);
    free(blob);
}

void vb__blob_drop(struct vb__memory *memory, struct vb__blob *blob)
{
    vb_table_remove(&memory->blobs, &blob->node);
    vb__blob_free(blob);
}
