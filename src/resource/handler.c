/*
 * Resources in C. The handler of a safe method is called where the flow asks
 * whether something exists, since what it writes is the representation that
 * the preconditions are about; that of an unsafe one where the flow commits.
 */
#include "resource/handler.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "flow/reply.h"
#include "http/chars.h"
#include "http/field.h"
#include "http/method.h"
#include "http/query.h"
#include "resource/coded.h"
#include "resource/controller.h"

/* Bytes that a mounted handler may write. */
#define MAX_CONTENT ((uint64_t)16 * 1024 * 1024)

/* Both are one exchange, seen from two sides. */
struct vb_request {
    struct vb_exchange *x;
    const struct vb_handling *call;
};

struct vb_response {
    struct vb_exchange *x;
    const struct vb_handling *call;
    struct vb_buf content;
    struct vb_span tag;
    int64_t modified;
};

enum vb_method vb_request_method(const struct vb_request *request)
{
    return request->x->head.method;
}

struct vb_span vb_request_path(const struct vb_request *request)
{
    return request->x->key;
}

struct vb_span vb_request_query(const struct vb_request *request)
{
    return request->x->head.query;
}

struct vb_span vb_request_parameter(const struct vb_request *request,
                                    const char *name)
{
    struct vb_span wanted = vb_span_str(name);
    struct vb_exchange *x = request->x;
    struct vb_query_pair pair;
    struct vb_query query;

    vb_query_init(&query, &x->arena, x->head.query);
    while (x->head.has_query && vb_query_next(&query, &pair))
        if (vb_span_eq(pair.name, wanted))
            return vb_arena_dup(&x->arena, pair.value);
    return vb_span_of(NULL, 0);
}

struct vb_span vb_request_variable(const struct vb_request *request,
                                   const char *name)
{
    const struct vb_route *route = request->call->route;
    struct vb_exchange *x = request->x;
    size_t variable = 0;

    for (size_t i = 0; route != NULL && i < route->template.segment_count;
         i++) {
        const struct vb_segment *segment = &route->template.segments[i];

        if (segment->kind != VB_SEGMENT_VARIABLE)
            continue;
        if (vb_span_eq(segment->text, vb_span_str(name)))
            return vb_arena_dup(&x->arena, x->variables[variable]);
        variable++;
    }
    return vb_span_of(NULL, 0);
}

struct vb_span vb_request_field(const struct vb_request *request,
                                const char *name)
{
    const struct vb_fields *fields = &request->x->head.fields;
    struct vb_span wanted = vb_span_str(name);

    for (unsigned i = 0; i < fields->count; i++)
        if (vb_span_ieq(fields->at[i].name, wanted))
            return fields->at[i].value;
    return vb_span_of(NULL, 0);
}

struct vb_span vb_request_content(const struct vb_request *request)
{
    return vb_buf_span(&request->x->content);
}

struct vb_span vb_response_media_type(const struct vb_response *response)
{
    return response->call->media_type;
}

void vb_response_write(struct vb_response *response, const void *bytes,
                       size_t len)
{
    vb_buf_append(&response->content, vb_span_of(bytes, len));
}

void vb_response_printf(struct vb_response *response, const char *format, ...)
{
    va_list args;
    char *at;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    at = len < 0 ? NULL : vb_buf_reserve(&response->content, (size_t)len + 1);
    if (at == NULL)
        return;
    va_start(args, format);
    vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    response->content.len += (size_t)len;
}

/* What is about the connection, and fields of one line that are told from what
 * the handler wrote (RFC 9110 sections 5.3 and 7.6.1). */
static bool is_ours(struct vb_span name)
{
    enum vb_field_id id = vb_field_find(name);

    switch (id) {
    case VB_FIELD_CONTENT_LENGTH:
    case VB_FIELD_CONTENT_TYPE:
    case VB_FIELD_DATE:
    case VB_FIELD_ETAG:
    case VB_FIELD_LAST_MODIFIED:
        return true;
    default:
        return vb_field_is(id, VB_FIELD_IS_HOP);
    }
}

static bool is_line_safe(struct vb_span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (vb_char_is(value.ptr[i], VB_CHAR_CTL) && value.ptr[i] != '\t')
            return false;
    return true;
}

void vb_response_field(struct vb_response *response, const char *name,
                       const char *value)
{
    struct vb_arena *arena = &response->x->arena;
    struct vb_span key = vb_span_str(name), text = vb_span_str(value);

    if (!vb_token_valid(key) || is_ours(key) || !is_line_safe(text))
        return;
    key = vb_arena_dup(arena, key);
    text = vb_arena_dup(arena, text);
    if (key.ptr != NULL && text.ptr != NULL)
        vb_reply_add(response->x, key, text);
}

void vb_response_tag(struct vb_response *response, const char *tag)
{
    struct vb_span text = vb_span_str(tag);

    if (text.len <= 64 && vb_chars_all(text, VB_CHAR_ETAGC))
        response->tag = vb_arena_dup(&response->x->arena, text);
}

void vb_response_modified(struct vb_response *response, int64_t unix_seconds)
{
    int64_t now = response->x->env->now.unix_ms / 1000;

    /* Never later than Date (RFC 9110 section 8.8.2.1). */
    response->modified = unix_seconds < now ? unix_seconds : now;
}

/* --- calling a handler
 * -------------------------------------------------------------- */

/* Has the handler encoded what it wrote? */
static bool is_coded(const struct vb_exchange *x)
{
    for (size_t i = 0; i < x->reply.field_count; i++)
        if (vb_field_find(x->reply.fields[i].name) == VB_FIELD_CONTENT_ENCODING)
            return true;
    return false;
}

/* A handle says which state it is about, and not as what it shows that: two
 * media types have two strong tags (RFC 9110 section 8.8.3). */
static struct vb_span variant_of(struct vb_exchange *x)
{
    return x->offer > 0 ? vb_arena_printf(&x->arena, "%d", x->offer)
                        : VB_SPAN("");
}

static void take_representation(struct vb_exchange *x,
                                const struct vb_response *response)
{
    struct vb_span content = vb_buf_span(&response->content);
    struct vb_rep_draft draft = {
        .media_type = response->call->media_type,
        .tag_core = response->tag,
        .tag_variant = variant_of(x),
        .modified = response->modified,
        .content = content,
        .length = content.len,
        .vary = x->resource->vary,
    };

    if (content.len > 0 || vb_method_is_safe(x->head.method))
        vb_reply_current(x, is_coded(x) ? vb_rep_new(&draft)
                                        : vb_coded_base(&draft));
}

/* Is it a success that the description may have? One that is mounted has none.
 */
static bool is_described(const struct vb_handling *call, int status)
{
    return call->route == NULL || status == VB_STATUS_OK ||
           status == VB_STATUS_NO_CONTENT ||
           (status == VB_STATUS_CREATED && call->creates);
}

/* Why its success cannot be one, or NULL. */
static const char *why_wrong(const struct vb_handling *call, int status,
                             struct vb_span content)
{
    if (!is_described(call, status))
        return "succeeded with a status that is not described";
    if (call->json && content.len > 0 && !vb_controller_is_json(content))
        return "did not write JSON";
    return NULL;
}

/* What was written becomes the representation, or an error's detail. Gives the
 * status, which is another one where that cannot be. */
static int take_content(struct vb_exchange *x,
                        const struct vb_response *response, int status)
{
    struct vb_span content = vb_buf_span(&response->content);
    const char *wrong;

    if (status >= 300) {
        if (content.len > 0)
            vb_reply_detail(x, vb_arena_dup(&x->arena, content));
        return status;
    }
    wrong = why_wrong(response->call, status, content);
    if (wrong == NULL) {
        take_representation(x, response);
        return status;
    }
    vb_log(VB_LOG_ERROR, "%s: %s (%d)", response->call->label, wrong, status);
    vb_reply_detail(x, vb_arena_printf(&x->arena, "The plugin %s.", wrong));
    return VB_STATUS_INTERNAL_SERVER_ERROR;
}

static int call_handle(struct vb_exchange *x, const struct vb_handling *call)
{
    const struct vb_request request = {x, call};
    struct vb_response response = {
        .x = x, .call = call, .modified = VB_DATE_NONE};
    int status;

    vb_buf_init(&response.content, call->output);
    status = call->handle(call->self, &request, &response);
    if (status < 200 || status > 599)
        status = VB_STATUS_INTERNAL_SERVER_ERROR;
    if (response.content.err != VB_OK)
        status = VB_STATUS_SERVICE_UNAVAILABLE;
    else
        status = take_content(x, &response, status);
    vb_buf_done(&response.content);
    return status;
}

enum vb_answer vb_handling_get(struct vb_exchange *x,
                               const struct vb_handling *call)
{
    int status = call_handle(x, call);
    struct vb_rep *rep;

    if (status == VB_STATUS_NOT_FOUND) {
        x->selected.exists = false;
        return VB_NO;
    }
    if (status != VB_STATUS_OK || x->current == NULL)
        return vb_reply_refuse(x,
                               status == VB_STATUS_OK
                                   ? VB_STATUS_SERVICE_UNAVAILABLE
                                   : (unsigned)status,
                               VB_SPAN(""));
    rep = x->current;
    x->current = NULL;
    return vb_coded_select(x, (struct vb_coded_place){.key = VB_SPAN("")}, rep);
}

enum vb_answer vb_handling_commit(struct vb_exchange *x,
                                  const struct vb_handling *call)
{
    int status = call_handle(x, call);

    if (status != VB_STATUS_CREATED && status != VB_STATUS_OK &&
        status != VB_STATUS_NO_CONTENT) {
        return vb_reply_refuse(x, (unsigned)status, VB_SPAN(""));
    }
    x->outcome.created = status == VB_STATUS_CREATED;
    if (x->current != NULL)
        x->current = vb_coded_now(x, x->current);
    return VB_YES;
}

/* --- handlers that are mounted
 * ------------------------------------------------------ */

static vb_handle *handle_for(const struct vb_handler *handler,
                             enum vb_method method)
{
    switch (method) {
    case VB_METHOD_GET:
    case VB_METHOD_HEAD:
        return handler->get;
    case VB_METHOD_PUT:
        return handler->put;
    case VB_METHOD_POST:
        return handler->post;
    case VB_METHOD_PATCH:
        return handler->patch;
    case VB_METHOD_DELETE:
        return handler->del;
    default:
        return NULL;
    }
}

static struct vb_handling call_of(const struct vb_exchange *x)
{
    const struct vb_mounted *mounted = x->resource->data;

    return (struct vb_handling){
        .handle = handle_for(mounted->handler, x->head.method),
        .self = mounted->self,
        .media_type = mounted->offer.media_type,
        .output = MAX_CONTENT,
    };
}

static enum vb_answer handler_exists(struct vb_exchange *x)
{
    const struct vb_handling call = call_of(x);

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    return vb_method_is_safe(x->head.method) ? vb_handling_get(x, &call)
                                             : VB_YES;
}

static enum vb_answer handler_commit(struct vb_exchange *x)
{
    const struct vb_handling call = call_of(x);

    return vb_handling_commit(x, &call);
}

static const struct vb_slot get_slot = {.content_ignored = true};
static const struct vb_slot write_slot = {
    .creates = true,
    .content_optional = true,
    .commit = handler_commit,
};

enum vb_err vb_mounted_init(struct vb_mounted *mounted,
                            const struct vb_handler *handler, void *self)
{
    static const enum vb_method methods[] = {VB_METHOD_GET, VB_METHOD_PUT,
                                             VB_METHOD_POST, VB_METHOD_PATCH,
                                             VB_METHOD_DELETE};
    struct vb_resource *resource = &mounted->resource;

    *mounted = (struct vb_mounted){.handler = handler, .self = self};
    mounted->offer.media_type =
        vb_span_str(handler->media_type != NULL ? handler->media_type
                                                : "application/octet-stream");
    mounted->take.media_type =
        vb_span_str(handler->takes != NULL ? handler->takes : "*/*");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (handle_for(handler, methods[i]) == NULL)
            continue;
        resource->slots[methods[i]] =
            methods[i] == VB_METHOD_GET ? &get_slot : &write_slot;
        if (methods[i] != VB_METHOD_GET)
            mounted->take.methods |= VB_METHOD_BIT(methods[i]);
    }
    resource->kind = "handler";
    resource->data = mounted;
    resource->exists = handler_exists;
    resource->offers = &mounted->offer;
    resource->offer_count = 1;
    resource->takes = &mounted->take;
    resource->take_count = mounted->take.methods != 0;
    return vb_resource_seal(resource);
}

void vb_mounted_done(struct vb_mounted *mounted)
{
    vb_resource_done(&mounted->resource);
}
