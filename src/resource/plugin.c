/* Controllers that call a plugin: its handles stand where those of a mounted
 * handler do, behind what the description says. See plugin.h. */
#include "resource/plugin.h"

#include "flow/reply.h"
#include "resource/build.h"
#include "resource/controller.h"
#include "resource/handler.h"

/* Where a request is only rehearsed, nothing was loaded. */
static enum vb_answer not_loaded(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_NOT_IMPLEMENTED,
                           VB_SPAN("No plugins are called here."));
}

static struct vb_handling call_of(struct vb_exchange *x, vb_handle *handle)
{
    const struct vb_built *built = vb_built_of(x);
    const struct vb_plugin_file *file = built->route->action->plugin;

    return (struct vb_handling){
        .handle = handle,
        .self = built->plugged->self,
        .route = built->route,
        .media_type = vb_controller_type(x),
        .output = file->output,
        .json = vb_controller_writes_json(x),
        .label = file->name,
    };
}

static enum vb_answer plugged_exists(struct vb_exchange *x)
{
    const struct vb_built *built = vb_built_of(x);
    struct vb_handling call;

    if (!vb_controller_fits(x))
        return VB_HALT;
    if (x->head.method != VB_METHOD_GET && x->head.method != VB_METHOD_HEAD)
        return VB_YES;
    if (built->plugged == NULL)
        return not_loaded(x);
    call = call_of(x, built->plugged->plugin->get);
    return vb_handling_get(x, &call);
}

static enum vb_answer plugged_commit(struct vb_exchange *x)
{
    const struct vb_built *built = vb_built_of(x);
    const struct vb_operation *post = built->route->by_method[VB_METHOD_POST];
    const struct vb_described_response *created =
        vb_response_find(post, VB_STATUS_CREATED);
    struct vb_handling call;
    enum vb_answer answer;

    if (built->plugged == NULL)
        return not_loaded(x);
    call = call_of(x, built->plugged->plugin->post);
    call.creates = created != NULL && created->status != 0;
    answer = vb_handling_commit(x, &call);
    if (answer == VB_YES && !x->outcome.created &&
        !vb_tell(x, post, false, x->current != NULL).content)
        x->outcome.status = VB_STATUS_NO_CONTENT;
    return answer;
}

const struct vb_slot *vb_plugged_slot(enum vb_method method)
{
    static const struct vb_slot get_slot = {.content_ignored = true};
    static const struct vb_slot post_slot = {
        .creates = true,
        .content_optional = true,
        .parsed = vb_controller_parsed,
        .valid = vb_controller_valid,
        .commit = plugged_commit,
    };

    switch (method) {
    case VB_METHOD_GET:
        return &get_slot;
    case VB_METHOD_POST:
        return &post_slot;
    default:
        return NULL;
    }
}

void vb_plugged_init(struct vb_resource *resource)
{
    const struct vb_built *built = resource->data;

    resource->exists = plugged_exists;
    resource->max_content = built->route->action->plugin->input;
}
