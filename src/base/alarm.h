/*
 * Being called again after a while: the contract between who waits (a resource,
 * a connection to a database) and who has timers (loop/). For what is rare;
 * deadlines of HTTP connections have a wheel.
 */
#ifndef VB_BASE_ALARM_H
#define VB_BASE_ALARM_H

#include <stdint.h>

#include "base/err.h"

/* The caller's, where it stays until it has rung or is cancelled. */
struct vb_alarm {
    void (*ring)(struct vb_alarm *alarm); /* once, on the worker's thread */
    void *context;                        /* the caller's */
    void *own;                            /* what sets it: NULL: not set */
};

/* One of each worker: env.alarms. */
struct vb_alarms {
    enum vb_err (*set)(struct vb_alarms *alarms, struct vb_alarm *alarm,
                       uint64_t after_ms);
    /* Harmless when it is not set. */
    void (*cancel)(struct vb_alarms *alarms, struct vb_alarm *alarm);
};

#endif
