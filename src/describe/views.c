/*
 * Listings of another collection's members:
 *
 *     /authors/{id}/books   lists: {of: /books, by: author}
 *
 * are those of /books whose author is the one of this path. Nothing is kept
 * here: what is listed is made, changed and deleted in its own collection.
 */
#include "describe/read.h"

/* One value of the property, or each in a list of them, names a resource. */
static bool leads_to(const struct vb_property *p, const struct vb_route *owner)
{
    for (size_t i = 0; i < p->path_len; i++)
        if (p->path[i].ptr == NULL)
            return false; /* filters do not look there */
    return p->references == owner && !p->write_only;
}

/* The property that `by` names, or the only one there is. */
static const struct vb_property *find_by(struct vb__reader *r, yyjson_val *how,
                                         const struct vb_route *of,
                                         const struct vb_route *owner)
{
    struct vb_span name = vb__string(r, how, "by");
    const struct vb_property *found = NULL;
    const struct vb_state *state = of->member->state;
    struct vb_span rest;
    size_t count = 0;

    for (size_t i = 0; state && i < state->property_count; i++) {
        const struct vb_property *p = &state->properties[i];

        if (!leads_to(p, owner) ||
            (name.len > 0 &&
             (!vb_property_begins(p, name, &rest) || rest.len > 0)))
            continue;
        found = p;
        count++;
    }
    if (count == 1)
        return found;
    vb__error(r, how,
              count > 1 ? "\"by\" is missing: several properties of the "
                          "members of %.*s refer to %.*s"
                        : "no such property of the members of %.*s refers to "
                          "%.*s",
              VB_FMT(of->path), VB_FMT(owner->path));
    return NULL;
}

/* The collection or store whose members are listed. */
static const struct vb_route *find_of(struct vb__reader *r, yyjson_val *how)
{
    struct vb_span path = vb__string_needed(r, how, "of");
    const struct vb_route *of = path.len == 0 ? NULL : vb__route_find(r, path);

    if (of && vb_archetype_lists(of->archetype) && of->member &&
        vb_template_variables(&of->template) == 0)
        return of;
    if (path.len > 0)
        vb__error(r, yyjson_obj_get(how, "of"),
                  "\"%.*s\" is no collection or store without variables whose "
                  "members are described",
                  VB_FMT(path));
    return NULL;
}

static void read_view(struct vb__reader *r, struct vb_route *route)
{
    static const char *const names[] = {"of", "by"};
    yyjson_val *how = vb__extension_get(r, route->source, VB__AT_PATH, "lists");
    const struct vb_route *owner = vb_route_owner(route), *of;
    const struct vb_property *by;

    if (!how)
        return;
    vb__only(r, how, "lists", names, 2);
    if (route->archetype != VB_ARCHETYPE_COLLECTION || route->member ||
        !owner) {
        vb__error(r, how,
                  "%.*s is no path below a document of its own, and without "
                  "paths of members",
                  VB_FMT(route->path));
        return;
    }
    of = find_of(r, how);
    by = of ? find_by(r, how, of, owner) : NULL;
    if (!by)
        return;
    route->lists = of;
    route->by = by;
    route->member = of->member;
    route->state = of->state;
}

void vb__views(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_view(r, &r->routes[i]);
}
