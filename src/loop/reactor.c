/* How others have descriptors watched (base/reactor.h): a handle of libuv
 * each. */
#include <stdlib.h>

#include "loop/worker.h"

struct watch {
    uv_poll_t poll;
    struct vb_watched *watched;
    struct vb__worker *worker;
    int fd;
};

static struct vb__worker *worker_of(struct vb_reactor *reactor)
{
    struct vb_worker *shown = VB_CONTAINER(reactor, struct vb_worker, reactor);

    return VB_CONTAINER(shown, struct vb__worker, shown);
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    struct vb_watched *watched = watch->watched;
    unsigned told = 0;

    vb__worker_wake(watch->worker);
    if (status != 0 || (events & UV_READABLE) != 0)
        told |= VB_REACTOR_READ;
    if (status != 0 || (events & UV_WRITABLE) != 0)
        told |= VB_REACTOR_WRITE;
    watched->ready(watched, told);
}

static int start(struct watch *watch, unsigned events)
{
    int wanted = ((events & VB_REACTOR_READ) != 0 ? UV_READABLE : 0) |
                 ((events & VB_REACTOR_WRITE) != 0 ? UV_WRITABLE : 0);

    return uv_poll_start(&watch->poll, wanted, ready);
}

static void unwatch(struct vb_reactor *reactor, struct vb_watched *watched)
{
    struct watch *watch = watched->own;

    (void)reactor;
    if (watch == NULL)
        return;
    watched->own = NULL;
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, closed);
}

static enum vb_err begin(struct vb__worker *worker, struct vb_watched *watched,
                         int fd)
{
    struct watch *watch = malloc(sizeof(*watch));

    if (watch == NULL)
        return VB_ERR_NOMEM;
    watch->watched = watched;
    watch->worker = worker;
    watch->fd = fd;
    if (uv_poll_init(&worker->uv, &watch->poll, fd) != 0) {
        free(watch);
        return VB_ERR_IO;
    }
    watch->poll.data = watch;
    watched->own = watch;
    return VB_OK;
}

static enum vb_err watch_for(struct vb_reactor *reactor,
                             struct vb_watched *watched, int fd,
                             unsigned events)
{
    struct watch *watch = watched->own;

    if (watch != NULL && watch->fd != fd) {
        unwatch(reactor, watched);
        watch = NULL;
    }
    if (watch == NULL) {
        enum vb_err err = begin(worker_of(reactor), watched, fd);

        if (err != VB_OK)
            return err;
        watch = watched->own;
    }
    return start(watch, events) == 0 ? VB_OK : VB_ERR_IO;
}

void vb__reactor_init(struct vb__worker *worker)
{
    worker->shown.reactor = (struct vb_reactor){
        .watch = watch_for,
        .unwatch = unwatch,
        .alarms = &worker->shown.alarms,
    };
}
