/* JSON as objects. See answer.h. */
#include "answer.h"

#include "content/json.h"

struct answering {
    const struct vb_gql_schema *schema;
    struct vb_arena *arena;
    const struct vb_gql_type *type;
};

static struct vb_gql_result result_of(const struct answering *a,
                                      yyjson_val *value);

static bool is_error(yyjson_val *value)
{
    return yyjson_is_str(value) &&
           vb_span_starts(vb_json_text(value), VB_SPAN("!"));
}

/* Must somebody look at the elements of an array before the executor does? */
static bool is_of_results(const struct answering *a, yyjson_val *array)
{
    yyjson_arr_iter each = yyjson_arr_iter_with(array);
    yyjson_val *element;

    if (!yyjson_is_arr(array) || vb_gql_is_composite(a->type))
        return yyjson_is_arr(array);
    while ((element = yyjson_arr_iter_next(&each)) != NULL)
        if (is_error(element) || is_of_results(a, element))
            return true;
    return false;
}

static struct vb_gql_result list_of(const struct answering *a,
                                    yyjson_val *array)
{
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_LIST};
    yyjson_arr_iter each = yyjson_arr_iter_with(array);

    result.count = yyjson_arr_size(array);
    result.items =
        vb_arena_calloc(a->arena, result.count, sizeof(*result.items));
    for (size_t i = 0; result.items != NULL && i < result.count; i++)
        result.items[i] = result_of(a, yyjson_arr_iter_next(&each));
    return result;
}

static struct vb_gql_result result_of(const struct answering *a,
                                      yyjson_val *value)
{
    if (is_error(value))
        return (struct vb_gql_result){
            .kind = VB_GQL_RESULT_ERROR,
            .text = vb_span_from(vb_json_text(value), 1),
        };
    if (is_of_results(a, value))
        return list_of(a, value);
    if (yyjson_is_obj(value) && vb_gql_is_composite(a->type))
        return (struct vb_gql_result){
            .kind = VB_GQL_RESULT_OBJECT,
            .object = value,
            .type = vb_gql_find_type(a->schema,
                                     vb_json_member_text(value, "__typename")),
        };
    return (struct vb_gql_result){.kind = VB_GQL_RESULT_VALUE, .value = value};
}

void answer(const struct vb_gql_schema *schema, struct vb_gql_call *call)
{
    const struct answering a = {schema, call->arena, call->field->shape->type};

    for (size_t i = 0; i < call->count; i++)
        call->results[i] =
            result_of(&a, vb_json_member((yyjson_val *)call->objects[i],
                                         call->field->name));
}

void answer_all(const struct vb_gql_schema *schema,
                struct vb_gql_execution *execution)
{
    struct vb_gql_call *call;

    while ((call = vb_gql_execution_next(execution)) != NULL) {
        answer(schema, call);
        vb_gql_execution_complete(execution, call);
    }
}
