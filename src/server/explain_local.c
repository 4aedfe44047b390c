/*
 * A request asked of a description without a server: the same wire, flow,
 * resources and store as a server's, on one thread, without a socket. What
 * would change something is stopped before it does: the flow's table is a copy,
 * in which the questions that act answer for themselves.
 */
#include <errno.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/read_at.h"
#include "flow/explain.h"
#include "http/method.h"
#include "resource/build.h"
#include "resource/run.h"
#include "server/explain.h"
#include "server/serve.h"
#include "server/server.h"
#include "wire/h1/h1.h"

#define BYTES_MOST ((size_t)80 * 1024 * 1024)
#define PIECE      ((size_t)64 * 1024)
/* Seconds without news after which the request is taken to be all there is. */
#define PATIENCE 2

struct rehearsal {
    struct vb_env env;
    struct vb_service service;
    struct vb_node nodes[VB_NODE_COUNT]; /* the flow, but for what acts */
    struct vb_mailbox mailbox;
    sem_t news; /* there is something in the mailbox */
    struct vb_peer peer;
    struct vb_worker_site *site;
    struct vb_server *server; /* for what its settings make */
    struct vb_store *store;
    struct vb_wire *wire;
    struct vb__finding *finding;
    bool ended; /* the exchange is over */
};

static struct rehearsal *rehearsal_of(struct vb_exchange *x)
{
    return VB_CONTAINER(x->env, struct rehearsal, env);
}

/* --- stopping before something is done --------------------------------------
 */

static enum vb_answer stop(struct vb_exchange *x, int would)
{
    struct vb__finding *finding = rehearsal_of(x)->finding;
    const struct vb_node *node = &vb_flow_nodes[x->walk.node];

    vb_explain_write(&finding->trace, x);
    finding->stopped = node->name;
    finding->would = would;
    finding->might = node->no.statuses;
    x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE; /* nobody sees it */
    return VB_HALT;
}

static enum vb_answer stop_before_commit(struct vb_exchange *x)
{
    return stop(x, (int)vb_built_success(x));
}

/* A resource that puts work off would note it down here. */
static enum vb_answer stop_before_deferred(struct vb_exchange *x)
{
    if (vb_resource_slot(x)->deferred == NULL || !vb_run_is_put_off(x))
        return VB_NO;
    return stop(x, VB_STATUS_ACCEPTED);
}

/* --- the one exchange -------------------------------------------------------
 */

static void begin(struct vb_service *service, struct vb_exchange *x)
{
    struct rehearsal *r = VB_CONTAINER(service, struct rehearsal, service);

    vb_worker_site_enter(r->site);
    vb_flow_start(x);
}

static void end(struct vb_service *service, struct vb_exchange *x)
{
    struct rehearsal *r = VB_CONTAINER(service, struct rehearsal, service);

    if (!r->ended && r->finding->stopped == NULL)
        vb_explain_write(&r->finding->trace, x);
    r->ended = true;
    if (x->site != NULL)
        vb_worker_site_leave(r->site);
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

static void drain(struct rehearsal *r)
{
    struct vb_file_part file;
    struct iovec iov[16];
    int count;

    while ((count = r->wire->ops->drain(r->wire, iov, 16, &file)) > 0 ||
           file.length > 0) {
        size_t n = 0;

        for (int i = 0; i < count; i++) {
            vb_buf_append(&r->finding->reply,
                          vb_span_of(iov[i].iov_base, iov[i].iov_len));
            n += iov[i].iov_len;
        }
        if (file.length > 0)
            n += append_file(&r->finding->reply, &file);
        r->wire->ops->sent(r->wire, n);
    }
}

/* Waits for the store; false when it has been silent for long. */
static bool wait_for_news(struct rehearsal *r)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE;
    while (sem_timedwait(&r->news, &until) != 0)
        if (errno != EINTR)
            return false;
    vb_mailbox_run(&r->mailbox);
    return true;
}

/* Until all of the reply is there, or the wire has no use for more. */
static void converse(struct rehearsal *r, struct vb_span bytes)
{
    const struct vb_wire_ops *ops = r->wire->ops;
    bool told = false;

    while (!r->ended || (ops->state(r->wire) & VB_WIRE_WRITE) != 0) {
        unsigned state = ops->state(r->wire);

        vb_env_set_now(&r->env, vb_clock_monotonic_ms(), vb_clock_unix_ms());
        if ((state & VB_WIRE_WRITE) != 0) {
            drain(r);
        } else if ((state & (VB_WIRE_CLOSE | VB_WIRE_LINGER)) != 0) {
            return;
        } else if (bytes.len > 0 && (state & VB_WIRE_READ) != 0) {
            ops->feed(r->wire, vb_span_head(bytes, PIECE));
            bytes = vb_span_from(bytes, PIECE);
        } else if (!wait_for_news(r) && !told) {
            ops->eof(r->wire);
            told = true;
        }
    }
}

/* --- life -------------------------------------------------------------------
 */

static void wake_mailbox(struct vb_mailbox *mailbox)
{
    struct rehearsal *r = mailbox->owner;

    sem_post(&r->news);
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

/* Looking at what is kept must not make it. */
static bool is_missing(const char *url)
{
    const struct vb_span prefix = VB_SPAN("sqlite:");

    return vb_span_starts(vb_span_str(url), prefix) &&
           access(url + prefix.len, F_OK) != 0;
}

static int open_store(struct rehearsal *r, const struct vb_config *config)
{
    const char *url = config->storage_given ? config->storage : "memory:";
    struct vb_buf why;
    enum vb_err err;
    int status = 0;

    if (is_missing(url))
        return vb__usage_error("there is nothing in %s", url);
    vb_buf_init(&why, 4096);
    err = vb_store_open(vb_span_str(url), &r->store, &why);
    if (err == VB_ERR_BUSY)
        vb_buf_str(&why, " (ask the running server: verbatim explain URL)");
    if (err == VB_OK) {
        r->env.store = vb_store_attach(r->store, &r->mailbox, NULL);
        err = r->env.store != NULL ? VB_OK : VB_ERR_NOMEM;
    }
    if (err != VB_OK)
        status = fail(err, &why);
    vb_buf_done(&why);
    return status;
}

static int build_site(struct rehearsal *r, const struct vb_config *config)
{
    struct vb_site_parts parts = {.trace = config->trace};
    struct vb_buf why;
    enum vb_err err = VB_ERR_NOMEM;
    int status = 0;

    vb_buf_init(&why, (size_t)64 * 1024);
    r->server = vb_server_new();
    if (r->server != NULL) {
        vb_serve_api(r->server, config);
        r->server->rehearses = true;
        parts.trust = &r->server->trust;
        vb_server_describe(r->server, config->description, "memory:");
        if (config->files != NULL)
            vb_server_files(r->server, config->files);
        err = vb_server_load(r->server, &parts.catalog, &why);
    }
    if (err == VB_OK) {
        r->site = vb_worker_site_new(&parts);
        err = r->site != NULL ? VB_OK : VB_ERR_NOMEM;
    }
    if (err != VB_OK)
        status = fail(err, &why);
    else
        r->env.site = &r->site->site;
    vb_buf_done(&why);
    return status;
}

static int prepare(struct rehearsal *r, const struct vb_config *config)
{
    int status;

    r->service = (struct vb_service){begin, end};
    /* A client on this machine, 127.0.0.1. */
    r->peer = (struct vb_peer){.ip = {[10] = 0xff, 0xff, 127, 0, 0, 1},
                               .loopback = true};
    vb_env_init(&r->env, &config->limits, &r->service);
    memcpy(r->nodes, vb_flow_nodes, sizeof(r->nodes));
    r->nodes[VB_NODE_commit].ask = stop_before_commit;
    r->nodes[VB_NODE_deferred].ask = stop_before_deferred;
    r->env.nodes = r->nodes;
    sem_init(&r->news, 0, 0);
    vb_mailbox_init(&r->mailbox, wake_mailbox, r);
    status = build_site(r, config);
    if (status == 0)
        status = open_store(r, config);
    if (status == 0) {
        r->wire = vb_h1_new(&r->env, &r->peer);
        if (r->wire == NULL)
            return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
        r->wire->wake = wake_wire;
    }
    return status;
}

static void clear(struct rehearsal *r)
{
    if (r->wire != NULL)
        r->wire->ops->free(r->wire);
    vb_mailbox_run(&r->mailbox);
    vb_store_detach(r->env.store);
    vb_worker_site_retire(r->site);
    vb_store_close(r->store);
    vb_server_free(r->server);
    vb_mailbox_done(&r->mailbox);
    sem_destroy(&r->news);
    vb_env_done(&r->env);
}

int vb__explain_local(const struct vb__question *question,
                      const struct vb_config *config,
                      struct vb__finding *finding)
{
    struct rehearsal r = {.finding = finding};
    struct vb_buf bytes;
    int status = prepare(&r, config);

    vb_buf_init(&bytes, BYTES_MOST);
    if (status == 0) {
        vb__question_write(question, vb_span_str(question->target),
                           VB_SPAN("localhost"), "", &bytes);
        if (bytes.err == VB_OK)
            converse(&r, vb_buf_span(&bytes));
        else
            status = vb__usage_error("%s", vb_err_text(bytes.err));
    }
    if (finding->stopped != NULL)
        vb_buf_reset(&finding->reply);
    clear(&r);
    vb_buf_done(&bytes);
    return status;
}
