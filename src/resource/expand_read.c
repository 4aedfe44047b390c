/* From the words of expand= to properties that refer. See expand.h. */
#include "resource/expand.h"
#include "resource/stored.h"

/* What is never shown leads nowhere. */
static const struct vb_property *find(const struct vb_route *route,
                                      struct vb_span path,
                                      struct vb_span *ret_rest)
{
    const struct vb_state *state = route->state;

    for (size_t i = 0; state != NULL && i < state->property_count; i++) {
        const struct vb_property *property = &state->properties[i];

        if (property->references != NULL && !property->write_only &&
            vb_property_begins(property, path, ret_rest))
            return property;
    }
    return NULL;
}

/* The step of the property, made if there is none. NULL: out of memory. */
static struct vb_expand_step *take(struct vb_exchange *x,
                                   struct vb_expand_step **at,
                                   const struct vb_property *property)
{
    while (*at != NULL && (*at)->property != property)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = vb_arena_calloc(&x->arena, 1, sizeof(**at));
        if (*at != NULL)
            (*at)->property = property;
    }
    return *at;
}

static size_t count(const struct vb_expand_step *steps)
{
    size_t n = 0;

    for (; steps != NULL; steps = steps->next)
        n += 1 + count(steps->below);
    return n;
}

const char *vb_expand_add(struct vb_exchange *x, const struct vb_route *route,
                          struct vb_span path, struct vb_expand_step **steps)
{
    struct vb_expand_step **at = steps;

    for (size_t depth = 0; depth == 0 || path.len > 0; depth++) {
        const struct vb_property *property = find(route, path, &path);
        struct vb_expand_step *step;

        if (property == NULL)
            return "names no property that refers to anything";
        if (depth == VB_EXPAND_DEPTH_MOST)
            return "goes on too far: 3 references behind each other at most";
        step = take(x, at, property);
        if (step == NULL)
            return NULL; /* the arena says so */
        route = property->references;
        at = &step->below;
    }
    return count(*steps) > VB_EXPAND_STEPS_MOST ? "has too many properties"
                                                : NULL;
}

const struct vb_route *vb_expand_leads(const struct vb_expand_step *steps,
                                       struct vb_span path,
                                       struct vb_span *ret_rest)
{
    const struct vb_route *route = NULL;

    while (steps != NULL) {
        if (!vb_property_begins(steps->property, path, ret_rest)) {
            steps = steps->next;
            continue;
        }
        route = steps->property->references;
        path = *ret_rest;
        steps = path.len > 0 ? steps->below : NULL;
    }
    if (route != NULL)
        *ret_rest = path;
    return route;
}
