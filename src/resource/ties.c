/*
 * What ties a state to others: values that no other may have (claims), and
 * resources that must exist as long as it does (references).
 */
#include "content/number.h"
#include "describe/unique.h"
#include "http/path.h"
#include "resource/stored.h"

yyjson_val *vb_property_value(yyjson_val *root,
                              const struct vb_property *property)
{
    for (size_t i = 0; i < property->path_len && root != NULL; i++)
        root = vb_json_member(root, property->path[i]);
    return root;
}

struct vb_span vb_property_pointer(struct vb_exchange *x,
                                   const struct vb_property *property)
{
    return vb_unique_pointer(&x->arena, property);
}

/* --- claims
 * ------------------------------------------------------------------------ */

static enum vb_err add_claim(struct vb_stored *stored,
                             const struct vb_property *property,
                             yyjson_val *value)
{
    struct vb_exchange *x = stored->x;
    struct vb_span pointer = vb_property_pointer(x, property);
    struct vb_span text = vb_unique_value(&x->arena, value, VB_STORE_CHUNK);

    stored->claims[stored->claim_count] = (struct vb_claim){
        .scope = vb_unique_scope(&x->arena, stored->parent, property),
        .value = text,
    };
    stored->claim_paths[stored->claim_count++] = pointer;
    return x->arena.failed ? VB_ERR_NOMEM : VB_OK;
}

static enum vb_err add_claims(struct vb_stored *stored, yyjson_val *root)
{
    const struct vb_state *state = stored->route->state;
    struct vb_arena *arena = &stored->x->arena;
    size_t count = state->property_count;
    enum vb_err err = VB_OK;

    stored->claims = vb_arena_calloc(arena, count, sizeof(*stored->claims));
    stored->claim_paths =
        vb_arena_calloc(arena, count, sizeof(*stored->claim_paths));
    if (arena->failed)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < count && err == VB_OK; i++) {
        const struct vb_property *property = &state->properties[i];
        yyjson_val *value =
            property->unique ? vb_property_value(root, property) : NULL;

        if (value != NULL && !yyjson_is_null(value))
            err = add_claim(stored, property, value);
    }
    return err;
}

/* --- references
 * ----------------------------------------------------------------------- */

struct vb_span vb_route_key(struct vb_exchange *x,
                            const struct vb_route *target,
                            const struct vb_span *variables, size_t count)
{
    const struct vb_template *template = &target->template;
    struct vb_span key = {NULL, 0};
    struct vb_buf buf;
    size_t variable = 0;

    vb_buf_init(&buf, 8192);
    for (size_t i = 0; i < template->segment_count; i++) {
        const struct vb_segment *segment = &template->segments[i];
        struct vb_span text = segment->text;

        if (segment->kind == VB_SEGMENT_VARIABLE) {
            text = variable < count ? variables[variable] : VB_SPAN("");
            variable++;
        }
        vb_buf_char(&buf, '/');
        if (!vb_path_append_segment(&buf, text))
            goto done;
    }
    if (template->trailing_slash)
        vb_buf_char(&buf, '/');
    if (buf.err == VB_OK)
        key = vb_arena_dup(&x->arena, vb_buf_span(&buf));
done:
    vb_buf_done(&buf);
    return key;
}

/* A key that is "" is no resource's: the store finds the reference dangling. */
static enum vb_err add_reference(struct vb_stored *stored, struct vb_span key)
{
    if (stored->x->arena.failed)
        return VB_ERR_NOMEM;
    if (stored->reference_count == VB_REFERENCES_MAX)
        return VB_ERR_LIMIT;
    stored->references[stored->reference_count++] = key;
    return VB_OK;
}

/* An order may have many lines of one book. */
static enum vb_err add_once(struct vb_stored *stored, struct vb_span key)
{
    for (size_t i = 0; i < stored->reference_count; i++)
        if (vb_span_eq(stored->references[i], key))
            return VB_OK;
    return add_reference(stored, key);
}

/* As it would stand in the target's path, where a number has one spelling. */
static struct vb_span id_of(struct vb_exchange *x, yyjson_val *value)
{
    struct vb_span text = {NULL, 0};
    struct vb_buf buf;

    if (!vb_json_is_number(value))
        return vb_json_text(value);
    vb_buf_init(&buf, 8192);
    vb_number_write_plain(&buf, vb_json_text(value));
    if (buf.err == VB_OK)
        text = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return text;
}

/* Null, or what the schema is to refuse, names nothing. */
static bool names_something(yyjson_val *value)
{
    return yyjson_is_str(value) || vb_json_is_number(value);
}

struct vb_span vb_reference_key(struct vb_exchange *x,
                                const struct vb_property *property,
                                yyjson_val *value)
{
    struct vb_span text = VB_SPAN("");

    if (names_something(value))
        text = id_of(x, value);
    if (vb_property_by_path(property) || text.len == 0)
        return vb_arena_dup(&x->arena, text);
    return vb_route_key(x, property->references, &text, 1);
}

static enum vb_err refer(struct vb_stored *stored,
                         const struct vb_property *property, yyjson_val *value,
                         void *context)
{
    (void)context;
    return names_something(value)
               ? add_once(stored, vb_reference_key(stored->x, property, value))
               : VB_OK;
}

/* What is done with each value that a property's path leads to. */
typedef enum vb_err visit_value(struct vb_stored *stored,
                                const struct vb_property *property,
                                yyjson_val *value, void *context);

/* All that the rest of a path leads to: into each element of an array. */
static enum vb_err visit_below(struct vb_stored *stored,
                               const struct vb_property *property,
                               yyjson_val *at, size_t step, visit_value *visit,
                               void *context)
{
    bool ends = step == property->path_len;
    enum vb_err err = VB_OK;
    yyjson_val *item;
    size_t index, count;

    if (at == NULL)
        return VB_OK;
    if (!ends && property->path[step].ptr != NULL)
        return visit_below(stored, property,
                           vb_json_member(at, property->path[step]), step + 1,
                           visit, context);
    if (!yyjson_is_arr(at))
        return ends ? visit(stored, property, at, context) : VB_OK;
    yyjson_arr_foreach(at, index, count, item)
    {
        if (err == VB_OK)
            err = visit_below(stored, property, item, ends ? step : step + 1,
                              visit, context);
    }
    return err;
}

static enum vb_err add_references(struct vb_stored *stored, yyjson_val *root)
{
    const struct vb_state *state = stored->route->state;
    enum vb_err err = VB_OK;

    for (size_t i = 0; i < state->property_count && err == VB_OK; i++)
        if (state->properties[i].references != NULL)
            err = visit_below(stored, &state->properties[i], root, 0, refer,
                              NULL);
    return err;
}

struct search {
    struct vb_span key;
    bool found;
};

static enum vb_err look(struct vb_stored *stored,
                        const struct vb_property *property, yyjson_val *value,
                        void *context)
{
    struct search *search = context;

    search->found |=
        vb_span_eq(vb_reference_key(stored->x, property, value), search->key);
    return VB_OK;
}

bool vb_property_refers(struct vb_stored *stored,
                        const struct vb_property *property, struct vb_span key)
{
    struct search search = {.key = key};

    (void)visit_below(stored, property, vb_stored_before(stored), 0, look,
                      &search);
    return search.found;
}

struct vb_span vb_stored_owner(struct vb_exchange *x,
                               const struct vb_route *route)
{
    const struct vb_route *owner = vb_route_owner(route);

    if (owner == NULL)
        return VB_SPAN("");
    return vb_route_key(x, owner, x->variables, x->variable_count);
}

enum vb_err vb_compose_ties(struct vb_stored *stored)
{
    const struct vb_route *above = vb_route_owner(stored->route);
    struct vb_span owner = VB_SPAN("");
    enum vb_err err = VB_OK;

    if (above != NULL)
        owner = vb_route_key(stored->x, above, stored->variables,
                             stored->variable_count);
    stored->claim_count = stored->reference_count = 0;
    if (stored->after != NULL && stored->route->state != NULL &&
        stored->route->state->property_count > 0) {
        err = add_claims(stored, stored->after->root);
        if (err == VB_OK)
            err = add_references(stored, stored->after->root);
    }
    stored->has_owner = owner.len > 0;
    if (err == VB_OK && stored->has_owner)
        err = add_reference(stored, owner);
    return err;
}
