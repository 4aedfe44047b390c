/*
 * `verbatim serve`: from a configuration to a server that runs. Sockets may be
 * the service manager's (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS,
 * LISTEN_FDNAMES).
 */
#include "server/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "server/secure.h"
#include "server/server.h"
#include "storage/make.h"

/* The first descriptor that a service manager hands over. */
#define LISTEN_FDS_START 3
#define MAX_INHERITED    16

static int64_t read_env(const char *name)
{
    const char *text = getenv(name);
    int64_t n;

    return text != NULL && vb_span_i64(vb_span_str(text), &n) ? n : 0;
}

/* Is the first of the names, which have colons between them, that of sockets
 * for TLS (FileDescriptorName=https)? *names goes on behind it. */
static bool take_name(struct vb_span *names)
{
    ssize_t colon = vb_span_find(*names, ':', 0);
    size_t len = colon < 0 ? names->len : (size_t)colon;
    bool secure = vb_span_eq(vb_span_head(*names, len), VB_SPAN("https"));

    *names = vb_span_from(*names, colon < 0 ? len : len + 1);
    return secure;
}

/* How many sockets were handed over to this very process. */
static size_t take_inherited(struct vb_inherited sockets[MAX_INHERITED])
{
    int64_t count = read_env("LISTEN_FDS");
    const char *text = getenv("LISTEN_FDNAMES");
    struct vb_span names = vb_span_str(text != NULL ? text : "");

    if (read_env("LISTEN_PID") != (int64_t)getpid() || count < 1)
        return 0;
    if (count > MAX_INHERITED)
        count = MAX_INHERITED;
    for (int i = 0; i < (int)count; i++) {
        sockets[i] = (struct vb_inherited){.fd = LISTEN_FDS_START + i,
                                           .secure = take_name(&names)};
        fcntl(sockets[i].fd, F_SETFD, FD_CLOEXEC);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return (size_t)count;
}

/* As many files and connections as the system lets us have: the soft limit is
 * for programs that use select(2). */
static void raise_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool vb_serve_make_data(const struct vb_config *config)
{
    if (!vb_span_starts(vb_span_str(config->storage), VB_SPAN("sqlite:")) &&
        !config->tls_self_signed)
        return true;
    if (mkdir(config->data, 0777) == 0 || errno == EEXIST)
        return true;
    vb_log(VB_LOG_ERROR, "cannot make the directory %s: %s", config->data,
           strerror(errno));
    return false;
}

/* Is there more than what is described nowhere? */
static bool has_own(const struct vb_server *server)
{
    if (server->proxying.on)
        return false;
    if (server->file != NULL)
        return !server->gateways.describes;
    return server->files == NULL && server->gateways.rest.server_count == 0;
}

/* What another server is asked for. */
static const char *whats(const struct vb_server *server)
{
    if (server->file == NULL)
        return "everything";
    if (!server->gateways.describes)
        return "the rest";
    return server->gateways.rest.passes
               ? "everything, where it fits if it is described"
               : "what is described, where it fits";
}

static void tell_rest(const struct vb_server *server)
{
    const struct vb_gateway *rest = &server->gateways.rest;

    if (server->files != NULL)
        vb_log(VB_LOG_NOTICE, "serving the files of %s", server->files);
    for (size_t i = 0; i < rest->server_count; i++)
        vb_log(VB_LOG_NOTICE, "asking %.*s%.*s for %s",
               VB_FMT(rest->servers[i]), VB_FMT(rest->base), whats(server));
    if (rest->server_count > 0 && rest->tls.insecure)
        vb_log(VB_LOG_WARNING, "whoever that is (--insecure-upstream)");
}

static const char *whose(const struct vb_proxying *proxying, bool open)
{
    if (proxying->users != NULL)
        return "the users of ";
    return open ? "clients from anywhere" : "clients on this machine";
}

static void tell_proxy(const struct vb_proxying *proxying, bool open)
{
    if (!proxying->on)
        return;
    if (proxying->rule_count == 0)
        vb_log(VB_LOG_WARNING, "leading nowhere: nothing is allowed (--allow)");
    else
        vb_log(VB_LOG_NOTICE, "leading where --allow says: %s%s",
               whose(proxying, open),
               proxying->users != NULL ? proxying->users : "");
    if (proxying->insecure)
        vb_log(VB_LOG_WARNING, "whoever is there (--insecure-upstream)");
}

static void tell(struct vb_server *server)
{
    size_t count;
    const struct vb_address *addresses =
        vb_loop_addresses(server->loop, &count);
    struct vb_buf text;

    vb_buf_init(&text, 4096);
    if (has_own(server))
        vb_log(VB_LOG_NOTICE, "serving %s",
               server->file != NULL ? server->file
                                    : "an open tree of resources");
    tell_rest(server);
    tell_proxy(&server->proxying, server->trust.open);
    if (has_own(server)) {
        vb_store_show(vb_span_str(server->store_url), &text);
        vb_log(VB_LOG_NOTICE, "data in %.*s", VB_FMT(vb_buf_span(&text)));
    }
    if (server->trust.open && server->proxying.users == NULL)
        vb_log(VB_LOG_WARNING, "anyone who can reach it may %s (--open)",
               server->proxying.on ? "use it" : "write");
    vb_secure_tell(server);
    if (server->admin != NULL) {
        vb_buf_reset(&text);
        vb_admin_place(server->admin, &text);
        vb_log(VB_LOG_NOTICE, "administered at %.*s",
               VB_FMT(vb_buf_span(&text)));
    }
    for (size_t i = 0; i < count; i++) {
        vb_buf_reset(&text);
        vb_address_format(&addresses[i], &text);
        vb_log(VB_LOG_NOTICE, "listening on %.*s", VB_FMT(vb_buf_span(&text)));
    }
    vb_buf_done(&text);
}

static const char *path_of(const char *said)
{
    return strcmp(said, "off") == 0 ? NULL : said;
}

void vb_serve_api(struct vb_server *server, const struct vb_config *config)
{
    vb_server_publish(server, path_of(config->publish));
    vb_server_batch(server, path_of(config->batch));
    vb_server_graphql(server, path_of(config->graphql));
    server->graphql_limits = config->graphql_limits;
    server->graphql_limits.fields = vb_gql_limits_default.fields;
    server->password_cost = (struct vb_password_cost){
        .memory = config->password_memory,
        .passes = config->password_passes,
    };
    server->trust.open = config->open;
    server->trust.plain_credentials = config->plain_credentials;
    for (size_t i = 0; i < config->origins.count; i++)
        vb_server_trust_origin(server, config->origins.at[i]);
    for (size_t i = 0; i < config->hosts.count; i++)
        vb_server_trust_host(server, config->hosts.at[i]);
}

/* What is told of URIs goes by the rules of the access log. */
static void audit(struct vb_gateways *gateways, const struct vb_config *config)
{
    struct vb_buf why = vb_buf_over(NULL, 0);
    struct vb_redaction redaction;

    if (vb_redaction_parse(vb_span_str(config->log_redact), &redaction, &why) !=
            VB_OK ||
        !vb_gateways_audit(gateways, &redaction))
        vb_log(VB_LOG_ERROR, "--audit: there is no memory for it");
}

void vb_serve_gateways(struct vb_server *server, const struct vb_config *config)
{
    struct vb_gateways *gateways = &server->gateways;
    struct vb_gateway *rest = &gateways->rest;

    rest->keeps_host = config->gateway_host == VB_HOST_PRESERVE;
    rest->balance = config->gateway_balance;
    rest->connect_ms = config->gateway_connect_ms;
    rest->head_ms = rest->idle_ms = config->gateway_timeout_ms;
    rest->hides = config->gateway_hides;
    rest->passes = config->gateway_passes;
    gateways->describes = config->gateway_describes;
    gateways->room.memory = config->gateway_cache;
    gateways->room.directory = config->gateway_cache_dir;
    gateways->room.disk = config->gateway_cache_disk;
    rest->tls.ca = config->gateway_ca;
    rest->tls.insecure = config->gateway_insecure;
    rest->place = (struct vb_place){.file = VB_SPAN("--to")};
    if (config->gateway_audits)
        audit(gateways, config);
    if (config->via != NULL)
        snprintf(gateways->pseudonym, sizeof(gateways->pseudonym), "%s",
                 config->via);
    for (size_t i = 0;
         i < config->trusted_proxies.count && i < VB_GATEWAYS_TRUSTED_MOST; i++)
        if (vb_network_parse(vb_span_str(config->trusted_proxies.at[i]),
                             &gateways->trusted[gateways->trusted_count]))
            gateways->trusted_count++;
    for (size_t i = 0; i < config->gateway_to.count; i++)
        vb_server_gateway(server, config->gateway_to.at[i]);
}

static void serve_proxy(struct vb_server *server,
                        const struct vb_config *config)
{
    struct vb_proxying *proxying = &server->proxying;

    proxying->on = config->proxy;
    proxying->connect_ms = config->gateway_connect_ms;
    proxying->response_ms = config->gateway_timeout_ms;
    proxying->tunnel_idle_ms = config->tunnel_idle_ms;
    proxying->ca = config->gateway_ca;
    proxying->insecure = config->gateway_insecure;
    for (size_t i = 0; i < config->allowances.count; i++)
        vb_server_proxy(server, config->allowances.at[i]);
    if (config->users != NULL)
        vb_server_proxy_users(server, config->users);
}

static void apply(struct vb_server *server, const struct vb_config *config)
{
    server->limits = config->limits;
    server->workers = config->workers;
    server->max_connections = config->max_connections;
    server->max_programs = config->max_programs;
    server->job_options = (struct vb_jobs_options){
        .most = config->max_jobs,
        .at_once = config->jobs_at_once,
        .retention_ms = config->job_retention_ms,
    };
    server->grace_ms = config->grace_ms;
    server->max_pending = config->max_pending;
    server->max_streams = config->max_streams;
    server->history = config->history;
    server->rate = config->rate;
    server->rate.burst =
        config->rate_burst > 0 ? config->rate_burst : config->rate.count;
    server->cache_size = config->cache_size;
    server->cache_max_age_ms = config->cache_max_age_ms;
    vb_serve_api(server, config);
    if (config->admin != NULL)
        vb_server_admin(server, config->admin, config->admin_token);
    server->trace = config->trace;
    server->explain = config->explain;
    server->listening = tell;
    serve_proxy(server, config);
    if (!config->proxy)
        vb_server_describe(server, config->description, config->storage);
    if (config->files != NULL)
        vb_server_files(server, config->files);
    vb_serve_gateways(server, config);
}

static enum vb_err copy_addresses(struct vb_server *server,
                                  const struct vb_config *config)
{
    size_t size = config->listen_count * sizeof(*config->listen);

    server->addresses = malloc(size);
    if (server->addresses == NULL)
        return VB_ERR_NOMEM;
    memcpy(server->addresses, config->listen, size);
    server->address_count = config->listen_count;
    return VB_OK;
}

/* The text at an index, or NULL. */
static const char *nth(const struct vb_texts *texts, size_t i)
{
    return i < texts->count ? texts->at[i] : NULL;
}

/* What is asked of nobody must not look as if it were asked. */
static bool ask_clients(struct vb_server *server,
                        const struct vb_config *config)
{
    enum vb_client_cert when = config->tls_client_cert;
    const char *lonely = NULL;

    if (config->tls_client_ca == NULL && config->tls_client_crl != NULL)
        lonely = "tls-client-crl";
    if (config->tls_client_ca == NULL && when > VB_CLIENT_CERT_NONE)
        lonely = "tls-client-cert";
    if (lonely != NULL) {
        vb_log(VB_LOG_ERROR, "--%s needs --tls-client-ca", lonely);
        return false;
    }
    if (config->tls_client_ca == NULL || when == VB_CLIENT_CERT_NONE)
        return true;
    return vb_secure_clients(server,
                             &(struct vb_tls_clients){
                                 .ca = config->tls_client_ca,
                                 .crl = config->tls_client_crl,
                                 .required = when != VB_CLIENT_CERT_OPTIONAL,
                             }) == VB_OK;
}

static bool secure(struct vb_server *server, const struct vb_config *config)
{
    size_t count = config->tls_certs.count;

    if ((config->tls_keys.count > 0 && config->tls_keys.count != count) ||
        config->tls_ocsps.count > count) {
        vb_log(VB_LOG_ERROR,
               "--%s: there are %zu of them, and %zu of --tls-cert",
               config->tls_ocsps.count > count ? "tls-ocsp" : "tls-key",
               config->tls_ocsps.count > count ? config->tls_ocsps.count
                                               : config->tls_keys.count,
               count);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (vb_secure_add(server, config->tls_certs.at[i],
                          nth(&config->tls_keys, i),
                          nth(&config->tls_ocsps, i)) != VB_OK)
            return false;
    if (!ask_clients(server, config))
        return false;
    if (config->tls_self_signed)
        vb_server_self_signed(server, config->data);
    server->redirect_to_https = config->redirect_to_https;
    server->http3 = config->http3;
    if (config->hsts_ms > 0)
        snprintf(server->hsts, sizeof(server->hsts), "max-age=%llu",
                 (unsigned long long)(config->hsts_ms / 1000));
    return true;
}

/* *ret_log is NULL when nothing is to be logged. */
static bool open_log(const struct vb_config *config,
                     struct vb_access_log **ret_log)
{
    const struct vb_access_options options = {
        .path = config->log,
        .format = config->log_format,
        .redact = config->log_redact,
    };
    struct vb_buf why;
    enum vb_err err;

    *ret_log = NULL;
    if (strcmp(config->log, "off") == 0)
        return true;
    vb_buf_init(&why, 4096);
    err = vb_access_log_open(&options, ret_log, &why);
    if (err != VB_OK)
        vb_log(VB_LOG_ERROR, "--log: %.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return err == VB_OK;
}

static int run(struct vb_server *server, const struct vb_config *config)
{
    struct vb_inherited inherited[MAX_INHERITED];
    int status;

    server->inherited_count = take_inherited(inherited);
    server->inherited = inherited;
    /* The manager's sockets stand in for the default, not for a wish. */
    if ((server->inherited_count == 0 || config->listen_given) &&
        copy_addresses(server, config) != VB_OK)
        return 2;
    status = vb_server_run(server);
    if (status != 0)
        vb_log(VB_LOG_ERROR, "%s", vb_server_error(server));
    else
        vb_log(VB_LOG_NOTICE, "stopped");
    return status;
}

/* Two cannot have the rest. */
static bool has_one_rest(const struct vb_config *config)
{
    if (config->files == NULL || config->gateway_to.count == 0)
        return true;
    vb_log(VB_LOG_ERROR, "--files and --to are both for what is described "
                         "nowhere");
    return false;
}

int vb_serve(const struct vb_config *config)
{
    struct vb_access_log *log;
    struct vb_server *server;
    int status = 2;

    if (!has_one_rest(config))
        return 2;
    if (!vb_serve_make_data(config))
        return 2;
    if (!open_log(config, &log))
        return 2;
    raise_open_files();
    server = vb_server_new();
    if (server != NULL) {
        apply(server, config);
        server->log = log;
        if (secure(server, config))
            status = run(server, config);
    }
    vb_server_free(server);
    vb_access_log_free(log);
    return status;
}
