/* Putting a server together and running it. See server.h. */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "describe/describe.h"
#include "http/origin.h"
#include "http/path.h"
#include "server/secure.h"

const char *vb_version(void)
{
    return VB_VERSION;
}

/* The directory is opened anew whenever a file is; but one that is not there
 * to begin with is a mistake. */
static enum vb_err try_directory(const char *directory, struct vb_buf *why)
{
    int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        return VB_OK;
    }
    vb_buf_printf(why, "cannot open the directory %s: %s", directory,
                  strerror(errno));
    return VB_ERR_IO;
}

/* What is there besides what is described. Gives the catalog back when it
 * fails. */
static enum vb_err add_rest(const struct vb_server *server,
                            struct vb_catalog **catalog, struct vb_notes *notes,
                            struct vb_buf *why)
{
    enum vb_err err = VB_OK;

    if (server->files != NULL)
        err = try_directory(server->files, why);
    if (err == VB_OK && server->files != NULL)
        err = vb_catalog_serve_files(*catalog, server->files);
    if (err == VB_OK)
        err = vb_gateways_open(&server->gateways, *catalog, notes);
    if (err != VB_OK) {
        vb_catalog_unref(*catalog);
        *catalog = NULL;
    }
    return err;
}

static struct vb_span published(const struct vb_server *server)
{
    return server->publish != NULL ? vb_span_str(server->publish) : VB_SPAN("");
}

/* What this server adds to what it has; another one may have anything there. */
static enum vb_err add_own(const struct vb_server *server,
                           struct vb_catalog *catalog)
{
    enum vb_err err = VB_OK;

    if (server->batch != NULL)
        err = vb_catalog_serve_batch(catalog, vb_span_str(server->batch));
    if (err == VB_OK)
        err = vb_catalog_serve_graph(
            catalog,
            vb_span_str(server->graphql != NULL ? server->graphql : ""),
            &server->graphql_limits);
    return err;
}

static enum vb_err build(struct vb_server *server,
                         const struct vb_description *description,
                         struct vb_notes *notes,
                         struct vb_catalog **ret_catalog)
{
    struct vb_catalog *catalog;
    enum vb_err err = vb_catalog_new(description, published(server), &catalog);

    if (err != VB_OK)
        return err;
    if (description->foreign == NULL)
        err = add_own(server, catalog);
    if (err == VB_OK)
        err = vb_catalog_load_keys(catalog, notes);
    if (err == VB_OK && !server->rehearses)
        err = vb_catalog_load_plugins(catalog, notes);
    if (err == VB_OK)
        *ret_catalog = catalog;
    else
        vb_catalog_unref(catalog);
    return err;
}

static enum vb_err load(struct vb_server *server,
                        struct vb_catalog **ret_catalog, struct vb_notes *notes)
{
    const struct vb_description *description;
    enum vb_err err;

    if (server->file == NULL)
        return vb_catalog_new(NULL, VB_SPAN(""), ret_catalog);
    err = server->gateways.describes
              ? vb_description_load_of(server->file, &server->gateways.rest,
                                       notes, &description)
              : vb_description_load(server->file, notes, &description);
    if (err != VB_OK)
        return err;
    err = build(server, description, notes, ret_catalog);
    vb_description_unref(description);
    return err;
}

enum vb_err vb_server_load(struct vb_server *server,
                           struct vb_catalog **ret_catalog, struct vb_buf *why)
{
    struct vb_notes notes;
    enum vb_err err;

    if (server->file == NULL && server->files == NULL &&
        server->gateways.rest.server_count == 0)
        return vb_catalog_new_tree(ret_catalog);
    vb_notes_init(&notes);
    err = load(server, ret_catalog, &notes);
    if (err == VB_OK)
        err = add_rest(server, ret_catalog, &notes, why);
    vb_notes_print(&notes, why);
    while (why->len > 0 && why->ptr[why->len - 1] == '\n')
        why->len--;
    vb_notes_done(&notes);
    return err;
}

static unsigned usable_cores(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

/* Opens what is described, and what it is kept in. */
static enum vb_err open_described(struct vb_server *server)
{
    enum vb_err err = vb_server_load(server, &server->catalog, &server->why);

    if (err == VB_OK)
        err = vb_store_open(vb_span_str(server->store_url), &server->store,
                            &server->why);
    if (err != VB_OK)
        return err;
    vb_catalog_index(server->catalog, server->store);
    vb_store_keep_history(server->store, server->history);
    if (server->cache_size > 0 && server->cache_max_age_ms > 0)
        vb_store_follow(server->store);
    return VB_OK;
}

/* Where credentials of anybody are taken. */
static enum vb_err open_logins(struct vb_server *server)
{
    if (!server->described && server->users == NULL)
        return VB_OK;
    server->logins = vb_logins_new(&server->password_cost);
    return server->logins != NULL ? VB_OK : VB_ERR_NOMEM;
}

/* Other servers: in the place of this one, and by way of it. */
static enum vb_err open_others(struct vb_server *server)
{
    bool gates =
        server->catalog != NULL && vb_catalog_site(server->catalog)->forwards;
    enum vb_err err = vb_gateways_store(
        &server->gateways, gates || server->proxying.on, &server->why);

    if (err == VB_OK)
        err = vb_proxying_start(&server->proxying,
                                vb_span_str(server->gateways.pseudonym),
                                &server->gateways.cache, &server->why);
    if (err == VB_OK)
        err =
            vb_proxying_users(&server->proxying, &server->users, &server->why);
    server->limits.head.any_origin = server->proxying.on;
    server->limits.extended_connect = gates;
    return err;
}

/* Where it is administered: after all that could be. */
static enum vb_err open_admin(struct vb_server *server)
{
    if (!server->administered)
        return VB_OK;
    return vb_admin_open(
        &(struct vb_admin_options){
            .address = server->admin_at,
            .token = server->admin_token,
            .tier = server->gateways.cache.tier,
            .tls = server->tls,
            .trust = &server->trust,
            .log = server->log,
        },
        &server->admin, &server->why);
}

static enum vb_err start(struct vb_server *server)
{
    struct vb_loop_config config = {
        .workers = server->workers != 0 ? server->workers : usable_cores(),
        .max_connections = server->max_connections,
        .max_programs = server->max_programs,
        .grace_ms = server->grace_ms,
        .limits = &server->limits,
        .signals = true,
        .http3 = server->http3,
        .inherited = server->inherited,
        .inherited_count = server->inherited_count,
    };
    enum vb_err err = VB_OK;

    if (server->address_count == 0 && server->inherited_count == 0)
        vb_server_listen(server, "127.0.0.1:8080");
    config.addresses = server->addresses;
    config.address_count = server->address_count;
    if (server->described)
        err = open_described(server);
    if (err == VB_OK)
        err = open_others(server);
    if (err == VB_OK)
        err = open_logins(server);
    if (err == VB_OK && server->explain) {
        server->traces = vb_traces_new();
        err = server->traces != NULL ? VB_OK : VB_ERR_NOMEM;
    }
    if (err == VB_OK)
        err = vb_secure_start(server, &server->why);
    config.tls = server->tls;
    if (err == VB_OK) {
        server->hooks = vb_server_hooks;
        server->hooks.context = server;
        err = vb_loop_new(&config, &server->hooks, &server->loop, &server->why);
    }
    if (err == VB_OK)
        err = vb_secure_alternatives(server);
    if (err == VB_OK && server->described) {
        server->jobs =
            vb_jobs_new(&server->job_options, vb_loop_mailbox(server->loop));
        err = server->jobs != NULL ? VB_OK : VB_ERR_NOMEM;
    }
    return err == VB_OK ? open_admin(server) : err;
}

static void come_to_rest(struct vb_server *server)
{
    vb_admin_close(server->admin);
    server->admin = NULL;
    vb_jobs_free(server->jobs);
    server->jobs = NULL;
    vb_loop_free(server->loop);
    vb_secure_done(server);
    vb_logins_free(server->logins);
    server->logins = NULL;
    vb_proxying_done(&server->proxying);
    vb_users_unref(server->users);
    server->users = NULL;
    vb_store_close(server->store);
    vb_catalog_unref(server->catalog);
    vb_traces_free(server->traces);
    server->traces = NULL;
    server->loop = NULL;
    server->store = NULL;
    server->catalog = NULL;
}

int vb_server_run(struct vb_server *server)
{
    enum vb_err err = server->err;
    int status = 2;

    if (err == VB_OK)
        err = start(server);
    if (err == VB_OK && server->admin != NULL)
        err = vb_admin_start(server->admin);
    if (err == VB_OK) {
        err = vb_loop_run(server->loop);
        status = err == VB_OK ? 0 : 1;
    }
    if (err != VB_OK) {
        vb__server_note(server, err);
        snprintf(server->line, sizeof(server->line), "%.*s",
                 VB_FMT(vb_buf_span(&server->why)));
    }
    come_to_rest(server);
    return status;
}

void vb_server_stop(struct vb_server *server)
{
    if (server->loop != NULL)
        vb_loop_stop(server->loop);
}

const char *vb_server_error(const struct vb_server *server)
{
    return server->line;
}
