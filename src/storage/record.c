/* Records: one block of memory each, counted. See store.h. */
#include <stdlib.h>

#include "storage/engine.h"

static char *place(char *at, struct vb_span from, struct vb_span *to)
{
    *to = vb_span_of(at, from.len);
    if (from.len > 0)
        memcpy(at, from.ptr, from.len);
    return at + from.len;
}

size_t vb_record_size(const struct vb_record *record)
{
    return sizeof(*record) + record->key.len + record->parent.len +
           record->media_type.len + record->content.len;
}

struct vb_record *vb__record_new(const struct vb_record *fields)
{
    struct vb_record *record = malloc(vb_record_size(fields));
    char *at;

    if (record == NULL)
        return NULL;
    record->revision = fields->revision;
    record->position = fields->position;
    record->created_ms = fields->created_ms;
    record->modified_ms = fields->modified_ms;
    record->length = fields->length;
    record->blob = fields->blob;
    record->store = fields->store;
    vb_ref_init(&record->ref);
    at = (char *)(record + 1);
    at = place(at, fields->key, &record->key);
    at = place(at, fields->parent, &record->parent);
    at = place(at, fields->media_type, &record->media_type);
    place(at, fields->content, &record->content);
    return record;
}

struct vb_record *vb__record_brief(struct vb_arena *arena,
                                   const struct vb_record *fields)
{
    struct vb_record *record =
        vb_arena_alloc(arena, sizeof(*record) + fields->content.len);

    if (record == NULL)
        return NULL;
    *record = (struct vb_record){
        .position = fields->position,
        .media_type = fields->media_type,
        .length = fields->length,
    };
    place((char *)(record + 1), fields->content, &record->content);
    return record;
}

bool vb__record_is_brief(const struct vb_record *record)
{
    return record->key.len == 0;
}

struct vb_record *vb_commit_record(const struct vb_commit *commit,
                                   const struct vb_record *before)
{
    const struct vb_change *change = &commit->changes[0];

    return vb__record_new(&(struct vb_record){
        .key = change->key,
        .parent = before != NULL ? before->parent : change->parent,
        .revision = commit->revision,
        .position = commit->position,
        .created_ms =
            before != NULL ? before->created_ms : vb__created_ms(change),
        .modified_ms = change->modified_ms,
        .media_type = change->media_type,
        .length = change->length,
        .content = change->content,
    });
}

struct vb_record *vb_record_ref(struct vb_record *record)
{
    vb_ref_get(&record->ref);
    return record;
}

void vb_record_unref(struct vb_record *record)
{
    if (record == NULL || !vb_ref_put(&record->ref))
        return;
    if (record->blob != 0)
        record->store->ops->blob_unpin(record->store, record->blob);
    free(record);
}
