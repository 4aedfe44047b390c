/*
 * What is found as the scalars and enums that they are shown as (October 2021,
 * sections 3.5 and 3.9, result coercion).
 */
#include <math.h>
#include <stdlib.h>

#include "content/json.h"
#include "content/number.h"
#include "graphql/execute_inner.h"

enum form {
    STRING,
    QUOTED, /* a string as JSON */
    NUMBER,
    TRUTH,
    TREE, /* an array or an object; or null */
};

struct leaf {
    enum form form;
    struct vb_span text;
    yyjson_val *tree;
};

static enum form form_of_text(struct vb_span json)
{
    char first = json.len > 0 ? json.ptr[0] : '\0';

    switch (first) {
    case '"':
        return QUOTED;
    case 't':
    case 'f':
        return TRUTH;
    case '-':
        return NUMBER;
    default:
        return first >= '0' && first <= '9' ? NUMBER : TREE;
    }
}

static struct leaf leaf_of_value(yyjson_val *value)
{
    if (yyjson_is_str(value))
        return (struct leaf){STRING, vb_json_text(value), NULL};
    if (vb_json_is_number(value))
        return (struct leaf){NUMBER, vb_json_text(value), NULL};
    if (yyjson_is_bool(value))
        return (struct leaf){
            TRUTH,
            yyjson_is_true(value) ? VB_SPAN("true") : VB_SPAN("false"),
            NULL,
        };
    return (struct leaf){TREE, {NULL, 0}, value};
}

static struct leaf leaf_of(const struct vb_gql_result *result)
{
    if (result->kind == VB_GQL_RESULT_VALUE)
        return leaf_of_value(result->value);
    return (struct leaf){
        result->kind == VB_GQL_RESULT_TEXT ? STRING
                                           : form_of_text(result->text),
        result->text,
        NULL,
    };
}

/* --- scalars -------------------------------------------------------------- */

static const char *as_json(struct vb__gql_value *value, struct vb_span text)
{
    value->kind = VB__GQL_JSON;
    value->text = text;
    return NULL;
}

static const char *as_text(struct vb__gql_value *value, struct vb_span text)
{
    value->kind = VB__GQL_TEXT;
    value->text = text;
    return NULL;
}

static bool is_plain(struct vb_span number)
{
    return vb_span_find(number, '.', 0) < 0 &&
           vb_span_find(number, 'e', 0) < 0 && vb_span_find(number, 'E', 0) < 0;
}

/* An integer that may be written as 1.0. */
static const char *as_integer(struct vb_gql_execution *e,
                              struct vb__gql_value *value, struct vb_span text,
                              bool bounded)
{
    int64_t n;

    if (!vb_number_is_integer(text))
        return "is no integer";
    if (!vb_number_i64(text, &n))
        return bounded ? "is no integer of 32 bits" : as_json(value, text);
    if (bounded && (n < INT32_MIN || n > INT32_MAX))
        return "is no integer of 32 bits";
    return as_json(value, is_plain(text) ? text
                                         : vb_arena_printf(e->arena, "%lld",
                                                           (long long)n));
}

static const char *as_float(struct vb__gql_value *value, struct vb_span text)
{
    char digits[400];

    if (text.len >= sizeof(digits))
        return "is too long a number";
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    return isfinite(strtod(digits, NULL)) ? as_json(value, text)
                                          : "is too large a number";
}

static const char *as_string(struct vb__gql_value *value,
                             const struct leaf *leaf)
{
    if (leaf->form == QUOTED)
        return as_json(value, leaf->text);
    return leaf->form == TREE ? "is no string" : as_text(value, leaf->text);
}

static const char *as_any(struct vb__gql_value *value, const struct leaf *leaf)
{
    if (leaf->form == STRING)
        return as_text(value, leaf->text);
    if (leaf->tree == NULL)
        return as_json(value, leaf->text);
    value->kind = VB__GQL_TREE;
    value->tree = leaf->tree;
    return NULL;
}

static const char *as_scalar(struct vb_gql_execution *e,
                             enum vb_gql_scalar scalar, const struct leaf *leaf,
                             struct vb__gql_value *value)
{
    switch (scalar) {
    case VB_GQL_SCALAR_INT:
    case VB_GQL_SCALAR_LONG:
        if (leaf->form != NUMBER)
            return "is no integer";
        return as_integer(e, value, leaf->text, scalar == VB_GQL_SCALAR_INT);
    case VB_GQL_SCALAR_FLOAT:
        return leaf->form == NUMBER ? as_float(value, leaf->text)
                                    : "is no number";
    case VB_GQL_SCALAR_BOOLEAN:
        return leaf->form == TRUTH ? as_json(value, leaf->text)
                                   : "is neither true nor false";
    case VB_GQL_SCALAR_ID:
        if (leaf->form == TRUTH ||
            (leaf->form == NUMBER && !is_plain(leaf->text)))
            return "is no ID";
        return as_string(value, leaf);
    case VB_GQL_SCALAR_STRING:
        return as_string(value, leaf);
    case VB_GQL_SCALAR_OTHER:
        return as_any(value, leaf);
    }
    return NULL;
}

const char *vb__gql_coerce_result(struct vb_gql_execution *e,
                                  const struct vb_gql_type *type,
                                  const struct vb_gql_result *result,
                                  struct vb__gql_value *value)
{
    const struct leaf leaf = leaf_of(result);

    if (type->kind == VB_GQL_TYPE_SCALAR)
        return as_scalar(e, type->scalar, &leaf, value);
    for (const struct vb_gql_enum_value *one = type->values;
         leaf.form == STRING && one != NULL; one = one->next)
        if (vb_span_eq(one->means, leaf.text))
            return as_text(value, one->name);
    return "is no value of the enum";
}
