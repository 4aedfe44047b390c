/* What the disk tier has, and where. See disk_inner.h. */
#include <stdlib.h>

#include "caching/disk_inner.h"
#include "caching/variants.h"

/* Entries that are freed at once when a segment goes: workers wait for the
 * lock meanwhile. */
#define BATCH 256

uint64_t vb__disk_key_hash(const struct vb_disk_tier *disk, struct vb_span text)
{
    return vb_hash(&disk->files.secret, text);
}

uint64_t vb__disk_place_hash(const struct vb_disk_tier *disk, uint64_t key_hash,
                             const struct vb_stored_response *response)
{
    struct vb_hash_key key = disk->files.secret;

    key.k0 ^= key_hash;
    key.k1 ^= vb_hash(&key, response->vary);
    return vb_hash(&key, response->values);
}

static struct vb__disk_entry *entry_of(struct vb_table_node *node)
{
    return VB_CONTAINER(node, struct vb__disk_entry, node);
}

struct vb__disk_entry *vb__disk_find(const struct vb_disk_tier *disk,
                                     uint64_t key_hash, uint64_t place_hash)
{
    struct vb_table_node *at = vb_table_first(&disk->index, key_hash);

    for (; at != NULL; at = vb_table_next(at))
        if (entry_of(at)->place_hash == place_hash)
            return entry_of(at);
    return NULL;
}

void vb__disk_remove(struct vb_disk_tier *disk, struct vb__disk_entry *entry)
{
    vb_table_remove(&disk->index, &entry->node);
    vb_list_remove(&entry->link);
    free(entry);
}

static bool is_older(const struct vb__disk_entry *a,
                     const struct vb__disk_entry *b)
{
    return a->head_in->id != b->head_in->id ? a->head_in->id < b->head_in->id
                                            : a->head_at < b->head_at;
}

/* The oldest of a key, where there are as many as there may be: a client
 * chooses the values, and could make a chain of them. */
static struct vb__disk_entry *crowded_out(const struct vb_disk_tier *disk,
                                          uint64_t key_hash)
{
    struct vb_table_node *at = vb_table_first(&disk->index, key_hash);
    struct vb__disk_entry *oldest = NULL;
    unsigned count = 0;

    for (; at != NULL; at = vb_table_next(at), count++)
        if (oldest == NULL || is_older(entry_of(at), oldest))
            oldest = entry_of(at);
    return count >= VB_VARIANTS_MAX ? oldest : NULL;
}

bool vb__disk_insert(struct vb_disk_tier *disk, uint64_t key_hash,
                     const struct vb__disk_entry *entry)
{
    struct vb__disk_entry *old =
        vb__disk_find(disk, key_hash, entry->place_hash);
    struct vb__disk_entry *copy;

    if (old == NULL)
        old = crowded_out(disk, key_hash);
    if (old != NULL)
        vb__disk_remove(disk, old);
    copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return false;
    *copy = *entry;
    vb_list_init(&copy->link);
    if (!vb_table_insert(&disk->index, &copy->node, key_hash)) {
        free(copy);
        return false;
    }
    vb_list_append(&copy->content_in->entries, &copy->link);
    return true;
}

struct vb__disk_segment *vb__disk_segment_of(const struct vb_disk_tier *disk,
                                             uint64_t id)
{
    for (struct vb_link *at = disk->segments.next; at != &disk->segments;
         at = at->next)
        if (vb__disk_segment_at(at)->id == id)
            return vb__disk_segment_at(at);
    return NULL;
}

void vb__disk_evict(struct vb_disk_tier *disk)
{
    struct vb__disk_segment *segment = vb__disk_segment_at(disk->segments.next);

    for (unsigned n = 0; !vb_list_empty(&segment->entries); n++) {
        vb__disk_remove(disk, VB_CONTAINER(vb_list_pop(&segment->entries),
                                           struct vb__disk_entry, link));
        if (n % BATCH != BATCH - 1)
            continue;
        pthread_mutex_unlock(&disk->lock);
        pthread_mutex_lock(&disk->lock);
    }
    vb_list_remove(&segment->link);
    disk->bytes -= vb__disk_charge(segment);
    pthread_mutex_unlock(&disk->lock);
    vb__disk_segment_remove(&disk->files, segment->id);
    vb__disk_segment_unref(segment);
    pthread_mutex_lock(&disk->lock);
}
