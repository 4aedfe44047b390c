/* A server's being a forward proxy. See proxying.h. */
#include "server/proxying.h"

#include "base/list.h"
#include "gateway/upstream.h"
#include "server/site.h"
#include "tls/outward.h"

/* A tunnel is nobody's concern but its ends': so it may rest for longer than an
 * answer, as one for WebSocket does between two things to say. */
#define TUNNEL_IDLE_MS (5 * 60 * 1000)

void vb_proxying_init(struct vb_proxying *proxying)
{
    const struct vb_upstream_options *usual = &vb_upstream_options_default;

    *proxying = (struct vb_proxying){
        .connect_ms = usual->connect_timeout_ms,
        .response_ms = usual->call.head_timeout_ms,
        .tunnel_idle_ms = TUNNEL_IDLE_MS,
    };
}

static struct vb_upstream_options options_of(const struct vb_proxying *proxying)
{
    struct vb_upstream_options options = vb_upstream_options_default;

    options.connect_timeout_ms = proxying->connect_ms;
    options.call.head_timeout_ms = proxying->response_ms;
    options.call.idle_timeout_ms = proxying->response_ms;
    return options;
}

/* By whom its worker's site knows now. */
static enum vb_answer admitted(struct vb_exchange *x)
{
    struct vb_worker_site *site =
        VB_CONTAINER(x->site, struct vb_worker_site, site);

    return vb_users_admit(x, &site->admitting, VB_SPAN("proxy"));
}

enum vb_err vb_proxying_users(const struct vb_proxying *proxying,
                              struct vb_users **ret_users,
                              struct vb_buf *ret_why)
{
    *ret_users = NULL;
    return proxying->on && proxying->users != NULL
               ? vb_users_load(proxying->users, ret_users, ret_why)
               : VB_OK;
}

static enum vb_err open_proxy(struct vb_proxying *proxying,
                              struct vb_span pseudonym,
                              const struct vb_gate_cache *cache)
{
    const struct vb_proxy_options options = {
        .allowances = {proxying->rules, proxying->rule_count},
        .upstream = options_of(proxying),
        .tunnel_idle_ms = proxying->tunnel_idle_ms,
        .tls = proxying->tls,
        .pseudonym = pseudonym,
        .cache = cache,
        .admitted = proxying->users != NULL ? admitted : NULL,
    };

    return vb_proxy_init(&proxying->proxy, &options);
}

enum vb_err vb_proxying_start(struct vb_proxying *proxying,
                              struct vb_span pseudonym,
                              const struct vb_gate_cache *cache,
                              struct vb_buf *ret_why)
{
    const struct vb_tls_outward_sources sources = {
        .ca = proxying->ca,
        .insecure = proxying->insecure,
    };
    enum vb_err err;

    if (!proxying->on)
        return VB_OK;
    err = vb_tls_outward_new(&sources, &proxying->tls, ret_why);
    if (err == VB_OK)
        err = open_proxy(proxying, pseudonym, cache);
    proxying->ready = err == VB_OK;
    return err;
}

const struct vb_resource *vb_proxying_resource(const struct vb_proxying *of)
{
    return of->ready ? &of->proxy.resource : NULL;
}

void vb_proxying_done(struct vb_proxying *proxying)
{
    if (proxying->ready)
        vb_proxy_done(&proxying->proxy);
    vb_tls_outward_unref(proxying->tls);
    proxying->tls = NULL;
    proxying->ready = false;
}
