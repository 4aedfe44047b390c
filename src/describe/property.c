/* What follows from what is described of properties and routes. See describe.h.
 */
#include "describe/describe.h"

bool vb_property_begins(const struct vb_property *property, struct vb_span path,
                        struct vb_span *ret_rest)
{
    for (size_t i = 0; i < property->path_len; i++) {
        struct vb_span name = property->path[i];

        if (name.ptr == NULL)
            continue;
        if (i > 0) {
            if (path.len == 0 || path.ptr[0] != '.')
                return false;
            path = vb_span_from(path, 1);
        }
        if (!vb_span_starts(path, name))
            return false;
        path = vb_span_from(path, name.len);
    }
    if (path.len > 0 && path.ptr[0] != '.')
        return false;
    *ret_rest = vb_span_from(path, path.len > 0);
    return true;
}

bool vb_property_by_path(const struct vb_property *property)
{
    return vb_span_eq(property->format, VB_SPAN("uri")) ||
           vb_span_eq(property->format, VB_SPAN("uri-reference"));
}

const struct vb_route *vb_route_owner(const struct vb_route *route)
{
    const struct vb_route *above = route->above;

    while (above != NULL && (above->archetype != VB_ARCHETYPE_DOCUMENT ||
                             above->membership == VB_MEMBER_OF_NONE))
        above = above->above;
    return above;
}
