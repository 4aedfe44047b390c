/*
 * CompleteValue() (October 2021, section 6.4.3), and what errors make of
 * values (section 6.4.4).
 */
#include "graphql/execute_inner.h"

#include <stdio.h>

/* What is wrong with a value: it is cut there. */
#define MESSAGE_MOST 512

bool vb__gql_is_alive(const struct vb__gql_value *value)
{
    for (value = value->above; value != NULL; value = value->above)
        if (value->kind != VB__GQL_OBJECT && value->kind != VB__GQL_LIST)
            return false;
    return true;
}

/* --- errors --------------------------------------------------------------- */

/* The type of a value that is alive. */
static const struct vb_gql_shape *shape_of(const struct vb__gql_value *value)
{
    const struct vb__gql_value *above = value->above;

    return above->kind == VB__GQL_LIST
               ? shape_of(above)->of
               : above->set->groups[value->index]->call.field->shape;
}

static const struct vb_gql_path *path_of(struct vb_arena *arena,
                                         const struct vb__gql_value *value)
{
    struct vb_gql_path *path = NULL, **end = &path;

    for (; value->above != NULL; value = value->above) {
        struct vb_gql_path *step = vb_arena_calloc(arena, 1, sizeof(*step));

        if (step == NULL)
            return NULL;
        if (value->above->kind == VB__GQL_OBJECT)
            step->key = value->above->set->groups[value->index]->key;
        else
            step->index = value->index;
        *end = step;
        end = (struct vb_gql_path **)&step->above;
    }
    return path;
}

/* The field that a value is of, or is an element in. */
static const struct vb__gql_group *group_of(const struct vb__gql_value *value)
{
    while (value->above->kind == VB__GQL_LIST)
        value = value->above;
    return value->above->set->groups[value->index];
}

static void set_null(struct vb_gql_execution *e, struct vb__gql_value *value)
{
    while (value->above != NULL && shape_of(value)->non_null) {
        struct vb__gql_value *above = value->above;

        value->kind = VB__GQL_NULL;
        value = above;
        e->nulled = true;
    }
    value->kind = VB__GQL_NULL;
}

/* Where a field is asked for, twice at most. */
static void tell_places(struct vb_gql_error *error,
                        const struct vb__gql_value *value)
{
    if (value->above == NULL)
        return;
    for (const struct vb__gql_asked *asked = group_of(value)->asked;
         asked != NULL; asked = asked->next)
        vb_gql_error_also(error, asked->selection->at);
}

void vb__gql_fail_value(struct vb_gql_execution *e, struct vb__gql_value *value,
                        const struct vb_gql_error *like)
{
    struct vb_gql_error *error = vb_gql_errors_add(
        e->errors, like->place_count > 0 ? &like->places[0] : NULL, "%.*s",
        VB_FMT(like->message));

    if (error != NULL) {
        error->extensions = like->extensions;
        error->path = path_of(e->arena, value);
        if (like->place_count == 0)
            tell_places(error, value);
    }
    set_null(e, value);
}

static void fail(struct vb_gql_execution *e, struct vb__gql_value *value,
                 const char *why)
{
    const struct vb_gql_field *field = group_of(value)->call.field;
    struct vb_span owner =
        field->type != NULL ? field->type->name : VB_SPAN("Query");
    struct vb_gql_error like = {.place_count = 0};
    char text[MESSAGE_MOST];

    (void)snprintf(text, sizeof(text), "%.*s.%.*s %s", VB_FMT(owner),
                   VB_FMT(field->name), why);
    like.message = vb_span_str(text);
    vb__gql_fail_value(e, value, &like);
}

/* --- values --------------------------------------------------------------- */

struct completing {
    struct vb_gql_execution *e;
    struct vb__gql_group *group;
};

/* As deep as the lists of a type are. */
static void complete(const struct completing *c, struct vb__gql_value *value,
                     const struct vb_gql_shape *shape,
                     const struct vb_gql_result *result);

static struct vb__gql_value *new_values(struct vb_gql_execution *e,
                                        struct vb__gql_value *above,
                                        size_t count)
{
    struct vb__gql_value *values =
        count > UINT32_MAX ? NULL
                           : vb_arena_calloc(e->arena, count, sizeof(*values));

    for (size_t i = 0; values != NULL && i < count; i++) {
        values[i].above = above;
        values[i].index = (uint32_t)i;
    }
    return values;
}

static bool make_list(struct vb_gql_execution *e, struct vb__gql_value *value,
                      size_t count)
{
    struct vb__gql_value *items = new_values(e, value, count);

    if (items == NULL)
        return false;
    value->kind = VB__GQL_LIST;
    value->values = items;
    value->count = count;
    return true;
}

static void complete_array(const struct completing *c,
                           struct vb__gql_value *value,
                           const struct vb_gql_shape *shape, yyjson_val *array)
{
    yyjson_arr_iter each = yyjson_arr_iter_with(array);

    if (!make_list(c->e, value, yyjson_arr_size(array)))
        return;
    for (size_t i = 0; i < value->count && value->kind == VB__GQL_LIST; i++) {
        const struct vb_gql_result item = {
            .kind = VB_GQL_RESULT_VALUE,
            .value = yyjson_arr_iter_next(&each),
        };

        complete(c, &value->values[i], shape->of, &item);
    }
}

static void complete_list(const struct completing *c,
                          struct vb__gql_value *value,
                          const struct vb_gql_shape *shape,
                          const struct vb_gql_result *result)
{
    if (result->kind == VB_GQL_RESULT_VALUE && yyjson_is_arr(result->value)) {
        complete_array(c, value, shape, result->value);
        return;
    }
    if (result->kind != VB_GQL_RESULT_LIST) {
        fail(c->e, value, "is no list");
        return;
    }
    if (!make_list(c->e, value, result->count))
        return;
    /* An item may take the list with it. */
    for (size_t i = 0; i < value->count && value->kind == VB__GQL_LIST; i++)
        complete(c, &value->values[i], shape->of, &result->items[i]);
}

bool vb__gql_make_object(struct vb_gql_execution *e,
                         struct vb__gql_value *value, struct vb__gql_set *set,
                         const void *object)
{
    struct vb__gql_row *row = vb_arena_calloc(e->arena, 1, sizeof(*row));
    struct vb__gql_value *values = new_values(e, value, set->group_count);

    if (row == NULL || values == NULL)
        return false;
    value->kind = VB__GQL_OBJECT;
    value->values = values;
    value->set = set;
    row->value = value;
    row->object = object;
    *set->rows_end = row;
    set->rows_end = &row->next;
    set->row_count++;
    return true;
}

/* ResolveAbstractType(). NULL: it is none that may stand here. */
static const struct vb_gql_type *type_of(const struct vb_gql_type *type,
                                         const struct vb_gql_result *result)
{
    const struct vb_gql_type *is =
        result->kind == VB_GQL_RESULT_OBJECT && result->type != NULL
            ? result->type
            : type;

    return is->kind == VB_GQL_TYPE_OBJECT && vb_gql_may_be(type, is) ? is
                                                                     : NULL;
}

static void complete_object(const struct completing *c,
                            struct vb__gql_value *value,
                            const struct vb_gql_type *type,
                            const struct vb_gql_result *result)
{
    bool is_value = result->kind == VB_GQL_RESULT_VALUE;
    struct vb__gql_set *set;

    if (!is_value && result->kind != VB_GQL_RESULT_OBJECT) {
        fail(c->e, value, "is no object");
        return;
    }
    type = type_of(type, result);
    if (type == NULL) {
        fail(c->e, value, "is of a type that it cannot be");
        return;
    }
    set = vb__gql_collect_below(c->e, c->group, type);
    if (set == NULL)
        return;
    if (set->fault != NULL)
        vb__gql_fail_value(c->e, value, set->fault);
    else
        (void)vb__gql_make_object(c->e, value, set,
                                  is_value ? result->value : result->object);
}

static void complete_leaf(const struct completing *c,
                          struct vb__gql_value *value,
                          const struct vb_gql_type *type,
                          const struct vb_gql_result *result)
{
    const char *fault = result->kind == VB_GQL_RESULT_OBJECT ||
                                result->kind == VB_GQL_RESULT_LIST
                            ? "is neither a scalar nor an enum"
                            : vb__gql_coerce_result(c->e, type, result, value);

    if (fault != NULL)
        fail(c->e, value, fault);
}

static bool is_null(const struct vb_gql_result *result)
{
    return result->kind == VB_GQL_RESULT_NULL ||
           (result->kind == VB_GQL_RESULT_VALUE &&
            (result->value == NULL || yyjson_is_null(result->value)));
}

static void complete(const struct completing *c, struct vb__gql_value *value,
                     const struct vb_gql_shape *shape,
                     const struct vb_gql_result *result)
{
    if (result->kind == VB_GQL_RESULT_ERROR) {
        const struct vb_gql_error like = {.message = result->text,
                                          .extensions = result->extensions};

        vb__gql_fail_value(c->e, value, &like);
    } else if (is_null(result)) {
        if (shape->non_null)
            fail(c->e, value, "is null, which it must not be");
        else
            value->kind = VB__GQL_NULL;
    } else if (shape->of != NULL) {
        complete_list(c, value, shape, result);
    } else if (vb_gql_is_composite(shape->type)) {
        complete_object(c, value, shape->type, result);
    } else {
        complete_leaf(c, value, shape->type, result);
    }
}

void vb__gql_complete_values(struct vb_gql_execution *e,
                             struct vb__gql_group *group)
{
    const struct completing c = {e, group};
    const struct vb_gql_call *call = &group->call;

    for (size_t i = 0; i < call->count && !e->arena->failed; i++) {
        struct vb__gql_value *value = &group->of[i]->values[group->index];

        if (!e->nulled || vb__gql_is_alive(value))
            complete(&c, value, call->field->shape, &call->results[i]);
    }
}
