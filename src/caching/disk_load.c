/* Reading what the disk tier has. See disk.h. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/read_at.h"
#include "caching/disk_inner.h"
#include "caching/frozen.h"
#include "caching/variants.h"
#include "caching/vary.h"

/* What one response takes while its head is read. */
#define ARENA_BLOCK ((size_t)16 * 1024)
#define ARENA_MAX   (4 * VB__DISK_RECORD_MAX)

/* What there is of a key, and one who reads it. */
struct loading {
    struct vb_disk_tier *disk;
    const struct vb_caching_key *key;
    uint64_t key_hash, uri_hash;
    struct vb_arena arena;
    size_t count;
    struct vb__disk_entry at[VB_VARIANTS_MAX]; /* copies; their segments are
                                                  referred to */
};

static bool is_invalid(const struct vb_disk_tier *disk, uint64_t uri_hash,
                       const struct vb__disk_entry *entry)
{
    return vb_moments_since(disk->moments, uri_hash, entry->moment);
}

/* An entry of the key that is true, as far as the index tells; what is not, is
 * removed. NULL: none. Under the lock. */
static struct vb__disk_entry *
next_of(struct vb_disk_tier *disk, struct vb_table_node *at, uint64_t uri_hash)
{
    while (at != NULL) {
        struct vb__disk_entry *entry =
            VB_CONTAINER(at, struct vb__disk_entry, node);

        if (!is_invalid(disk, uri_hash, entry))
            return entry;
        at = vb_table_next(at);
        vb__disk_remove(disk, entry);
    }
    return NULL;
}

bool vb_disk_has(struct vb_disk_tier *disk, const struct vb_caching_key *key)
{
    uint64_t key_hash = vb__disk_key_hash(disk, key->text);
    bool has;

    if (atomic_load(&disk->off))
        return false;
    pthread_mutex_lock(&disk->lock);
    has = vb_table_first(&disk->index, key_hash) != NULL &&
          next_of(disk, vb_table_first(&disk->index, key_hash),
                  vb_hash(&disk->files.secret, key->uri)) != NULL;
    pthread_mutex_unlock(&disk->lock);
    return has;
}

/* --- What there is ---------------------------------------------------------
 */

static void gather(struct loading *l)
{
    struct vb_disk_tier *disk = l->disk;
    struct vb__disk_entry *entry;

    pthread_mutex_lock(&disk->lock);
    entry =
        next_of(disk, vb_table_first(&disk->index, l->key_hash), l->uri_hash);
    while (entry != NULL && l->count < VB_VARIANTS_MAX) {
        l->at[l->count++] = *entry;
        vb_ref_get(&entry->head_in->ref);
        vb_ref_get(&entry->content_in->ref);
        entry = next_of(disk, vb_table_next(&entry->node), l->uri_hash);
    }
    pthread_mutex_unlock(&disk->lock);
}

static void give_back(struct loading *l)
{
    for (size_t i = 0; i < l->count; i++) {
        vb__disk_segment_unref(l->at[i].head_in);
        vb__disk_segment_unref(l->at[i].content_in);
    }
}

/* It is damaged, or not true: never looked at again. */
static void disown(struct loading *l, const struct vb__disk_entry *copy)
{
    struct vb__disk_entry *entry;

    pthread_mutex_lock(&l->disk->lock);
    entry = vb__disk_find(l->disk, l->key_hash, copy->place_hash);
    if (entry != NULL && entry->head_in == copy->head_in &&
        entry->head_at == copy->head_at)
        vb__disk_remove(l->disk, entry);
    pthread_mutex_unlock(&l->disk->lock);
}

/* --- Reading ----------------------------------------------------------------
 */

static bool is_ours(const struct loading *l, const struct vb__disk_entry *at,
                    const struct vb__disk_record *record)
{
    return record->kind == VB__DISK_STORED &&
           vb_span_eq(record->key, l->key->text) &&
           record->uri_len == l->key->uri.len &&
           record->place_hash == at->place_hash &&
           record->content.check == at->content_check &&
           record->content.len == at->content_len &&
           record->content.at == at->content_at;
}

/* In the arena; false: it is not what was written. */
static bool read_head(struct loading *l, const struct vb__disk_entry *at,
                      struct vb__disk_record *ret_record)
{
    const struct vb__disk_at where = {at->head_in->id, at->head_at};
    char *bytes = vb_arena_alloc(&l->arena, at->head_len);
    size_t len;

    return bytes != NULL &&
           vb_read_at(at->head_in->heads, bytes, at->head_len, at->head_at) ==
               (ssize_t)at->head_len &&
           vb__disk_record_read(vb_span_of(bytes, at->head_len),
                                &l->disk->files.secret, where, ret_record,
                                &len) == VB__DISK_WHOLE &&
           is_ours(l, at, ret_record);
}

/* A reference; NULL: no memory, or it is not what was written. */
static struct vb_kept_content *read_content(const struct loading *l,
                                            const struct vb__disk_entry *at)
{
    struct vb_kept_content *content = vb_kept_content_new(at->content_len);

    if (content == NULL)
        return NULL;
    content->len = at->content_len;
    if (vb_read_at(at->content_in->contents, content->bytes, content->len,
                   at->content_at) == (ssize_t)content->len &&
        vb_hash(&l->disk->files.secret, vb_kept_content_span(content)) ==
            at->content_check)
        return content;
    vb_kept_content_unref(content);
    return NULL;
}

/* What its head says, with its content or without. */
static struct vb_stored_response *
read_one(struct loading *l, const struct vb__disk_entry *at, bool whole)
{
    struct vb_kept_content *content = NULL;
    struct vb_stored_response *response;
    struct vb__disk_record record;

    vb_arena_reset(&l->arena);
    if (!read_head(l, at, &record))
        return NULL;
    if (whole && record.has_content) {
        content = read_content(l, at);
        if (content == NULL)
            return NULL;
    }
    response = vb_frozen_read(&l->arena, record.frozen, content);
    vb_kept_content_unref(content);
    return response;
}

/* --- Choosing ---------------------------------------------------------------
 */

/* By the groups that it says: what the index does not know. */
static bool is_true(const struct loading *l, const struct vb__disk_entry *at,
                    const struct vb_stored_response *response)
{
    struct vb_span origin = vb_caching_origin(l->key->uri);

    for (size_t i = 0; i < response->group_count; i++)
        if (vb_moments_since(l->disk->moments,
                             vb_moments_group_hash(&l->disk->files.secret,
                                                   origin, response->groups[i]),
                             at->moment))
            return false;
    return true;
}

/* RFC 9111 section 4.1: of those that the request selects the newest, as in
 * memory (variants.h). */
static const struct vb__disk_entry *
choose(struct loading *l, const struct vb_fields *fields, size_t max)
{
    const struct vb__disk_entry *best = NULL;
    struct vb_freshness newest = {.date = 0};

    for (size_t i = 0; i < l->count; i++) {
        const struct vb__disk_entry *at = &l->at[i];
        struct vb_stored_response *head = read_one(l, at, false);

        if (head == NULL || !is_true(l, at, head))
            disown(l, at);
        else if (at->content_len <= max &&
                 vb_vary_fits(head->vary, head->values, fields) &&
                 (best == NULL ||
                  vb_freshness_is_newer(&head->freshness, &newest))) {
            best = at;
            newest = head->freshness;
        }
        vb_stored_response_unref(head);
    }
    return best;
}

struct vb_stored_response *vb_disk_load(struct vb_disk_tier *disk,
                                        const struct vb_caching_key *key,
                                        const struct vb_fields *fields,
                                        size_t max, uint64_t *ret_moment)
{
    struct loading l = {
        .disk = disk,
        .key = key,
        .key_hash = vb__disk_key_hash(disk, key->text),
        .uri_hash = vb_hash(&disk->files.secret, key->uri),
    };
    struct vb_stored_response *response = NULL;
    const struct vb__disk_entry *chosen;

    vb_arena_init(&l.arena, ARENA_BLOCK, ARENA_MAX);
    gather(&l);
    chosen = choose(&l, fields, max);
    if (chosen != NULL) {
        response = read_one(&l, chosen, true);
        *ret_moment = chosen->moment;
        if (response == NULL)
            disown(&l, chosen);
    }
    give_back(&l);
    vb_arena_done(&l.arena);
    if (response != NULL) {
        pthread_mutex_lock(&disk->lock);
        disk->stats.loaded++;
        pthread_mutex_unlock(&disk->lock);
    }
    return response;
}
