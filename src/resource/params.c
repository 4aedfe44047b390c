/* Holding what came against the description. See params.h. */
#include "resource/params.h"

#include "base/utf8.h"
#include "content/number.h"
#include "flow/reply.h"
#include "resource/stored.h"

/* Scratch memory of one validation. */
#define SCRATCH_BLOCK ((size_t)16 * 1024)
#define SCRATCH_LIMIT ((size_t)16 * 1024 * 1024)
/* The most of a parameter, as JSON. */
#define VALUE_MOST ((size_t)256 * 1024)

/* --- from text to a JSON value
 * ----------------------------------------------------- */

/* In a path a number has one spelling: 8.0 and 8e0 would be further names of
 * what is at 8. */
static bool is_number(struct vb_span text, enum vb_parameter_in in)
{
    return in == VB_IN_PATH ? vb_number_is_plain(text)
                            : vb_number_is_valid(text);
}

/* Writes the text as a value of one of these types: as a string only when
 * nothing else fits. */
static void write_scalar(struct vb_buf *buf, struct vb_span text,
                         unsigned types, enum vb_parameter_in in)
{
    bool numeric = (types & (VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER)) != 0;
    bool truth =
        vb_span_eq(text, VB_SPAN("true")) || vb_span_eq(text, VB_SPAN("false"));

    if (types == VB_SCHEMA_ANY) /* nothing is said: text is text */
        vb_json_write_string(buf, text);
    else if ((numeric && is_number(text, in)) ||
             ((types & VB_SCHEMA_BOOLEAN) != 0 && truth))
        vb_buf_append(buf, text);
    else
        vb_json_write_string(buf, text);
}

/* In a field there may be white space around the commas. */
static void write_list(struct vb_buf *buf, struct vb_span text, unsigned types,
                       enum vb_parameter_in in)
{
    vb_buf_char(buf, '[');
    while (text.ptr != NULL) {
        ssize_t comma = vb_span_find(text, ',', 0);
        size_t len = comma < 0 ? text.len : (size_t)comma;
        struct vb_span item = vb_span_head(text, len);

        write_scalar(buf, in == VB_IN_HEADER ? vb_span_trim(item) : item, types,
                     in);
        text = comma < 0 ? VB_SPAN("") : vb_span_from(text, len + 1);
        if (comma < 0)
            break;
        vb_buf_char(buf, ',');
    }
    vb_buf_char(buf, ']');
}

/* --- against a schema
 * ------------------------------------------------------------------ */

typedef void complain_fn(struct vb_exchange *x,
                         const struct vb_schema_error *error, void *context);

/* Validates a value; errors are handed to `complain` one by one. */
static enum vb_err validate(struct vb_exchange *x,
                            const struct vb_schema *schema, yyjson_val *value,
                            complain_fn *complain, void *context)
{
    struct vb_arena scratch;
    struct vb_schema_run run = {.arena = &scratch,
                                .max_errors = VB_PROBLEM_MOST};
    enum vb_err err;

    vb_arena_init(&scratch, SCRATCH_BLOCK, SCRATCH_LIMIT);
    err = vb_schema_validate(schema, value, &run);
    if (err == VB_ERR_INVALID)
        for (const struct vb_schema_error *error = run.errors; error != NULL;
             error = error->next)
            complain(x, error, context);
    vb_arena_done(&scratch);
    return err;
}

/* The same for a JSON text. */
static enum vb_err validate_text(struct vb_exchange *x,
                                 const struct vb_schema *schema,
                                 struct vb_span text, complain_fn *complain,
                                 void *context)
{
    struct vb_json *json;
    enum vb_err err = vb_json_parse(text, NULL, &json, NULL);

    if (err != VB_OK)
        return err;
    err = validate(x, schema, json->root, complain, context);
    vb_json_free(json);
    return err;
}

static void complain_pointer(struct vb_exchange *x,
                             const struct vb_schema_error *error, void *context)
{
    (void)context;
    vb_reply_complain(x, VB_PROBLEM_POINTER,
                      vb_arena_dup(&x->arena, error->pointer),
                      vb_arena_dup(&x->arena, error->detail));
}

/* From the outcome of a validation to the reply. */
static bool content_fits(struct vb_exchange *x, enum vb_err err,
                         unsigned invalid)
{
    if (err == VB_OK)
        return true;
    x->reply.status = (uint16_t)invalid;
    if (err == VB_ERR_INVALID)
        vb_reply_detail(x, VB_SPAN("The content does not meet its schema."));
    else
        vb_reply_detail(x, VB_SPAN("Checking this content against its schema "
                                   "takes more than is given."));
    return false;
}

bool vb_params_content_fits(struct vb_exchange *x,
                            const struct vb_schema *schema, struct vb_span text,
                            unsigned invalid)
{
    return content_fits(
        x, validate_text(x, schema, text, complain_pointer, NULL), invalid);
}

enum vb_answer vb_params_not_json(struct vb_exchange *x, enum vb_err err,
                                  const struct vb_json_error *error)
{
    return vb_reply_refuse(
        x,
        err == VB_ERR_LIMIT ? VB_STATUS_CONTENT_TOO_LARGE
                            : VB_STATUS_BAD_REQUEST,
        vb_arena_printf(&x->arena, "Line %zu, column %zu: %s.", error->line,
                        error->column, error->text));
}

bool vb_params_value_fits(struct vb_exchange *x, const struct vb_schema *schema,
                          yyjson_val *value, unsigned invalid)
{
    return content_fits(x, validate(x, schema, value, complain_pointer, NULL),
                        invalid);
}

/* What is found where nothing is to be judged, and elsewhere. */
struct judging {
    struct vb_span unjudged;
    size_t complaints;
};

static void complain_elsewhere(struct vb_exchange *x,
                               const struct vb_schema_error *error,
                               void *context)
{
    struct judging *judging = context;

    if (vb_span_eq(error->pointer, judging->unjudged))
        return;
    judging->complaints++;
    complain_pointer(x, error, NULL);
}

bool vb_params_state_fits(struct vb_exchange *x, const struct vb_schema *schema,
                          yyjson_val *value, unsigned invalid,
                          struct vb_span unjudged)
{
    struct judging judging = {.unjudged = unjudged};
    enum vb_err err;

    if (unjudged.len == 0)
        return vb_params_value_fits(x, schema, value, invalid);
    err = validate(x, schema, value, complain_elsewhere, &judging);
    if (err == VB_ERR_INVALID && judging.complaints == 0)
        return true;
    return content_fits(x, err, invalid);
}

static enum vb_problem_part part_of(const struct vb_parameter *parameter)
{
    return parameter->in == VB_IN_HEADER ? VB_PROBLEM_HEADER
                                         : VB_PROBLEM_PARAMETER;
}

static void complain_parameter(struct vb_exchange *x,
                               const struct vb_schema_error *error,
                               void *context)
{
    const struct vb_parameter *parameter = context;

    vb_reply_complain(x, part_of(parameter), parameter->name,
                      vb_arena_dup(&x->arena, error->detail));
}

bool vb_params_complain(struct vb_exchange *x,
                        const struct vb_parameter *parameter,
                        const char *detail)
{
    vb_reply_complain(x, part_of(parameter), parameter->name,
                      vb_span_str(detail));
    return false;
}

/* Is it a list, and nothing else that text could be? */
static bool is_list(const struct vb_parameter *parameter)
{
    return (parameter->types & VB_SCHEMA_ARRAY) != 0 &&
           (parameter->types & VB_SCHEMA_STRING) == 0;
}

/* The text as a JSON text, as the parameter's style has it. */
static void write_value(struct vb_buf *buf,
                        const struct vb_parameter *parameter,
                        struct vb_span text)
{
    if (vb_is_json(parameter->media_type))
        vb_buf_append(buf, text);
    else if (is_list(parameter))
        write_list(buf, text, parameter->item_types, parameter->in);
    else
        write_scalar(buf, text, parameter->types, parameter->in);
}

/* Holds what was written against the schema, and gives the buffer back. */
static bool written_fits(struct vb_exchange *x,
                         const struct vb_parameter *parameter,
                         struct vb_buf *buf)
{
    enum vb_err err = VB_ERR_LIMIT;

    if (buf->err == VB_OK)
        err = validate_text(x, parameter->schema, vb_buf_span(buf),
                            complain_parameter, (void *)parameter);
    vb_buf_done(buf);
    if (err == VB_OK || err == VB_ERR_INVALID)
        return err == VB_OK;
    return vb_params_complain(x, parameter,
                              err == VB_ERR_SYNTAX || err == VB_ERR_EXISTS
                                  ? "is not JSON"
                                  : "is too much to be checked");
}

bool vb_params_text_fits(struct vb_exchange *x,
                         const struct vb_parameter *parameter,
                         struct vb_span text)
{
    struct vb_buf buf;

    if (!vb_utf8_valid(text))
        return vb_params_complain(x, parameter, "is not UTF-8");
    if (parameter->schema == NULL)
        return true;
    vb_buf_init(&buf, VALUE_MOST);
    write_value(&buf, parameter, text);
    return written_fits(x, parameter, &buf);
}

bool vb_params_items_fit(struct vb_exchange *x,
                         const struct vb_parameter *parameter,
                         const struct vb_span *items, size_t count)
{
    struct vb_buf buf;

    for (size_t i = 0; i < count; i++)
        if (!vb_utf8_valid(items[i]))
            return vb_params_complain(x, parameter, "is not UTF-8");
    if (parameter->schema == NULL)
        return true;
    vb_buf_init(&buf, VALUE_MOST);
    for (size_t i = 0; i < count; i++) {
        vb_buf_char(&buf, i == 0 ? '[' : ',');
        write_scalar(&buf, items[i], parameter->item_types, parameter->in);
    }
    vb_buf_char(&buf, ']');
    return written_fits(x, parameter, &buf);
}

bool vb_params_is_list(const struct vb_parameter *parameter)
{
    return is_list(parameter) && parameter->media_type.len == 0;
}

/* --- the path
 * -----------------------------------------------------------------------------
 */

bool vb_params_variables_fit(struct vb_exchange *x,
                             const struct vb_route *route,
                             const struct vb_span *variables)
{
    size_t variable = 0;

    for (size_t i = 0; i < route->template.segment_count; i++) {
        const struct vb_segment *segment = &route->template.segments[i];

        if (segment->kind != VB_SEGMENT_VARIABLE)
            continue;
        if (!vb_params_text_fits(x, segment->parameter, variables[variable++]))
            return false;
    }
    return true;
}

bool vb_params_path_fits(struct vb_exchange *x, const struct vb_route *route)
{
    bool fits = vb_params_variables_fit(x, route, x->variables);

    if (!fits)
        x->reply.status = VB_STATUS_NOT_FOUND;
    return fits;
}
