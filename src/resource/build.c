/* From routes to resources. See build.h. */
#include "resource/build.h"

#include <stdlib.h>

#include "flow/reply.h"
#include "http/method.h"
#include "resource/collection.h"
#include "resource/document.h"
#include "resource/files.h"
#include "resource/follow.h"
#include "resource/gateway.h"
#include "resource/merge.h"
#include "resource/move.h"
#include "resource/once.h"
#include "resource/onward.h"
#include "resource/page.h"
#include "resource/params.h"
#include "resource/per_session.h"
#include "resource/plugin.h"
#include "resource/redirect.h"
#include "resource/run.h"
#include "resource/session.h"
#include "resource/token.h"
#include "resource/vetting.h"

/* --- what the description promises and we cannot keep
 * ------------------------------ */

/* A QUERY that is not described asks what GET asks. */
static const struct vb_operation *operation_of(const struct vb_exchange *x)
{
    const struct vb_built *built = vb_built_of(x);
    enum vb_method method = x->head.method;
    const struct vb_operation *own = vb_built_operation(x);

    if (method == VB_METHOD_HEAD || (method == VB_METHOD_QUERY && own == NULL))
        return built->route->by_method[VB_METHOD_GET];
    return own;
}

static enum vb_answer not_implemented(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_NOT_IMPLEMENTED,
                           operation_of(x)->why_not);
}

static const struct vb_slot unserved_slot = {
    .content_ignored = true,
    .received = not_implemented,
};

/* Where a method is not served, or not with such a request, nothing need be
 * looked up for it. */
static enum vb_answer exists_as_described(struct vb_exchange *x)
{
    const struct vb_built *built = vb_built_of(x);
    const struct vb_operation *operation = operation_of(x);

    if (vb_resource_slot(x) == &unserved_slot)
        return not_implemented(x);
    if (operation != NULL && operation->demands &&
        !vb_params_demands_met(x, operation))
        return VB_HALT;
    return built->exists(x);
}

/* --- slots
 * -----------------------------------------------------------------------------
 */

static const struct vb_slot *controller_slot(const struct vb_route *route,
                                             enum vb_method method)
{
    switch (route->action->kind) {
    case VB_ACTION_MERGE:
        return vb_merge_slot(method);
    case VB_ACTION_MOVE:
        return vb_move_slot(method);
    case VB_ACTION_RUN:
        return vb_run_slot(method);
    case VB_ACTION_PLUGIN:
        return vb_plugged_slot(method);
    case VB_ACTION_FORWARD:
        return vb_onward_slot(method);
    }
    return NULL;
}

static const struct vb_slot *served_slot(const struct vb_route *route,
                                         const struct vb_operation *operation)
{
    switch (route->archetype) {
    case VB_ARCHETYPE_DOCUMENT:
        return vb_document_slot(operation->method, operation->creates);
    case VB_ARCHETYPE_COLLECTION:
    case VB_ARCHETYPE_STORE:
        return vb_collection_slot(operation->method);
    case VB_ARCHETYPE_CONTROLLER:
        return controller_slot(route, operation->method);
    case VB_ARCHETYPE_FILES:
        return vb_files_slot(operation->method);
    case VB_ARCHETYPE_REDIRECT:
        return vb_redirect_slot(operation->method);
    case VB_ARCHETYPE_GATEWAY:
        return &vb_vetting_slot;
    case VB_ARCHETYPE_TOKEN:
        return vb_token_slot(route, operation->method);
    case VB_ARCHETYPE_SESSION:
        return vb_session_slot(operation->method);
    default:
        return NULL;
    }
}

static bool lists_by_query(const struct vb_route *route)
{
    return vb_archetype_lists(route->archetype) &&
           vb_query_comes_with_get(route);
}

static void set_slots(struct vb_built *built)
{
    const struct vb_route *route = built->route;
    struct vb_resource *resource = &built->resource;
    bool looks = false; /* at the description, before anything else */

    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *operation = &route->operations[i];
        const struct vb_slot *slot =
            operation->served ? served_slot(route, operation) : NULL;

        if (operation->method == VB_METHOD_UNKNOWN ||
            operation->method == VB_METHOD_OPTIONS ||
            operation->method == VB_METHOD_HEAD)
            continue; /* the flow's own, or nobody's */
        looks |= slot == NULL || operation->demands;
        if (slot == NULL)
            slot = &unserved_slot;
        resource->slots[operation->method] = slot;
        resource->require_precondition |= operation->require_precondition;
        if (operation->require_key)
            resource->needs_key |= VB_METHOD_BIT(operation->method);
    }
    if (lists_by_query(route))
        resource->slots[VB_METHOD_QUERY] = vb_collection_slot(VB_METHOD_QUERY);
    if (looks) {
        built->exists = resource->exists;
        resource->exists = exists_as_described;
    }
}

/* --- what it takes
 * ------------------------------------------------------------------------ */

static size_t count_contents(const struct vb_route *route)
{
    size_t count = 0;

    for (size_t i = 0; i < route->operation_count; i++)
        count += route->operations[i].request.media_count;
    return count;
}

static void take(struct vb_built *built, const struct vb_content *content,
                 enum vb_method method)
{
    size_t index = built->resource.take_count++;

    built->contents[index] = content;
    built->takes[index] = (struct vb_take){
        .media_type = content->text,
        .methods = VB_METHOD_BIT(method),
    };
}

static enum vb_err set_takes(struct vb_built *built)
{
    const struct vb_route *route = built->route;
    bool queries = lists_by_query(route);
    size_t count = count_contents(route) + (queries ? VB_QUERY_CONTENTS : 0);

    if (count == 0)
        return VB_OK;
    built->takes = calloc(count, sizeof(*built->takes));
    built->contents = calloc(count, sizeof(*built->contents));
    if (built->takes == NULL || built->contents == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *operation = &route->operations[i];

        for (size_t m = 0; m < operation->request.media_count; m++) {
            const struct vb_content *content = &operation->request.media[m];

            if (operation->served && content->served)
                take(built, content, operation->method);
        }
    }
    for (size_t i = 0; queries && i < VB_QUERY_CONTENTS; i++)
        take(built, &vb_query_contents[i], VB_METHOD_QUERY);
    built->resource.takes = built->takes;
    return VB_OK;
}

/* --- what it offers
 * ------------------------------------------------------------------------ */

static bool is_success(const struct vb_described_response *response)
{
    return response->status == 2 ||
           (response->status >= 200 && response->status <= 299);
}

/* The media type that JSON goes out as: what the description declares for a
 * successful GET, or plain JSON. */
static struct vb_span json_type(const struct vb_route *route)
{
    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *operation = &route->operations[i];

        for (size_t r = 0; r < operation->response_count; r++) {
            const struct vb_described_response *response =
                &operation->responses[r];

            if (!is_success(response))
                continue;
            for (size_t m = 0; m < response->media_count; m++)
                if (response->media[m].kind == VB_MEDIA_JSON &&
                    !response->media[m].range)
                    return response->media[m].text;
        }
    }
    return VB_SPAN("application/json");
}

static bool is_offered(const struct vb_built *built, struct vb_span media_type)
{
    for (size_t i = 0; i < built->resource.offer_count; i++)
        if (vb_span_eq(built->offers[i].media_type, media_type))
            return true;
    return false;
}

static void add_offers(struct vb_built *built,
                       const struct vb_described_response *response,
                       size_t most)
{
    for (size_t i = 0; i < response->media_count; i++) {
        const struct vb_content *media = &response->media[i];

        if (!media->range && built->resource.offer_count < most &&
            !is_offered(built, media->text))
            built->offers[built->resource.offer_count++].media_type =
                media->text;
    }
}

/* What a controller makes is of the types that are declared for it. */
static enum vb_err set_declared_offers(struct vb_built *built)
{
    const struct vb_route *route = built->route;
    size_t count = 0;

    for (size_t i = 0; i < route->operation_count; i++)
        for (size_t r = 0; r < route->operations[i].response_count; r++)
            count += route->operations[i].responses[r].media_count;
    built->offers = calloc(count + 1, sizeof(*built->offers));
    if (built->offers == NULL)
        return VB_ERR_NOMEM;
    built->resource.offers = built->offers;
    for (size_t i = 0; i < route->operation_count; i++)
        for (size_t r = 0; r < route->operations[i].response_count; r++)
            if (is_success(&route->operations[i].responses[r]))
                add_offers(built, &route->operations[i].responses[r], count);
    return VB_OK;
}

/* Listings, whatever the description declares, as rows for programs that take
 * one after the other. */
static void offer_rows(struct vb_built *built)
{
    struct vb_offer *next = &built->offers[built->resource.offer_count];

    *next++ = (struct vb_offer){
        .media_type = VB_SPAN("application/x-ndjson"),
        .tag_variant = VB_SPAN("ndjson"),
        .reads_only = true,
        .form = VB_FORM_LINES,
    };
    if (vb_columns_fit(built->route))
        *next++ = (struct vb_offer){
            .media_type = VB_SPAN("text/csv; charset=utf-8; header=present"),
            .tag_variant = VB_SPAN("csv"),
            .reads_only = true,
            .form = VB_FORM_TABLE,
        };
    built->resource.offer_count = (uint16_t)(next - built->offers);
}

/* What happens to a document, or to the members of a listing, to who follows
 * it. */
static void offer_stream(struct vb_built *built)
{
    if (built->route->archetype == VB_ARCHETYPE_DOCUMENT ||
        vb_archetype_lists(built->route->archetype))
        built->offers[built->resource.offer_count++] =
            (struct vb_offer)VB_FOLLOW_OFFER;
}

static void offer_json(struct vb_built *built)
{
    built->offers[0] = (struct vb_offer){.media_type = json_type(built->route)};
    built->offers[1] = (struct vb_offer){
        .media_type = VB_SPAN("text/html; charset=utf-8"),
        .tag_variant = VB_SPAN("html"),
        .is_page = true,
    };
    built->resource.offer_count = 2;
}

/* JSON and a page are offered where there may be JSON; what else may be there
 * is not known before it is looked at. */
static enum vb_err set_offers(struct vb_built *built)
{
    const struct vb_route *route = built->route;
    bool controls = route->archetype == VB_ARCHETYPE_CONTROLLER;
    const struct vb_state *state =
        controls ? route->action->target->state : route->state;

    built->resource.mixed = route->archetype == VB_ARCHETYPE_DOCUMENT &&
                            state != NULL && state->verbatim;
    if (controls && !state->json)
        return VB_OK;
    built->offers = calloc(5, sizeof(*built->offers));
    if (built->offers == NULL)
        return VB_ERR_NOMEM;
    built->resource.offers = built->offers;
    if (!built->resource.mixed || state->json)
        offer_json(built);
    if (vb_archetype_lists(route->archetype))
        offer_rows(built);
    offer_stream(built);
    return VB_OK;
}

/* --- all together
 * ----------------------------------------------------------------------------
 */

static bool is_served(const struct vb_action *action, enum vb_action_kind kind)
{
    return action != NULL && action->kind == kind && action->why_not.len == 0;
}

static void set_controller(struct vb_built *built)
{
    const struct vb_action *action = built->route->action;

    built->resource.joins =
        is_served(action, VB_ACTION_MERGE) || is_served(action, VB_ACTION_MOVE);
    if (is_served(action, VB_ACTION_MERGE))
        vb_merge_init(&built->resource);
    else if (is_served(action, VB_ACTION_MOVE))
        vb_move_init(&built->resource);
    else if (is_served(action, VB_ACTION_RUN))
        vb_run_init(&built->resource);
    else if (is_served(action, VB_ACTION_FORWARD))
        vb_onward_init(&built->resource);
    else if (is_served(action, VB_ACTION_PLUGIN))
        vb_plugged_init(&built->resource);
}

static enum vb_err choose_offers(struct vb_built *built)
{
    const struct vb_action *action = built->route->action;

    switch (built->route->archetype) {
    case VB_ARCHETYPE_CONTROLLER:
        if (is_served(action, VB_ACTION_RUN) ||
            is_served(action, VB_ACTION_FORWARD) ||
            is_served(action, VB_ACTION_PLUGIN))
            return set_declared_offers(built);
        return action != NULL && action->target != NULL ? set_offers(built)
                                                        : VB_OK;
    case VB_ARCHETYPE_FILES:
    case VB_ARCHETYPE_REDIRECT:
    case VB_ARCHETYPE_TOKEN:
    case VB_ARCHETYPE_SESSION:
    case VB_ARCHETYPE_GRAPHQL:
    case VB_ARCHETYPE_GATEWAY:
        return VB_OK;
    default:
        return set_offers(built);
    }
}

static void set_questions(struct vb_built *built)
{
    struct vb_resource *resource = &built->resource;
    const struct vb_route *route = built->route;

    resource->kind = vb_archetype_name(route->archetype);
    resource->data = built;
    resource->fresh_key = vb_once_fresh;
    switch (route->archetype) {
    case VB_ARCHETYPE_DOCUMENT:
        resource->joins = true;
        vb_document_init(resource);
        if (route->per_session)
            vb_per_session_init(resource);
        break;
    case VB_ARCHETYPE_COLLECTION:
    case VB_ARCHETYPE_STORE:
        resource->joins = true;
        vb_collection_init(resource);
        break;
    case VB_ARCHETYPE_CONTROLLER:
        set_controller(built);
        break;
    case VB_ARCHETYPE_FILES:
        vb_files_init(resource);
        break;
    case VB_ARCHETYPE_REDIRECT:
        vb_redirect_init(resource, route);
        break;
    case VB_ARCHETYPE_TOKEN:
        vb_token_init(resource, route);
        break;
    case VB_ARCHETYPE_SESSION:
        vb_session_init(resource, route);
        break;
    default:
        break;
    }
}

enum vb_err vb_build(const struct vb_route *route, struct vb_built *built)
{
    enum vb_err err = VB_OK;

    *built = (struct vb_built){.route = route};
    built->resource.cors = route->cors;
    if (route->by_method[VB_METHOD_GET] != NULL)
        built->resource.hints = route->by_method[VB_METHOD_GET]->hints;
    set_questions(built);
    if (route->archetype == VB_ARCHETYPE_GATEWAY)
        err = vb_gateway_build(built);
    else if (is_served(route->action, VB_ACTION_FORWARD))
        err = vb_gateway_build_onward(built);
    set_slots(built);
    if (err == VB_OK)
        err = set_takes(built);
    if (err == VB_OK)
        err = choose_offers(built);
    if (err == VB_OK)
        err = vb_resource_seal(&built->resource);
    if (err != VB_OK)
        vb_build_done(built);
    return err;
}

const struct vb_built *vb_built_document(const struct vb_resource *resource)
{
    /* The very text, which nobody else uses. */
    return resource->kind == vb_archetype_name(VB_ARCHETYPE_DOCUMENT)
               ? resource->data
               : NULL;
}

void vb_build_done(struct vb_built *built)
{
    vb_plugged_unload(built->plugged);
    vb_gateway_free(built->gateway);
    vb_gateway_free(built->onward);
    vb_resource_done(&built->resource);
    free(built->contents);
    free(built->offers);
    free(built->takes);
    *built = (struct vb_built){0};
}
