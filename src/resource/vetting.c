/*
 * What goes on, held against what is described. See vetting.h.
 *
 * JSON is read whole, and goes on as it came, in its codings; what else there
 * is goes through.
 */
#include "resource/vetting.h"

#include "content/json.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "http/method.h"
#include "resource/build.h"
#include "resource/controller.h"
#include "resource/params.h"

/* x->state until the content is judged. */
struct vetting {
    struct vb_buf raw; /* the content in its codings */
};

const struct vb_operation *vb_vetting_operation(const struct vb_exchange *x)
{
    const struct vb_route *route = vb_built_of(x)->route;

    return route->by_method[x->head.method == VB_METHOD_HEAD ? VB_METHOD_GET
                                                             : x->head.method];
}

static enum vb_answer held(struct vb_exchange *x)
{
    return vb_vetting_operation(x) != NULL ? VB_YES : VB_NO;
}

static bool query_fits(struct vb_exchange *x)
{
    const struct vb_route *route = vb_built_of(x)->route;

    return route->gateway->passes ? vb_params_query_known(x, route)
                                  : vb_params_query_described(x, route);
}

static enum vb_answer fits(struct vb_exchange *x)
{
    const struct vb_operation *operation = vb_vetting_operation(x);

    if (!operation->served)
        return vb_reply_refuse(x, VB_STATUS_NOT_IMPLEMENTED,
                               operation->why_not);
    if (!vb_params_path_fits(x, vb_built_of(x)->route) || !query_fits(x))
        return VB_NO;
    return !operation->demands || vb_params_demands_met(x, operation) ? VB_YES
                                                                      : VB_NO;
}

/* --- content ----------------------------------------------------------------
 */

static bool is_patch(const struct vb_content *content)
{
    return content->kind == VB_MEDIA_MERGE_PATCH ||
           content->kind == VB_MEDIA_JSON_PATCH;
}

/* A range, such as two stars, may be said of JSON, and what comes be none. */
static bool is_json(const struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);

    return content != NULL &&
           (content->kind == VB_MEDIA_JSON || is_patch(content)) &&
           vb_is_any_json(x->media_type);
}

/* That some must be there is said of methods that give content a meaning (RFC
 * 9110 section 9.3). */
static bool lacks_content(const struct vb_exchange *x)
{
    return vb_vetting_operation(x)->request.required && !x->head.has_content &&
           vb_method_info(x->head.method)->content == VB_METHOD_CONTENT_DEFINED;
}

static enum vb_answer judged(struct vb_exchange *x)
{
    return (x->head.has_content && is_json(x)) || lacks_content(x) ? VB_YES
                                                                   : VB_NO;
}

static void vetting_done(struct vb_exchange *x)
{
    struct vetting *vetting = x->state;

    vb_buf_done(&vetting->raw);
}

static enum vb_answer received(struct vb_exchange *x)
{
    uint64_t limit = x->env->limits->max_document;
    struct vetting *vetting;

    if (x->coding_count == 0)
        return vb_intake_buffer(x, limit);
    vetting = vb_arena_calloc(&x->arena, 1, sizeof(*vetting));
    if (vetting == NULL)
        return vb_reply_unavailable(x);
    x->state = vetting;
    x->state_done = vetting_done;
    return vb_intake_buffer_both(x, limit, &vetting->raw);
}

static enum vb_answer parsed(struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);

    return content != NULL && is_patch(content) ? vb_controller_json(x)
                                                : vb_controller_parsed(x);
}

/* A patch is judged by what comes of it, which the other server knows. */
static enum vb_answer valid(struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);
    struct vetting *vetting = x->state;
    enum vb_answer answer =
        content != NULL && is_patch(content) ? VB_YES : vb_controller_valid(x);

    if (answer != VB_YES || vetting == NULL)
        return answer;
    vb_buf_done(&x->content);
    x->content = vetting->raw; /* as it came */
    x->state = NULL;
    x->state_done = NULL;
    return answer;
}

const struct vb_slot vb_vetting_slot = {
    .content_optional = true,
    .received = received,
    .parsed = parsed,
    .valid = valid,
};

void vb_vetting_put(struct vb_forwarding *forwarding)
{
    forwarding->held = held;
    forwarding->fits = fits;
    forwarding->judged = judged;
}
