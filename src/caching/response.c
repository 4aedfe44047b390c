/* Making stored responses: see response.h. */
#include "caching/response_inner.h"

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
}

/* What is of a part's content is not of what the part becomes one with. */
static bool is_of_a_part(const struct vb_received *received,
                         enum vb_field_id id)
{
    return id == VB_FIELD_CONTENT_DIGEST &&
           received->status == VB_STATUS_PARTIAL_CONTENT;
}

static void gather_fields(struct gathered *g,
                          const struct vb_stored_draft *draft, bool repeated)
{
    const struct vb_fields *fields = draft->received->fields;

    for (size_t i = 0; i < fields->count; i++) {
        const struct vb_field *field = &fields->at[i];
        enum vb_field_id id = (enum vb_field_id)field->id;

        if (is_repeated(id) != repeated || is_of_a_part(draft->received, id) ||
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

static int64_t last_modified(const struct vb_received *received)
{
    int64_t modified = VB_DATE_NONE;
    struct vb_span value;

    if (vb_fields_single(received->fields, VB_FIELD_LAST_MODIFIED, &value))
        (void)vb_date_parse_any_case(value, received->received_ms / 1000,
                                     &modified);
    return modified;
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
    struct vb_rep_parts parts = {
        .modified = last_modified(draft->received),
        .streamed = draft->streamed,
        .length = draft->streamed ? draft->length : 0,
    };
    struct gathered g;

    vb_assert(draft->received->status != VB_STATUS_PARTIAL_CONTENT ||
              draft->part.complete > 0);
    if (!gather(&g, arena, draft))
        return NULL;
    parts.fields = g.fields;
    parts.count = g.count;
    parts.repeated = g.repeated;
    parts.etag = g.etag;
    parts.media_type = g.media_type;
    parts.coded = g.coded;
    from.vary = g.vary;
    from.values = g.values;
    from.cache_status = g.cache_status;
    from.groups = g.groups.at;
    from.group_count = (uint16_t)g.groups.count;
    return vb__response_form(&from, &parts, draft->content);
}
