/*
 * A listing asked with a JSON object: what has a type in JSON must have that
 * of the property. See selection.h.
 */
#include "content/json.h"
#include "content/schema.h"
#include "flow/reply.h"
#include "resource/params.h"
#include "resource/selection_part.h"

/* Bytes of a list that was written as an array. */
#define LIST_LIMIT ((size_t)64 * 1024)

static unsigned type_of(yyjson_val *value)
{
    if (yyjson_is_str(value))
        return VB_SCHEMA_STRING;
    if (vb_json_is_number(value))
        return VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER;
    return yyjson_is_bool(value) ? VB_SCHEMA_BOOLEAN : 0;
}

/* A scalar as it would stand in a query; "" for anything else. */
static struct vb_span text_of(yyjson_val *value)
{
    if (yyjson_is_bool(value))
        return yyjson_is_true(value) ? VB_SPAN("true") : VB_SPAN("false");
    return type_of(value) == 0 ? VB_SPAN("") : vb_json_text(value);
}

/* NULL, or what a value should have been. */
static const char *check_type(const struct vb__criterion *criterion,
                              yyjson_val *value)
{
    unsigned types = vb_filter_operand_types(&criterion->field, criterion->op);

    if ((type_of(value) & types) != 0)
        return NULL;
    if ((types & VB_SCHEMA_STRING) != 0)
        return "must be a string";
    return types == VB_SCHEMA_BOOLEAN ? "must be true or false"
                                      : "must be a number";
}

/* Appends a value of a list as cut_list reads it. */
static void append_escaped(struct vb_buf *buf, struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ',' || text.ptr[i] == '\\')
            vb_buf_char(buf, '\\');
        vb_buf_char(buf, text.ptr[i]);
    }
}

/* All elements of an array of scalars as one text, comma after comma. */
static struct vb_span join(struct vb_arena *arena, yyjson_val *array,
                           bool escaped)
{
    struct vb_span joined;
    yyjson_val *element;
    struct vb_buf buf;
    size_t i, max;

    vb_buf_init(&buf, LIST_LIMIT);
    yyjson_arr_foreach(array, i, max, element)
    {
        if (i > 0)
            vb_buf_char(&buf, ',');
        if (escaped)
            append_escaped(&buf, text_of(element));
        else
            vb_buf_append(&buf, text_of(element));
    }
    joined = buf.err == VB_OK ? vb_arena_dup(arena, vb_buf_span(&buf))
                              : vb_span_of(NULL, 0);
    vb_buf_done(&buf);
    return joined;
}

static bool is_list_of(yyjson_val *value, unsigned types)
{
    yyjson_val *element;
    size_t i, max;

    if (!yyjson_is_arr(value))
        return false;
    yyjson_arr_foreach(value, i, max, element)
    {
        if ((type_of(element) & types) == 0)
            return false;
    }
    return true;
}

/* limit is a number, filter and cursor a string, sort, fields and expand one or
 * several. */
static const char *own_text(struct vb_arena *arena, struct vb_span name,
                            yyjson_val *value, struct vb_span *ret_text)
{
    if (vb_span_eq(name, VB_SPAN("limit"))) {
        *ret_text =
            vb_json_is_number(value) ? vb_json_text(value) : VB_SPAN("");
        return vb_json_is_number(value) ? NULL : "must be a number";
    }
    if (yyjson_is_str(value)) {
        *ret_text = vb_json_text(value);
        return NULL;
    }
    if (vb_span_eq(name, VB_SPAN("cursor")) ||
        vb_span_eq(name, VB_SPAN("filter")))
        return "must be a string";
    if (!is_list_of(value, VB_SCHEMA_STRING))
        return "must be a string, or an array of them";
    *ret_text = join(arena, value, false);
    return NULL;
}

static bool take_scalar(const struct vb__source *source,
                        const struct vb__criterion *criterion,
                        yyjson_val *value)
{
    const char *wrong = check_type(criterion, value);
    struct vb_span text;

    if (wrong != NULL)
        return vb__selection_refuse(source, source->invalid, criterion->name,
                                    wrong);
    text = text_of(value);
    return vb__selection_judge(
        source, criterion->name,
        vb__selection_filter(source->reading, criterion, &text, 1, text));
}

static bool take_list(const struct vb__source *source,
                      const struct vb__criterion *criterion, yyjson_val *array)
{
    struct vb_span texts[VB_FILTER_OPERANDS_MOST];
    struct vb_arena *arena = &source->reading->x->arena;
    const char *wrong = NULL;
    yyjson_val *element;
    size_t i, max;

    yyjson_arr_foreach(array, i, max, element)
    {
        if (wrong == NULL)
            wrong = check_type(criterion, element);
        if (i < VB_FILTER_OPERANDS_MOST && wrong == NULL)
            texts[i] = text_of(element);
    }
    if (wrong == NULL)
        wrong = vb__selection_filter(source->reading, criterion, texts,
                                     yyjson_arr_size(array),
                                     join(arena, array, true));
    return vb__selection_judge(source, criterion->name, wrong);
}

/* null is what the operation `null` asks for. */
static bool take_null(const struct vb__source *source,
                      struct vb__criterion *criterion)
{
    struct vb_arena *arena = &source->reading->x->arena;
    struct vb_span text =
        criterion->op == VB_FILTER_EQ ? VB_SPAN("true") : VB_SPAN("false");
    struct vb_span name = criterion->name;

    if (criterion->op != VB_FILTER_EQ && criterion->op != VB_FILTER_NE)
        return vb__selection_refuse(source, source->invalid, name,
                                    "must not be null");
    if (criterion->op == VB_FILTER_NE || vb_span_ends(name, VB_SPAN(":eq")))
        name = vb_span_head(name, name.len - 3);
    criterion->name = vb_arena_printf(arena, "%.*s:null", VB_FMT(name));
    criterion->op = VB_FILTER_NULL;
    return vb__selection_judge(
        source, name,
        vb__selection_filter(source->reading, criterion, &text, 1, text));
}

static bool take_criterion(const struct vb__source *source,
                           struct vb__criterion *criterion, yyjson_val *value)
{
    yyjson_val *element;
    size_t i, max;

    if (yyjson_is_null(value))
        return take_null(source, criterion);
    if (criterion->op == VB_FILTER_IN)
        return yyjson_is_arr(value)
                   ? take_list(source, criterion, value)
                   : vb__selection_refuse(source, source->invalid,
                                          criterion->name, "must be an array");
    if (!yyjson_is_arr(value))
        return take_scalar(source, criterion, value);
    yyjson_arr_foreach(value, i, max, element)
    {
        if (!take_scalar(source, criterion, element))
            return false;
    }
    return true;
}

/* What is described for a parameter holds for the member of its name. */
static bool is_described(const struct vb__source *source, struct vb_span name,
                         yyjson_val *value, bool *ret_described)
{
    struct vb_selection_reading *reading = source->reading;
    struct vb_span text = type_of(value) == 0
                              ? join(&reading->x->arena, value, false)
                              : text_of(value);

    if (vb_params_parameter_fits(reading->x, reading->operation, name, text,
                                 ret_described))
        return true;
    reading->x->reply.status = (uint16_t)source->invalid;
    return false;
}

static bool take_member(const struct vb__source *source, struct vb_span name,
                        yyjson_val *value)
{
    struct vb_selection_reading *reading = source->reading;
    struct vb__criterion criterion;
    struct vb_span text;
    const char *wrong;
    bool described;

    if (!is_described(source, name, value, &described))
        return false;
    if (vb__selection_is_own(reading, name)) {
        wrong = own_text(&reading->x->arena, name, value, &text);
        if (wrong == NULL)
            vb__selection_own(reading, name, text, &wrong);
        return vb__selection_judge(source, name, wrong);
    }
    if (vb__selection_find(reading, name, &criterion))
        return take_criterion(source, &criterion, value);
    return vb__selection_pass_over(source, name, described);
}

bool vb_selection_read_json(struct vb_selection_reading *reading,
                            yyjson_val *root)
{
    const struct vb__source source = {reading, VB_STATUS_UNPROCESSABLE_CONTENT,
                                      true};
    yyjson_val *key, *value;
    size_t i, max;

    if (!yyjson_is_obj(root)) {
        reading->x->reply.status = VB_STATUS_UNPROCESSABLE_CONTENT;
        vb_reply_detail(reading->x, VB_SPAN("A query is an object."));
        return false;
    }
    yyjson_obj_foreach(root, i, max, key, value)
    {
        if (!take_member(&source, vb_json_text(key), value))
            return false;
    }
    return vb__selection_finish(&source);
}
