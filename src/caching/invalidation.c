/* Invalidation: see invalidation.h. */
#include "caching/invalidation.h"

#include "caching/key.h"
#include "http/method.h"
#include "http/status.h"

static bool is_error(unsigned status)
{
    switch (vb_status_class((int)status)) {
    case VB_STATUS_CLASS_SUCCESSFUL:
    case VB_STATUS_CLASS_REDIRECTION:
        return false;
    default:
        return true;
    }
}

static bool is_named(const struct vb_invalidation *of, struct vb_span uri)
{
    for (size_t i = 0; i < of->uri_count; i++)
        if (vb_span_eq(of->uris[i], uri))
            return true;
    return false;
}

static void add_named(struct vb_invalidation *to, struct vb_arena *arena,
                      const struct vb_fields *fields, enum vb_field_id id)
{
    struct vb_span value, uri;

    if (vb_fields_single(fields, id, &value) &&
        vb_caching_uri_beside(arena, to->uris[0], value, &uri) &&
        vb_span_eq(vb_caching_origin(uri), to->origin) && !is_named(to, uri))
        to->uris[to->uri_count++] = uri;
}

void vb_invalidation_read(struct vb_arena *arena, const struct vb_asked *asked,
                          struct vb_span uri,
                          const struct vb_received *received,
                          struct vb_invalidation *ret_invalidation)
{
    struct vb_invalidation *to = ret_invalidation;
    struct vb_lines lines;

    to->uri_count = to->groups.count = 0;
    if (vb_method_is_safe(asked->head->method) || is_error(received->status))
        return;
    to->uris[to->uri_count++] = uri;
    to->origin = vb_caching_origin(uri);
    add_named(to, arena, received->fields, VB_FIELD_LOCATION);
    add_named(to, arena, received->fields, VB_FIELD_CONTENT_LOCATION);
    vb_fields_lines(received->fields, VB_FIELD_CACHE_GROUP_INVALIDATION,
                    &lines);
    vb_cache_groups_parse(arena, lines.at, lines.count, &to->groups);
}
