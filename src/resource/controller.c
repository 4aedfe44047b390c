/* What a controller asks before and after its work. See controller.h. */
#include "resource/controller.h"

#include "content/json.h"
#include "flow/reply.h"
#include "http/media.h"
#include "resource/build.h"
#include "resource/params.h"

bool vb_controller_fits(struct vb_exchange *x)
{
    const struct vb_route *route = vb_built_of(x)->route;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    return vb_params_query_described(x, route) && vb_params_path_fits(x, route);
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
