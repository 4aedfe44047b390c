/* Coercing values. See coerce.h. */
#include "graphql/coerce.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "content/json.h"
#include "graphql/parse.h"
#include "graphql/validate_inner.h"

/* Longer numbers are not of any type that has a bound. */
#define NUMBER_MOST 400

/* --- leaves (sections 3.5 and 3.9) ---------------------------------------- */

static bool is_int32(struct vb_span text)
{
    bool negative = vb_span_starts(text, VB_SPAN("-"));
    int64_t n;

    return vb_span_i64(vb_span_from(text, negative), &n) &&
           n <= (int64_t)INT32_MAX + negative;
}

static bool is_finite(struct vb_span text)
{
    char digits[NUMBER_MOST + 1];

    if (text.len > NUMBER_MOST)
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    return isfinite(strtod(digits, NULL)) != 0;
}

static const char *int_fault(const struct vb_gql_value *value)
{
    if (value->kind != VB_GQL_INT)
        return "an Int is wanted";
    return is_int32(value->text) ? NULL : "an Int has no more than 32 bits";
}

static const char *float_fault(const struct vb_gql_value *value)
{
    if (value->kind != VB_GQL_INT && value->kind != VB_GQL_FLOAT)
        return "a Float is wanted";
    return is_finite(value->text) ? NULL : "the number is too large";
}

static const char *scalar_fault(const struct vb_gql_type *type,
                                const struct vb_gql_value *value)
{
    switch (type->scalar) {
    case VB_GQL_SCALAR_INT:
        return int_fault(value);
    case VB_GQL_SCALAR_FLOAT:
        return float_fault(value);
    case VB_GQL_SCALAR_LONG:
        return value->kind == VB_GQL_INT ? NULL : "an integer is wanted";
    case VB_GQL_SCALAR_STRING:
        return value->kind == VB_GQL_STRING ? NULL : "a String is wanted";
    case VB_GQL_SCALAR_BOOLEAN:
        return value->kind == VB_GQL_BOOLEAN ? NULL : "a Boolean is wanted";
    case VB_GQL_SCALAR_ID:
        return value->kind == VB_GQL_STRING || value->kind == VB_GQL_INT
                   ? NULL
                   : "an ID is wanted";
    case VB_GQL_SCALAR_OTHER:
        return NULL;
    }
    return NULL;
}

const char *vb__gql_leaf_fault(const struct vb_gql_type *type,
                               const struct vb_gql_value *value)
{
    if (type->kind == VB_GQL_TYPE_SCALAR)
        return scalar_fault(type, value);
    if (value->kind != VB_GQL_ENUM)
        return "a value of an enum is wanted";
    return vb_gql_find_value(type, value->text) == NULL
               ? "the enum has no such value"
               : NULL;
}

/* Section 5.6.1. */
void vb__gql_value_type(struct vb__gql_validator *v,
                        const struct vb_gql_value *value,
                        const struct vb_gql_shape *shape)
{
    const char *fault;

    if (shape == NULL)
        return;
    if (value->kind == VB_GQL_NULL) {
        if (shape->non_null)
            vb_gql_errors_add(v->errors, &value->at, "null cannot stand here");
        return;
    }
    if (shape->of != NULL && value->kind == VB_GQL_LIST)
        return;
    if (shape->type->kind == VB_GQL_TYPE_INPUT)
        fault = value->kind == VB_GQL_OBJECT ? NULL : "an object is wanted";
    else
        fault = vb__gql_leaf_fault(shape->type, value);
    if (fault != NULL)
        vb_gql_errors_add(v->errors, &value->at, "%s (%.*s)", fault,
                          VB_FMT(shape->type->name));
}

/* --- coercing ------------------------------------------------------------- */

struct coercing {
    const struct vb_gql_variables *variables; /* NULL: there are none */
    struct vb_gql_errors *errors;
    struct vb_gql_place at; /* what errors are about */
    struct vb_span name;    /* likewise: the variable; ptr NULL: an argument */
    bool from_json;         /* enums are strings there */
};

static const struct vb_gql_value *refuse(const struct coercing *c,
                                         const char *why)
{
    if (c->name.ptr != NULL)
        vb_gql_errors_add(c->errors, &c->at,
                          "the variable \"$%.*s\" has a value that does not "
                          "fit: %s",
                          VB_FMT(c->name), why);
    else
        vb_gql_errors_add(c->errors, &c->at, "%s", why);
    return NULL;
}

static struct vb_gql_value *new_value(const struct coercing *c,
                                      const struct vb_gql_value *like)
{
    struct vb_gql_value *value =
        vb_arena_calloc(c->errors->arena, 1, sizeof(*value));

    if (value != NULL && like != NULL) {
        *value = *like;
        value->next = NULL;
    }
    return value;
}

static const struct vb_gql_value *variable_of(const struct coercing *c,
                                              const struct vb_gql_value *value)
{
    return c->variables == NULL
               ? NULL
               : vb__gql_names_find(&c->variables->by_name, value->text);
}

static const struct vb_gql_value null_value = {
    .kind = VB_GQL_NULL,
    .text = VB_SPAN_INIT("null"),
};

/* NULL: it does not fit, and the errors say why; or there is no memory. */
static const struct vb_gql_value *coerce(const struct coercing *c,
                                         const struct vb_gql_value *value,
                                         const struct vb_gql_shape *shape);

static const struct vb_gql_value *coerce_list(const struct coercing *c,
                                              const struct vb_gql_value *value,
                                              const struct vb_gql_shape *shape)
{
    struct vb_gql_value *list = new_value(c, NULL);
    const struct vb_gql_value **end;
    bool is_list = value->kind == VB_GQL_LIST;

    if (list == NULL)
        return NULL;
    list->kind = VB_GQL_LIST;
    list->at = value->at;
    end = &list->items;
    for (const struct vb_gql_value *item = is_list ? value->items : value;
         item != NULL; item = is_list ? item->next : NULL) {
        const struct vb_gql_value *coerced = coerce(c, item, shape->of);
        struct vb_gql_value *copy;

        /* A value may stand in several lists: each links its own. */
        copy = coerced == NULL ? NULL : new_value(c, coerced);
        if (copy == NULL)
            return NULL;
        *end = copy;
        end = &copy->next;
    }
    return list;
}

static const struct vb_gql_argument *
find_given(const struct vb_gql_argument *given, struct vb_span name)
{
    while (given != NULL && !vb_span_eq(given->name, name))
        given = given->next;
    return given;
}

/*
 * The value of one argument, or field of an input object. *ret NULL and true:
 * there is none, and need not be.
 */
static bool coerce_input(const struct coercing *c,
                         const struct vb_gql_input *input,
                         const struct vb_gql_argument *given,
                         const struct vb_gql_value **ret)
{
    const struct vb_gql_value *value = given == NULL ? NULL : given->value;

    *ret = NULL;
    if (value != NULL && value->kind == VB_GQL_VARIABLE)
        value = variable_of(c, value);
    if (value == NULL && input->preset != NULL) {
        *ret = coerce(c, input->preset, input->shape);
        return *ret != NULL;
    }
    if (value == NULL && input->shape->non_null) {
        char why[256];

        (void)snprintf(why, sizeof(why), "\"%.*s\" is required",
                       (int)(input->name.len > 100 ? 100 : input->name.len),
                       input->name.ptr);
        (void)refuse(c, why);
        return false;
    }
    if (value == NULL)
        return true;
    *ret = coerce(c, value, input->shape);
    return *ret != NULL;
}

/* Those of the given that are wanted; NULL, false: some do not fit. */
static bool coerce_inputs(const struct coercing *c,
                          const struct vb_gql_input *wanted,
                          const struct vb_gql_argument *given,
                          const struct vb_gql_argument **ret)
{
    const struct vb_gql_argument **end = ret;

    *ret = NULL;
    for (; wanted != NULL; wanted = wanted->next) {
        struct vb_gql_argument *argument;
        const struct vb_gql_value *value;

        if (!coerce_input(c, wanted, find_given(given, wanted->name), &value))
            return false;
        if (value == NULL)
            continue;
        argument = vb_arena_calloc(c->errors->arena, 1, sizeof(*argument));
        if (argument == NULL)
            return false;
        argument->name = wanted->name;
        argument->value = value;
        *end = argument;
        end = &argument->next;
    }
    return true;
}

static const struct vb_gql_value *
coerce_object(const struct coercing *c, const struct vb_gql_value *value,
              const struct vb_gql_type *type)
{
    struct vb_gql_value *object = new_value(c, value);

    if (value->kind != VB_GQL_OBJECT)
        return refuse(c, "an object is wanted");
    for (const struct vb_gql_argument *field = value->fields; field != NULL;
         field = field->next)
        if (vb_gql_find_input(type->inputs, field->name) == NULL)
            return refuse(c, "an object has a field that its type has not");
    if (object == NULL ||
        !coerce_inputs(c, type->inputs, value->fields, &object->fields))
        return NULL;
    return object;
}

/* In what takes any value, there may be variables all the same. */
static const struct vb_gql_value *coerce_any(const struct coercing *c,
                                             const struct vb_gql_value *value);

static bool coerce_any_fields(const struct coercing *c,
                              const struct vb_gql_value *value,
                              struct vb_gql_value *to)
{
    const struct vb_gql_argument **end = &to->fields;

    to->fields = NULL;
    for (const struct vb_gql_argument *field = value->fields; field != NULL;
         field = field->next) {
        struct vb_gql_argument *copy =
            vb_arena_calloc(c->errors->arena, 1, sizeof(*copy));

        if (copy == NULL)
            return false;
        copy->name = field->name;
        copy->value = coerce_any(c, field->value);
        if (copy->value == NULL)
            return false;
        *end = copy;
        end = &copy->next;
    }
    return true;
}

static const struct vb_gql_value *coerce_any(const struct coercing *c,
                                             const struct vb_gql_value *value)
{
    struct vb_gql_value *copy;
    const struct vb_gql_value **end;

    if (value->kind == VB_GQL_VARIABLE) {
        value = variable_of(c, value);
        return value == NULL ? &null_value : value;
    }
    copy = new_value(c, value);
    if (copy == NULL || !coerce_any_fields(c, value, copy))
        return NULL;
    copy->items = NULL;
    end = &copy->items;
    for (const struct vb_gql_value *item = value->items; item != NULL;
         item = item->next) {
        const struct vb_gql_value *one = coerce_any(c, item);
        struct vb_gql_value *linked = one == NULL ? NULL : new_value(c, one);

        if (linked == NULL)
            return NULL;
        *end = linked;
        end = &linked->next;
    }
    return copy;
}

static const struct vb_gql_value *coerce_leaf(const struct coercing *c,
                                              const struct vb_gql_value *value,
                                              const struct vb_gql_type *type)
{
    struct vb_gql_value *leaf;
    const char *fault;

    if (type->kind == VB_GQL_TYPE_SCALAR && type->scalar == VB_GQL_SCALAR_OTHER)
        return coerce_any(c, value);
    leaf = new_value(c, value);
    if (leaf == NULL)
        return NULL;
    if (type->kind == VB_GQL_TYPE_ENUM && c->from_json &&
        leaf->kind == VB_GQL_STRING)
        leaf->kind = VB_GQL_ENUM;
    fault = vb__gql_leaf_fault(type, leaf);
    if (fault != NULL)
        return refuse(c, fault);
    if (type->scalar == VB_GQL_SCALAR_ID)
        leaf->kind = VB_GQL_STRING;
    return leaf;
}

static const struct vb_gql_value *coerce(const struct coercing *c,
                                         const struct vb_gql_value *value,
                                         const struct vb_gql_shape *shape)
{
    /* A variable's value has been coerced; what it is was validated. */
    if (value->kind == VB_GQL_VARIABLE) {
        value = variable_of(c, value);
        if (value == NULL)
            value = &null_value;
        return value->kind == VB_GQL_NULL && shape->non_null
                   ? refuse(c, "null cannot stand here")
                   : value;
    }
    if (value->kind == VB_GQL_NULL)
        return shape->non_null ? refuse(c, "null cannot stand here") : value;
    if (shape->of != NULL)
        return coerce_list(c, value, shape);
    if (shape->type->kind == VB_GQL_TYPE_INPUT)
        return coerce_object(c, value, shape->type);
    return coerce_leaf(c, value, shape->type);
}

enum vb_err vb_gql_coerce_arguments(const struct vb_gql_variables *variables,
                                    const struct vb_gql_input *wanted,
                                    const struct vb_gql_argument *given,
                                    struct vb_gql_place at,
                                    struct vb_gql_errors *errors,
                                    const struct vb_gql_argument **ret)
{
    const struct coercing c = {
        .variables = variables, .errors = errors, .at = at};

    if (coerce_inputs(&c, wanted, given, ret))
        return VB_OK;
    return errors->arena->failed ? VB_ERR_NOMEM : VB_ERR_INVALID;
}

/* --- variables ------------------------------------------------------------ */

/* As deep as JSON may be. NULL: no memory. */
static const struct vb_gql_value *from_json(const struct coercing *c,
                                            yyjson_val *json);

static bool add_elements(const struct coercing *c, yyjson_val *json,
                         struct vb_gql_value *to)
{
    yyjson_arr_iter each = yyjson_arr_iter_with(json);
    const struct vb_gql_value **end = &to->items;
    yyjson_val *element;

    while ((element = yyjson_arr_iter_next(&each)) != NULL) {
        struct vb_gql_value *value =
            (struct vb_gql_value *)from_json(c, element);

        if (value == NULL)
            return false;
        *end = value;
        end = &value->next;
    }
    return true;
}

static bool add_members(const struct coercing *c, yyjson_val *json,
                        struct vb_gql_value *to)
{
    yyjson_obj_iter each = yyjson_obj_iter_with(json);
    const struct vb_gql_argument **end = &to->fields;
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&each)) != NULL) {
        struct vb_gql_argument *field =
            vb_arena_calloc(c->errors->arena, 1, sizeof(*field));

        if (field == NULL)
            return false;
        field->name = vb_json_text(key);
        field->value = from_json(c, yyjson_obj_iter_get_val(key));
        if (field->value == NULL)
            return false;
        *end = field;
        end = &field->next;
    }
    return true;
}

static bool is_integer(struct vb_span number)
{
    for (size_t i = 0; i < number.len; i++)
        if (strchr(".eE", number.ptr[i]) != NULL)
            return false;
    return true;
}

static const struct vb_gql_value *from_json(const struct coercing *c,
                                            yyjson_val *json)
{
    struct vb_gql_value *value = new_value(c, &null_value);
    bool fine = value != NULL;

    if (!fine || yyjson_is_null(json))
        return value;
    if (yyjson_is_arr(json)) {
        value->kind = VB_GQL_LIST;
        fine = add_elements(c, json, value);
    } else if (yyjson_is_obj(json)) {
        value->kind = VB_GQL_OBJECT;
        fine = add_members(c, json, value);
    } else if (yyjson_is_bool(json)) {
        value->kind = VB_GQL_BOOLEAN;
        value->text = yyjson_is_true(json) ? VB_SPAN("true") : VB_SPAN("false");
    } else {
        value->text = vb_json_text(json);
        value->kind = yyjson_is_str(json)       ? VB_GQL_STRING
                      : is_integer(value->text) ? VB_GQL_INT
                                                : VB_GQL_FLOAT;
    }
    return fine ? value : NULL;
}

static const struct vb_gql_shape *shape_of(const struct vb_gql_schema *schema,
                                           struct vb_arena *arena,
                                           const struct vb_gql_type_ref *ref)
{
    struct vb_gql_shape *shape = vb_arena_calloc(arena, 1, sizeof(*shape));

    if (shape == NULL)
        return NULL;
    if (ref->of != NULL) {
        shape->of = shape_of(schema, arena, ref->of);
        if (shape->of == NULL)
            return NULL;
        shape->type = shape->of->type;
    } else {
        *shape = vb_gql_find_type(schema, ref->name)->shape;
    }
    shape->non_null = ref->non_null;
    shape->nullable = shape;
    return shape;
}

/* The value of one; NULL: there is none, or it does not fit. */
static const struct vb_gql_value *
coerce_variable(const struct coercing *c,
                const struct vb_gql_variable *variable,
                const struct vb_gql_shape *shape, yyjson_val *json)
{
    const struct coercing own = {
        .errors = c->errors, .at = c->at, .name = c->name};
    const struct vb_gql_value *value;

    if (json != NULL) {
        value = from_json(c, json);
        return value == NULL ? NULL : coerce(c, value, shape);
    }
    if (variable->preset != NULL)
        return coerce(&own, variable->preset, shape);
    return shape->non_null ? refuse(c, "it is required") : NULL;
}

/* The given values of those that are variables, by name. */
static struct vb__gql_names
find_values(const struct vb_gql_operation *operation, yyjson_val *given,
            struct vb_arena *arena)
{
    struct vb__gql_names variables = {.arena = arena}, found = {.arena = arena};
    yyjson_obj_iter each = yyjson_obj_iter_with(given);
    yyjson_val *key;

    for (const struct vb_gql_variable *variable = operation->variables;
         variable != NULL; variable = variable->next)
        (void)vb__gql_names_add(&variables, variable->name, variable);
    while ((key = yyjson_obj_iter_next(&each)) != NULL)
        if (vb__gql_names_find(&variables, vb_json_text(key)) != NULL)
            (void)vb__gql_names_add(&found, vb_json_text(key),
                                    yyjson_obj_iter_get_val(key));
    return found;
}

enum vb_err vb_gql_coerce_variables(const struct vb_gql_schema *schema,
                                    const struct vb_gql_operation *operation,
                                    yyjson_val *given,
                                    struct vb_gql_errors *errors,
                                    struct vb_gql_variables *ret_variables)
{
    struct vb_gql_variables variables = {.by_name = {.arena = errors->arena}};
    const struct vb__gql_names values =
        find_values(operation, given, errors->arena);
    size_t before = errors->count;

    for (const struct vb_gql_variable *variable = operation->variables;
         variable != NULL && !errors->arena->failed;
         variable = variable->next) {
        const struct coercing c = {
            .errors = errors,
            .at = variable->at,
            .name = variable->name,
            .from_json = true,
        };
        const struct vb_gql_shape *shape =
            shape_of(schema, errors->arena, variable->type);
        const struct vb_gql_value *value;

        if (shape == NULL)
            break;
        value = coerce_variable(
            &c, variable, shape,
            (yyjson_val *)vb__gql_names_find(&values, variable->name));
        if (value != NULL)
            (void)vb__gql_names_add(&variables.by_name, variable->name, value);
    }
    if (errors->arena->failed)
        return VB_ERR_NOMEM;
    if (errors->count > before || errors->more)
        return VB_ERR_INVALID;
    *ret_variables = variables;
    return VB_OK;
}
