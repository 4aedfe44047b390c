/* Making stored responses: see response.h. */
#include "caching/response.h"

#include <stdlib.h>

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

static struct vb_rep *make_rep(const struct gathered *g,
                               const struct vb_stored_draft *draft)
{
    struct vb_kept_content *content = draft->content;
    struct vb_rep_parts parts = {
        .fields = g->fields,
        .count = g->count,
        .repeated = g->repeated,
        .etag = g->etag,
        .media_type = g->media_type,
        .modified = last_modified(draft->received),
        .coded = g->coded,
    };
    struct vb_rep *rep;

    if (content != NULL) {
        parts.content = vb_kept_content_span(content);
        parts.owner = vb_kept_content_ref(content);
        parts.release = release_content;
    }
    parts.length = vb_status_has_content(draft->received->status)
                       ? parts.content.len
                       : VB_LENGTH_UNKNOWN;
    rep = vb_rep_received(&parts);
    if (rep == NULL && content != NULL)
        vb_kept_content_unref(content);
    return rep;
}

static size_t text_size(const struct gathered *g)
{
    size_t size = g->vary.len + g->values.len + g->cache_status.len;

    for (size_t i = 0; i < g->groups.count; i++)
        size += g->groups.at[i].len;
    return size;
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

static struct vb_stored_response *lay_out(const struct gathered *g,
                                          const struct vb_stored_draft *draft,
                                          struct vb_rep *rep)
{
    struct vb_stored_response *response;
    size_t size = sizeof(*response) + g->groups.count * sizeof(struct vb_span) +
                  text_size(g);
    struct vb_span *groups;
    char *at;

    response = malloc(size);
    if (response == NULL)
        return NULL;
    groups = (struct vb_span *)(response + 1);
    at = (char *)(groups + g->groups.count);
    *response = (struct vb_stored_response){
        .status = draft->received->status,
        .group_count = (uint16_t)g->groups.count,
        .cookies = g->cookies,
        .freshness = draft->storing->freshness,
        .rep = rep,
        .vary = put(&at, g->vary),
        .values = put(&at, g->values),
        .cache_status = put(&at, g->cache_status),
        .groups = groups,
        .size = size + vb_rep_size(rep),
    };
    for (size_t i = 0; i < g->groups.count; i++)
        groups[i] = put(&at, g->groups.at[i]);
    vb_ref_init(&response->ref);
    vb_date_format(response->freshness.date, response->date);
    if (draft->content != NULL) {
        response->content = vb_kept_content_ref(draft->content);
        response->size += draft->content->size - draft->content->len;
    }
    return response;
}

struct vb_stored_response *
vb_stored_response_new(struct vb_arena *arena,
                       const struct vb_stored_draft *draft)
{
    struct vb_stored_response *response;
    struct gathered g;
    struct vb_rep *rep;

    if (!gather(&g, arena, draft))
        return NULL;
    rep = make_rep(&g, draft);
    if (rep == NULL)
        return NULL;
    response = lay_out(&g, draft, rep);
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
