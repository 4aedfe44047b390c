/* Listening sockets: accepting, and not accepting when that is wiser. */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "exchange/peer.h"
#include "loop/worker.h"

/* Connections taken per wake-up, so that those there are get their turn. */
#define ACCEPT_BATCH 64
/* How long to wait when the process has run out of descriptors, and how long
 * before that is told again. */
#define RESUME_MS 100
#define RETELL_MS (60 * 1000)

bool vb__loop_take_place(struct vb_loop *loop)
{
    if (atomic_fetch_add(&loop->connections, 1) < loop->config.max_connections)
        return true;
    atomic_fetch_sub(&loop->connections, 1);
    return false;
}

void vb__loop_give_place(struct vb__worker *worker)
{
    atomic_fetch_sub(&worker->loop->connections, 1);
    if (worker->paused && !worker->stopping)
        vb__listeners_resume(worker);
}

static void resume_later(uv_timer_t *timer)
{
    vb__listeners_resume(timer->data);
}

static void out_of_descriptors(struct vb__worker *worker)
{
    int64_t now = worker->shown.env.now.mono_ms;

    if (worker->told_short == 0 || now - worker->told_short >= RETELL_MS) {
        worker->told_short = now;
        vb_log(VB_LOG_WARNING, "cannot accept: %s; waiting", strerror(errno));
    }
    vb__listeners_pause(worker);
    uv_timer_start(&worker->resume, resume_later, RESUME_MS, 0);
}

static void accept_ready(uv_poll_t *poll, int status, int events)
{
    struct vb__listener *listener = poll->data;
    struct vb__worker *worker = listener->worker;

    (void)events;
    if (status < 0)
        return;
    vb__worker_wake(worker);
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage sa = {0};
        socklen_t len = sizeof(sa);
        struct vb_peer peer;
        int fd;

        if (!vb__loop_take_place(worker->loop)) {
            vb__listeners_pause(worker);
            uv_timer_start(&worker->resume, resume_later, RESUME_MS, 0);
            return;
        }
        fd = accept4(listener->fd, (struct sockaddr *)&sa, &len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            atomic_fetch_sub(&worker->loop->connections, 1);
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                errno == ENOMEM)
                out_of_descriptors(worker);
            return;
        }
        peer = vb_peer_of(&sa);
        peer.secure = listener->secure;
        peer.h3_port = listener->h3_port;
        vb__conn_accept(worker, fd, &peer);
    }
}

enum vb_err vb__listener_open(struct vb__listener *listener,
                              struct vb__worker *worker, int fd)
{
    listener->worker = worker;
    listener->fd = fd;
    if (uv_poll_init_socket(&worker->uv, &listener->poll, fd) != 0) {
        listener->closed = true;
        return VB_ERR_IO;
    }
    listener->poll.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, accept_ready);
    return VB_OK;
}

void vb__listeners_pause(struct vb__worker *worker)
{
    worker->paused = true;
    for (size_t i = 0; i < worker->listener_count; i++)
        uv_poll_stop(&worker->listeners[i].poll);
}

void vb__listeners_resume(struct vb__worker *worker)
{
    if (!worker->paused || worker->stopping)
        return;
    worker->paused = false;
    for (size_t i = 0; i < worker->listener_count; i++)
        uv_poll_start(&worker->listeners[i].poll, UV_READABLE, accept_ready);
}

void vb__listeners_close(struct vb__worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++) {
        struct vb__listener *listener = &worker->listeners[i];

        if (listener->closed)
            continue;
        listener->closed = true;
        uv_close((uv_handle_t *)&listener->poll, NULL);
        close(listener->fd);
    }
}
