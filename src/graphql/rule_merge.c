/*
 * Fields of one name in the response must be one field (October 2021, section
 * 5.3.2, FieldsInSetCanMerge).
 *
 * The specification compares all pairs, which a hostile document makes many.
 * Here all selections of a place are laid together, and the fields grouped by
 * their names in the response; then each group is compared with its first:
 *
 * - SHAPES: whatever objects they are of, their values must look alike;
 * - FIELDS: of those that may be of one object, name and arguments must be the
 *   same. Fields of different object types never are of one object, so a group
 *   falls into one for each object type, each with all of abstract types.
 *
 * What is below a group is one place again. A field is so looked at once for
 * SHAPES, and for FIELDS as often as there are object types beside it; that is
 * bounded by the validator's work.
 */
#include "graphql/validate_inner.h"

/* Steps of all comparisons, each with less than 100 bytes. */
#define MERGE_WORK 100000

enum mode { SHAPES, FIELDS };

/* Selections that are laid together. */
struct place {
    const struct vb_gql_selection *selections;
    const struct vb_gql_type *parent;
    struct place *next;
};

struct entry {
    const struct vb_gql_selection *selection;
    const struct vb_gql_type *parent;
    const struct vb_gql_field *field;
    struct entry *next;
};

struct group {
    struct entry *first, **end;
    struct group *next;
};

struct groups {
    struct vb__gql_names by_key; /* struct group */
    struct group *first, **end;
};

/* --- laying together ------------------------------------------------------ */

static void add_entry(struct vb__gql_validator *v, struct groups *groups,
                      const struct vb_gql_selection *selection,
                      const struct vb_gql_type *parent)
{
    struct entry *entry = vb_arena_calloc(v->arena, 1, sizeof(*entry));
    struct group *fresh = vb_arena_calloc(v->arena, 1, sizeof(*fresh));
    struct group *group = fresh;
    const void *there;

    if (entry == NULL || fresh == NULL)
        return;
    entry->selection = selection;
    entry->parent = parent;
    entry->field = vb_gql_find_field(v->schema, parent, selection->name);
    fresh->end = &fresh->first;
    there = vb__gql_names_add(&groups->by_key, selection->key, fresh);
    if (there != NULL) {
        group = (struct group *)there;
    } else {
        *groups->end = fresh;
        groups->end = &fresh->next;
    }
    *group->end = entry;
    group->end = &entry->next;
}

static void collect(struct vb__gql_validator *v, struct groups *groups,
                    const struct vb_gql_selection *selection,
                    const struct vb_gql_type *parent)
{
    for (; selection != NULL && !v->arena->failed && vb__gql_spend(v, 1);
         selection = selection->next) {
        const struct vb_gql_fragment *fragment;
        struct vb__gql_uses *uses;

        switch (selection->kind) {
        case VB_GQL_FIELD:
            add_entry(v, groups, selection, parent);
            break;
        case VB_GQL_INLINE:
            collect(v, groups, selection->selections,
                    selection->on.ptr == NULL
                        ? parent
                        : vb_gql_find_type(v->schema, selection->on));
            break;
        case VB_GQL_SPREAD:
            fragment = vb__gql_fragment(v, selection->name);
            uses = &v->of_fragment[fragment->index];
            if (uses->seen == v->search)
                break;
            uses->seen = v->search;
            collect(v, groups, fragment->selections,
                    vb_gql_find_type(v->schema, fragment->on));
            break;
        }
    }
}

/* --- comparing ------------------------------------------------------------ */

/* SameResponseShape(), but for what is below. */
static bool same_shape(const struct vb_gql_shape *a,
                       const struct vb_gql_shape *b)
{
    while (a->of != NULL && b->of != NULL) {
        if (a->non_null != b->non_null)
            return false;
        a = a->of;
        b = b->of;
    }
    if (a->of != NULL || b->of != NULL || a->non_null != b->non_null)
        return false;
    if (vb_gql_is_composite(a->type) && vb_gql_is_composite(b->type))
        return true;
    return a->type == b->type;
}

static bool same_arguments(struct vb__gql_validator *v,
                           const struct vb_gql_argument *a,
                           const struct vb_gql_argument *b);

static bool same_value(struct vb__gql_validator *v,
                       const struct vb_gql_value *a,
                       const struct vb_gql_value *b)
{
    const struct vb_gql_value *x = a->items, *y = b->items;

    if (a->kind != b->kind || !vb_span_eq(a->text, b->text))
        return false;
    while (x != NULL && y != NULL && vb__gql_spend(v, 1)) {
        if (!same_value(v, x, y))
            return false;
        x = x->next;
        y = y->next;
    }
    return x == NULL && y == NULL && same_arguments(v, a->fields, b->fields);
}

/* In any order; no name is there twice. */
static bool same_arguments(struct vb__gql_validator *v,
                           const struct vb_gql_argument *a,
                           const struct vb_gql_argument *b)
{
    size_t count = 0;

    for (const struct vb_gql_argument *one = b; one != NULL; one = one->next)
        count++;
    for (; a != NULL; a = a->next, count--) {
        const struct vb_gql_argument *other = b;

        while (other != NULL && vb__gql_spend(v, 1) &&
               !vb_span_eq(other->name, a->name))
            other = other->next;
        if (other == NULL || v->exhausted ||
            !same_value(v, a->value, other->value))
            return false;
    }
    return count == 0;
}

static void conflict(struct vb__gql_validator *v, const struct entry *a,
                     const struct entry *b, const char *why)
{
    if (v->exhausted)
        return;
    vb_gql_error_also(vb_gql_errors_add(v->errors, &a->selection->at,
                                        "there is another \"%.*s\" that "
                                        "differs in %s: call one of them "
                                        "something else",
                                        VB_FMT(a->selection->key), why),
                      b->selection->at);
}

static bool compare(struct vb__gql_validator *v, const struct entry *a,
                    const struct entry *b, enum mode mode)
{
    const char *why = NULL;

    if (mode == SHAPES && !same_shape(a->field->shape, b->field->shape))
        why = "its type";
    else if (mode == FIELDS &&
             !vb_span_eq(a->selection->name, b->selection->name))
        why = "its field";
    else if (mode == FIELDS && !same_arguments(v, a->selection->arguments,
                                               b->selection->arguments))
        why = "its arguments";
    if (why != NULL)
        conflict(v, a, b, why);
    return why == NULL;
}

/* --- places --------------------------------------------------------------- */

static void check_place(struct vb__gql_validator *v, const struct place *place,
                        enum mode mode);

/* Is it of the part of a group that `object` stands for? NULL: all of it. */
static bool is_in(const struct entry *entry, const struct vb_gql_type *object)
{
    return object == NULL || entry->parent == object ||
           entry->parent->kind != VB_GQL_TYPE_OBJECT;
}

/* A group, or what of it may be of one object: is it one field, and what is
 * below it? */
static void check_group(struct vb__gql_validator *v, const struct group *group,
                        const struct vb_gql_type *object, enum mode mode)
{
    const struct entry *first = NULL;
    struct place *below = NULL;

    for (const struct entry *e = group->first; e != NULL && vb__gql_spend(v, 1);
         e = e->next) {
        struct place *place;

        if (!is_in(e, object))
            continue;
        if (first == NULL)
            first = e;
        else if (!compare(v, first, e, mode))
            return;
        if (e->selection->selections == NULL)
            continue;
        place = vb_arena_calloc(v->arena, 1, sizeof(*place));
        if (place == NULL)
            return;
        *place = (struct place){e->selection->selections, e->field->shape->type,
                                below};
        below = place;
    }
    if (below != NULL)
        check_place(v, below, mode);
}

/* Once for each object type that has a field in it; if none has, once. */
static void check_parts(struct vb__gql_validator *v, const struct group *group)
{
    struct vb__gql_names seen = {.arena = v->arena};

    for (const struct entry *e = group->first; e != NULL && vb__gql_spend(v, 1);
         e = e->next)
        if (e->parent->kind == VB_GQL_TYPE_OBJECT &&
            vb__gql_names_add(&seen, e->parent->name, e) == NULL)
            check_group(v, group, e->parent, FIELDS);
    if (seen.count == 0)
        check_group(v, group, NULL, FIELDS);
}

/* As deep as the operation, which has been measured. */
static void check_place(struct vb__gql_validator *v, const struct place *place,
                        enum mode mode)
{
    struct groups groups = {.by_key = {.arena = v->arena}};

    groups.end = &groups.first;
    v->search++;
    for (; place != NULL; place = place->next)
        collect(v, &groups, place->selections, place->parent);
    for (const struct group *group = groups.first;
         group != NULL && !v->arena->failed && !v->exhausted;
         group = group->next) {
        if (mode == SHAPES)
            check_group(v, group, NULL, SHAPES);
        else
            check_parts(v, group);
    }
}

void vb__gql_fields_merge(struct vb__gql_validator *v)
{
    v->work = MERGE_WORK;
    for (const struct vb_gql_operation *o = v->document->operations;
         o != NULL && !v->exhausted; o = o->next) {
        struct place place = {o->selections, vb_gql_root(v->schema, o->kind),
                              NULL};

        check_place(v, &place, SHAPES);
        check_place(v, &place, FIELDS);
    }
}
