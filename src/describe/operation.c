/* Path Item and Operation Objects (OpenAPI) to a route and its operations. */
#include "describe/read.h"

/* The fixed fields, in the order in which Allow names methods. */
static const struct {
    const char *field;
    enum vb_method method;
    unsigned since; /* OpenAPI 3.x */
} fields[] = {
    {"get", VB_METHOD_GET, 0},       {"head", VB_METHOD_HEAD, 0},
    {"post", VB_METHOD_POST, 0},     {"put", VB_METHOD_PUT, 0},
    {"delete", VB_METHOD_DELETE, 0}, {"options", VB_METHOD_OPTIONS, 0},
    {"trace", VB_METHOD_TRACE, 0},   {"patch", VB_METHOD_PATCH, 0},
    {"query", VB_METHOD_QUERY, 2},
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

/* Members of a Path Item Object that are no operations. */
static const char *const others[] = {
    "$ref",    "summary",    "description",
    "servers", "parameters", "additionalOperations",
};

/* Lower case without extensions: a mistyped method would not be served and
 * nobody would know. */
static void check_names(struct vb__reader *r, yyjson_val *path_item)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(path_item, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        bool known = vb_span_starts(vb_json_text(name), VB_SPAN("x-"));

        for (size_t k = 0; k < FIELD_COUNT; k++)
            known |= yyjson_equals_str(name, fields[k].field) &&
                     fields[k].since <= r->minor;
        for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
            known |= yyjson_equals_str(name, others[k]);
        if (!known)
            vb__error(r, name,
                      "\"%.*s\" is neither an operation nor another member of "
                      "a path item in OpenAPI 3.%u",
                      VB_FMT(vb_json_text(name)), r->minor);
    }
}

/* --- operations ---------------------------------------------------------- */

static bool demands_precondition(struct vb__reader *r, yyjson_val *path_item,
                                 yyjson_val *val)
{
    static const char key[] = "require-precondition";
    yyjson_val *own = vb__extension_get(r, val, VB__AT_OPERATION, key);
    yyjson_val *outer = vb__extension_get(r, path_item, VB__AT_PATH, key);

    if (own)
        return yyjson_get_bool(own);
    return outer ? yyjson_get_bool(outer) : r->require_precondition;
}

static struct vb_span read_hints(struct vb__reader *r, yyjson_val *path_item,
                                 yyjson_val *val)
{
    yyjson_val *own = vb__extension_get(r, val, VB__AT_OPERATION, "hints");
    yyjson_val *outer = vb__extension_get(r, path_item, VB__AT_PATH, "hints");

    if (own == NULL)
        own = outer;
    return own != NULL ? vb__hints_link(r, own) : VB_SPAN("");
}

/* Of a path: its POST and PATCH, which are not idempotent by themselves. */
static bool demands_key(struct vb__reader *r, yyjson_val *path_item,
                        yyjson_val *val, enum vb_method method)
{
    static const char key[] = "idempotency-key";

    if (vb_method_is_safe(method))
        return false;
    return vb__extension_get(r, val, VB__AT_OPERATION, key) != NULL ||
           (!vb_method_info(method)->idempotent &&
            vb__extension_get(r, path_item, VB__AT_PATH, key) != NULL);
}

/* What is not required and may be anything is nothing to look at. */
static bool has_demands(const struct vb_operation *op)
{
    for (size_t i = 0; i < op->parameter_count; i++) {
        const struct vb_parameter *p = &op->parameters[i];
        bool apart = p->in == VB_IN_HEADER || p->in == VB_IN_COOKIE;

        if ((p->required && (apart || p->in == VB_IN_QUERY)) ||
            (apart && p->schema))
            return true;
    }
    return false;
}

static void read_operation(struct vb__reader *r, yyjson_val *path_item,
                           yyjson_val *name, yyjson_val *val,
                           struct vb_operation *op)
{
    struct vb_parameter *parameters;

    op->place = vb__spot(r, name);
    if (!vb__must_be_object(r, val))
        return;
    op->source = val;
    vb__extension(r, val, vb__at_operation(op->method));
    op->require_precondition = demands_precondition(r, path_item, val) &&
                               !vb_method_is_safe(op->method) &&
                               op->method != VB_METHOD_POST;
    if (op->method == VB_METHOD_GET)
        op->hints = read_hints(r, path_item, val);
    op->require_key = demands_key(r, path_item, val, op->method);
    vb__parameters_read(r, path_item, val, &parameters, &op->parameter_count);
    op->parameters = parameters;
    op->demands = has_demands(op);
    vb__request_read(r, val, &op->request);
    vb__responses_read(r, val, &op->responses, &op->response_count);
    op->security = yyjson_obj_get(val, "security") != NULL && !r->foreign
                       ? vb__security_read(r, val)
                       : r->security;
    op->operation_id = vb__string(r, val, "operationId");
    op->summary = vb__string(r, val, "summary");
}

/* 3.2: methods without a field of their own. */
static void read_additional(struct vb__reader *r, yyjson_val *path_item,
                            yyjson_val *additional, struct vb_operation *list,
                            size_t *count)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(additional, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        struct vb_operation *op = &list[*count];

        op->name = vb_json_text(name);
        op->method = vb_method_find(op->name);
        for (size_t k = 0; k < FIELD_COUNT; k++) {
            if (fields[k].method == op->method)
                vb__error(r, name, "%.*s has a field of its own: %s",
                          VB_FMT(op->name), fields[k].field);
        }
        read_operation(r, path_item, name, yyjson_obj_iter_get_val(name), op);
        ++*count;
    }
}

static void read_operations(struct vb__reader *r, yyjson_val *path_item,
                            struct vb_route *route)
{
    yyjson_val *additional =
        r->minor >= 2 ? vb__object(r, path_item, "additionalOperations") : NULL;
    struct vb_operation *list = VB__NEW(
        r, struct vb_operation, FIELD_COUNT + yyjson_obj_size(additional));
    size_t count = 0;

    if (!list)
        return;
    for (size_t k = 0; k < FIELD_COUNT; k++) {
        yyjson_val *val = yyjson_obj_get(path_item, fields[k].field);
        struct vb_operation *op = &list[count];

        if (!val || fields[k].since > r->minor)
            continue;
        op->method = fields[k].method;
        op->name = vb_method_name(op->method);
        /* A value's key stands right before it. */
        read_operation(r, path_item, val - 1, val, op);
        count++;
    }
    read_additional(r, path_item, additional, list, &count);
    for (size_t i = 0; i < count; i++) {
        if (list[i].method != VB_METHOD_UNKNOWN)
            route->by_method[list[i].method] = &list[i];
    }
    route->operations = list;
    route->operation_count = count;
}

/* --- variables ----------------------------------------------------------- */

static const struct vb_parameter *
find_parameter(const struct vb_parameter *list, size_t count,
               struct vb_span name)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].in == VB_IN_PATH && vb_span_eq(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

/* The first operation that declares the variable decides what it is. */
static const struct vb_parameter *find_variable(struct vb__reader *r,
                                                struct vb_route *route,
                                                struct vb_span name,
                                                yyjson_val *path_item)
{
    struct vb_parameter *own;
    size_t count;

    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *op = &route->operations[i];
        const struct vb_parameter *p =
            find_parameter(op->parameters, op->parameter_count, name);

        if (p)
            return p;
    }
    vb__parameters_read(r, path_item, NULL, &own, &count);
    return find_parameter(own, count, name);
}

static void bind_variables(struct vb__reader *r, struct vb_route *route,
                           yyjson_val *path_item)
{
    for (size_t i = 0; i < route->template.segment_count; i++) {
        struct vb_segment *s =
            (struct vb_segment *)&route->template.segments[i];
        struct vb_parameter *p;

        if (s->kind != VB_SEGMENT_VARIABLE)
            continue;
        s->parameter = find_variable(r, route, s->text, path_item);
        if (s->parameter)
            continue;
        p = VB__NEW(r, struct vb_parameter, 1);
        if (!p)
            return;
        *p = (struct vb_parameter){.name = s->text,
                                   .in = VB_IN_PATH,
                                   .required = true,
                                   .types = VB_SCHEMA_STRING,
                                   .item_types = VB_SCHEMA_ANY,
                                   .place = route->place};
        s->parameter = p;
        vb__warn(r, "variable", &route->place,
                 "variable {%.*s} has no parameter; taken for any string",
                 VB_FMT(s->text));
    }
}

/* --- path items ---------------------------------------------------------- */

/* Only $ref counts then; what stands beside it would be lost silently. */
static void check_siblings(struct vb__reader *r, yyjson_val *path_item)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (!yyjson_obj_get(path_item, "$ref"))
        return;
    yyjson_obj_iter_init(path_item, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        if (!yyjson_equals_str(name, "$ref") &&
            !yyjson_equals_str(name, "summary") &&
            !yyjson_equals_str(name, "description"))
            vb__error(r, name, "\"%.*s\" beside $ref is not read",
                      VB_FMT(vb_json_text(name)));
    }
}

void vb__path_read(struct vb__reader *r, struct vb_route *route,
                   yyjson_val *key)
{
    yyjson_val *path_item = vb__follow(r, yyjson_obj_iter_get_val(key));

    route->place = vb__place(r, key);
    route->path =
        vb_arena_printf(r->arena, "%.*s%.*s", VB_FMT(r->into->public.base_path),
                        VB_FMT(vb_json_text(key)));
    vb__template_read(r, route, key);
    check_siblings(r, yyjson_obj_iter_get_val(key));
    if (!path_item || !vb__must_be_object(r, path_item))
        return;
    route->source = path_item;
    route->summary = vb__string(r, path_item, "summary");
    check_names(r, path_item);
    vb__extension(r, path_item, VB__AT_PATH);
    read_operations(r, path_item, route);
    bind_variables(r, route, path_item);
}
