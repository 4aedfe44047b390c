/*
 * What the parameters of a listing mean, whichever form they came in. See
 * selection.h; the forms are selection_read.c's.
 */
#include "resource/selection_part.h"

#include "content/json.h"
#include "content/schema.h"
#include "http/query.h"

#define SCALAR                                                                 \
    (VB_SCHEMA_BOOLEAN | VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER |                \
     VB_SCHEMA_STRING)

/* Names that mean something elsewhere; they are no properties. */
static const struct vb_span reserved[] = {
    VB_SPAN_INIT("q"),
};

/* --- names -----------------------------------------------------------------
 */

static bool is_reserved(struct vb_span name)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (vb_span_eq(reserved[i], name))
            return true;
    return false;
}

static ssize_t last_colon(struct vb_span name)
{
    for (size_t i = name.len; i > 0; i--)
        if (name.ptr[i - 1] == ':')
            return (ssize_t)i - 1;
    return -1;
}

bool vb__selection_find(const struct vb_selection_reading *reading,
                        struct vb_span name, struct vb__criterion *ret)
{
    const struct vb_route *route = reading->selection->route;
    ssize_t colon = last_colon(name);
    struct vb__criterion found = {.name = name, .op = VB_FILTER_EQ};

    if (reading->of_one)
        return false;
    if (colon > 0 &&
        vb_filter_op_find(vb_span_from(name, (size_t)colon + 1), &found.op) &&
        vb_selection_field(reading->x, route, vb_span_head(name, (size_t)colon),
                           &found.field)) {
        *ret = found;
        return true;
    }
    found.op = VB_FILTER_EQ;
    if (is_reserved(name) ||
        !vb_selection_field(reading->x, route, name, &found.field))
        return false;
    *ret = found;
    return true;
}

/* --- filters ---------------------------------------------------------------
 */

const char *vb__selection_filter(const struct vb_selection_reading *reading,
                                 const struct vb__criterion *criterion,
                                 const struct vb_span *texts, size_t count,
                                 struct vb_span written)
{
    struct vb_selection *selection = reading->selection;
    struct vb_selection_filter *filter;
    const char *wrong;

    if (!vb_filter_applies(&criterion->field, criterion->op))
        return "cannot be asked of this property";
    if (selection->filter_count == VB_SELECTION_FILTERS_MOST)
        return "is one filter too many";
    filter = &selection->filters[selection->filter_count];
    wrong = vb_filter_make(&reading->x->arena, &criterion->field, criterion->op,
                           texts, count, &filter->filter);
    if (wrong != NULL)
        return wrong;
    filter->name = criterion->name;
    filter->value = written;
    selection->filter_count++;
    return NULL;
}

/* --- sort, fields ----------------------------------------------------------
 */

static const char *add_sort(const struct vb_selection_reading *reading,
                            struct vb_span name)
{
    struct vb_selection *selection = reading->selection;
    struct vb_sort sort = {.descending = vb_span_starts(name, VB_SPAN("-"))};

    name = vb_span_from(name, sort.descending);
    if (selection->sort_count == VB_SELECTION_SORT_MOST)
        return "has too many properties";
    if (!vb_selection_field(reading->x, selection->route, name, &sort.field))
        return "names no property";
    if ((sort.field.types & SCALAR) == 0)
        return "names a property that has no order";
    selection->sorts[selection->sort_count++] = sort;
    return NULL;
}

/* A property of the members', or of what is expanded in them. */
static bool find_shown(struct vb_exchange *x,
                       const struct vb_selection *selection,
                       struct vb_span name, struct vb_filter_field *ret_field)
{
    const struct vb_route *route;
    struct vb_span rest;

    if (vb_selection_field(x, selection->route, name, ret_field))
        return true;
    route = vb_expand_leads(selection->steps, name, &rest);
    return route != NULL && vb_selection_field(x, route, rest, ret_field) &&
           vb__selection_cut(x, name, ret_field);
}

static const char *add_shown(const struct vb_selection_reading *reading,
                             struct vb_span name)
{
    struct vb_selection *selection = reading->selection;

    if (selection->field_count == VB_SELECTION_FIELDS_MOST)
        return "has too many properties";
    if (!find_shown(reading->x, selection, name,
                    &selection->fields[selection->field_count]))
        return "names no property";
    selection->field_count++;
    return NULL;
}

static const char *add_step(const struct vb_selection_reading *reading,
                            struct vb_span path)
{
    struct vb_selection *selection = reading->selection;

    return vb_expand_add(reading->x, selection->route, path, &selection->steps);
}

static const char *
each_of(const struct vb_selection_reading *reading, struct vb_span list,
        const char *(*add)(const struct vb_selection_reading *, struct vb_span))
{
    const char *wrong = NULL;

    for (bool more = true; more && wrong == NULL;) {
        ssize_t comma = vb_span_find(list, ',', 0);

        more = comma >= 0;
        wrong = add(reading, more ? vb_span_head(list, (size_t)comma) : list);
        list = vb_span_from(list, more ? (size_t)comma + 1 : list.len);
    }
    return wrong;
}

/* --- all of them -----------------------------------------------------------
 */

static struct vb_span *slot_of(struct vb_selection *selection,
                               struct vb_span name)
{
    const struct {
        struct vb_span name;
        struct vb_span *slot;
    } slots[] = {
        {VB_SPAN("q"), &selection->q},
        {VB_SPAN("filter"), &selection->filter},
        {VB_SPAN("limit"), &selection->limit},
        {VB_SPAN("cursor"), &selection->cursor},
        {VB_SPAN("sort"), &selection->sort},
        {VB_SPAN("fields"), &selection->shown},
        {VB_SPAN("expand"), &selection->expand},
    };

    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        if (vb_span_eq(slots[i].name, name))
            return slots[i].slot;
    return NULL;
}

/* Of one resource, only how it is shown. */
static struct vb_span *asked_slot(const struct vb_selection_reading *reading,
                                  struct vb_selection *selection,
                                  struct vb_span name)
{
    struct vb_span *slot = slot_of(selection, name);
    bool shows = slot == &selection->shown || slot == &selection->expand;

    if (slot == &selection->q && !vb_selection_searches(selection->route))
        return NULL;
    if (reading->streams && slot == &selection->cursor)
        return slot;
    if ((reading->of_one && !shows) ||
        (reading->streams &&
         (slot == &selection->expand || slot == &selection->sort ||
          slot == &selection->limit || slot == &selection->q)))
        return NULL;
    return slot;
}

bool vb__selection_is_own(const struct vb_selection_reading *reading,
                          struct vb_span name)
{
    return asked_slot(reading, reading->selection, name) != NULL;
}

bool vb__selection_own(const struct vb_selection_reading *reading,
                       struct vb_span name, struct vb_span value,
                       const char **ret_wrong)
{
    struct vb_selection *selection = reading->selection;
    struct vb_span *slot = asked_slot(reading, selection, name);

    *ret_wrong = NULL;
    if (slot == NULL)
        return false;
    if (slot->ptr != NULL) {
        *ret_wrong = "may be given once only";
        return true;
    }
    *slot = value.ptr != NULL ? value : VB_SPAN("");
    if (slot == &selection->q)
        *ret_wrong = vb__selection_words(reading, *slot);
    else if (slot == &selection->filter)
        *ret_wrong = vb__selection_expression(reading, *slot);
    else if (slot == &selection->sort)
        *ret_wrong = each_of(reading, *slot, add_sort);
    else if (slot == &selection->expand)
        *ret_wrong = each_of(reading, *slot, add_step);
    return true;
}

bool vb__selection_finish(const struct vb__source *source)
{
    const struct vb_selection *selection = source->reading->selection;

    return selection->shown.ptr == NULL || selection->field_count > 0 ||
           vb__selection_judge(
               source, VB_SPAN("fields"),
               each_of(source->reading, selection->shown, add_shown));
}

/* --- writing ---------------------------------------------------------------
 */

static void write_own(struct vb_buf *buf, struct vb_span name,
                      struct vb_span value)
{
    if (value.ptr != NULL)
        vb_query_append(buf, name, value);
}

void vb_selection_write(struct vb_buf *buf,
                        const struct vb_selection *selection)
{
    for (size_t i = 0; i < selection->filter_count; i++)
        if (selection->filters[i].name.len > 0)
            vb_query_append(buf, selection->filters[i].name,
                            selection->filters[i].value);
    write_own(buf, VB_SPAN("q"), selection->q);
    write_own(buf, VB_SPAN("filter"), selection->filter);
    write_own(buf, VB_SPAN("sort"), selection->sort);
    write_own(buf, VB_SPAN("fields"), selection->shown);
    write_own(buf, VB_SPAN("expand"), selection->expand);
    write_own(buf, VB_SPAN("limit"), selection->limit);
}
