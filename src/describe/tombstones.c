/*
 * What leaves a tombstone when it is deleted (x-verbatim.tombstones): a
 * document, or the members of a collection or store, each of which may say
 * otherwise.
 */
#include "describe/read.h"

static yyjson_val *said(struct vb__reader *r, const struct vb_route *route)
{
    return route
               ? vb__extension_get(r, route->source, VB__AT_PATH, "tombstones")
               : NULL;
}

static void read_tombstones(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *own = said(r, route);

    if (route->archetype == VB_ARCHETYPE_DOCUMENT) {
        if (!own)
            own = said(r, route->collection);
        route->tombstones = yyjson_get_bool(own);
    } else if (own && !vb_archetype_lists(route->archetype)) {
        vb__error(r, own, "%.*s is a %s: it is never deleted",
                  VB_FMT(route->path), vb_archetype_name(route->archetype));
    }
}

void vb__tombstones(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_tombstones(r, &r->routes[i]);
}
