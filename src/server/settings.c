/*
 * What a server is told before it runs: the setters of the public API, each of
 * which keeps what goes wrong for vb_server_run to tell.
 */
#include <stdio.h>
#include <stdlib.h>

#include "http/origin.h"
#include "http/path.h"
#include "server/secure.h"
#include "server/server.h"

#define WHY_LIMIT ((size_t)64 * 1024)

struct vb_server *vb_server_new(void)
{
    struct vb_server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return NULL;
    server->limits = vb_limits_default;
    server->max_connections = 100 * 1000;
    server->max_programs = 64;
    server->job_options = (struct vb_jobs_options){
        .most = 1000,
        .at_once = 8,
        .retention_ms = UINT64_C(24) * 3600 * 1000,
    };
    server->password_cost = (struct vb_password_cost){
        .memory = VB_PASSWORD_MEMORY, .passes = VB_PASSWORD_PASSES};
    server->grace_ms = 10 * 1000;
    server->http3 = true;
    server->max_pending = 10 * 1000;
    server->max_streams = 20 * 1000;
    server->history = VB_HISTORY_USUAL;
    server->cache_size = (size_t)64 * 1024 * 1024;
    vb_gateways_init(&server->gateways);
    vb_proxying_init(&server->proxying);
    vb_buf_init(&server->why, WHY_LIMIT);
    vb_server_publish(server, "/openapi.json");
    vb_server_batch(server, "/batch");
    vb_server_graphql(server, "/graphql");
    server->graphql_limits = vb_gql_limits_default;
    return server;
}

void vb__server_note(struct vb_server *server, enum vb_err err)
{
    if (server->err == VB_OK)
        server->err = err;
    if (server->why.len == 0)
        vb_buf_str(&server->why, vb_err_text(err));
}

void vb_server_listen(struct vb_server *server, const char *address)
{
    size_t size = (server->address_count + 1) * sizeof(*server->addresses);
    struct vb_address *addresses = realloc(server->addresses, size);
    enum vb_err err = VB_ERR_NOMEM;

    if (addresses != NULL) {
        server->addresses = addresses;
        err = vb_address_parse(vb_span_str(address),
                               &addresses[server->address_count], &server->why);
    }
    if (err == VB_OK)
        server->address_count++;
    else
        vb__server_note(server, err);
}

void vb_server_admin(struct vb_server *server, const char *address,
                     const char *token)
{
    enum vb_err err =
        vb_address_parse(vb_span_str(address), &server->admin_at, &server->why);

    free(server->admin_token);
    server->admin_token = token == NULL ? NULL : strdup(token);
    server->administered = err == VB_OK;
    if (err == VB_OK && token != NULL && server->admin_token == NULL)
        err = VB_ERR_NOMEM;
    if (err != VB_OK)
        vb__server_note(server, err);
}

void vb_server_certificate(struct vb_server *server, const char *certificate,
                           const char *key)
{
    if (vb_secure_add(server, certificate, key, NULL) != VB_OK)
        vb__server_note(server, VB_ERR_NOMEM);
}

void vb_server_client_ca(struct vb_server *server, const char *file,
                         bool required)
{
    const struct vb_tls_clients clients = {.ca = file, .required = required};

    if (vb_secure_clients(server, &clients) != VB_OK)
        vb__server_note(server, VB_ERR_NOMEM);
}

void vb_server_self_signed(struct vb_server *server, const char *directory)
{
    free(server->self_signed);
    server->self_signed = strdup(directory);
    if (server->self_signed == NULL)
        vb__server_note(server, VB_ERR_NOMEM);
}

void vb_server_without_http3(struct vb_server *server)
{
    server->http3 = false;
}

void vb_server_workers(struct vb_server *server, unsigned count)
{
    server->workers = count;
}

void vb_server_open(struct vb_server *server)
{
    server->trust.open = true;
}

void vb_server_plain_credentials(struct vb_server *server)
{
    server->trust.plain_credentials = true;
}

/* Appends a copy of the text to a list of texts. */
static enum vb_err add_text(const struct vb_span **list, size_t *count,
                            const char *text)
{
    struct vb_span *longer =
        realloc((void *)*list, (*count + 1) * sizeof(**list));
    char *copy;

    if (longer == NULL)
        return VB_ERR_NOMEM;
    *list = longer;
    copy = strdup(text);
    if (copy == NULL)
        return VB_ERR_NOMEM;
    longer[(*count)++] = vb_span_str(copy);
    return VB_OK;
}

static void free_texts(const struct vb_span *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)list[i].ptr);
    free((void *)list);
}

void vb_server_trust_origin(struct vb_server *server, const char *origin)
{
    enum vb_err err = VB_ERR_INVALID;

    if (vb_origin_valid(vb_span_str(origin)))
        err = add_text(&server->trust.origins, &server->trust.origin_count,
                       origin);
    if (err == VB_OK)
        return;
    vb_buf_printf(&server->why, "%s is no origin: %s", origin,
                  vb_err_text(err));
    vb__server_note(server, err);
}

void vb_server_trust_host(struct vb_server *server, const char *name)
{
    enum vb_err err = VB_ERR_INVALID;

    if (vb_trust_host_valid(vb_span_str(name)))
        err = add_text(&server->trust.hosts, &server->trust.host_count, name);
    if (err == VB_OK)
        return;
    vb_buf_printf(&server->why, "%s is no host's name: %s", name,
                  vb_err_text(err));
    vb__server_note(server, err);
}

/* Resources point into themselves, so each lies where it stays. */
#define MAX_MOUNTS 64

static enum vb_err add_mount(struct vb_server *server, const char *path,
                             const struct vb_handler *handler, void *self)
{
    struct vb_mount *mount;
    char *copy = strdup(path);
    enum vb_err err;

    if (server->mounts == NULL)
        server->mounts = calloc(MAX_MOUNTS, sizeof(*server->mounts));
    if (server->mounts == NULL || copy == NULL) {
        free(copy);
        return VB_ERR_NOMEM;
    }
    mount = &server->mounts[server->mount_count];
    err = vb_mounted_init(&mount->mounted, handler, self);
    if (err != VB_OK) {
        free(copy);
        return err;
    }
    mount->path = vb_span_str(copy);
    server->mount_count++;
    return VB_OK;
}

void vb_server_mount(struct vb_server *server, const char *path,
                     const struct vb_handler *handler, void *self)
{
    enum vb_err err = VB_ERR_LIMIT;

    if (server->mount_count < MAX_MOUNTS)
        err = add_mount(server, path, handler, self);
    if (err == VB_OK)
        return;
    vb_buf_printf(&server->why, "cannot mount %s: %s", path, vb_err_text(err));
    vb__server_note(server, err);
}

void vb_server_describe(struct vb_server *server, const char *file,
                        const char *store)
{
    free(server->file);
    free(server->store_url);
    server->described = true;
    server->file = file == NULL ? NULL : strdup(file);
    server->store_url = strdup(store);
    if (server->store_url == NULL || (file != NULL && server->file == NULL))
        vb__server_note(server, VB_ERR_NOMEM);
}

void vb_server_files(struct vb_server *server, const char *directory)
{
    free(server->files);
    server->described = true;
    server->files = strdup(directory);
    if (server->store_url == NULL)
        server->store_url = strdup("memory:");
    if (server->files == NULL || server->store_url == NULL)
        vb__server_note(server, VB_ERR_NOMEM);
}

void vb_server_gateway(struct vb_server *server, const char *url)
{
    enum vb_err err = vb_gateways_add(&server->gateways, url, &server->why);

    server->described = true;
    if (server->store_url == NULL)
        server->store_url = strdup("memory:");
    if (server->store_url == NULL)
        err = VB_ERR_NOMEM;
    if (err != VB_OK)
        vb__server_note(server, err);
}

/* A copy that lives as long as the server; NULL: no memory. */
static const char *proxy_text(struct vb_server *server, const char *text)
{
    return add_text(&server->proxy_texts, &server->proxy_text_count, text) ==
                   VB_OK
               ? server->proxy_texts[server->proxy_text_count - 1].ptr
               : NULL;
}

void vb_server_proxy(struct vb_server *server, const char *whither)
{
    struct vb_proxying *proxying = &server->proxying;
    const char *text = proxy_text(server, whither);
    enum vb_err err = text != NULL ? VB_OK : VB_ERR_NOMEM;

    proxying->on = true;
    if (err == VB_OK && proxying->rule_count == VB_PROXYING_RULES_MOST)
        err = VB_ERR_LIMIT;
    if (err == VB_OK)
        err = vb_allowance_parse(vb_span_str(text),
                                 &proxying->rules[proxying->rule_count],
                                 &server->why);
    if (err == VB_OK)
        proxying->rule_count++;
    else
        vb__server_note(server, err);
}

void vb_server_proxy_users(struct vb_server *server, const char *file)
{
    server->proxying.users = proxy_text(server, file);
    if (server->proxying.users == NULL)
        vb__server_note(server, VB_ERR_NOMEM);
}

bool vb__publish_valid(struct vb_span path)
{
    struct vb_span normal;
    struct vb_arena arena;
    bool valid;

    vb_arena_init(&arena, 1024, 65536);
    valid = path.len > 1 && path.ptr[0] == '/' &&
            path.ptr[path.len - 1] != '/' &&
            vb_path_normalise(&arena, path, &normal) == VB_OK &&
            vb_span_eq(normal, path);
    vb_arena_done(&arena);
    return valid;
}

static void set_path(struct vb_server *server, char **member, const char *path)
{
    free(*member);
    *member = NULL;
    if (path == NULL)
        return;
    if (vb__publish_valid(vb_span_str(path))) {
        *member = strdup(path);
        if (*member == NULL)
            vb__server_note(server, VB_ERR_NOMEM);
        return;
    }
    vb_buf_printf(&server->why, "%s is no path in its normal form", path);
    vb__server_note(server, VB_ERR_INVALID);
}

void vb_server_publish(struct vb_server *server, const char *path)
{
    set_path(server, &server->publish, path);
}

void vb_server_batch(struct vb_server *server, const char *path)
{
    set_path(server, &server->batch, path);
}

void vb_server_graphql(struct vb_server *server, const char *path)
{
    set_path(server, &server->graphql, path);
}

void vb_server_free(struct vb_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < server->mount_count; i++) {
        vb_mounted_done(&server->mounts[i].mounted);
        free((char *)server->mounts[i].path.ptr);
    }
    vb_secure_done(server); /* of one that never ran */
    free_texts(server->trust.origins, server->trust.origin_count);
    free_texts(server->trust.hosts, server->trust.host_count);
    free_texts(server->proxy_texts, server->proxy_text_count);
    free(server->mounts);
    free(server->addresses);
    free(server->file);
    free(server->files);
    free(server->store_url);
    free(server->publish);
    free(server->batch);
    free(server->graphql);
    free(server->admin_token);
    vb_gateways_done(&server->gateways);
    vb_buf_done(&server->why);
    free(server);
}
