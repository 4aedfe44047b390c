/* What a controller is about. See target.h. */
#include "resource/target.h"

#include "resource/build.h"
#include "resource/params.h"

/* What the target's variables stand for, in the arena; NULL: no memory. */
static struct vb_span *target_variables(struct vb_exchange *x,
                                        const struct vb_action *action)
{
    struct vb_span *variables = vb_arena_calloc(
        &x->arena, action->variable_count + 1, sizeof(*variables));

    for (size_t i = 0; variables != NULL && i < action->variable_count; i++)
        variables[i] = x->variables[action->variables[i]];
    return variables;
}

static struct vb_stored *target_of(struct vb_exchange *x,
                                   const struct vb_route *route)
{
    const struct vb_action *action = route->action;
    struct vb_stored *stored = x->state;
    struct vb_span *variables, key;

    if (stored != NULL)
        return stored;
    variables = target_variables(x, action);
    if (variables != NULL) {
        key =
            vb_route_key(x, action->target, variables, action->variable_count);
        stored = vb_stored_new(x, action->target, key, variables,
                               action->variable_count);
    }
    if (stored == NULL) {
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
        return NULL;
    }
    stored->operation = route->by_method[VB_METHOD_POST];
    stored->elsewhere = true;
    vb_stored_keep(stored);
    return stored;
}

enum vb_answer vb_target_exists(struct vb_exchange *x)
{
    const struct vb_route *route = vb_built_of(x)->route;
    struct vb_stored *stored;

    if (!vb_params_query_fits(x, route) || !vb_params_path_fits(x, route))
        return VB_HALT;
    stored = target_of(x, route);
    return stored == NULL ? VB_HALT : vb_stored_exists(stored);
}
