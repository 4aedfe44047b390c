/*
 * Controllers of the kind `merge`: POST applies a JSON Merge Patch (RFC 7396)
 * to a target document. The patch is the description's own, and may then set
 * what clients may not; or it is the request's content.
 *
 * The controller is about its target: that must exist, preconditions are held
 * against it, and the reply shows what has become of it.
 */
#include "resource/merge.h"

#include "content/merge.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "resource/accounts.h"
#include "resource/build.h"
#include "resource/document.h"
#include "resource/target.h"

static const struct vb_route *route_of(const struct vb_exchange *x)
{
    return vb_built_of(x)->route;
}

static enum vb_answer apply(struct vb_stored *stored, yyjson_val *patch)
{
    struct vb_exchange *x = stored->x;
    yyjson_val *before = vb_stored_before(stored);
    struct vb_json *after;
    enum vb_err err;

    if (before == NULL)
        return vb_reply_refuse(
            x, VB_STATUS_CONFLICT,
            VB_SPAN("What is there is not JSON, so there is nothing "
                    "that this could change."));
    err = vb_merge_apply(before, patch, NULL, &after);
    if (err != VB_OK)
        return vb_document_beyond(x, err);
    vb_stored_input(stored, after);
    return VB_YES;
}

static enum vb_answer merge_received(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    if (stored->received || route_of(x)->action->patch != NULL)
        return VB_YES;
    return vb_intake_buffer(x, vb_document_limit(x));
}

static enum vb_answer merge_parsed(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    yyjson_val *patch = route_of(x)->action->patch;
    enum vb_answer answer;

    if (patch != NULL)
        return apply(stored, patch);
    answer = vb_document_parse(stored);
    return answer == VB_YES ? apply(stored, stored->input->root) : answer;
}

unsigned vb_merge_purpose(const struct vb_route *route)
{
    return route->action != NULL && route->action->patch != NULL
               ? VB_COMPOSE_BY_SERVER
               : VB_COMPOSE_STATE;
}

static enum vb_answer merge_valid(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    const struct vb_state *state = stored->route->state;

    return vb_document_check(stored, state == NULL ? NULL : state->schema,
                             (unsigned)stored->operation->invalid,
                             vb_merge_purpose(route_of(x)));
}

static enum vb_answer merge_commit(struct vb_exchange *x)
{
    return vb_document_write(x->state, vb_merge_purpose(route_of(x)));
}

const struct vb_slot *vb_merge_slot(enum vb_method method)
{
    static const struct vb_slot post_slot = {
        .content_optional = true,
        .received = merge_received,
        .parsed = merge_parsed,
        .valid = merge_valid,
        .consistent = vb_accounts_consistent,
        .commit = merge_commit,
    };

    return method == VB_METHOD_POST ? &post_slot : NULL;
}

void vb_merge_init(struct vb_resource *resource)
{
    resource->exists = vb_target_exists;
}
