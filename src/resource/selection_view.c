/* The members of another collection that refer to a document. See selection.h.
 */
#include "resource/selection.h"

#include "resource/stored.h"

/* The document as a value of the property names it: by its path where the
 * format says so, else by its id (its path has one variable). */
static struct vb_span name_of(struct vb_exchange *x,
                              const struct vb_property *by)
{
    return vb_property_by_path(by)
               ? vb_route_key(x, by->references, x->variables,
                              x->variable_count)
               : x->variables[0];
}

bool vb_selection_view(struct vb_exchange *x, struct vb_selection *selection)
{
    const struct vb_property *by = selection->route->by;
    struct vb_selection_filter *filter =
        &selection->filters[selection->filter_count];
    struct vb_filter_field field;
    struct vb_span name;

    if (by == NULL)
        return true;
    name = name_of(x, by);
    if (selection->filter_count == VB_SELECTION_FILTERS_MOST ||
        !vb_selection_path(selection->route, by->path, by->path_len, &field) ||
        vb_filter_make(&x->arena, &field,
                       by->many ? VB_FILTER_CONTAINS : VB_FILTER_EQ, &name, 1,
                       &filter->filter) != NULL)
        return false;
    filter->name = filter->value = VB_SPAN("");
    selection->filter_count++;
    return true;
}
