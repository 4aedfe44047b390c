/* From the name of a property to what is known of it. See selection.h. */
#include "content/schema.h"
#include "resource/selection_part.h"
#include "resource/stored.h"

/* What nothing is known of. */
static struct vb_filter_field anything(const struct vb_span *path, size_t len)
{
    return (struct vb_filter_field){
        .path = path,
        .path_len = len,
        .types = VB_SCHEMA_ANY,
        .item_types = VB_SCHEMA_ANY,
    };
}

/* Appends `name`, cut at its dots, to the first `len` names of a path. */
static bool cut_name(struct vb_exchange *x, const struct vb_span *begin,
                     size_t len, struct vb_span name,
                     struct vb_filter_field *ret_field)
{
    struct vb_span *path =
        vb_arena_calloc(&x->arena, VB_SELECTION_DEPTH_MOST, sizeof(*path));

    if (path == NULL || len >= VB_SELECTION_DEPTH_MOST)
        return false;
    for (size_t i = 0; i < len; i++)
        path[i] = begin[i];
    for (;;) {
        ssize_t dot = vb_span_find(name, '.', 0);
        size_t end = dot < 0 ? name.len : (size_t)dot;

        if (end == 0 || len == VB_SELECTION_DEPTH_MOST)
            return false;
        path[len++] = vb_span_head(name, end);
        if (dot < 0)
            break;
        name = vb_span_from(name, end + 1);
    }
    *ret_field = anything(path, len);
    return true;
}

bool vb__selection_cut(struct vb_exchange *x, struct vb_span path,
                       struct vb_filter_field *ret_field)
{
    return cut_name(x, NULL, 0, path, ret_field);
}

static bool is_above(const struct vb_property *above,
                     const struct vb_property *property)
{
    if (property->path_len <= above->path_len)
        return false;
    for (size_t i = 0; i < above->path_len; i++)
        if (!vb_span_eq(above->path[i], property->path[i]))
            return false;
    return true;
}

/* An object of which nothing is said may hold anything. */
static bool is_open(const struct vb_state *state,
                    const struct vb_property *property)
{
    if ((property->types & VB_SCHEMA_OBJECT) == 0)
        return false;
    for (size_t i = 0; i < state->field_count; i++)
        if (is_above(property, &state->fields[i]))
            return false;
    return true;
}

static struct vb_filter_field field_of(const struct vb_property *property)
{
    return (struct vb_filter_field){
        .path = property->path,
        .path_len = property->path_len,
        .types = property->types,
        .item_types = property->item_types,
        .time = vb_span_eq(property->format, VB_SPAN("date-time")),
    };
}

/* --- from a name, or the names of a path, to the nearest property -------- */

struct lead {
    const struct vb_property *property; /* NULL: none yet */
    size_t left; /* of the name, or of the names, that lies behind it */
};

/* What is in a property that is never shown cannot be asked either: false. */
static bool follow(struct lead *lead, const struct vb_property *property,
                   size_t left)
{
    if (property->write_only)
        return false;
    if (lead->property == NULL || left < lead->left)
        *lead = (struct lead){property, left};
    return true;
}

static bool is_listed(const struct vb_route *route)
{
    return route->state != NULL && route->state->json;
}

bool vb_selection_field(struct vb_exchange *x, const struct vb_route *route,
                        struct vb_span name, struct vb_filter_field *ret_field)
{
    const struct vb_state *state = route->state;
    struct lead lead = {.property = NULL};
    struct vb_span rest;

    if (!is_listed(route))
        return false;
    if (state->field_count == 0)
        return cut_name(x, NULL, 0, name, ret_field);
    for (size_t i = 0; i < state->field_count; i++)
        if (vb_property_begins(&state->fields[i], name, &rest) &&
            !follow(&lead, &state->fields[i], rest.len))
            return false;
    if (lead.property == NULL)
        return false;
    if (lead.left > 0)
        return is_open(state, lead.property) &&
               cut_name(x, lead.property->path, lead.property->path_len,
                        vb_span_from(name, name.len - lead.left), ret_field);
    *ret_field = field_of(lead.property);
    return true;
}

static bool leads(const struct vb_property *property,
                  const struct vb_span *path, size_t len)
{
    if (property->path_len > len)
        return false;
    for (size_t i = 0; i < property->path_len; i++)
        if (!vb_span_eq(property->path[i], path[i]))
            return false;
    return true;
}

bool vb_selection_path(const struct vb_route *route, const struct vb_span *path,
                       size_t len, struct vb_filter_field *ret_field)
{
    const struct vb_state *state = route->state;
    struct lead lead = {.property = NULL};

    if (!is_listed(route) || len > VB_SELECTION_DEPTH_MOST)
        return false;
    *ret_field = anything(path, len);
    if (state->field_count == 0)
        return true;
    for (size_t i = 0; i < state->field_count; i++)
        if (leads(&state->fields[i], path, len) &&
            !follow(&lead, &state->fields[i], len - state->fields[i].path_len))
            return false;
    if (lead.property == NULL)
        return false;
    if (lead.left > 0)
        return is_open(state, lead.property);
    *ret_field = field_of(lead.property);
    return true;
}
