/* What another server answers for. See gateway.h. */
#include "resource/gateway.h"

#include <stdlib.h>

#include "flow/reply.h"
#include "gateway/gate_cache.h"
#include "resource/vetting.h"

struct vb_gateway_built {
    struct vb_gate gate;
    const struct vb_gateway *said;
    struct vb_caching_policy policy; /* where the description has one */
    vb_question *answered;           /* the gate's, behind what is said here */
    bool open;
};

static struct vb_gateway_built *gateway_of(const struct vb_exchange *x)
{
    return vb_built_of(x)->gateway;
}

/* Why what is described is not served; "": it is. */
static struct vb_span why_not(const struct vb_exchange *x)
{
    const struct vb_route *route = vb_built_of(x)->route;
    const struct vb_operation *operation = x->head.method == VB_METHOD_HEAD
                                               ? route->by_method[VB_METHOD_GET]
                                               : vb_built_operation(x);

    return operation != NULL ? operation->why_not : route->why_not;
}

static enum vb_answer answered(struct vb_exchange *x)
{
    struct vb_span why = why_not(x);

    if (why.len > 0)
        return vb_reply_refuse(x, VB_STATUS_NOT_IMPLEMENTED, why);
    if (!gateway_of(x)->open)
        return vb_reply_unavailable(x);
    return gateway_of(x)->answered(x);
}

/* --- building --------------------------------------------------------------
 */

static enum vb_balance balance_of(const struct vb_gateway *said)
{
    switch (said->balance) {
    case VB_GATEWAY_ROUND_ROBIN:
        return VB_BALANCE_ROUND_ROBIN;
    case VB_GATEWAY_LEAST_BUSY:
        return VB_BALANCE_LEAST_BUSY;
    case VB_GATEWAY_HASH:
        break;
    }
    return VB_BALANCE_HASH;
}

static enum vb_dial_protocol protocol_of(const struct vb_gateway *said)
{
    if (said->http == 0)
        return VB_DIAL_HTTP;
    return said->http == 1 ? VB_DIAL_HTTP_1 : VB_DIAL_HTTP_2;
}

static struct vb_upstream_options options_of(const struct vb_gateway *said)
{
    struct vb_upstream_options options = vb_upstream_options_default;

    options.balance = balance_of(said);
    options.protocol = protocol_of(said);
    options.connect_timeout_ms = (uint32_t)said->connect_ms;
    options.call.head_timeout_ms = (uint32_t)said->head_ms;
    options.call.idle_timeout_ms = (uint32_t)said->idle_ms;
    options.call.total_timeout_ms = (uint32_t)said->total_ms;
    options.max_connections = (uint32_t)said->max_connections;
    options.probe_ms = said->probe != NULL ? (uint32_t)said->probe_ms : 0;
    options.probe_target = said->probe;
    return options;
}

static struct vb_caching_policy policy_of(const struct vb_gateway_caching *said)
{
    struct vb_caching_policy policy = vb_gate_cache_policy();

    policy.targeted = said->targeted;
    policy.heuristic_percent = (uint8_t)said->heuristic_percent;
    policy.heuristic_max_s = (uint32_t)said->heuristic_max_s;
    policy.negative_s = (uint32_t)said->errors_s;
    policy.unreachable_s = (uint32_t)said->disconnected_s;
    return policy;
}

/* The servers have been looked at when they were read. */
static enum vb_err new_upstream(const struct vb_gateway *said,
                                struct vb_upstream **ret_upstream)
{
    const struct vb_upstream_options options = options_of(said);
    char reason[256];
    struct vb_buf why = vb_buf_over(reason, sizeof(reason));

    return vb_upstream_new(said->servers, said->server_count, &options, NULL,
                           ret_upstream, &why);
}

/* A gate to these servers; NULL: out of memory. */
static struct vb_gateway_built *new_gateway(const struct vb_gateway *said,
                                            size_t depth)
{
    struct vb_gateway_built *gateway = calloc(1, sizeof(*gateway));
    struct vb_upstream *upstream = NULL;

    if (gateway == NULL || new_upstream(said, &upstream) != VB_OK) {
        free(gateway);
        return NULL;
    }
    gateway->said = said;
    vb_gate_init(&gateway->gate, upstream,
                 &(struct vb_gate_options){
                     .depth = depth,
                     .base = said->base,
                     .keeps_host = said->keeps_host,
                     .hides = said->hides,
                     .trusted = said->trusted,
                     .trusted_count = said->trusted_count,
                 });
    vb_upstream_unref(upstream);
    return gateway;
}

enum vb_err vb_gateway_build(struct vb_built *built)
{
    const struct vb_route *route = built->route;
    struct vb_gateway_built *gateway = new_gateway(
        route->gateway, route->foreign ? 0 : route->template.segment_count);

    if (gateway == NULL)
        return VB_ERR_NOMEM;
    gateway->answered = gateway->gate.forwarding.answered;
    gateway->gate.forwarding.answered = answered;
    if (route->operation_count > 0) {
        vb_vetting_put(&gateway->gate.forwarding);
        gateway->gate.described = &vb_vetting_audit;
    }
    built->gateway = gateway;
    vb_gate_open(&built->resource, &gateway->gate);
    built->resource.any_method =
        route->operation_count == 0 || route->gateway->passes;
    return VB_OK;
}

enum vb_err vb_gateway_build_onward(struct vb_built *built)
{
    built->onward = new_gateway(&built->route->action->onward->gateway, 0);
    return built->onward != NULL ? VB_OK : VB_ERR_NOMEM;
}

const struct vb_gate *vb_gateway_onward(const struct vb_exchange *x)
{
    const struct vb_gateway_built *onward = vb_built_of(x)->onward;

    return onward->open ? &onward->gate : NULL;
}

void vb_gateway_join(struct vb_built *built, const struct vb_built *other)
{
    vb_gate_ask(&built->gateway->gate, other->gateway->gate.upstream);
}

/* --- opening ---------------------------------------------------------------
 */

static enum vb_err secure(struct vb_gateway_built *gateway,
                          const struct vb_gateway_setup *setup,
                          struct vb_notes *notes)
{
    const struct vb_gateway *said = gateway->said;
    const struct vb_tls_outward *tls;
    struct vb_buf why;

    vb_buf_init(&why, 4096);
    tls = setup->secure(&said->tls, &why);
    if (tls != NULL)
        vb_upstream_secure(gateway->gate.upstream, tls, setup->release);
    else
        vb_note(notes, VB_NOTE_ERROR, VB_SPAN(""), &said->place, "%.*s",
                VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return tls != NULL ? VB_OK : VB_ERR_INVALID;
}

/* What the description has of it. */
static void store(struct vb_gateway_built *gateway,
                  const struct vb_gateway *said,
                  const struct vb_gate_cache *cache)
{
    struct vb_gate_options *options = &gateway->gate.options;

    if (!said->stores_nothing)
        options->cache = cache;
    if (said->caching == NULL)
        return;
    gateway->policy = policy_of(said->caching);
    options->policy = &gateway->policy;
}

static enum vb_err open_gateway(struct vb_gateway_built *gateway,
                                const struct vb_gateway_setup *setup,
                                struct vb_notes *notes)
{
    struct vb_gate_options *options = &gateway->gate.options;
    enum vb_err err = VB_OK;

    options->pseudonym = setup->pseudonym;
    options->auditor = setup->auditor;
    store(gateway, gateway->said, setup->cache);
    if (options->trusted == NULL) {
        options->trusted = setup->trusted;
        options->trusted_count = setup->trusted_count;
    }
    if (vb_upstream_lacks_tls(gateway->gate.upstream))
        err = secure(gateway, setup, notes);
    gateway->open = err == VB_OK;
    return err;
}

enum vb_err vb_gateway_open(struct vb_built *built,
                            const struct vb_gateway_setup *setup,
                            struct vb_notes *notes)
{
    struct vb_gateway_built *gateway =
        built->gateway != NULL ? built->gateway : built->onward;

    return gateway == NULL || !built->route->served
               ? VB_OK
               : open_gateway(gateway, setup, notes);
}

void vb_gateway_free(struct vb_gateway_built *gateway)
{
    if (gateway == NULL)
        return;
    vb_gate_done(&gateway->gate);
    free(gateway);
}
