/* Conditions on properties. See filter.h. */
#include "content/filter.h"

#include "base/rfc3339.h"
#include "content/json.h"
#include "content/number.h"
#include "content/schema.h"

#define NUMERIC (VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER)
#define ORDERED (NUMERIC | VB_SCHEMA_STRING)
#define SCALAR  (ORDERED | VB_SCHEMA_BOOLEAN)

static const struct {
    struct vb_span name;
    unsigned types;
} operations[] = {
#define VB_FILTER(id, name, types)                                             \
    [VB_FILTER_##id] = {VB_SPAN_INIT(name), types},
#include "content/filter_op.tbl"
#undef VB_FILTER
};

bool vb_filter_op_find(struct vb_span name, enum vb_filter_op *ret_op)
{
    for (size_t i = 0; i < VB_FILTER_OP_COUNT; i++) {
        if (!vb_span_eq(operations[i].name, name))
            continue;
        *ret_op = (enum vb_filter_op)i;
        return true;
    }
    return false;
}

bool vb_filter_applies(const struct vb_filter_field *field,
                       enum vb_filter_op op)
{
    return (field->types & operations[op].types) != 0;
}

unsigned vb_filter_operand_types(const struct vb_filter_field *field,
                                 enum vb_filter_op op)
{
    unsigned types = field->types & operations[op].types;

    if (op == VB_FILTER_NULL)
        return VB_SCHEMA_BOOLEAN;
    if ((types & VB_SCHEMA_ARRAY) != 0)
        types |= field->item_types;
    return types & SCALAR;
}

/* --- operands ------------------------------------------------------------ */

static bool is_truth(struct vb_span text)
{
    return vb_span_eq(text, VB_SPAN("true")) ||
           vb_span_eq(text, VB_SPAN("false"));
}

static const char *complaint(unsigned types, bool time)
{
    if ((types & VB_SCHEMA_STRING) != 0 && time)
        return "must be a date-time (RFC 3339)";
    if (types == VB_SCHEMA_BOOLEAN)
        return "must be true or false";
    if ((types & ~(unsigned)NUMERIC) == 0)
        return "must be a number";
    return "must be a number, true or false";
}

static const char *read_operand(struct vb_span text, unsigned types, bool time,
                                struct vb_operand *ret)
{
    struct vb_operand operand = {.text = text};

    if ((types & VB_SCHEMA_STRING) != 0 &&
        (!time || vb_rfc3339_parse(text, &operand.ms)))
        operand.as |= VB_SCHEMA_STRING;
    if ((types & NUMERIC) != 0 && vb_number_is_valid(text))
        operand.as |= VB_SCHEMA_NUMBER;
    if ((types & VB_SCHEMA_BOOLEAN) != 0 && is_truth(text))
        operand.as |= VB_SCHEMA_BOOLEAN;
    *ret = operand;
    return operand.as == 0 ? complaint(types, time) : NULL;
}

const char *vb_filter_make(struct vb_arena *arena,
                           const struct vb_filter_field *field,
                           enum vb_filter_op op, const struct vb_span *texts,
                           size_t count, struct vb_filter *ret_filter)
{
    unsigned types = vb_filter_operand_types(field, op);
    struct vb_filter filter = {.field = *field, .op = op, .count = count};

    if (count == 0)
        return "must have a value";
    if (count > VB_FILTER_OPERANDS_MOST)
        return "has too many values";
    filter.operands = vb_arena_calloc(arena, count, sizeof(*filter.operands));
    for (size_t i = 0; filter.operands != NULL && i < count; i++) {
        const char *wrong =
            read_operand(texts[i], types, field->time, &filter.operands[i]);

        if (wrong != NULL)
            return wrong;
    }
    *ret_filter = filter;
    return NULL;
}

bool vb_filter_field_same(const struct vb_filter_field *a,
                          const struct vb_filter_field *b)
{
    if (a->path_len != b->path_len)
        return false;
    for (size_t i = 0; i < a->path_len; i++)
        if (!vb_span_eq(a->path[i], b->path[i]))
            return false;
    return true;
}

/* --- holding it against a value ------------------------------------------ */

yyjson_val *vb_filter_value(const struct vb_filter_field *field,
                            yyjson_val *root)
{
    for (size_t i = 0; i < field->path_len && root != NULL; i++)
        root = vb_json_member(root, field->path[i]);
    return root;
}

/* The order of a string and an operand that is one; false where the string is
 * no date-time and should be. */
static bool order_strings(const struct vb_filter *filter, struct vb_span text,
                          const struct vb_operand *operand, int *ret_order)
{
    int64_t ms;

    if (!filter->field.time) {
        *ret_order = vb_span_cmp(text, operand->text);
        return true;
    }
    if (!vb_rfc3339_parse(text, &ms))
        return false;
    *ret_order = ms < operand->ms ? -1 : ms > operand->ms;
    return true;
}

/* The order of a value and an operand; false where they have none. */
static bool order(const struct vb_filter *filter, yyjson_val *value,
                  const struct vb_operand *operand, int *ret_order)
{
    if (yyjson_is_str(value) && (operand->as & VB_SCHEMA_STRING) != 0)
        return order_strings(filter, vb_json_text(value), operand, ret_order);
    if (vb_json_is_number(value) && (operand->as & VB_SCHEMA_NUMBER) != 0) {
        *ret_order = vb_number_cmp(vb_json_text(value), operand->text);
        return true;
    }
    if (yyjson_is_bool(value) && (operand->as & VB_SCHEMA_BOOLEAN) != 0) {
        *ret_order = (int)yyjson_is_true(value) -
                     vb_span_eq(operand->text, VB_SPAN("true"));
        return true;
    }
    return false;
}

bool vb_filter_equals(const struct vb_filter *filter, yyjson_val *value)
{
    int by;

    for (size_t i = 0; i < filter->count; i++)
        if (order(filter, value, &filter->operands[i], &by) && by == 0)
            return true;
    return false;
}

static bool is_ordered(const struct vb_filter *filter, yyjson_val *value)
{
    int by;

    if (yyjson_is_bool(value) ||
        !order(filter, value, &filter->operands[0], &by))
        return false;
    switch (filter->op) {
    case VB_FILTER_LT:
        return by < 0;
    case VB_FILTER_LTE:
        return by <= 0;
    case VB_FILTER_GT:
        return by > 0;
    default:
        return by >= 0;
    }
}

static bool has_within(struct vb_span text, struct vb_span part)
{
    return part.len == 0 || (text.len >= part.len &&
                             memmem(text.ptr, text.len, part.ptr, part.len));
}

static bool contains(const struct vb_filter *filter, yyjson_val *value)
{
    const struct vb_operand *operand = &filter->operands[0];
    yyjson_val *element;
    size_t i, max;

    if (yyjson_is_str(value))
        return has_within(vb_json_text(value), operand->text);
    yyjson_arr_foreach(value, i, max, element)
    {
        if (vb_filter_equals(filter, element))
            return true;
    }
    return false;
}

bool vb_filter_holds(const struct vb_filter *filter, yyjson_val *root)
{
    yyjson_val *value = vb_filter_value(&filter->field, root);
    struct vb_span text = filter->operands[0].text;

    switch (filter->op) {
    case VB_FILTER_NULL:
        return (value == NULL || yyjson_is_null(value)) ==
               vb_span_eq(text, VB_SPAN("true"));
    case VB_FILTER_EQ:
    case VB_FILTER_IN:
        return vb_filter_equals(filter, value);
    case VB_FILTER_NE:
        return !vb_filter_equals(filter, value);
    case VB_FILTER_CONTAINS:
        return contains(filter, value);
    case VB_FILTER_STARTS:
        return yyjson_is_str(value) &&
               vb_span_starts(vb_json_text(value), text);
    case VB_FILTER_ENDS:
        return yyjson_is_str(value) && vb_span_ends(vb_json_text(value), text);
    default:
        return is_ordered(filter, value);
    }
}
