/*
 * What the description demands of each request, whatever is done with it: the
 * query's parameters that are required, and those in fields and cookies. See
 * params.h. Asked only of operations that have such (vb_operation.demands).
 */
#include "content/json.h"
#include "http/cookie.h"
#include "http/field.h"
#include "http/query.h"
#include "resource/build.h"
#include "resource/params.h"

/* Where it is not there. */
static bool may_lack(struct vb_exchange *x,
                     const struct vb_parameter *parameter)
{
    return !parameter->required ||
           vb_params_complain(x, parameter, "is required");
}

/* --- the query -------------------------------------------------------------
 */

static bool is_named(struct vb_exchange *x, struct vb_span text,
                     const struct vb_parameter *parameter)
{
    struct vb_query_pair pair;
    struct vb_query query;

    vb_query_init(&query, &x->arena, text);
    while (vb_query_next(&query, &pair))
        if (vb_params_is_named(parameter, pair.name))
            return true;
    return false;
}

static bool is_member(struct vb_span text, struct vb_span name)
{
    struct vb_json *json;
    bool found;

    if (vb_json_parse(text, NULL, &json, NULL) != VB_OK)
        return false;
    found = vb_json_member(json->root, name) != NULL;
    vb_json_free(json);
    return found;
}

/* A QUERY that comes with GET asks with its content what GET asks with the URI
 * (RFC 10008). */
static bool is_in_content(struct vb_exchange *x,
                          const struct vb_parameter *parameter)
{
    const struct vb_content *taken = vb_built_content(x);
    struct vb_span content = vb_buf_span(&x->content);

    if (x->head.method != VB_METHOD_QUERY || taken == NULL ||
        vb_built_operation(x) != NULL)
        return false;
    return taken->kind == VB_MEDIA_FORM ? is_named(x, content, parameter)
                                        : is_member(content, parameter->name);
}

/* Whoever reads the query holds what is there against its schema. */
static bool query_fits(struct vb_exchange *x,
                       const struct vb_parameter *parameter)
{
    if (!parameter->required ||
        (x->head.has_query && is_named(x, x->head.query, parameter)) ||
        is_in_content(x, parameter))
        return true;
    return may_lack(x, parameter);
}

/* --- fields and cookies ----------------------------------------------------
 */

/* Members of an object that is written in text are not looked at. */
static bool value_fits(struct vb_exchange *x,
                       const struct vb_parameter *parameter,
                       struct vb_span value)
{
    unsigned types = parameter->types & ~(unsigned)VB_SCHEMA_NULL;

    return parameter->schema == NULL ||
           (types == VB_SCHEMA_OBJECT && parameter->media_type.len == 0) ||
           vb_params_text_fits(x, parameter, value);
}

/* A precondition is asked for by the flow itself, which says 428 then. */
static bool is_asked_for(const struct vb_exchange *x,
                         const struct vb_parameter *parameter)
{
    return x->resource->require_precondition &&
           vb_span_ieq(parameter->name, vb_field_name(VB_FIELD_IF_MATCH));
}

/* The values of all lines are one list (RFC 9110 section 5.3). */
static bool header_fits(struct vb_exchange *x,
                        const struct vb_parameter *parameter)
{
    const struct vb_fields *fields = &x->head.fields;
    struct vb_span value = {NULL, 0};
    unsigned lines = 0;

    for (unsigned i = 0; i < fields->count && lines < VB_LINES_MOST; i++) {
        if (!vb_span_ieq(fields->at[i].name, parameter->name))
            continue;
        value = lines++ == 0
                    ? fields->at[i].value
                    : vb_arena_printf(&x->arena, "%.*s, %.*s", VB_FMT(value),
                                      VB_FMT(fields->at[i].value));
    }
    if (lines == 0)
        return is_asked_for(x, parameter) || may_lack(x, parameter);
    return value_fits(x, parameter, value);
}

/* Of two of one name nobody knows which is the right one. */
static bool cookie_fits(struct vb_exchange *x,
                        const struct vb_parameter *parameter)
{
    struct vb_lines lines;
    struct vb_span value;

    vb_fields_lines(&x->head.fields, VB_FIELD_COOKIE, &lines);
    switch (vb_cookies_find(lines.at, lines.count, parameter->name, &value)) {
    case 0:
        return may_lack(x, parameter);
    case 1:
        return value_fits(x, parameter, value);
    default:
        return vb_params_complain(x, parameter, "comes more than once");
    }
}

/* --- all of them -----------------------------------------------------------
 */

static bool parameter_met(struct vb_exchange *x,
                          const struct vb_parameter *parameter)
{
    switch (parameter->in) {
    case VB_IN_QUERY:
        return query_fits(x, parameter);
    case VB_IN_HEADER:
        return header_fits(x, parameter);
    case VB_IN_COOKIE:
        return cookie_fits(x, parameter);
    default:
        return true;
    }
}

bool vb_params_demands_met(struct vb_exchange *x,
                           const struct vb_operation *operation)
{
    bool met = true;

    for (size_t i = 0; i < operation->parameter_count; i++)
        met &= parameter_met(x, &operation->parameters[i]);
    if (!met)
        x->reply.status = VB_STATUS_BAD_REQUEST;
    return met;
}
