/*
 * Mutations: each field is a request of its own, made of its arguments and
 * asked inside of the one that came (flow/inner.h). So what is valid, permitted
 * and up to date is decided where it is for every request.
 *
 *     updateBook(id: 7, patch: {pages: 3}, ifMatch: "4.k3")
 *     PATCH /books/7   If-Match: "4.k3"   {"pages": 3}
 *         └─ 200 ─▶ what it is now; nothing was said ─▶ GET, of where it is
 */
#include "content/problem.h"
#include "http/method.h"
#include "http/status.h"
#include "resource/graph_part.h"

/* Bytes of content, going in and coming out. */
#define CONTENT_MOST ((size_t)1 << 20)
#define REPLY_MOST   ((size_t)4 << 20)
#define FIELDS_MOST  4

/* What is under way for a call; in the run's arena. */
struct mutation {
    struct vb__graph_run *run;
    struct vb_gql_call *call;
    const struct vb_gql_source *source;
    struct vb_inner_request request;
    struct vb_field_out fields[FIELDS_MOST];
    struct vb_buf content;
    struct vb_inner inner;
    struct vb_span key; /* of what the reply shows */
    bool looks;         /* it is a GET, of what has been changed */
    bool wants_look;    /* that is next */
    bool begins, over;  /* within vb__graph_mutate; it is done */
};

/* --- arguments as JSON -------------------------------------------------------
 */

static void write_value(struct vb_buf *json, const struct vb_gql_shape *shape,
                        const struct vb_gql_input_source *source,
                        const struct vb_gql_value *value);

static bool is_number(struct vb_span text)
{
    int64_t number;

    return vb_span_i64(text, &number);
}

static void write_members(struct vb_buf *json, const struct vb_gql_type *type,
                          const struct vb_gql_value *object)
{
    const struct vb_gql_argument *field = object->fields;

    vb_buf_char(json, '{');
    for (; field != NULL; field = field->next) {
        const struct vb_gql_input *input =
            type->kind == VB_GQL_TYPE_INPUT
                ? vb_gql_find_input(type->inputs, field->name)
                : NULL;
        const struct vb_gql_input_source *source =
            input == NULL ? NULL : input->owner;

        vb_json_write_string(json, source == NULL ? field->name : source->name);
        vb_buf_char(json, ':');
        write_value(json, input == NULL ? &type->shape : input->shape, source,
                    field->value);
        if (field->next != NULL)
            vb_buf_char(json, ',');
    }
    vb_buf_char(json, '}');
}

static void write_items(struct vb_buf *json, const struct vb_gql_shape *shape,
                        const struct vb_gql_input_source *source,
                        const struct vb_gql_value *list)
{
    const struct vb_gql_value *item = list->items;

    vb_buf_char(json, '[');
    for (; item != NULL; item = item->next) {
        write_value(json, shape->of != NULL ? shape->of : shape, source, item);
        if (item->next != NULL)
            vb_buf_char(json, ',');
    }
    vb_buf_char(json, ']');
}

/* A name of the schema's own is another in JSON, where it is no valid one. */
static void write_enum(struct vb_buf *json, const struct vb_gql_type *type,
                       struct vb_span text)
{
    const struct vb_gql_enum_value *value =
        type->kind == VB_GQL_TYPE_ENUM ? vb_gql_find_value(type, text) : NULL;

    vb_json_write_string(
        json, value != NULL && value->means.ptr != NULL ? value->means : text);
}

static void write_value(struct vb_buf *json, const struct vb_gql_shape *shape,
                        const struct vb_gql_input_source *source,
                        const struct vb_gql_value *value)
{
    switch (value->kind) {
    case VB_GQL_OBJECT:
        write_members(json, shape->type, value);
        break;
    case VB_GQL_LIST:
        write_items(json, shape, source, value);
        break;
    case VB_GQL_ENUM:
        write_enum(json, shape->type, value->text);
        break;
    case VB_GQL_STRING:
        if (source != NULL && source->numeric && is_number(value->text))
            vb_buf_append(json, value->text);
        else
            vb_json_write_string(json, value->text);
        break;
    case VB_GQL_NULL:
        vb_buf_str(json, "null");
        break;
    default:
        vb_buf_append(json, value->text);
        break;
    }
}

/* --- the request -------------------------------------------------------------
 */

static void add_field(struct mutation *m, struct vb_span name,
                      struct vb_span value)
{
    m->fields[m->request.field_count++] = (struct vb_field_out){name, value};
    m->request.fields = m->fields;
}

static struct vb_span media_type(const struct vb_operation *operation)
{
    bool patches = operation->method == VB_METHOD_PATCH;
    enum vb_media_kind kind = patches ? VB_MEDIA_MERGE_PATCH : VB_MEDIA_JSON;

    for (size_t i = 0; i < operation->request.media_count; i++)
        if (operation->request.media[i].kind == kind &&
            !operation->request.media[i].range)
            return operation->request.media[i].text;
    return patches ? VB_SPAN("application/merge-patch+json")
                   : VB_SPAN("application/json");
}

/* As GET shows it, or without the quotes that GraphQL would have escaped. */
static struct vb_span tag_of(struct mutation *m, struct vb_span text)
{
    if (vb_span_eq(text, VB_SPAN("*")) || vb_span_find(text, '"', 0) >= 0)
        return text;
    return vb_arena_printf(&m->run->arena, "\"%.*s\"", VB_FMT(text));
}

static void take_argument(struct mutation *m, const struct vb_gql_input *input,
                          const struct vb_gql_value *value)
{
    if (input->owner == &vb_gql_input_content) {
        write_value(&m->content, input->shape, NULL, value);
        m->request.content = vb_buf_span(&m->content);
        add_field(m, VB_SPAN("Content-Type"), media_type(m->source->operation));
    } else if (input->owner == &vb_gql_input_if_match &&
               value->kind == VB_GQL_STRING) {
        add_field(m, VB_SPAN("If-Match"), tag_of(m, value->text));
    }
}

/* False: no memory, or the arguments make no path. */
static bool make_request(struct mutation *m)
{
    const struct vb_gql_call *call = m->call;
    const struct vb_route *route = m->source->route;
    const struct vb_span *variables = vb__graph_variables(m->run, call, route);

    if (variables == NULL)
        return false;
    m->request.method = vb_method_name(m->source->operation->method);
    m->request.target = vb_route_key(m->run->x, route, variables,
                                     vb_template_variables(&route->template));
    m->key = m->request.target;
    for (const struct vb_gql_argument *given = call->arguments; given != NULL;
         given = given->next)
        take_argument(m, vb_gql_find_input(call->field->arguments, given->name),
                      given->value);
    add_field(m, VB_SPAN("Prefer"), VB_SPAN("return=representation"));
    return m->request.target.len > 0 && m->content.err == VB_OK;
}

/* --- what became of it -------------------------------------------------------
 */

static struct vb_json *content_of(const struct vb_inner *inner)
{
    struct vb_json *json;

    if (!vb_is_any_json(vb_inner_field(inner, VB_FIELD_CONTENT_TYPE)) ||
        vb_json_parse(inner->content, NULL, &json, NULL) != VB_OK)
        return NULL;
    return json;
}

/* "Precondition Failed" as PRECONDITION_FAILED; two have names that clients
 * know. */
static struct vb_span code_of(struct vb__graph_run *run, unsigned status)
{
    struct vb_span reason = vb_status_reason((int)status);
    char *text = vb_arena_alloc(&run->arena, reason.len + 1);

    if (status == VB_STATUS_UNAUTHORIZED)
        return VB_SPAN("UNAUTHENTICATED");
    for (size_t i = 0; text != NULL && i < reason.len; i++) {
        char c = reason.ptr[i];

        text[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : '_';
        if (c >= 'A' && c <= 'Z')
            text[i] = c;
    }
    return text == NULL ? VB_SPAN("") : vb_span_of(text, reason.len);
}

/* The problem document is told with it: where what is wrong is. */
static struct vb_gql_result failure(struct mutation *m, struct vb_json *problem)
{
    struct vb__graph_run *run = m->run;
    unsigned status = m->inner.status;
    yyjson_val *root = problem == NULL ? NULL : problem->root;
    struct vb_span message =
        root == NULL ? VB_SPAN("") : vb_json_member_text(root, "detail");
    struct vb_buf text;
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_ERROR};

    if (message.len == 0)
        message = vb_status_reason((int)status);
    vb_buf_init(&text, VB_PROBLEM_BYTES_MOST);
    vb_buf_printf(&text, "{\"code\":\"%.*s\",\"status\":%u",
                  VB_FMT(code_of(run, status)), status);
    if (root != NULL) {
        vb_buf_str(&text, ",\"problem\":");
        vb_json_write(&text, root);
    }
    vb_buf_char(&text, '}');
    result.text = vb_arena_dup(&run->arena, message);
    if (text.err == VB_OK)
        result.extensions = vb_arena_dup(&run->arena, vb_buf_span(&text));
    vb_buf_done(&text);
    return result;
}

static struct vb_gql_result truth(const char *text)
{
    return (struct vb_gql_result){.kind = VB_GQL_RESULT_JSON,
                                  .text = vb_span_str(text)};
}

static bool is_deletion(const struct mutation *m)
{
    return !m->looks && m->source->operation->method == VB_METHOD_DELETE;
}

/* Where what is shown is: whatever it is part of is found by that. */
static struct vb_span place_of(struct mutation *m)
{
    struct vb_span location =
        vb_inner_field(&m->inner, VB_FIELD_CONTENT_LOCATION);

    if (location.len == 0 && m->inner.status == VB_STATUS_CREATED)
        location = vb_inner_field(&m->inner, VB_FIELD_LOCATION);
    return vb_span_starts(location, VB_SPAN("/"))
               ? vb_arena_dup(&m->run->arena, location)
               : m->key;
}

/* Of which route what is shown is the state. */
static const struct vb_route *route_shown(const struct vb_route *route)
{
    if (route->action != NULL && route->action->target != NULL)
        return route->action->target;
    return route->member != NULL ? route->member : route;
}

/* Of what is shown: what a change has made of it, or what a GET says. */
static struct vb_span etag_of(const struct mutation *m)
{
    return m->inner.etag.len > 0 ? m->inner.etag
                                 : vb_inner_field(&m->inner, VB_FIELD_ETAG);
}

/* Takes over the JSON, if any. */
static struct vb_gql_result success(struct mutation *m, struct vb_json *json)
{
    const struct vb_gql_shape *shape = m->call->field->shape;
    bool of_resource = shape->of == NULL && vb_gql_is_resource(shape->type);
    struct vb__graph_node *node;

    m->key = place_of(m);
    if (is_deletion(m) && shape->type->scalar == VB_GQL_SCALAR_BOOLEAN) {
        vb_json_free(json);
        return truth("true");
    }
    if (json == NULL) {
        m->wants_look = of_resource && !m->looks;
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_NULL};
    }
    node = vb__graph_node_shown(m->run, route_shown(m->source->route), m->key,
                                etag_of(m), json);
    return vb__graph_show(m->run, shape, node);
}

static void replied(struct vb_inner *inner)
{
    struct mutation *m = inner->context;
    struct vb_json *json = content_of(inner);
    unsigned status = inner->status;
    bool absent = status == VB_STATUS_NOT_FOUND || status == VB_STATUS_GONE;

    if (m->run->called_off) {
        vb_json_free(json);
        return;
    }
    if (status < 300) {
        vb__graph_all(m->call, success(m, json));
        return;
    }
    vb__graph_all(m->call,
                  is_deletion(m) && absent ? truth("false") : failure(m, json));
    vb_json_free(json);
}

/* --- asking ------------------------------------------------------------------
 */

static void done(struct vb_inner *inner);

static void begin(struct mutation *m)
{
    m->inner = (struct vb_inner){
        .outer = m->run->x,
        .most = REPLY_MOST,
        .reply = replied,
        .done = done,
        .context = m,
    };
    m->run->inner = &m->inner;
    if (vb_inner_begin(&m->inner, &m->request))
        return;
    vb__graph_all(m->call, vb__graph_failed(m->run, VB_ERR_NOMEM));
    done(&m->inner);
}

/* Where nothing was said of what is there now, it is looked at. */
static void done(struct vb_inner *inner)
{
    struct mutation *m = inner->context;
    struct vb__graph_run *run = m->run;

    run->inner = NULL;
    if (m->wants_look && !run->called_off) {
        m->wants_look = false;
        m->looks = true;
        m->request = (struct vb_inner_request){.method = VB_SPAN("GET"),
                                               .target = m->key};
        begin(m);
        return;
    }
    vb_buf_done(&m->content);
    m->over = true;
    if (m->begins)
        return;
    vb_gql_execution_complete(run->execution, m->call);
    vb__graph_go_on(run);
}

bool vb__graph_mutate(struct vb__graph_run *run, struct vb_gql_call *call)
{
    struct mutation *m = vb_arena_calloc(&run->arena, 1, sizeof(*m));

    if (m == NULL)
        return true;
    m->run = run;
    m->call = call;
    m->source = call->field->owner;
    vb_buf_init(&m->content, CONTENT_MOST);
    if (!make_request(m)) {
        vb_buf_done(&m->content);
        vb__graph_all(call, vb__graph_error(run, "BAD_REQUEST",
                                            VB_SPAN("the arguments make no "
                                                    "request")));
        return true;
    }
    run->waiting++;
    m->begins = true;
    begin(m);
    m->begins = false;
    run->waiting -= m->over;
    return m->over;
}
