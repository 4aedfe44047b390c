/*
 * What a worker's loop gives to who has descriptors of its own, as a
 * connection to a database: to be told when they are ready. The loop
 * implements it, and tests do; who waits need not know how.
 *
 *     watch(fd, READ) ──▶ … ready ──▶ watched->ready(watched, READ)
 *
 * One of each worker; all of it on the worker's thread.
 */
#ifndef VB_BASE_REACTOR_H
#define VB_BASE_REACTOR_H

#include <stdint.h>

#include "base/alarm.h"
#include "base/err.h"

#define VB_REACTOR_READ  1U
#define VB_REACTOR_WRITE 2U

/* The caller's, where it stays while it is watched. Zeroed at first. */
struct vb_watched {
    /* The descriptor is ready for these, or has failed (then for both), for as
     * long as it is: it is told again until that has been seen to. */
    void (*ready)(struct vb_watched *watched, unsigned events);
    void *context; /* the caller's */
    void *own;     /* the reactor's; NULL: not watched */
};

struct vb_reactor {
    /* Begins to watch, or watches for other events: one descriptor for each
     * `watched`, READ, WRITE or both. VB_ERR_NOMEM, VB_ERR_IO. */
    enum vb_err (*watch)(struct vb_reactor *reactor, struct vb_watched *watched,
                         int fd, unsigned events);
    /* Ends it: before the descriptor is closed. Harmless when not watched. */
    void (*unwatch)(struct vb_reactor *reactor, struct vb_watched *watched);
    struct vb_alarms *alarms; /* of the same worker */
};

#endif
