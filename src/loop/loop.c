/* All workers together. See loop.h. */
#include "loop/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "loop/datagram.h"
#include "loop/udp.h"
#include "loop/worker.h"

/* QUIC is on the same port as TLS; but what we inherit are sockets for TCP, and
 * who hands them over may have the port from somewhere else. */
static bool speaks_http3(const struct vb_loop *loop, size_t i)
{
    return loop->config.http3 && loop->addresses[i].secure &&
           i >= loop->config.inherited_count;
}

/* How often the kernel is asked for another port, when it chose one for TCP
 * that somebody has for UDP. */
#define PORT_TRIES 20

/* Where QUIC will be, too, a port that the kernel chooses is one that is free
 * for both. */
static enum vb_err listen_at(struct vb_loop *loop, size_t i, bool first,
                             int *ret_fd, struct vb_buf *why)
{
    struct vb_address *at = &loop->addresses[i];
    const struct vb_address wanted = *at;
    bool any = first && speaks_http3(loop, i) && vb_address_port(at) == 0;
    enum vb_err err = vb_address_listen(at, first, ret_fd, why);

    for (int n = 1; err == VB_OK && any && n < PORT_TRIES; n++) {
        if (vb_udp_is_free(at))
            break;
        close(*ret_fd);
        *at = wanted;
        err = vb_address_listen(at, first, ret_fd, why);
    }
    return err;
}

/* A worker's own socket for each TCP address; a Unix socket and an inherited
 * one are shared by all, each through a descriptor of its own. */
static enum vb_err listen_for(struct vb_loop *loop, struct vb__worker *worker,
                              struct vb_buf *why)
{
    size_t count = loop->config.address_count;

    worker->listeners = calloc(count, sizeof(*worker->listeners));
    if (worker->listeners == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        bool first = worker->shown.index == 0;
        bool inherited = i < loop->config.inherited_count;
        int fd = -1;
        enum vb_err err = VB_OK;

        if (inherited && first)
            fd = loop->config.inherited[i].fd;
        else if (inherited ||
                 (vb_address_is_unix(&loop->addresses[i]) && !first))
            fd = dup(loop->workers[0].listeners[i].fd);
        else
            err = listen_at(loop, i, first, &fd, why);
        if (err == VB_OK)
            err = vb__listener_open(&worker->listeners[i], worker, fd);
        worker->listeners[i].secure = loop->addresses[i].secure;
        if (speaks_http3(loop, i))
            worker->listeners[i].h3_port =
                (uint16_t)vb_address_port(&loop->addresses[i]);
        if (err != VB_OK)
            return err;
        worker->listener_count++;
    }
    return VB_OK;
}

/* Where TLS is spoken, QUIC is on the same port: it is known by now. */
static enum vb_err take_datagrams(struct vb_loop *loop,
                                  struct vb__worker *worker, struct vb_buf *why)
{
    size_t count = 0;
    struct vb_address *addresses =
        calloc(loop->config.address_count, sizeof(*addresses));
    enum vb_err err;

    if (addresses == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < loop->config.address_count; i++)
        if (speaks_http3(loop, i))
            addresses[count++] = loop->addresses[i];
    err = VB_ERR_LIMIT;
    if (count > 0 && loop->config.workers > VB_QUIC_WORKERS_MAX)
        vb_buf_printf(why, "HTTP/3 is for up to %d workers (--http3=no)",
                      VB_QUIC_WORKERS_MAX);
    else
        err = vb__datagrams_open(worker, addresses, count, why);
    free(addresses);
    return err;
}

/* Inherited sockets come first in the list of addresses. */
static enum vb_err collect_addresses(struct vb_loop *loop,
                                     const struct vb_loop_config *config)
{
    size_t count = config->inherited_count + config->address_count;

    loop->addresses = calloc(count > 0 ? count : 1, sizeof(*loop->addresses));
    if (loop->addresses == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < config->inherited_count; i++) {
        const struct vb_inherited *from = &config->inherited[i];

        if (vb_address_of(from->fd, &loop->addresses[i]) != VB_OK ||
            fcntl(from->fd, F_SETFL, O_NONBLOCK) != 0)
            return VB_ERR_IO;
        loop->addresses[i].secure = from->secure;
    }
    if (config->address_count > 0)
        memcpy(loop->addresses + config->inherited_count, config->addresses,
               config->address_count * sizeof(*loop->addresses));
    loop->config.address_count = count;
    return VB_OK;
}

enum vb_err vb_loop_new(const struct vb_loop_config *config,
                        const struct vb_loop_hooks *hooks,
                        struct vb_loop **ret_loop, struct vb_buf *why)
{
    struct vb_loop *loop = calloc(1, sizeof(*loop));
    enum vb_err err = VB_ERR_NOMEM;

    vb_assert(config->workers > 0);
    if (loop == NULL)
        return VB_ERR_NOMEM;
    loop->config = *config;
    if (config->max_outgoing == 0)
        loop->config.max_outgoing = vb__loop_outgoing_most();
    loop->hooks = hooks;
    sem_init(&loop->ready, 0, 0);
    err = vb_quic_secrets_make(&loop->quic_secrets);
    if (err != VB_OK)
        goto failed;
    err = VB_ERR_NOMEM;
    loop->workers = calloc(config->workers, sizeof(*loop->workers));
    if (loop->workers == NULL)
        goto failed;
    err = collect_addresses(loop, config);
    for (unsigned i = 0; err == VB_OK && i < config->workers; i++) {
        err = vb__worker_init(&loop->workers[i], loop, i);
        if (err == VB_OK)
            err = listen_for(loop, &loop->workers[i], why);
        if (err == VB_OK)
            err = take_datagrams(loop, &loop->workers[i], why);
    }
    if (err != VB_OK)
        goto failed;
    *ret_loop = loop;
    return VB_OK;

failed:
    if (why->len == 0)
        vb_buf_printf(why, "cannot start: %s", vb_err_text(err));
    vb_loop_free(loop);
    return err;
}

static void *worker_thread(void *context)
{
    vb__worker_run(context);
    return NULL;
}

enum vb_err vb_loop_run(struct vb_loop *loop)
{
    sigset_t all, before;

    signal(SIGPIPE, SIG_IGN);
    /* Signals are worker 0's: its threads are born with all blocked. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 1; i < loop->config.workers; i++) {
        struct vb__worker *worker = &loop->workers[i];

        if (pthread_create(&worker->thread, NULL, worker_thread, worker) != 0) {
            atomic_store(&loop->err, VB_ERR_NOMEM);
            break;
        }
        loop->started = i;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (atomic_load(&loop->err) != VB_OK)
        vb_loop_stop(loop);
    vb__worker_run(&loop->workers[0]);
    for (unsigned i = 1; i <= loop->started; i++)
        pthread_join(loop->workers[i].thread, NULL);
    return (enum vb_err)atomic_load(&loop->err);
}

void vb_loop_stop(struct vb_loop *loop)
{
    if (atomic_exchange(&loop->stopping, true))
        return;
    for (unsigned i = 0; i < loop->config.workers; i++)
        uv_async_send(&loop->workers[i].stop);
}

/* Only those that we made: when binding failed, the file may be another's. */
static void remove_unix_sockets(const struct vb_loop *loop)
{
    for (size_t i = loop->config.inherited_count;
         i < loop->workers[0].listener_count; i++) {
        const struct sockaddr_un *un = (const void *)&loop->addresses[i].sa;

        if (vb_address_is_unix(&loop->addresses[i]))
            unlink(un->sun_path);
    }
}

void vb_loop_free(struct vb_loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->workers != NULL)
        remove_unix_sockets(loop);
    for (unsigned i = 0; loop->workers != NULL && i < loop->config.workers; i++)
        vb__worker_done(&loop->workers[i]);
    free(loop->workers);
    free(loop->addresses);
    sem_destroy(&loop->ready);
    free(loop);
}

const struct vb_address *vb_loop_addresses(const struct vb_loop *loop,
                                           size_t *ret_count)
{
    *ret_count = loop->config.address_count;
    return loop->addresses;
}

void vb_loop_broadcast(struct vb_loop *loop,
                       struct vb_task *(*make)(void *context,
                                               struct vb_worker *worker),
                       void *context)
{
    for (unsigned i = 0; i < loop->config.workers; i++) {
        struct vb_task *task = make(context, &loop->workers[i].shown);

        if (task != NULL)
            vb_mailbox_post(&loop->workers[i].shown.mailbox, task);
    }
}

struct vb_mailbox *vb_loop_mailbox(struct vb_loop *loop)
{
    return &loop->workers[0].shown.mailbox;
}

uint32_t vb_loop_connections(const struct vb_loop *loop)
{
    return atomic_load(&loop->connections);
}
