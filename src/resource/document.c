/*
 * Documents: the slots of a resource with one state of its own. Members of
 * collections and stores are documents too, and so are nodes of the open tree.
 */
#include "resource/document.h"

#include "content/merge.h"
#include "content/patch.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "resource/accounts.h"
#include "resource/build.h"
#include "resource/cached.h"
#include "resource/dependents.h"
#include "resource/params.h"
#include "resource/shown.h"

static const struct vb_route *route_of(const struct vb_exchange *x)
{
    return vb_built_of(x)->route;
}

/* --- exists
 * ------------------------------------------------------------------------- */

enum vb_answer vb_document_exists(struct vb_exchange *x)
{
    const struct vb_route *route = route_of(x);
    bool reads = vb_method_is_safe(x->head.method);
    enum vb_answer answer = VB_NO;
    struct vb_shown *shown = NULL;
    struct vb_stored *stored;

    if (x->head.has_query && (reads ? !vb_shown_ask(x, route, &shown)
                                    : !vb_params_query_fits(x, route)))
        return VB_HALT;
    if (reads && shown == NULL)
        answer = vb_cached_get(x, x->key);
    if (answer != VB_NO)
        return answer;
    if (!vb_params_path_fits(x, route))
        return VB_HALT;
    stored = vb_stored_get(x, route);
    if (stored == NULL)
        return VB_HALT;
    stored->shown = shown;
    return vb_stored_exists(stored);
}

/* --- content
 * ------------------------------------------------------------------------- */

uint64_t vb_document_limit(const struct vb_exchange *x)
{
    uint64_t limit = x->env->limits->max_document;

    return limit < VB_STORE_CHUNK ? limit : VB_STORE_CHUNK;
}

enum vb_answer vb_document_receive(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    const struct vb_content *content = vb_built_content(x);

    if (stored->received)
        return VB_YES;
    if (content != NULL && content->kind == VB_MEDIA_VERBATIM)
        return vb_blob_receive(stored);
    return vb_intake_buffer(x, vb_document_limit(x));
}

static enum vb_answer document_received(struct vb_exchange *x)
{
    return vb_document_receive(x->state);
}

/* For a value of VB_STORE_CHUNK bytes at most, which the intake sees to. */
static const struct vb_json_limits json_limits = {
    .bytes = VB_STORE_CHUNK,
    .memory = 64 * VB_STORE_CHUNK,
    .depth = 64,
};

/* The content as a JSON value, in stored->input. */
static enum vb_answer parse_json(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    struct vb_json_error error;
    struct vb_json *input;
    enum vb_err err;

    vb_stored_input(stored, NULL);
    if (x->content.len == 0)
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("The request has no content."));
    err = vb_json_parse(vb_buf_span(&x->content), &json_limits, &input, &error);
    if (err != VB_OK)
        return vb_params_not_json(x, err, &error);
    vb_stored_input(stored, input);
    return VB_YES;
}

enum vb_answer vb_document_parse(struct vb_stored *stored)
{
    const struct vb_content *content = vb_built_content(stored->x);

    stored->received = true;
    if (content != NULL && content->kind == VB_MEDIA_VERBATIM)
        return VB_YES;
    return parse_json(stored);
}

static enum vb_answer put_parsed(struct vb_exchange *x)
{
    return vb_document_parse(x->state);
}

enum vb_answer vb_document_beyond(struct vb_exchange *x, enum vb_err err)
{
    return vb_reply_refuse(x,
                           err == VB_ERR_LIMIT ? VB_STATUS_CONTENT_TOO_LARGE
                                               : VB_STATUS_SERVICE_UNAVAILABLE,
                           VB_SPAN(""));
}

/* --- patches
 * ----------------------------------------------------------------------------
 */

static enum vb_answer patch_failed(struct vb_exchange *x,
                                   const struct vb_patch_failure *failure)
{
    x->reply.status = (uint16_t)vb_patch_status(failure->fault);
    vb_reply_detail(x, vb_arena_dup(&x->arena, vb_span_str(failure->detail)));
    vb_reply_complain(x, VB_PROBLEM_POINTER,
                      vb_arena_dup(&x->arena, vb_span_str(failure->pointer)),
                      vb_arena_dup(&x->arena, vb_span_str(failure->detail)));
    return VB_HALT;
}

/* The default bounds; and what is write-only stays unseen. */
static struct vb_patch_limits patch_limits(struct vb_stored *stored)
{
    struct vb_patch_limits limits = vb_patch_limits_default;
    const struct vb_state *state = stored->route->state;
    struct vb_exchange *x = stored->x;
    struct vb_span *hidden;

    if (!vb_state_has_hidden(stored->route))
        return limits;
    hidden = vb_arena_calloc(&x->arena, state->property_count, sizeof(*hidden));
    limits.hidden = hidden;
    for (size_t i = 0; hidden != NULL && i < state->property_count; i++)
        if (state->properties[i].write_only)
            hidden[limits.hidden_count++] =
                vb_property_pointer(x, &state->properties[i]);
    return limits;
}

/* Turns stored->input from a patch into what the patch makes of the state. */
static enum vb_answer apply_patch(struct vb_stored *stored,
                                  enum vb_media_kind kind)
{
    struct vb_exchange *x = stored->x;
    yyjson_val *before = vb_stored_before(stored);
    struct vb_patch_failure failure = {.fault = VB_PATCH_EXCESSIVE};
    struct vb_patch_limits limits = patch_limits(stored);
    struct vb_json *after = NULL;
    enum vb_err err;

    if (x->arena.failed) { /* without all that is hidden, nothing is done */
        return vb_reply_unavailable(x);
    }
    if (stored->record != NULL && before == NULL)
        return vb_reply_refuse(
            x, VB_STATUS_CONFLICT,
            VB_SPAN("What is there is not JSON, so there is "
                    "nothing that this patch could change."));
    if (kind == VB_MEDIA_JSON_PATCH)
        err = vb_patch_apply(before, stored->input->root, &limits, &after,
                             &failure);
    else
        err = vb_merge_apply(before, stored->input->root, NULL, &after);
    if (err == VB_ERR_INVALID)
        return patch_failed(x, &failure);
    if (err != VB_OK)
        return vb_document_beyond(x, err);
    vb_stored_input(stored, after);
    return VB_YES;
}

static enum vb_answer patch_parsed(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    enum vb_answer answer;

    stored->received = true;
    answer = parse_json(stored);
    if (answer != VB_YES)
        return answer;
    return apply_patch(stored, vb_built_content(x)->kind);
}

/* --- validity
 * ------------------------------------------------------------------------------
 */

enum vb_answer vb_document_check(struct vb_stored *stored,
                                 const struct vb_schema *schema,
                                 unsigned invalid, unsigned purpose)
{
    struct vb_exchange *x = stored->x;
    enum vb_err err;

    if (schema == NULL)
        return VB_YES;
    err = vb_compose(stored, purpose | VB_COMPOSE_CHECK);
    if (err != VB_OK)
        return vb_document_beyond(x, err);
    return vb_params_state_fits(x, schema, stored->after->root, invalid,
                                vb_accounts_unjudged(stored))
               ? VB_YES
               : VB_NO;
}

enum vb_answer vb_document_valid(struct vb_stored *stored)
{
    const struct vb_content *content = vb_built_content(stored->x);

    if (content == NULL || content->kind == VB_MEDIA_VERBATIM)
        return VB_YES;
    return vb_document_check(stored, content->schema,
                             (unsigned)stored->operation->invalid, 0);
}

static enum vb_answer put_valid(struct vb_exchange *x)
{
    return vb_document_valid(x->state);
}

/* A patch's own schema, if there is one, is about the patch; what it makes
 * must meet the state's. */
static enum vb_answer patch_valid(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    const struct vb_state *state = stored->route->state;

    return vb_document_check(stored, state == NULL ? NULL : state->schema,
                             (unsigned)stored->operation->invalid, 0);
}

/* --- commit
 * ----------------------------------------------------------------------------------
 */

enum vb_answer vb_document_write(struct vb_stored *stored, unsigned purpose)
{
    enum vb_err err = VB_OK;

    if (stored->input != NULL)
        err = vb_compose(stored, purpose);
    if (err == VB_OK)
        err = vb_compose_ties(stored);
    if (err != VB_OK)
        return vb_document_beyond(stored->x, err);
    return vb_stored_put(stored);
}

static enum vb_answer document_write(struct vb_exchange *x)
{
    return vb_document_write(x->state, VB_COMPOSE_STATE);
}

static enum vb_answer document_delete(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    return stored->route->depended ? vb_dependents_delete(stored)
                                   : vb_stored_delete(stored);
}

/* --- the slots
 * --------------------------------------------------------------------------------
 */

static const struct vb_slot get_slot = {.content_ignored = true};

static const struct vb_slot put_slots[2] = {
    {
        .received = document_received,
        .parsed = put_parsed,
        .valid = put_valid,
        .consistent = vb_accounts_consistent,
        .commit = document_write,
    },
    {
        .creates = true,
        .received = document_received,
        .parsed = put_parsed,
        .valid = put_valid,
        .consistent = vb_accounts_consistent,
        .commit = document_write,
    },
};

static const struct vb_slot patch_slots[2] = {
    {
        .received = document_received,
        .parsed = patch_parsed,
        .valid = patch_valid,
        .consistent = vb_accounts_consistent,
        .commit = document_write,
    },
    {
        .creates = true,
        .received = document_received,
        .parsed = patch_parsed,
        .valid = patch_valid,
        .consistent = vb_accounts_consistent,
        .commit = document_write,
    },
};

static const struct vb_slot delete_slot = {
    .content_ignored = true,
    .commit = document_delete,
};

const struct vb_slot *vb_document_slot(enum vb_method method, bool creates)
{
    switch (method) {
    case VB_METHOD_GET:
        return &get_slot;
    case VB_METHOD_PUT:
        return &put_slots[creates];
    case VB_METHOD_PATCH:
        return &patch_slots[creates];
    case VB_METHOD_DELETE:
        return &delete_slot;
    default:
        return NULL;
    }
}

void vb_document_init(struct vb_resource *resource)
{
    resource->exists = vb_document_exists;
    resource->stream = vb_blob_stream;
}
