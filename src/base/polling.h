/*
 * A reactor (base/reactor.h) on poll(2), for who has no loop of its own: a
 * command that makes one request after the other, a test.
 *
 *     while (!done)
 *         vb_polling_turn(&polling, -1);
 *
 * One thread's, but for vb_polling_wake. A handful of descriptors, no more.
 */
#ifndef VB_BASE_POLLING_H
#define VB_BASE_POLLING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/reactor.h"

/* Descriptors that are watched at a time; beyond: VB_ERR_LIMIT. */
#define VB_POLLING_MOST 64

struct vb_polling {
    struct vb_reactor reactor;
    struct vb_alarms alarms;
    struct vb_link watches;
    struct vb_link set; /* alarms */
    size_t count;       /* watches */
    int wake;           /* an eventfd */
};

/* VB_ERR_IO: no descriptor is left. */
enum vb_err vb_polling_init(struct vb_polling *polling);
/* Nothing may be watched or set any more. */
void vb_polling_done(struct vb_polling *polling);

/* Ends the turn that is waiting, or the next one. From any thread. */
void vb_polling_wake(struct vb_polling *polling);

/* Waits until something is ready, an alarm is due, it was woken, or so many
 * milliseconds are over (-1: however long), and tells who waits for that.
 * False: it was neither ready nor woken. */
bool vb_polling_turn(struct vb_polling *polling, int timeout_ms);

#endif
