/* Parameters of the query that nothing is done with: whoever sends one gets 501
 * (resource/params.c), which should be known before. */
#include "describe/read.h"

/* Does anything read the query of what this operation is for? */
static bool reads_query(const struct vb_route *route,
                        const struct vb_operation *op)
{
    switch (route->archetype) {
    case VB_ARCHETYPE_DOCUMENT:
        return false;
    case VB_ARCHETYPE_COLLECTION:
    case VB_ARCHETYPE_STORE:
        return vb_method_is_safe(op->method);
    case VB_ARCHETYPE_CONTROLLER:
        return !route->action || !route->action->target;
    default:
        return true;
    }
}

/* Where it stands, with its pointer, which is not kept of each. */
static struct vb_place place_of(struct vb__reader *r, yyjson_val *in,
                                const struct vb_parameter *p)
{
    size_t i, max;
    yyjson_val *val;

    yyjson_arr_foreach(yyjson_obj_get(in, "parameters"), i, max, val)
    {
        struct vb_place spot = vb__spot(r, val);

        if (spot.line == p->place.line && spot.column == p->place.column &&
            vb_span_eq(spot.file, p->place.file))
            return vb__place(r, val);
    }
    return p->place;
}

static void warn(struct vb__reader *r, const struct vb_route *route,
                 const struct vb_operation *op, const struct vb_parameter *p)
{
    struct vb_place place = place_of(r, op->source, p);

    if (place.pointer.len == 0)
        place = place_of(r, route->source, p);
    vb__warn(r, p->required ? "required-idle" : "idle", &place,
             "%.*s %.*s: parameter \"%.*s\"", VB_FMT(op->name),
             VB_FMT(route->path), VB_FMT(p->name));
}

void vb__idle(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++) {
        const struct vb_route *route = &r->routes[i];

        for (size_t k = 0; k < route->operation_count; k++) {
            const struct vb_operation *op = &route->operations[k];

            if (!op->served || reads_query(route, op))
                continue;
            for (size_t n = 0; n < op->parameter_count; n++) {
                if (op->parameters[n].in == VB_IN_QUERY)
                    warn(r, route, op, &op->parameters[n]);
            }
        }
    }
}
