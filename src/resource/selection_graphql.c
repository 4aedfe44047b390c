/*
 * A listing asked with the arguments of a field (graphql/derive.h):
 *
 *     books(filter: {year: {gte: 1970}}, sort: [year_DESC], first: 10)
 */
#include "resource/selection_graphql.h"
#include "graphql/derive.h"
#include "resource/selection_part.h"

static const char *add(const struct vb_selection_reading *reading,
                       const struct vb__criterion *criterion,
                       const struct vb_span *texts, size_t count)
{
    return vb__selection_filter(reading, criterion, texts, count, VB_SPAN(""));
}

static bool is_scalar(const struct vb_gql_value *value)
{
    return value->kind == VB_GQL_INT || value->kind == VB_GQL_FLOAT ||
           value->kind == VB_GQL_STRING || value->kind == VB_GQL_BOOLEAN ||
           value->kind == VB_GQL_ENUM;
}

static const char *add_list(const struct vb_selection_reading *reading,
                            struct vb__criterion *criterion,
                            const struct vb_gql_value *list)
{
    struct vb_span texts[VB_FILTER_OPERANDS_MOST];
    const struct vb_gql_value *one =
        list->kind == VB_GQL_LIST ? list->items : list;
    size_t count = 0;

    for (; one != NULL; one = one->next) {
        if (!is_scalar(one))
            return "takes a list of scalars";
        if (count == VB_FILTER_OPERANDS_MOST)
            return "has too many values";
        texts[count++] = one->text;
    }
    return add(reading, criterion, texts, count);
}

/* null is what the operation `null` asks for. */
static const char *add_null(const struct vb_selection_reading *reading,
                            struct vb__criterion *criterion)
{
    struct vb_span is = VB_SPAN("true"), is_not = VB_SPAN("false");
    bool equal = criterion->op == VB_FILTER_EQ;

    if (!equal && criterion->op != VB_FILTER_NE)
        return "takes no null";
    criterion->op = VB_FILTER_NULL;
    return add(reading, criterion, equal ? &is : &is_not, 1);
}

static const char *take_criterion(const struct vb_selection_reading *reading,
                                  const struct vb_property *property,
                                  const struct vb_gql_argument *asked)
{
    struct vb__criterion criterion = {.name = property->path[0]};

    if (!vb_filter_op_find(asked->name, &criterion.op) ||
        !vb_selection_path(reading->selection->route, property->path,
                           property->path_len, &criterion.field))
        return "cannot be asked";
    if (asked->value->kind == VB_GQL_NULL)
        return add_null(reading, &criterion);
    if (criterion.op == VB_FILTER_IN)
        return add_list(reading, &criterion, asked->value);
    return is_scalar(asked->value)
               ? add(reading, &criterion, &asked->value->text, 1)
               : "takes a scalar";
}

static const char *take_filter(const struct vb_selection_reading *reading,
                               const struct vb_gql_type *type,
                               const struct vb_gql_value *filter)
{
    const struct vb_gql_argument *of, *asked;
    const char *wrong = NULL;

    for (of = filter->fields; of != NULL && wrong == NULL; of = of->next) {
        const struct vb_gql_input *input =
            vb_gql_find_input(type->inputs, of->name);

        for (asked = of->value->kind == VB_GQL_OBJECT ? of->value->fields
                                                      : NULL;
             asked != NULL && wrong == NULL; asked = asked->next)
            wrong = take_criterion(reading, input->owner, asked);
    }
    return wrong;
}

static const char *take_sort(const struct vb_selection_reading *reading,
                             const struct vb_gql_type *type,
                             const struct vb_gql_value *sort)
{
    const struct vb_gql_value *one =
        sort->kind == VB_GQL_LIST ? sort->items : sort;
    const char *wrong = NULL;
    struct vb_span text;
    struct vb_buf list;

    vb_buf_init(&list, 4096);
    for (; one != NULL; one = one->next) {
        const struct vb_gql_enum_value *value =
            vb_gql_find_value(type, one->text);

        if (list.len > 0)
            vb_buf_char(&list, ',');
        vb_buf_append(&list, value->means);
    }
    text = vb_arena_dup(&reading->x->arena, vb_buf_span(&list));
    vb_buf_done(&list);
    if (text.len > 0)
        vb__selection_own(reading, VB_SPAN("sort"), text, &wrong);
    return wrong;
}

static const char *take(const struct vb_selection_reading *reading,
                        const struct vb_gql_input *input,
                        const struct vb_gql_value *value)
{
    const char *wrong = NULL;

    if (value->kind == VB_GQL_NULL)
        return NULL;
    if (input->shape->type->kind == VB_GQL_TYPE_INPUT)
        return take_filter(reading, input->shape->type, value);
    if (input->shape->type->kind == VB_GQL_TYPE_ENUM)
        return take_sort(reading, input->shape->type, value);
    vb__selection_own(reading,
                      input->shape->type->scalar == VB_GQL_SCALAR_INT
                          ? VB_SPAN("limit")
                          : VB_SPAN("cursor"),
                      value->text, &wrong);
    return wrong;
}

const char *vb_selection_read_graphql(struct vb_selection_reading *reading,
                                      const struct vb_gql_input *inputs,
                                      const struct vb_gql_argument *arguments,
                                      struct vb_span *ret_name)
{
    const char *wrong = NULL;

    for (; inputs != NULL && wrong == NULL; inputs = inputs->next) {
        const struct vb_gql_value *given =
            vb_gql_argument_of(arguments, inputs->name);

        *ret_name = inputs->name;
        if (given != NULL)
            wrong = take(reading, inputs, given);
    }
    return wrong;
}

const char *vb_selection_only_referring(struct vb_selection_reading *reading,
                                        const struct vb_property *property,
                                        struct vb_span text)
{
    struct vb__criterion criterion = {
        .name = property->path[0],
        .op = property->many ? VB_FILTER_CONTAINS : VB_FILTER_EQ,
    };

    if (!vb_selection_path(reading->selection->route, property->path, 1,
                           &criterion.field))
        return "cannot be asked";
    return add(reading, &criterion, &text, 1);
}
