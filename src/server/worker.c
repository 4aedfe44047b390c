/*
 * One worker's part of a server: its service takes exchanges and sends them
 * through the flow; its site, store client and cache hang on its env.
 */
#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "flow/flow.h"
#include "gateway/reach.h"
#include "resource/feed.h"
#include "server/secure.h"
#include "server/server.h"

/* --- exchanges
 * ------------------------------------------------------------------------ */

/* Those that wait for what happens are under way for as long as they like. */
static unsigned following(const struct vb_server_worker *own)
{
    const struct vb_feed *feed = own->worker->env.feed;

    return feed == NULL ? 0 : (unsigned)vb_feed_count(feed);
}

static void begin(struct vb_service *service, struct vb_exchange *x)
{
    struct vb_server_worker *own =
        VB_CONTAINER(service, struct vb_server_worker, service);

    own->active++;
    own->worker->env.unavailable =
        own->active - following(own) > own->server->max_pending;
    vb_worker_site_enter(own->site);
    vb_flow_start(x);
}

/* A key that came where nobody looked at it is in the target still, or in a
 * Referer. */
static struct vb_redact_keys keys_of(const struct vb_exchange *x)
{
    const struct vb_secrets *secrets =
        x->site == NULL ? NULL : x->site->secrets;

    return secrets == NULL ? (struct vb_redact_keys){.count = 0}
                           : (struct vb_redact_keys){secrets->parameters,
                                                     secrets->parameter_count};
}

static void end(struct vb_service *service, struct vb_exchange *x)
{
    struct vb_server_worker *own =
        VB_CONTAINER(service, struct vb_server_worker, service);

    vb_access_note(own->log, x, keys_of(x));
}

static void gone(struct vb_service *service, struct vb_exchange *x)
{
    struct vb_server_worker *own =
        VB_CONTAINER(service, struct vb_server_worker, service);

    own->active--;
    if (x->site != NULL)
        vb_worker_site_leave(
            VB_CONTAINER(x->site, struct vb_worker_site, site));
}

/* --- life
 * ---------------------------------------------------------------------------------
 */

/* NULL: no memory. */
static struct vb_cache *new_cache(const struct vb_server *server,
                                  const struct vb_env *env)
{
    struct vb_cache *cache = vb_cache_new(server->store, server->cache_size);

    if (cache != NULL)
        vb_cache_age(cache, &env->now.mono_ms, server->cache_max_age_ms);
    return cache;
}

static enum vb_err attach_store(struct vb_server_worker *own)
{
    struct vb_server *server = own->server;
    struct vb_env *env = &own->worker->env;

    if (server->store == NULL)
        return VB_OK;
    env->store = vb_store_attach(server->store, &own->worker->mailbox,
                                 &own->worker->executor, &own->worker->reactor);
    if (env->store == NULL)
        return VB_ERR_NOMEM;
    env->feed = vb_feed_new(env, server->max_streams);
    if (env->feed == NULL)
        return VB_ERR_NOMEM;
    if (server->cache_size > 0) {
        env->cache = new_cache(server, env);
        if (env->cache == NULL)
            return VB_ERR_NOMEM;
    }
    return VB_OK;
}

/* Jobs are worker 0's. */
static bool has_jobs(const struct vb_server_worker *own)
{
    return own->worker->index == 0 && own->server->jobs != NULL;
}

static void worker_stop(void *context, struct vb_worker *worker)
{
    struct vb_server_worker *own = worker->user;

    (void)context;
    if (has_jobs(own))
        vb_jobs_stop(own->server->jobs);
    vb_cache_free(worker->env.cache);
    vb_rates_free(worker->env.rates);
    vb_reaches_free(worker->env.reaches);
    vb_store_detach(worker->env.store);
    vb_feed_free(worker->env.feed); /* what it still asked has an end now */
    worker->env.cache = NULL;
    worker->env.rates = NULL;
    worker->env.feed = NULL;
    worker->env.reaches = NULL;
    worker->env.store = NULL;
    worker->env.site = NULL;
    vb_worker_site_retire(own->site);
    vb_access_writer_free(own->log);
    free(own);
    worker->user = NULL;
}

/* Where requests without TLS are sent to; 0: they are answered. */
static unsigned https_port(const struct vb_server *server)
{
    size_t count;
    const struct vb_address *addresses =
        vb_loop_addresses(server->loop, &count);

    for (size_t i = 0; i < count && server->redirect_to_https; i++)
        if (addresses[i].secure)
            return vb_address_port(&addresses[i]);
    return 0;
}

/* Takes references on what it is made of, which may be NULL. */
static struct vb_worker_site *new_site(struct vb_server *server,
                                       struct vb_catalog *catalog,
                                       struct vb_users *users)
{
    return vb_worker_site_new(&(struct vb_site_parts){
        .mounts = server->mounts,
        .mount_count = server->mount_count,
        .traces = server->traces,
        .catalog = catalog != NULL ? vb_catalog_ref(catalog) : NULL,
        .users = users != NULL ? vb_users_ref(users) : NULL,
        .trust = &server->trust,
        .trace = server->trace,
        .proxy = vb_proxying_resource(&server->proxying),
        .https_port = https_port(server),
        .hsts = vb_span_str(server->hsts),
        .alternatives = server->alternatives,
        .alternative_count = server->alternative_count,
    });
}

static enum vb_err open_log(struct vb_server_worker *own)
{
    if (own->server->log == NULL)
        return VB_OK;
    own->log = vb_access_writer_new(own->server->log);
    return own->log != NULL ? VB_OK : VB_ERR_NOMEM;
}

static enum vb_err limit_rate(struct vb_server_worker *own)
{
    const struct vb_rate *rate = &own->server->rate;

    if (rate->count == 0)
        return VB_OK;
    own->worker->env.rates = vb_rates_new(rate);
    return own->worker->env.rates != NULL ? VB_OK : VB_ERR_NOMEM;
}

static enum vb_err attach_dialer(struct vb_server_worker *own)
{
    struct vb_env *env = &own->worker->env;

    env->dialer = own->worker->dialer;
    env->reaches = vb_reaches_new(env);
    return env->reaches != NULL ? VB_OK : VB_ERR_NOMEM;
}

static enum vb_err worker_start(void *context, struct vb_worker *worker)
{
    struct vb_server *server = context;
    struct vb_server_worker *own = calloc(1, sizeof(*own));
    enum vb_err err = VB_ERR_NOMEM;

    if (own == NULL)
        return VB_ERR_NOMEM;
    own->service =
        (struct vb_service){.begin = begin, .end = end, .gone = gone};
    own->server = server;
    own->worker = worker;
    worker->user = own;
    worker->env.service = &own->service;
    worker->env.runner = &worker->runner;
    worker->env.alarms = &worker->alarms;
    worker->env.dialer = worker->dialer;
    worker->env.jobs = server->jobs;
    worker->env.logins = server->logins;
    if (server->traces != NULL)
        worker->env.explainer = vb_traces_explainer(server->traces);
    own->site = new_site(server, server->catalog, server->users);
    if (own->site != NULL) {
        worker->env.site = &own->site->site;
        err = attach_store(own);
    }
    if (err == VB_OK)
        err = attach_dialer(own);
    if (err == VB_OK)
        err = limit_rate(own);
    if (err == VB_OK)
        err = open_log(own);
    if (err != VB_OK)
        worker_stop(context, worker);
    else if (has_jobs(own))
        vb_jobs_start(server->jobs, &worker->env, server->catalog);
    return err;
}

static void turn_end(struct vb_worker *worker)
{
    const struct vb_server_worker *own = worker->user;

    if (own != NULL)
        vb_access_flush(own->log);
    if (worker->env.reaches != NULL) {
        if (own != NULL && own->renewed)
            vb_reaches_sweep(worker->env.reaches);
        vb_reaches_turn_end(worker->env.reaches);
    }
    if (worker->env.store != NULL)
        vb_store_turn_end(worker->env.store);
}

static void worker_stopping(struct vb_worker *worker)
{
    const struct vb_server_worker *own = worker->user;

    if (own != NULL && has_jobs(own))
        vb_jobs_rest(own->server->jobs);
    if (worker->env.feed != NULL)
        vb_feed_end(worker->env.feed, true);
    if (worker->env.reaches != NULL)
        vb_reaches_rest(worker->env.reaches);
}

static bool worker_idle(struct vb_worker *worker)
{
    struct vb_server_worker *own = worker->user;

    return own == NULL || (own->active == 0 &&
                           (!has_jobs(own) || vb_jobs_idle(own->server->jobs)));
}

/* --- what is read anew
 * ------------------------------------------------------------------- */

/* What was made after the old description is not to be shown any more. */
static void renew_cache(struct vb_server_worker *own)
{
    struct vb_env *env = &own->worker->env;

    if (env->cache == NULL)
        return;
    vb_cache_free(env->cache);
    env->cache = new_cache(own->server, env);
}

void vb__worker_renew(struct vb_server_worker *own, struct vb_catalog *catalog,
                      struct vb_users *users)
{
    struct vb_worker_site *site = new_site(own->server, catalog, users);
    struct vb_env *env = &own->worker->env;

    if (site == NULL)
        return;
    vb_worker_site_retire(own->site);
    own->site = site;
    own->renewed = true;
    env->site = &site->site;
    renew_cache(own);
    if (env->feed != NULL) /* others may be let in now */
        vb_feed_end(env->feed, false);
    if (has_jobs(own))
        vb_jobs_describe(own->server->jobs, catalog);
}

static void listening(void *context, struct vb_loop *loop)
{
    struct vb_server *server = context;

    (void)loop;
    if (server->listening != NULL)
        server->listening(server);
}

const struct vb_loop_hooks vb_server_hooks = {
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .worker_stopping = worker_stopping,
    .turn_end = turn_end,
    .worker_idle = worker_idle,
    .reload = vb__server_reload,
    .listening = listening,
};
