/* A forward proxy. See proxy.h. */
#include "gateway/proxy.h"

#include "base/buf.h"
#include "flow/reply.h"
#include "flow/trust.h"
#include "gateway/reach.h"

static const struct vb_proxy *proxy_of(const struct vb_exchange *x)
{
    return VB_CONTAINER(vb__gate_of(x), const struct vb_proxy, gate);
}

/* --- who, and where to ------------------------------------------------------
 */

static enum vb_answer admitted(struct vb_exchange *x)
{
    const struct vb_proxy *proxy = proxy_of(x);

    /* Who speaks HTTP/1.0 may be a proxy that passes keep-alive on without
     * knowing what it is (RFC 9112 sections 9.3 and C.2.2). */
    if (strcmp(x->carrier->protocol, "HTTP/1.0") == 0)
        x->reply.close = true;
    if (proxy->options.admitted != NULL)
        return proxy->options.admitted(x);
    if (vb__trust_of(x)->open || (x->peer != NULL && x->peer->loopback))
        return VB_YES;
    return vb_reply_refuse(x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("Only clients on this proxy's own machine "
                                   "may use it."));
}

static bool target_of(const struct vb_exchange *x, struct vb_authority *ret,
                      int *ret_port)
{
    if (!vb_authority_parse_host(x->head.authority, ret))
        return false;
    *ret_port = vb_authority_port(ret, x->head.scheme);
    return ret->host.len > 0 && *ret_port > 0;
}

static enum vb_answer leads(struct vb_exchange *x)
{
    const struct vb_proxy *proxy = proxy_of(x);
    struct vb_authority host;
    int port;

    if (!target_of(x, &host, &port))
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("The target names no host and port."));
    if (vb_allows_host(&proxy->options.allowances, &host, port))
        return VB_YES;
    x->reply.status = VB_STATUS_FORBIDDEN;
    vb_reply_detail(x, vb_arena_printf(&x->arena,
                                       "This proxy does not lead to %.*s.",
                                       VB_FMT(x->head.authority)));
    vb_add_proxy_status(x, proxy->options.pseudonym, "http_request_denied");
    return VB_NO;
}

/* --- the other end ----------------------------------------------------------
 */

/* The address of a host that is allowed, whatever its name has led to. */
static bool allowed(const struct vb_upstream *upstream, const uint8_t ip[16])
{
    const struct vb_proxy *proxy = upstream->options.context;
    const struct vb_endpoint *endpoint = &upstream->servers[0].endpoint;

    return vb_allows_address(
        &proxy->options.allowances, ip, endpoint->port,
        vb_span_ieq(vb_span_str(endpoint->host), VB_SPAN("localhost")));
}

static struct vb_upstream *new_upstream(const struct vb_exchange *x,
                                        const struct vb_proxy *proxy,
                                        struct vb_span uri)
{
    struct vb_upstream_options options = proxy->options.upstream;
    struct vb_upstream *upstream = NULL;
    char line[256];
    struct vb_buf why = vb_buf_over(line, sizeof(line));

    options.allowed = allowed;
    options.context = proxy;
    if (x->head.method == VB_METHOD_CONNECT) {
        options.protocol = VB_DIAL_BARE;
        options.call.head_timeout_ms = 0;
        options.call.total_timeout_ms = 0;
        options.call.idle_timeout_ms = proxy->options.tunnel_idle_ms;
    }
    if (vb_upstream_new(&uri, 1, &options, proxy->options.tls, &upstream,
                        &why) != VB_OK)
        return NULL;
    return upstream;
}

static struct vb_reach *add_reach(struct vb_exchange *x,
                                  const struct vb_proxy *proxy,
                                  struct vb_span scheme, const void *finder)
{
    struct vb_span uri = vb_arena_printf(
        &x->arena, "%.*s://%.*s", VB_FMT(scheme), VB_FMT(x->head.authority));
    struct vb_upstream *upstream =
        uri.ptr == NULL ? NULL : new_upstream(x, proxy, uri);
    struct vb_reach *added;

    if (upstream == NULL)
        return NULL;
    added = vb_reach_add(x->env->reaches, upstream, finder);
    vb_upstream_unref(upstream);
    return added;
}

/* Each server that is asked for has connections of its own; a tunnel is one by
 * itself, whatever goes through it. */
static struct vb_reach *reach(struct vb_exchange *x, const struct vb_gate *gate)
{
    const struct vb_proxy *proxy =
        VB_CONTAINER(gate, const struct vb_proxy, gate);
    struct vb_reach *found;

    if (x->head.method == VB_METHOD_CONNECT)
        return add_reach(x, proxy, VB_SPAN("http"), NULL);
    found =
        vb_reach_find(x->env->reaches, gate, x->head.scheme, x->head.authority);
    return found != NULL ? found : add_reach(x, proxy, x->head.scheme, gate);
}

enum vb_err vb_proxy_init(struct vb_proxy *proxy,
                          const struct vb_proxy_options *options)
{
    const struct vb_gate_options gate_options = {
        .base = VB_SPAN(""),
        .keeps_host = true,
        .hides = true,
        .pseudonym = options->pseudonym,
        .cache = options->cache,
    };

    *proxy =
        (struct vb_proxy){.options = *options, .resource = {.kind = "proxy"}};
    vb_gate_init(&proxy->gate, NULL, &gate_options);
    proxy->gate.reach = reach;
    proxy->gate.forwarding.admitted = admitted;
    proxy->gate.forwarding.leads = leads;
    proxy->gate.forwarding.dug = vb__gate_answered;
    proxy->resource.any_method = true;
    vb_gate_open(&proxy->resource, &proxy->gate);
    return vb_resource_seal(&proxy->resource);
}

void vb_proxy_done(struct vb_proxy *proxy)
{
    vb_resource_done(&proxy->resource);
    vb_gate_done(&proxy->gate);
}
