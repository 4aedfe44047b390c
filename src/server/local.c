/* A request without a server. See local.h. */
#include "server/local.h"

#include "base/clock.h"
#include "base/read_at.h"
#include "server/command.h"
#include "server/serve.h"
#include "wire/h1/h1.h"

#define PIECE ((size_t)64 * 1024)
/* Milliseconds without news after which a reply that has no end is left. What
 * is asked of the store ends by itself, in the store's own time (`timeout` of
 * its URL): that is not cut short here. */
#define PATIENCE_MS 2000

/* --- the one exchange -------------------------------------------------------
 */

static void begin(struct vb_service *service, struct vb_exchange *x)
{
    struct vb__local *local = VB_CONTAINER(service, struct vb__local, service);

    vb_worker_site_enter(local->site);
    vb_flow_start(x);
}

static void end(struct vb_service *service, struct vb_exchange *x)
{
    struct vb__local *local = VB_CONTAINER(service, struct vb__local, service);

    if (!local->ended && local->over != NULL)
        local->over(local, x);
    local->ended = true;
}

static void gone(struct vb_service *service, struct vb_exchange *x)
{
    struct vb__local *local = VB_CONTAINER(service, struct vb__local, service);

    if (x->site != NULL)
        vb_worker_site_leave(local->site);
}

/* What of the part there is; how long it was to be. */
static size_t append_file(struct vb_buf *to, const struct vb_file_part *part)
{
    char piece[4096];
    ssize_t n = 1;

    for (uint64_t done = 0; n > 0 && done < part->length && to->err == VB_OK;
         done += sizeof(piece)) {
        uint64_t left = part->length - done;

        n = vb_read_at(part->fd, piece,
                       left < sizeof(piece) ? left : sizeof(piece),
                       part->offset + done);
        if (n > 0)
            vb_buf_append(to, vb_span_of(piece, (size_t)n));
    }
    return (size_t)part->length;
}

static void drain(struct vb__local *local)
{
    struct vb_file_part file;
    struct iovec iov[16];
    int count;

    while ((count = local->wire->ops->drain(local->wire, iov, 16, &file)) > 0 ||
           file.length > 0) {
        size_t n = 0;

        for (int i = 0; i < count; i++) {
            vb_buf_append(local->reply,
                          vb_span_of(iov[i].iov_base, iov[i].iov_len));
            n += iov[i].iov_len;
        }
        if (file.length > 0)
            n += append_file(local->reply, &file);
        local->wire->ops->sent(local->wire, n);
    }
}

/* Waits for the store; false when nothing has happened for long. */
static bool wait_for_news(struct vb__local *local)
{
    int64_t until = vb_clock_monotonic_ms() + PATIENCE_MS;
    int64_t left = PATIENCE_MS;

    do {
        if (vb_polling_turn(&local->polling, (int)left)) {
            vb_mailbox_run(&local->mailbox);
            return true;
        }
        left = until - vb_clock_monotonic_ms();
    } while (left > 0);
    return false;
}

/* Until all of the reply is there, or the wire has no use for more. Bytes may
 * have to wait as well, until the store has said something. */
void vb__local_ask(struct vb__local *local, struct vb_span bytes,
                   struct vb_buf *reply)
{
    const struct vb_wire_ops *ops = local->wire->ops;

    local->reply = reply;
    while (!local->ended || (ops->state(local->wire) & VB_WIRE_WRITE) != 0) {
        unsigned state = ops->state(local->wire);

        vb_env_set_now(&local->env, vb_clock_monotonic_ms(),
                       vb_clock_unix_ms());
        if ((state & VB_WIRE_WRITE) != 0) {
            drain(local);
        } else if ((state & (VB_WIRE_CLOSE | VB_WIRE_LINGER)) != 0) {
            return;
        } else if (bytes.len > 0 && (state & VB_WIRE_READ) != 0) {
            ops->feed(local->wire, vb_span_head(bytes, PIECE));
            bytes = vb_span_from(bytes, PIECE);
        } else {
            vb_store_turn_end(local->env.store);
            if (!wait_for_news(local) && bytes.len == 0)
                ops->eof(local->wire);
        }
    }
}

/* --- life -------------------------------------------------------------------
 */

static void wake_mailbox(struct vb_mailbox *mailbox)
{
    struct vb__local *local = mailbox->owner;

    vb_polling_wake(&local->polling);
}

/* The loop looks at a wire after each of its calls anyway. */
static void wake_wire(struct vb_wire *wire)
{
    (void)wire;
}

static int fail(enum vb_err err, const struct vb_buf *why)
{
    if (why->len > 0)
        return vb__usage_error("%.*s", VB_FMT(vb_buf_span(why)));
    return vb__usage_error("%s", vb_err_text(err));
}

static int build_site(struct vb__local *local, const struct vb_config *config)
{
    struct vb_site_parts parts = {.trace = config->trace};
    struct vb_buf why;
    enum vb_err err = VB_ERR_NOMEM;
    int status = 0;

    vb_buf_init(&why, (size_t)64 * 1024);
    local->server = vb_server_new();
    if (local->server != NULL) {
        vb_serve_api(local->server, config);
        local->server->rehearses = true;
        parts.trust = &local->server->trust;
        vb_server_describe(local->server, config->description, "memory:");
        if (config->files != NULL)
            vb_server_files(local->server, config->files);
        vb_serve_gateways(local->server, config);
        err = vb_server_load(local->server, &parts.catalog, &why);
    }
    if (err == VB_OK) {
        local->site = vb_worker_site_new(&parts);
        err = local->site != NULL ? VB_OK : VB_ERR_NOMEM;
    }
    if (err != VB_OK)
        status = fail(err, &why);
    else
        local->env.site = &local->site->site;
    vb_buf_done(&why);
    return status;
}

int vb__local_init(struct vb__local *local, const struct vb_config *config)
{
    int status;

    local->service =
        (struct vb_service){.begin = begin, .end = end, .gone = gone};
    /* A client on this machine, 127.0.0.1. */
    local->peer = (struct vb_peer){.ip = {[10] = 0xff, 0xff, 127, 0, 0, 1},
                                   .loopback = true};
    vb_env_init(&local->env, &config->limits, &local->service);
    memcpy(local->nodes, vb_flow_nodes, sizeof(local->nodes));
    local->env.nodes = local->nodes;
    if (vb_polling_init(&local->polling) != VB_OK)
        return vb__usage_error("%s", vb_err_text(VB_ERR_IO));
    vb_mailbox_init(&local->mailbox, wake_mailbox, local);
    status = build_site(local, config);
    if (status != 0)
        return status;
    local->env.logins = vb_logins_new(&local->server->password_cost);
    local->wire = vb_h1_new(&local->env, &local->peer);
    if (local->env.logins == NULL || local->wire == NULL)
        return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    local->wire->wake = wake_wire;
    return 0;
}

int vb__local_open(struct vb__local *local, const char *url, const char *busy)
{
    struct vb_buf why;
    enum vb_err err;
    int status = 0;

    vb_buf_init(&why, 4096);
    err = vb_store_open(vb_span_str(url), &local->store, &why);
    if (err == VB_ERR_BUSY)
        vb_buf_printf(&why, " (%s)", busy);
    if (err == VB_OK) {
        local->env.store = vb_store_attach(local->store, &local->mailbox, NULL,
                                           &local->polling.reactor);
        err = local->env.store != NULL ? VB_OK : VB_ERR_NOMEM;
    }
    if (err != VB_OK)
        status = fail(err, &why);
    vb_buf_done(&why);
    return status;
}

void vb__local_done(struct vb__local *local)
{
    if (local->wire != NULL)
        local->wire->ops->free(local->wire);
    vb_mailbox_run(&local->mailbox);
    vb_store_detach(local->env.store);
    vb_worker_site_retire(local->site);
    vb_store_close(local->store);
    vb_logins_free(local->env.logins);
    vb_server_free(local->server);
    vb_mailbox_done(&local->mailbox);
    vb_polling_done(&local->polling);
    vb_env_done(&local->env);
}
