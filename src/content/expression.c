/* Evaluating expressions. See expression.h. */
#include "content/expression_part.h"

#include "base/rfc3339.h"
#include "content/json.h"
#include "content/number.h"
#include "content/schema.h"

/* --- Kleene's logic ------------------------------------------------------- */

enum vb_truth vb_truth_not(enum vb_truth a)
{
    if (a == VB_UNKNOWN)
        return a;
    return a == VB_TRUE ? VB_FALSE : VB_TRUE;
}

enum vb_truth vb_truth_and(enum vb_truth a, enum vb_truth b)
{
    if (a == VB_FALSE || b == VB_FALSE)
        return VB_FALSE;
    return a == VB_UNKNOWN || b == VB_UNKNOWN ? VB_UNKNOWN : VB_TRUE;
}

enum vb_truth vb_truth_or(enum vb_truth a, enum vb_truth b)
{
    return vb_truth_not(vb_truth_and(vb_truth_not(a), vb_truth_not(b)));
}

static enum vb_truth truth_of(bool holds)
{
    return holds ? VB_TRUE : VB_FALSE;
}

/* --- values --------------------------------------------------------------- */

static bool is_known(const struct vb_expression_values *values,
                     const struct vb__member *member)
{
    return (values->unknown & 1u << member->root) == 0;
}

/* NULL for null, too. */
static yyjson_val *value_of(const struct vb_expression_values *values,
                            const struct vb__member *member)
{
    yyjson_val *value =
        vb_filter_value(&member->field, values->roots[member->root]);

    return value == NULL || yyjson_is_null(value) ? NULL : value;
}

/* The order of two values that have one. */
static bool order(const struct vb__term *term, yyjson_val *a, yyjson_val *b,
                  int *ret_order)
{
    bool time = term->member.field.time && term->other.field.time;
    int64_t from, to;

    if (vb_json_is_number(a) && vb_json_is_number(b)) {
        *ret_order = vb_number_cmp(vb_json_text(a), vb_json_text(b));
        return true;
    }
    if (!yyjson_is_str(a) || !yyjson_is_str(b))
        return false;
    *ret_order = vb_span_cmp(vb_json_text(a), vb_json_text(b));
    if (time && vb_rfc3339_parse(vb_json_text(a), &from) &&
        vb_rfc3339_parse(vb_json_text(b), &to))
        *ret_order = from < to ? -1 : from > to;
    return true;
}

static enum vb_truth equal(yyjson_val *a, yyjson_val *b)
{
    bool same;

    if (a == NULL || b == NULL)
        return VB_FALSE;
    return vb_json_equal(a, b, &same) == VB_OK ? truth_of(same) : VB_UNKNOWN;
}

/* Has a list the value, or an object a member of that name? */
static enum vb_truth has(yyjson_val *a, yyjson_val *b)
{
    enum vb_truth found = VB_FALSE;
    yyjson_val *element;
    size_t i, max;

    if (b == NULL)
        return VB_FALSE;
    if (yyjson_is_obj(a))
        return truth_of(yyjson_is_str(b) &&
                        vb_json_member(a, vb_json_text(b)) != NULL);
    if (!yyjson_is_arr(a))
        return equal(a, b);
    yyjson_arr_foreach(a, i, max, element)
    {
        found = vb_truth_or(found, equal(element, b));
    }
    return found;
}

static bool is_in_order(enum vb__comparison comparison, int by)
{
    switch (comparison) {
    case VB__LT:
        return by < 0;
    case VB__LE:
        return by <= 0;
    case VB__GT:
        return by > 0;
    default:
        return by >= 0;
    }
}

static enum vb_truth compare_paths(const struct vb__term *term,
                                   const struct vb_expression_values *values)
{
    yyjson_val *a, *b;
    int by;

    if (!is_known(values, &term->member) || !is_known(values, &term->other))
        return VB_UNKNOWN;
    a = value_of(values, &term->member);
    b = value_of(values, &term->other);
    switch (term->comparison) {
    case VB__EQ:
        return equal(a, b);
    case VB__NE:
        return vb_truth_not(equal(a, b));
    case VB__HAS:
        return has(a, b);
    default:
        return truth_of(a != NULL && b != NULL && order(term, a, b, &by) &&
                        is_in_order(term->comparison, by));
    }
}

static bool has_value(const struct vb__term *term, yyjson_val *value)
{
    yyjson_val *element;
    size_t i, max;

    if (yyjson_is_obj(value))
        return !term->closed &&
               vb_json_member(value, term->filter.operands[0].text) != NULL;
    if (!yyjson_is_arr(value))
        return vb_filter_equals(&term->filter, value);
    yyjson_arr_foreach(value, i, max, element)
    {
        if (vb_filter_equals(&term->filter, element))
            return true;
    }
    return false;
}

/* --- terms ---------------------------------------------------------------- */

static enum vb_truth ask_member(const struct vb__term *term,
                                const struct vb_expression_values *values)
{
    yyjson_val *value;

    if (!is_known(values, &term->member))
        return VB_UNKNOWN;
    value = value_of(values, &term->member);
    switch (term->kind) {
    case VB__TERM_PRESENT:
        return truth_of(value != NULL);
    case VB__TERM_NULL:
        return truth_of((value == NULL) == (term->comparison == VB__EQ));
    case VB__TERM_VALUE:
        if (term->comparison == VB__HAS)
            return truth_of(has_value(term, value));
        return truth_of(
            vb_filter_holds(&term->filter, values->roots[term->member.root]));
    default:
        return truth_of(term->member.field.path_len == 0
                            ? value != NULL
                            : yyjson_is_true(value));
    }
}

/* As deep as VB_EXPRESSION_DEPTH lets it be, and chains of AND and OR as long
 * as there are terms. */
static enum vb_truth ask(const struct vb__term *term,
                         const struct vb_expression_values *values)
{
    enum vb_truth left;

    switch (term->kind) {
    case VB__TERM_AND:
        left = ask(term->left, values);
        return left == VB_FALSE ? left
                                : vb_truth_and(left, ask(term->right, values));
    case VB__TERM_OR:
        left = ask(term->left, values);
        return left == VB_TRUE ? left
                               : vb_truth_or(left, ask(term->right, values));
    case VB__TERM_NOT:
        return vb_truth_not(ask(term->left, values));
    case VB__TERM_WORD:
        return values->word == NULL
                   ? VB_FALSE
                   : values->word(values->context, term->word, term->argument);
    case VB__TERM_PATHS:
        return compare_paths(term, values);
    default:
        return ask_member(term, values);
    }
}

enum vb_truth vb_expression_ask(const struct vb_expression *expression,
                                const struct vb_expression_values *values)
{
    return ask(expression->root, values);
}

/* --- what is in it -------------------------------------------------------- */

unsigned vb_expression_roots(const struct vb_expression *expression)
{
    return expression->roots;
}

unsigned vb_expression_words(const struct vb_expression *expression)
{
    return expression->words;
}

const struct vb_filter_field *
vb_expression_only(const struct vb_expression *expression, size_t root)
{
    return expression->others[root] ? NULL : expression->first[root];
}
