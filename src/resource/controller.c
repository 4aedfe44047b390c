/* What a controller asks before and after its work. See controller.h. */
#include "resource/controller.h"

#include "content/json.h"
#include "flow/reply.h"
#include "http/media.h"
#include "http/method.h"
#include "resource/build.h"
#include "resource/coded.h"
#include "resource/params.h"

bool vb_controller_fits(struct vb_exchange *x)
{
    const struct vb_route *route = vb_built_of(x)->route;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    return vb_params_query_described(x, route) && vb_params_path_fits(x, route);
}

enum vb_answer vb_controller_exists(struct vb_exchange *x, vb_question *start)
{
    if (!vb_controller_fits(x))
        return VB_HALT;
    return vb_method_is_safe(x->head.method) &&
                   x->head.method != VB_METHOD_OPTIONS
               ? start(x)
               : VB_YES;
}

const struct vb_slot *vb_controller_slot(enum vb_method method,
                                         const struct vb_slot *post)
{
    static const struct vb_slot get_slot = {.content_ignored = true};
    static const struct vb_slot query_slot = {
        .parsed = vb_controller_parsed,
        .valid = vb_controller_valid,
    };

    switch (method) {
    case VB_METHOD_GET:
        return &get_slot;
    case VB_METHOD_QUERY:
        return &query_slot;
    case VB_METHOD_POST:
        return post;
    default:
        return NULL;
    }
}

/* --- the request's content --------------------------------------------------
 */

static bool takes_json(const struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);

    return content != NULL && content->kind == VB_MEDIA_JSON;
}

enum vb_answer vb_controller_json(struct vb_exchange *x)
{
    struct vb_json_error error;
    struct vb_json *json;
    enum vb_err err =
        vb_json_parse(vb_buf_span(&x->content), NULL, &json, &error);

    if (err != VB_OK)
        return vb_params_not_json(x, err, &error);
    vb_json_free(json);
    return VB_YES;
}

enum vb_answer vb_controller_parsed(struct vb_exchange *x)
{
    if (x->content.len == 0 && vb_built_operation(x)->request.required)
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("The request has no content."));
    return takes_json(x) ? vb_controller_json(x) : VB_YES;
}

enum vb_answer vb_controller_valid(struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);
    const struct vb_operation *operation = vb_built_operation(x);

    if (!takes_json(x) || content->schema == NULL)
        return VB_YES;
    return vb_params_content_fits(x, content->schema, vb_buf_span(&x->content),
                                  (unsigned)operation->invalid)
               ? VB_YES
               : VB_NO;
}

/* --- the outcome ------------------------------------------------------------
 */

struct vb_span vb_controller_type(const struct vb_exchange *x)
{
    return x->offer >= 0 ? x->resource->offers[x->offer].media_type
                         : VB_SPAN("application/octet-stream");
}

bool vb_controller_writes_json(const struct vb_exchange *x)
{
    return vb_is_any_json(vb_controller_type(x));
}

bool vb_controller_is_json(struct vb_span output)
{
    struct vb_json *json;

    if (vb_json_parse(output, NULL, &json, NULL) != VB_OK)
        return false;
    vb_json_free(json);
    return true;
}

bool vb_controller_may_say(int64_t status)
{
    switch (status) {
    case VB_STATUS_UNAUTHORIZED:
    case VB_STATUS_METHOD_NOT_ALLOWED:
    case VB_STATUS_PROXY_AUTHENTICATION_REQUIRED:
    case VB_STATUS_UPGRADE_REQUIRED:
    case VB_STATUS_RANGE_NOT_SATISFIABLE:
        return false;
    default:
        return status >= 400 && status <= 599;
    }
}

static struct vb_rep *present(struct vb_exchange *x, struct vb_span output)
{
    struct vb_rep *rep = vb_coded_base(&(struct vb_rep_draft){
        .media_type = vb_controller_type(x),
        .modified = VB_DATE_NONE,
        .content = output,
        .length = output.len,
        .vary = x->resource->vary,
        .cache_control = vb_reply_caching(x),
    });

    return rep == NULL ? NULL : vb_coded_now(x, rep);
}

enum vb_answer vb_controller_succeed(struct vb_exchange *x,
                                     struct vb_span output)
{
    const struct vb_route *route = vb_built_of(x)->route;
    struct vb_rep *rep;

    if (!vb_method_is_safe(x->head.method) &&
        !vb_tell(x, route->by_method[VB_METHOD_POST], false, output.len > 0)
             .content) {
        x->outcome.status = VB_STATUS_NO_CONTENT;
        return VB_YES;
    }
    rep = present(x, output);
    if (rep == NULL)
        return vb_reply_unavailable(x);
    vb_reply_current(x, rep);
    return VB_YES;
}

enum vb_answer vb_controller_problem(struct vb_exchange *x, unsigned status,
                                     struct vb_span document)
{
    x->reply.bytes = vb_arena_dup(&x->arena, document);
    if (x->reply.bytes.ptr == NULL)
        return vb_reply_refuse(x, VB_STATUS_INTERNAL_SERVER_ERROR, VB_SPAN(""));
    x->reply.content = VB_CONTENT_BYTES;
    vb_reply_field(x, VB_FIELD_CONTENT_TYPE,
                   VB_SPAN("application/problem+json"));
    return vb_reply_refuse(x, status, VB_SPAN(""));
}
