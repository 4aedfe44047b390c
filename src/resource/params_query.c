/*
 * The query's parameters, pair by pair, as their styles have them (OpenAPI,
 * "Style Values"). See params.h.
 *
 *     tag=a&tag=b      form, exploded: the items of one list
 *     tag=a,b  tag=a|b not: one pair has them all
 *     at[x]=1&at[y]=2  deepObject: a member of one object each
 *     x=1&y=2          form, exploded, an object: likewise
 *
 * Objects are not looked into: what types their members are of, text does not
 * say.
 */
#include "flow/reply.h"
#include "http/query.h"
#include "resource/params.h"

/* What is done with what is described, and what is not. */
enum use { USE_NONE, USE_DESCRIBED, USE_KNOWN };

struct reading {
    struct vb_exchange *x;
    const struct vb_operation *operation; /* NULL: none is described */
    enum use use;
    bool *gathered; /* by parameter: all pairs of its list were looked at */
};

static bool is_object(const struct vb_parameter *parameter)
{
    unsigned types = parameter->types & ~(unsigned)VB_SCHEMA_NULL;

    return types == VB_SCHEMA_OBJECT && parameter->media_type.len == 0;
}

/* May any name be one of its members? */
static bool takes_any(const struct vb_parameter *parameter)
{
    return parameter->in == VB_IN_QUERYSTRING ||
           (parameter->in == VB_IN_QUERY && is_object(parameter) &&
            parameter->style == VB_STYLE_FORM && parameter->explode);
}

/* Is it by this name itself, or "name[member]"? */
static bool has_name(const struct vb_parameter *parameter, struct vb_span name)
{
    size_t len = parameter->name.len;

    if (parameter->in != VB_IN_QUERY)
        return false;
    if (parameter->style == VB_STYLE_DEEP_OBJECT)
        return name.len > len && name.ptr[len] == '[' &&
               vb_span_starts(name, parameter->name);
    return vb_span_eq(name, parameter->name);
}

bool vb_params_is_named(const struct vb_parameter *parameter,
                        struct vb_span name)
{
    return has_name(parameter, name) || takes_any(parameter);
}

static const struct vb_parameter *
find_parameter(const struct vb_operation *operation, struct vb_span name)
{
    const struct vb_parameter *any = NULL;

    for (size_t i = 0; operation != NULL && i < operation->parameter_count;
         i++) {
        if (has_name(&operation->parameters[i], name))
            return &operation->parameters[i];
        if (takes_any(&operation->parameters[i]))
            any = &operation->parameters[i];
    }
    return any;
}

static bool refuse(struct vb_exchange *x, unsigned status, struct vb_span name,
                   const char *detail)
{
    x->reply.status = (uint16_t)status;
    vb_reply_complain(x, VB_PROBLEM_PARAMETER, name, vb_span_str(detail));
    return false;
}

bool vb_params_parameter_fits(struct vb_exchange *x,
                              const struct vb_operation *operation,
                              struct vb_span name, struct vb_span value,
                              bool *ret_described)
{
    const struct vb_parameter *parameter = find_parameter(operation, name);

    *ret_described = parameter != NULL;
    return parameter == NULL || is_object(parameter) ||
           vb_params_text_fits(x, parameter, value);
}

/* --- lists ------------------------------------------------------------------
 */

/* How many values it has, and these, unless `ret_items` is NULL. */
static size_t gather(struct vb_exchange *x,
                     const struct vb_parameter *parameter,
                     struct vb_span *ret_items)
{
    struct vb_query_pair pair;
    struct vb_query query;
    size_t count = 0;

    vb_query_init(&query, &x->arena, x->head.query);
    while (vb_query_next(&query, &pair)) {
        if (!vb_span_eq(pair.name, parameter->name))
            continue;
        if (ret_items != NULL)
            ret_items[count] = pair.value;
        count++;
    }
    return count;
}

/* The same of one value. */
static size_t split(struct vb_span value, char between,
                    struct vb_span *ret_items)
{
    size_t count = 0;

    for (;;) {
        ssize_t end = vb_span_find(value, between, 0);

        if (ret_items != NULL)
            ret_items[count] =
                vb_span_head(value, end < 0 ? value.len : (size_t)end);
        count++;
        if (end < 0)
            return count;
        value = vb_span_from(value, (size_t)end + 1);
    }
}

static char between(const struct vb_parameter *parameter)
{
    switch (parameter->style) {
    case VB_STYLE_SPACE_DELIMITED:
        return ' ';
    case VB_STYLE_PIPE_DELIMITED:
        return '|';
    default:
        return ',';
    }
}

static bool list_fits(struct reading *reading,
                      const struct vb_parameter *parameter,
                      struct vb_span value)
{
    bool *gathered =
        &reading->gathered[parameter - reading->operation->parameters];
    struct vb_exchange *x = reading->x;
    struct vb_span *items;
    size_t count;

    if (*gathered)
        return true;
    *gathered = parameter->explode;
    count = parameter->explode ? gather(x, parameter, NULL)
                               : split(value, between(parameter), NULL);
    items = vb_arena_calloc(&x->arena, count, sizeof(*items));
    if (items == NULL)
        return vb_params_complain(x, parameter, "is too much to be checked");
    if (parameter->explode)
        gather(x, parameter, items);
    else
        split(value, between(parameter), items);
    return vb_params_items_fit(x, parameter, items, count);
}

/* --- all of them ------------------------------------------------------------
 */

static bool value_fits(struct reading *reading,
                       const struct vb_parameter *parameter,
                       struct vb_span value)
{
    if (parameter->in == VB_IN_QUERYSTRING || is_object(parameter))
        return true;
    return vb_params_is_list(parameter)
               ? list_fits(reading, parameter, value)
               : vb_params_text_fits(reading->x, parameter, value);
}

static bool take_pair(struct reading *reading, const struct vb_query_pair *pair)
{
    struct vb_exchange *x = reading->x;
    const struct vb_parameter *parameter =
        find_parameter(reading->operation, pair->name);

    if (parameter == NULL)
        return reading->use == USE_KNOWN ||
               refuse(x, VB_STATUS_BAD_REQUEST, pair->name, "is not known");
    if (!value_fits(reading, parameter, pair->value)) {
        x->reply.status = VB_STATUS_BAD_REQUEST;
        return false;
    }
    return reading->use != USE_NONE ||
           refuse(x, VB_STATUS_NOT_IMPLEMENTED, pair->name,
                  "is described, but this server does nothing with it");
}

static const struct vb_operation *operation_of(const struct vb_exchange *x,
                                               const struct vb_route *route)
{
    return route->by_method[x->head.method == VB_METHOD_HEAD ? VB_METHOD_GET
                                                             : x->head.method];
}

static bool take_query(struct vb_exchange *x, const struct vb_route *route,
                       enum use use)
{
    const struct vb_operation *operation = operation_of(x, route);
    struct reading reading = {.x = x, .operation = operation, .use = use};
    struct vb_query_pair pair;
    struct vb_query query;

    if (!x->head.has_query)
        return true;
    if (operation != NULL)
        reading.gathered = vb_arena_calloc(
            &x->arena, operation->parameter_count + 1, sizeof(bool));
    vb_query_init(&query, &x->arena, x->head.query);
    while (!x->arena.failed && vb_query_next(&query, &pair))
        if (!take_pair(&reading, &pair))
            return false;
    if (query.err == VB_OK && !x->arena.failed)
        return true;
    x->reply.status = VB_STATUS_BAD_REQUEST;
    vb_reply_detail(x, VB_SPAN("The query is malformed."));
    return false;
}

bool vb_params_query_fits(struct vb_exchange *x, const struct vb_route *route)
{
    return take_query(x, route, USE_NONE);
}

bool vb_params_query_described(struct vb_exchange *x,
                               const struct vb_route *route)
{
    return take_query(x, route, USE_DESCRIBED);
}

bool vb_params_query_known(struct vb_exchange *x, const struct vb_route *route)
{
    return take_query(x, route, USE_KNOWN);
}
