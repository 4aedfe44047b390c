/* Keywords for any instance (Validation section 6.1), and the ways of reading
 * values that several keywords share. */
#include "base/utf8.h"
#include "content/number.h"
#include "content/schema_keyword.h"

/* What `detail` shows of a value from the schema at most, in bytes. */
#define SHOWN_MAX 160

/* --- reading --- */

bool vb__read_boolean(struct vb__compiler *c, struct vb_schema *node,
                      yyjson_val *value, struct vb__rule *rule)
{
    (void)node;
    (void)rule;
    return yyjson_is_bool(value) ||
           vb__schema_fault(c, value, "must be true or false");
}

bool vb__read_string(struct vb__compiler *c, struct vb_schema *node,
                     yyjson_val *value, struct vb__rule *rule)
{
    (void)node;
    (void)rule;
    return yyjson_is_str(value) ||
           vb__schema_fault(c, value, "must be a string");
}

bool vb__read_value(struct vb__compiler *c, struct vb_schema *node,
                    yyjson_val *value, struct vb__rule *rule)
{
    (void)c;
    (void)node;
    rule->value = value;
    return true;
}

bool vb__read_enum(struct vb__compiler *c, struct vb_schema *node,
                   yyjson_val *value, struct vb__rule *rule)
{
    (void)node;
    rule->value = value;
    return yyjson_is_arr(value) ||
           vb__schema_fault(c, value, "must be an array");
}

/* A non-negative integer, however written; what no size reaches is SIZE_MAX. */
bool vb__read_count(struct vb__compiler *c, struct vb_schema *node,
                    yyjson_val *value, struct vb__rule *rule)
{
    int64_t count;

    (void)node;
    if (!vb_json_is_number(value) ||
        !vb_number_is_integer(vb_json_text(value)) ||
        vb_number_cmp(vb_json_text(value), VB_SPAN("0")) < 0)
        return vb__schema_fault(c, value, "must be a non-negative integer");
    rule->count =
        vb_number_i64(vb_json_text(value), &count) ? (size_t)count : SIZE_MAX;
    return true;
}

/* --- type --- */

static const struct {
    struct vb_span name;
    unsigned types;
    const char *shown;
} type_names[] = {
    {VB_SPAN_INIT("string"), VB_SCHEMA_STRING, "a string"},
    {VB_SPAN_INIT("number"), VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER, "a number"},
    {VB_SPAN_INIT("integer"), VB_SCHEMA_INTEGER, "an integer"},
    {VB_SPAN_INIT("boolean"), VB_SCHEMA_BOOLEAN, "true or false"},
    {VB_SPAN_INIT("array"), VB_SCHEMA_ARRAY, "an array"},
    {VB_SPAN_INIT("object"), VB_SCHEMA_OBJECT, "an object"},
    {VB_SPAN_INIT("null"), VB_SCHEMA_NULL, "null"},
};

static bool read_type_name(struct vb__compiler *c, yyjson_val *value,
                           unsigned *types)
{
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if (yyjson_is_str(value) &&
            vb_span_eq(vb_json_text(value), type_names[i].name)) {
            *types |= type_names[i].types;
            return true;
        }
    }
    return vb__schema_fault(c, value,
                            "must be one of array, boolean, integer, null, "
                            "number, object, string");
}

bool vb__read_type(struct vb__compiler *c, struct vb_schema *node,
                   yyjson_val *value, struct vb__rule *rule)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(value);
    yyjson_val *name;

    (void)node;
    if (!yyjson_is_arr(value))
        return read_type_name(c, value, &rule->types);
    while ((name = yyjson_arr_iter_next(&iter)) != NULL)
        if (!read_type_name(c, name, &rule->types))
            return false;
    return rule->types != 0 ||
           vb__schema_fault(c, value, "must name at least one type");
}

/* One name, never null: that is what `nullable` is for (OpenAPI 3.0.3,
 * "Schema Object"). */
bool vb__read_type_openapi(struct vb__compiler *c, struct vb_schema *node,
                           yyjson_val *value, struct vb__rule *rule)
{
    if (!read_type_name(c, value, &rule->types))
        return false;
    if (rule->types == VB_SCHEMA_NULL)
        return vb__schema_fault(c, value, "must not be null in OpenAPI 3.0");
    if (yyjson_is_true(vb__schema_sibling(node, "nullable")))
        rule->types |= VB_SCHEMA_NULL;
    return true;
}

unsigned vb__schema_type_of(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_NULL:
        return VB_SCHEMA_NULL;
    case YYJSON_TYPE_BOOL:
        return VB_SCHEMA_BOOLEAN;
    case YYJSON_TYPE_STR:
        return VB_SCHEMA_STRING;
    case YYJSON_TYPE_ARR:
        return VB_SCHEMA_ARRAY;
    case YYJSON_TYPE_OBJ:
        return VB_SCHEMA_OBJECT;
    default:
        return VB_SCHEMA_NUMBER;
    }
}

bool vb__schema_fail_type(struct vb__run *run, const struct vb__at *at,
                          struct vb_span keyword, unsigned types)
{
    char text[128];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));

    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if ((type_names[i].types & ~types) != 0)
            continue;
        types &= ~type_names[i].types; /* a number may be an integer */
        if (buf.len > 0)
            vb_buf_str(&buf, types == 0 ? " or " : ", ");
        vb_buf_str(&buf, type_names[i].shown);
    }
    return vb__schema_fail(run, at, keyword, "must be %.*s",
                           VB_FMT(vb_buf_span(&buf)));
}

bool vb__check_type(struct vb__run *run, const struct vb__rule *rule,
                    const struct vb__at *at)
{
    unsigned type = vb__schema_type_of(at->value);

    if ((rule->types & type) != 0)
        return true;
    if (type == VB_SCHEMA_NUMBER && (rule->types & VB_SCHEMA_INTEGER) != 0 &&
        vb_number_is_integer(vb_json_text(at->value)))
        return true;
    return vb__wants_all(run) &&
           vb__schema_fail_type(run, at, rule->keyword->name, rule->types);
}

/* --- const and enum --- */

/* The JSON text of a value, cut where it gets long. */
static struct vb_span show(yyjson_val *value, char text[SHOWN_MAX + 4])
{
    struct vb_buf buf;
    struct vb_span shown;

    vb_buf_init(&buf, 65536);
    vb_json_write(&buf, value);
    shown = vb_utf8_head(vb_buf_span(&buf), SHOWN_MAX);
    memcpy(text, shown.ptr != NULL ? shown.ptr : "", shown.len);
    if (shown.len < buf.len || buf.err != VB_OK) {
        memcpy(text + shown.len, "...", 3);
        shown.len += 3;
    }
    vb_buf_done(&buf);
    return vb_span_of(text, shown.len);
}

/* Is at's value equal to `value`? */
static bool equals(struct vb__run *run, const struct vb__at *at,
                   yyjson_val *value)
{
    bool equal = false;
    enum vb_err err;

    if (!vb__spend(run, 1))
        return false;
    err = vb_json_equal(at->value, value, &equal);
    if (err != VB_OK)
        return vb__schema_abort(run, err);
    return equal;
}

bool vb__check_const(struct vb__run *run, const struct vb__rule *rule,
                     const struct vb__at *at)
{
    char text[SHOWN_MAX + 4];

    if (equals(run, at, rule->value))
        return true;
    if (run->reasons == NULL)
        return false;
    return vb__schema_fail(run, at, rule->keyword->name, "must be %.*s",
                           VB_FMT(show(rule->value, text)));
}

/* "must be one of "a", "b"" */
static bool fail_enum(struct vb__run *run, const struct vb__rule *rule,
                      const struct vb__at *at)
{
    char shown[SHOWN_MAX + 4], text[3 * SHOWN_MAX];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));
    yyjson_arr_iter iter = yyjson_arr_iter_with(rule->value);
    yyjson_val *value;

    while ((value = yyjson_arr_iter_next(&iter)) != NULL) {
        if (buf.len > 2 * SHOWN_MAX) {
            vb_buf_str(&buf, ", ...");
            break;
        }
        if (buf.len > 0)
            vb_buf_str(&buf, ", ");
        vb_buf_append(&buf, show(value, shown));
    }
    return vb__schema_fail(run, at, rule->keyword->name, "must be %s%.*s",
                           yyjson_arr_size(rule->value) > 1 ? "one of " : "",
                           VB_FMT(vb_buf_span(&buf)));
}

bool vb__check_enum(struct vb__run *run, const struct vb__rule *rule,
                    const struct vb__at *at)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(rule->value);
    yyjson_val *value;

    while ((value = yyjson_arr_iter_next(&iter)) != NULL)
        if (equals(run, at, value))
            return true;
    if (!vb__wants_all(run))
        return false;
    return fail_enum(run, rule, at);
}
