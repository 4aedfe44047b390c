/* Parts, and putting them together: see partial.h. */
#include "caching/partial.h"

#include <stdlib.h>

#include "caching/variants.h"
#include "http/etag.h"

/* Behind the whole's key: no key of a request ends like that. */
#define SUFFIX "\npart"

static struct vb_caching_key part_key(const struct vb_caching_key *key,
                                      char *memory, size_t size)
{
    struct vb_buf buf = vb_buf_over(memory, size);

    vb_buf_append(&buf, key->text);
    vb_buf_str(&buf, SUFFIX);
    return (struct vb_caching_key){
        .uri = vb_span_head(vb_buf_span(&buf), key->uri.len),
        .text = vb_buf_span(&buf)};
}

static size_t part_key_size(const struct vb_caching_key *key)
{
    return key->text.len + sizeof(SUFFIX) - 1;
}

bool vb_part_key(struct vb_arena *arena, const struct vb_caching_key *key,
                 struct vb_caching_key *ret_key)
{
    size_t size = part_key_size(key);
    char *memory = vb_arena_alloc(arena, size);

    if (memory == NULL)
        return false;
    *ret_key = part_key(key, memory, size);
    return true;
}

static bool has_strong_tag(const struct vb_received *received)
{
    struct vb_span value;
    struct vb_etag tag;

    return vb_fields_single(received->fields, VB_FIELD_ETAG, &value) &&
           vb_etag_parse(value, &tag) && !tag.weak;
}

bool vb_part_read(const struct vb_received *received, struct vb_part *ret_part,
                  uint64_t *ret_length)
{
    struct vb_content_range range;
    struct vb_span value;

    if (received->status != VB_STATUS_PARTIAL_CONTENT ||
        !vb_fields_single(received->fields, VB_FIELD_CONTENT_RANGE, &value) ||
        !vb_content_range_parse(value, &range) ||
        !vb_span_ieq(range.unit, VB_SPAN("bytes")) || range.first < 0 ||
        range.complete <= 0 || !has_strong_tag(received))
        return false;
    *ret_part =
        (struct vb_part){(uint64_t)range.first, (uint64_t)range.complete};
    *ret_length = (uint64_t)(range.last - range.first) + 1;
    return true;
}

static uint64_t end_of(const struct vb_stored_response *stored)
{
    return stored->part.first + stored->content->len;
}

struct vb_span vb_part_bytes(const struct vb_stored_response *stored,
                             const struct vb_range *range)
{
    uint64_t first = (uint64_t)range->first, last = (uint64_t)range->last;

    if (first < stored->part.first || last < first || last >= end_of(stored))
        return vb_span_of(NULL, 0);
    return vb_span_of(stored->content->bytes + (first - stored->part.first),
                      (size_t)(last - first) + 1);
}

bool vb_part_missing(const struct vb_stored_response *stored,
                     struct vb_range *ret_range)
{
    uint64_t end = end_of(stored);

    if (stored->part.first > 0 && end < stored->part.complete)
        return false;
    if (stored->part.first > 0)
        *ret_range = (struct vb_range){0, (int64_t)stored->part.first - 1};
    else
        *ret_range =
            (struct vb_range){(int64_t)end, (int64_t)stored->part.complete - 1};
    return true;
}

static bool same_strong_tag(const struct vb_stored_response *a,
                            const struct vb_stored_response *b)
{
    struct vb_etag x, y;

    return vb_etag_parse(a->rep->etag, &x) && vb_etag_parse(b->rep->etag, &y) &&
           vb_etag_strong_eq(&x, &y);
}

static void copy_to(struct vb_kept_content *content, uint64_t first,
                    const struct vb_stored_response *from)
{
    memcpy(content->bytes + (from->part.first - first), from->content->bytes,
           from->content->len);
}

struct vb_stored_response *
vb_part_combine(const struct vb_stored_response *stored,
                const struct vb_stored_response *later)
{
    uint64_t first = stored->part.first, end = end_of(stored);
    struct vb_stored_response *both;
    struct vb_kept_content *content;

    if (!same_strong_tag(stored, later) ||
        stored->part.complete != later->part.complete ||
        later->part.first > end || end_of(later) < first)
        return NULL;
    first = later->part.first < first ? later->part.first : first;
    end = end_of(later) > end ? end_of(later) : end;
    content = vb_kept_content_new((size_t)(end - first));
    if (content == NULL)
        return NULL;
    content->len = content->size;
    copy_to(content, first, stored);
    copy_to(content, first, later);
    if (end - first == later->part.complete) /* all of it */
        both = vb_stored_response_part(later, (struct vb_part){0, 0}, content);
    else
        both = vb_stored_response_part(
            later, (struct vb_part){first, later->part.complete}, content);
    vb_kept_content_unref(content);
    return both;
}

/* The part that is kept where this one would be, a reference; or NULL. */
static struct vb_stored_response *
kept_in_place(struct vb_memory_tier *tier, const struct vb_caching_key *key,
              const struct vb_stored_response *part)
{
    struct vb_stored_response *all[VB_VARIANTS_MAX], *found = NULL;
    size_t count = vb_memory_collect(tier, key, all, VB_VARIANTS_MAX);

    for (size_t i = 0; i < count; i++) {
        if (found == NULL && vb_span_eq(all[i]->vary, part->vary) &&
            vb_span_eq(all[i]->values, part->values))
            found = all[i];
        else
            vb_stored_response_unref(all[i]);
    }
    return found;
}

/* The same, as much as there is of it; NULL: no memory, or no more than it. */
static struct vb_stored_response *
combined(const struct vb_stored_response *stored,
         const struct vb_stored_response *part)
{
    if (stored != NULL)
        return vb_part_combine(stored, part);
    return part->content->len == part->part.complete
               ? vb_part_combine(part, part)
               : NULL;
}

static bool keep(struct vb_memory_tier *tier,
                 const struct vb_caching_key *whole,
                 const struct vb_caching_key *key, uint64_t moment,
                 struct vb_stored_response *part)
{
    struct vb_stored_response *stored = kept_in_place(tier, key, part);
    struct vb_stored_response *both = combined(stored, part);
    bool kept;

    if (both != NULL && both->part.complete == 0) {
        kept = vb_memory_put(tier, whole, moment, both);
        if (stored != NULL)
            vb_memory_drop(tier, key, stored);
    } else {
        kept = vb_memory_put(tier, key, moment, both != NULL ? both : part);
    }
    vb_stored_response_unref(both);
    vb_stored_response_unref(stored);
    return kept;
}

bool vb_part_keep(struct vb_memory_tier *tier, const struct vb_caching_key *key,
                  uint64_t moment, struct vb_stored_response *part)
{
    size_t size = part_key_size(key);
    char *memory = malloc(size);
    struct vb_caching_key parts;
    bool kept;

    if (memory == NULL)
        return false;
    parts = part_key(key, memory, size);
    kept = keep(tier, key, &parts, moment, part);
    free(memory);
    return kept;
}
