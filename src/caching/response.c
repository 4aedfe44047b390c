/* Making stored responses: see response.h. */
#include "caching/response.h"

#include <stdlib.h>

#include "base/assert.h"
#include "caching/vary.h"
#include "http/etag.h"
#include "http/status.h"

/* What is gathered in the arena before it is laid out in one piece. */
struct gathered {
    struct vb_field_out *fields; /* those that a 304 repeats first */
    size_t count;
    size_t repeated;
    int etag;
    int media_type;
    bool coded;
    bool cookies;
    struct vb_span vary;
    struct vb_span values;
    struct vb_span cache_status;
    struct vb_cache_groups groups;
};

/* What RFC 9110 section 15.4.5 has a 304 repeat. */
static bool is_repeated(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_CACHE_CONTROL:
    case VB_FIELD_CDN_CACHE_CONTROL:
    case VB_FIELD_CONTENT_LOCATION:
    case VB_FIELD_ETAG:
    case VB_FIELD_EXPIRES:
    case VB_FIELD_VARY:
        return true;
    default:
        return false;
    }
}

static void note(struct gathered *g, enum vb_field_id id,
                 const struct vb_field *field)
{
    struct vb_etag tag;
    int at = (int)g->count;

    if (id == VB_FIELD_ETAG && vb_etag_parse(field->value, &tag))
        g->etag = at;
    else if (id == VB_FIELD_CONTENT_TYPE)
        g->media_type = at;
    g->coded |= id == VB_FIELD_CONTENT_ENCODING;
    g->cookies |= id == VB_FIELD_SET_COOKIE;
}

static void gather_fields(struct gathered *g,
                          const struct vb_stored_draft *draft, bool repeated)
{
    const struct vb_fields *fields = draft->received->fields;

    for (size_t i = 0; i < fields->count; i++) {
        const struct vb_field *field = &fields->at[i];
        enum vb_field_id id = (enum vb_field_id)field->id;

        if (is_repeated(id) != repeated ||
            !vb_storing_keeps(draft->storing, fields, field))
            continue;
        note(g, id, field);
        g->fields[g->count++] = (struct vb_field_out){
            id == VB_FIELD_OTHER ? field->name : vb_field_name(id),
            field->value};
    }
    if (repeated)
        g->repeated = g->count;
}

static bool gather_vary(struct gathered *g, struct vb_arena *arena,
                        const struct vb_stored_draft *draft)
{
    char *memory = vb_arena_alloc(arena, (size_t)2 * VB_VARY_TEXT_MAX);
    struct vb_buf names = vb_buf_over(memory, VB_VARY_TEXT_MAX);
    struct vb_buf values;
    struct vb_vary vary;

    if (memory == NULL || !vb_vary_read(draft->received->fields, &vary))
        return false;
    values = vb_buf_over(memory + VB_VARY_TEXT_MAX, VB_VARY_TEXT_MAX);
    vb_vary_names(&names, &vary);
    g->vary = vb_buf_span(&names);
    if (draft->place_of != NULL && vb_span_eq(draft->place_of->vary, g->vary)) {
        g->values = draft->place_of->values;
        return names.err == VB_OK;
    }
    vb_vary_values(&values, &vary, &draft->asked->head->fields);
    g->values = vb_buf_span(&values);
    return names.err == VB_OK && values.err == VB_OK;
}

/* Bytes of what earlier caches have said that are kept. */
#define CACHE_STATUS_MAX 2048

static bool gather_others(struct gathered *g, struct vb_arena *arena,
                          const struct vb_fields *fields)
{
    char *memory = vb_arena_alloc(arena, CACHE_STATUS_MAX);
    struct vb_buf buf = vb_buf_over(memory, CACHE_STATUS_MAX);
    struct vb_lines lines;

    if (memory == NULL)
        return false;
    vb_fields_lines(fields, VB_FIELD_CACHE_STATUS, &lines);
    if (vb_cache_status_pass_on(&buf, arena, lines.at, lines.count))
        g->cache_status = vb_buf_span(&buf);
    vb_fields_lines(fields, VB_FIELD_CACHE_GROUPS, &lines);
    vb_cache_groups_parse(arena, lines.at, lines.count, &g->groups);
    return true;
}

static bool gather(struct gathered *g, struct vb_arena *arena,
                   const struct vb_stored_draft *draft)
{
    size_t most = draft->received->fields->count + draft->more_count;

    *g = (struct gathered){
        .fields = vb_arena_calloc(arena, most + 1, sizeof(*g->fields)),
        .etag = -1,
        .media_type = -1,
        .cache_status = VB_SPAN(""),
    };
    if (g->fields == NULL)
        return false;
    gather_fields(g, draft, true);
    gather_fields(g, draft, false);
    for (size_t i = 0; i < draft->more_count; i++)
        g->fields[g->count++] = draft->more[i];
    return gather_vary(g, arena, draft) &&
           gather_others(g, arena, draft->received->fields);
}

static void release_content(void *owner)
{
    vb_kept_content_unref(owner);
}

static int64_t last_modified(const struct vb_received *received)
{
    int64_t modified = VB_DATE_NONE;
    struct vb_span value;

    if (vb_fields_single(received->fields, VB_FIELD_LAST_MODIFIED, &value))
        (void)vb_date_parse_any_case(value, received->received_ms / 1000,
                                     &modified);
    return modified;
}

/* A representation with this content, or none. */
static struct vb_rep *make_rep(struct vb_rep_parts *parts, unsigned status,
                               struct vb_kept_content *content)
{
    struct vb_rep *rep;

    if (content != NULL) {
        parts->content = vb_kept_content_span(content);
        parts->length = parts->content.len;
        parts->owner = vb_kept_content_ref(content);
        parts->release = release_content;
    }
    if (!vb_status_has_content((int)status)) /* RFC 9110 section 8.6 */
        parts->length = VB_LENGTH_UNKNOWN;
    rep = vb_rep_received(parts);
    if (rep == NULL)
        vb_kept_content_unref(content);
    return rep;
}

static struct vb_rep *rep_of(const struct gathered *g,
                             const struct vb_stored_draft *draft)
{
    struct vb_rep_parts parts = {
        .fields = g->fields,
        .count = g->count,
        .repeated = g->repeated,
        .etag = g->etag,
        .media_type = g->media_type,
        .modified = last_modified(draft->received),
        .coded = g->coded,
        .streamed = draft->streamed,
        .length = draft->streamed ? draft->length : 0,
    };

    return make_rep(&parts, draft->received->status, draft->content);
}

/* Copies s to *at, moves *at on, and gives the copy. */
static struct vb_span put(char **at, struct vb_span s)
{
    struct vb_span copy = {*at, s.len};

    if (s.len > 0)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

/* All that `from` says, with texts of its own, and another representation. */
static struct vb_stored_response *lay_out(const struct vb_stored_response *from,
                                          struct vb_rep *rep,
                                          struct vb_kept_content *content)
{
    struct vb_stored_response *response;
    size_t size =
        sizeof(*response) + from->group_count * sizeof(struct vb_span);
    struct vb_span *groups;
    char *at;

    size += from->vary.len + from->values.len + from->cache_status.len;
    for (size_t i = 0; i < from->group_count; i++)
        size += from->groups[i].len;
    response = malloc(size);
    if (response == NULL)
        return NULL;
    groups = (struct vb_span *)(response + 1);
    at = (char *)(groups + from->group_count);
    *response = *from;
    vb_ref_init(&response->ref);
    response->rep = rep;
    response->vary = put(&at, from->vary);
    response->values = put(&at, from->values);
    response->cache_status = put(&at, from->cache_status);
    for (size_t i = 0; i < from->group_count; i++)
        groups[i] = put(&at, from->groups[i]);
    response->groups = groups;
    response->size = size + vb_rep_size(rep);
    response->content = NULL;
    if (content != NULL) {
        response->content = vb_kept_content_ref(content);
        response->size += content->size - content->len;
    }
    return response;
}

struct vb_stored_response *
vb_stored_response_new(struct vb_arena *arena,
                       const struct vb_stored_draft *draft)
{
    struct vb_stored_response from = {
        .status =
            draft->part.complete > 0 ? VB_STATUS_OK : draft->received->status,
        .part = draft->part,
        .freshness = draft->storing->freshness,
    };
    struct vb_stored_response *response;
    struct gathered g;
    struct vb_rep *rep;

    vb_assert(draft->received->status != VB_STATUS_PARTIAL_CONTENT ||
              draft->part.complete > 0);
    if (!gather(&g, arena, draft))
        return NULL;
    rep = rep_of(&g, draft);
    if (rep == NULL)
        return NULL;
    from.cookies = g.cookies;
    from.vary = g.vary;
    from.values = g.values;
    from.cache_status = g.cache_status;
    from.groups = g.groups.at;
    from.group_count = (uint16_t)g.groups.count;
    vb_date_format(from.freshness.date, from.date);
    response = lay_out(&from, rep, draft->content);
    if (response == NULL)
        vb_rep_unref(rep);
    return response;
}

/* Which field of a representation has this value; -1: none. */
static int index_of(const struct vb_rep *rep, struct vb_span value)
{
    for (int i = 0; i < rep->field_count; i++)
        if (value.len > 0 && rep->fields[i].value.ptr == value.ptr)
            return i;
    return -1;
}

struct vb_stored_response *
vb_stored_response_filled(const struct vb_stored_response *streamed,
                          struct vb_kept_content *content)
{
    const struct vb_rep *head = streamed->rep;
    struct vb_rep_parts parts = {
        .fields = head->fields,
        .count = head->field_count,
        .repeated = head->repeated,
        .etag = index_of(head, head->etag),
        .media_type = index_of(head, head->media_type),
        .modified = head->modified,
        .coded = head->coded,
    };
    struct vb_rep *rep = make_rep(&parts, streamed->status, content);
    struct vb_stored_response *response;

    if (rep == NULL)
        return NULL;
    response = lay_out(streamed, rep, content);
    if (response == NULL)
        vb_rep_unref(rep);
    return response;
}

void vb_stored_response_unref(struct vb_stored_response *response)
{
    if (response == NULL || !vb_ref_put(&response->ref))
        return;
    vb_rep_unref(response->rep);
    vb_kept_content_unref(response->content);
    free(response);
}
