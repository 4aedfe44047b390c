/*
 * What each path is. The rules, from the most to the least specific:
 *
 *   all of it is another server's           gateway
 *   x-verbatim.archetype                    what it says
 *   one variable below a token's, session's that, too
 *   x-verbatim.moved, .see-other            redirect
 *   x-verbatim.to                           gateway
 *   x-verbatim.lists                        collection
 *   x-verbatim.do, without PUT and the like controller
 *   POST, and a path one variable below     collection; that path is its member
 *   PUT with 201, at a variable             member of a store
 *   the path above a store's member         store
 *   POST the only unsafe operation          controller
 *   anything else                           document
 *
 * Paths relate by structure: what a variable is called does not matter, nor
 * does a slash at the end.
 */
#include "describe/read.h"

#include "describe/rules.h"

static bool same_segment(const struct vb_segment *a, const struct vb_segment *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == VB_SEGMENT_VARIABLE || vb_span_eq(a->text, b->text);
}

/* Whether `a` is the first segments of `b`, or all of them. */
static bool begins(const struct vb_template *a, const struct vb_template *b)
{
    if (a->segment_count > b->segment_count)
        return false;
    for (size_t i = 0; i < a->segment_count; i++) {
        if (!same_segment(&a->segments[i], &b->segments[i]))
            return false;
    }
    return true;
}

/* A route whose template could not be cut takes part in nothing. */
static bool is_sound(const struct vb_route *route)
{
    return route->why_not.len == 0;
}

static bool ends_in_variable(const struct vb_route *route)
{
    const struct vb_template *t = &route->template;

    return t->segment_count > 0 &&
           t->segments[t->segment_count - 1].kind == VB_SEGMENT_VARIABLE;
}

bool vb__template_eq(const struct vb_template *a, const struct vb_template *b)
{
    return a->segment_count == b->segment_count && begins(a, b);
}

struct vb_route *vb__route_find(struct vb__reader *r, struct vb_span path)
{
    size_t base = r->into->public.base_path.len;

    for (size_t i = 0; i < r->route_count; i++) {
        struct vb_route *route = &r->routes[i];

        if (is_sound(route) &&
            vb_span_eq(vb_span_from(route->path, base), path))
            return route;
    }
    return NULL;
}

/* --- order --------------------------------------------------------------- */

static int compare_segments(const struct vb_segment *a,
                            const struct vb_segment *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->kind == VB_SEGMENT_VARIABLE ? 0 : vb_span_cmp(a->text, b->text);
}

/* By structure, the shorter first: what begins a route comes before it. */
static int compare_templates(const struct vb_template *a,
                             const struct vb_template *b)
{
    for (size_t i = 0; i < a->segment_count && i < b->segment_count; i++) {
        int order = compare_segments(&a->segments[i], &b->segments[i]);

        if (order != 0)
            return order;
    }
    if (a->segment_count != b->segment_count)
        return a->segment_count < b->segment_count ? -1 : 1;
    return 0;
}

static int compare_routes(const void *x, const void *y)
{
    const struct vb_route *a = *(struct vb_route *const *)x;
    const struct vb_route *b = *(struct vb_route *const *)y;
    int order = compare_templates(&a->template, &b->template);

    if (order != 0)
        return order;
    return a < b ? -1 : a > b; /* as in the file */
}

/* Two paths that differ in the names of variables or a last slash only. */
static void refuse_same(struct vb__reader *r, const struct vb_route *first,
                        struct vb_route *second)
{
    if (first->template.trailing_slash == second->template.trailing_slash) {
        vb_note(r->notes, VB_NOTE_ERROR, VB_SPAN(""), &second->place,
                "path %.*s is the same as %.*s", VB_FMT(second->path),
                VB_FMT(first->path));
        return;
    }
    second->why_not =
        vb_arena_printf(r->arena, "the same as %.*s but for the last slash",
                        VB_FMT(first->path));
}

/* Sets `above` for all; `sorted` puts each after what begins it. The stack
 * holds the chain of routes that begin the current one. */
static void relate(struct vb__reader *r, struct vb_route **sorted, size_t count)
{
    struct vb_route **stack = VB__NEW(r, struct vb_route *, count);
    size_t depth = 0;

    for (size_t i = 0; stack && i < count; i++) {
        struct vb_route *route = sorted[i];

        while (depth > 0 &&
               !begins(&stack[depth - 1]->template, &route->template))
            depth--;
        if (depth > 0 && compare_templates(&stack[depth - 1]->template,
                                           &route->template) == 0) {
            refuse_same(r, stack[depth - 1], route);
            continue;
        }
        route->above = depth > 0 ? stack[depth - 1] : NULL;
        stack[depth++] = route;
    }
}

/* --- membership ---------------------------------------------------------- */

static bool declares(const struct vb_operation *op, int status)
{
    for (size_t i = 0; op && i < op->response_count; i++) {
        if (op->responses[i].status == status)
            return true;
    }
    return false;
}

static bool is_one_below(const struct vb_route *route)
{
    return route->above && ends_in_variable(route) &&
           route->template.segment_count ==
               route->above->template.segment_count + 1;
}

static bool put_creates(const struct vb_route *route)
{
    return ends_in_variable(route) &&
           declares(route->by_method[VB_METHOD_PUT], 201);
}

/* PUT, PATCH or DELETE are for what has a state. */
static bool is_written(const struct vb_route *route)
{
    return route->by_method[VB_METHOD_PUT] ||
           route->by_method[VB_METHOD_PATCH] ||
           route->by_method[VB_METHOD_DELETE];
}

static bool is_redirect(struct vb__reader *r, const struct vb_route *route)
{
    return vb__extension_get(r, route->source, VB__AT_PATH, "moved") ||
           vb__extension_get(r, route->source, VB__AT_PATH, "see-other");
}

/* First pass: what the path item says of itself. */
static void declare(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *word =
        vb__extension_get(r, route->source, VB__AT_PATH, "archetype");

    route->declared = true;
    if (r->foreign)
        route->archetype = VB_ARCHETYPE_GATEWAY;
    else if (word)
        route->archetype = (enum vb_archetype)vb__archetype_of(word);
    else if (is_redirect(r, route))
        route->archetype = VB_ARCHETYPE_REDIRECT;
    else if (vb__extension_get(r, route->source, VB__AT_PATH, "to"))
        route->archetype = VB_ARCHETYPE_GATEWAY;
    else if (vb__extension_get(r, route->source, VB__AT_PATH, "lists"))
        route->archetype = VB_ARCHETYPE_COLLECTION;
    else if (!is_written(route) && vb__action_find(r, route))
        route->archetype = VB_ARCHETYPE_CONTROLLER;
    else
        route->declared = false;
}

/* Second pass, over members: what the path above them is thereby. */
static void infer_above(struct vb_route *route)
{
    struct vb_route *above;

    if (!is_one_below(route) ||
        (route->declared && route->archetype != VB_ARCHETYPE_DOCUMENT))
        return;
    above = (struct vb_route *)route->above;
    if (above->member)
        return;
    if (above->archetype == VB_ARCHETYPE_TOKEN || /* one of them */
        above->archetype == VB_ARCHETYPE_SESSION) {
        route->archetype = above->archetype;
        above->member = route;
        route->collection = above;
        return;
    }
    if (!above->declared && above->by_method[VB_METHOD_POST])
        above->archetype = VB_ARCHETYPE_COLLECTION;
    else if (!above->declared && put_creates(route))
        above->archetype = VB_ARCHETYPE_STORE;
    if (above->archetype == VB_ARCHETYPE_COLLECTION ||
        above->archetype == VB_ARCHETYPE_STORE) {
        above->member = route;
        route->collection = above;
        route->membership = above->archetype == VB_ARCHETYPE_STORE
                                ? VB_MEMBER_OF_STORE
                                : VB_MEMBER_OF_COLLECTION;
    }
}

/* Third pass: what is left. */
static void infer_rest(struct vb_route *route)
{
    bool plain = route->archetype == VB_ARCHETYPE_DOCUMENT && !route->declared;

    if (plain && !route->collection && !is_written(route) &&
        route->by_method[VB_METHOD_POST])
        route->archetype = VB_ARCHETYPE_CONTROLLER;
    if (route->archetype == VB_ARCHETYPE_DOCUMENT && !route->collection &&
        put_creates(route))
        route->membership = VB_MEMBER_OF_STORE;
}

static enum vb_id_kind id_kind_of(const struct vb_parameter *id)
{
    if ((id->types & VB_SCHEMA_INTEGER) && !(id->types & VB_SCHEMA_STRING))
        return VB_ID_COUNTER;
    return vb_span_eq(id->format, VB_SPAN("uuid")) ? VB_ID_UUID : VB_ID_SHORT;
}

static void identify(struct vb_route *route)
{
    const struct vb_template *t = &route->template;
    struct vb_route *collection = (struct vb_route *)route->collection;

    if (route->membership == VB_MEMBER_OF_NONE)
        return;
    route->id = t->segments[t->segment_count - 1].parameter;
    route->id_kind = route->id ? id_kind_of(route->id) : VB_ID_SHORT;
    if (collection)
        collection->id_kind = route->id_kind;
}

void vb__archetypes(struct vb__reader *r)
{
    struct vb_route **sorted = VB__NEW(r, struct vb_route *, r->route_count);
    size_t count = 0;

    if (!sorted)
        return;
    for (size_t i = 0; i < r->route_count; i++) {
        declare(r, &r->routes[i]);
        if (is_sound(&r->routes[i]))
            sorted[count++] = &r->routes[i];
    }
    qsort(sorted, count, sizeof(struct vb_route *), compare_routes);
    relate(r, sorted, count);
    for (size_t i = 0; i < count; i++)
        infer_above(sorted[i]);
    for (size_t i = 0; i < count; i++) {
        infer_rest(sorted[i]);
        identify(sorted[i]);
    }
}
