/*
 * What a running server reads again at SIGHUP: its log, certificates, the
 * description, who may use its proxy, and what its operator's token is. What
 * cannot be read stays as it was.
 */
#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "server/secure.h"
#include "server/server.h"

/* Its way to a worker: references, or NULL. */
struct delivery {
    struct vb_task task;
    struct vb_worker *worker;
    struct vb_catalog *catalog;
    struct vb_users *users;
};

static void deliver(struct vb_task *task)
{
    struct delivery *delivery = VB_CONTAINER(task, struct delivery, task);
    struct vb_server_worker *own = delivery->worker->user;

    if (own != NULL)
        vb__worker_renew(own, delivery->catalog, delivery->users);
    vb_catalog_unref(delivery->catalog);
    vb_users_unref(delivery->users);
    free(delivery);
}

static struct vb_task *make_delivery(void *context, struct vb_worker *worker)
{
    const struct vb_server *server = context;
    struct delivery *delivery = malloc(sizeof(*delivery));

    if (delivery == NULL)
        return NULL;
    *delivery = (struct delivery){
        .task = {.run = deliver},
        .worker = worker,
        .catalog =
            server->catalog != NULL ? vb_catalog_ref(server->catalog) : NULL,
        .users = server->users != NULL ? vb_users_ref(server->users) : NULL,
    };
    return &delivery->task;
}

/* Says why something stays as it was. */
static void tell(const struct vb_buf *why, const char *what)
{
    vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(why)));
    vb_log(VB_LOG_NOTICE, "going on with the %s", what);
}

static bool reload_description(struct vb_server *server)
{
    struct vb_catalog *catalog;
    struct vb_buf why;
    bool good;

    vb_buf_init(&why, 64 * 1024);
    good = vb_server_load(server, &catalog, &why) == VB_OK;
    if (good) {
        (void)vb_gateways_store(&server->gateways,
                                vb_catalog_site(catalog)->forwards, &why);
        vb_catalog_index(catalog, server->store);
        vb_catalog_unref(server->catalog);
        server->catalog = catalog;
        vb_log(VB_LOG_NOTICE, "serving %s anew", server->file);
    } else {
        tell(&why, "description as it was");
    }
    vb_buf_done(&why);
    return good;
}

static bool reload_users(struct vb_server *server)
{
    struct vb_users *users;
    struct vb_buf why;
    bool good;

    vb_buf_init(&why, 4096);
    good = vb_proxying_users(&server->proxying, &users, &why) == VB_OK;
    if (good) {
        vb_users_unref(server->users);
        server->users = users;
    } else {
        tell(&why, "users as they were");
    }
    vb_buf_done(&why);
    return good;
}

static void reopen_log(struct vb_server *server)
{
    struct vb_buf why;

    vb_buf_init(&why, 4096);
    if (vb_access_log_reopen(server->log, &why) != VB_OK)
        vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
}

void vb__server_reload(void *context, struct vb_loop *loop)
{
    struct vb_server *server = context;
    bool anew = false;

    reopen_log(server);
    vb_secure_reload(server);
    if (server->described && server->file != NULL)
        anew |= reload_description(server);
    if (server->users != NULL)
        anew |= reload_users(server);
    if (server->admin != NULL)
        vb_admin_renew(server->admin, server->gateways.cache.tier);
    if (anew)
        vb_loop_broadcast(loop, make_delivery, server);
}
