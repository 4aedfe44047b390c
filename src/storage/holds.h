/*
 * Names that somebody in this process has a hold on, for things of which only
 * one may be under way at a time. Any thread; nobody waits.
 */
#ifndef VB_STORAGE_HOLDS_H
#define VB_STORAGE_HOLDS_H

#include <pthread.h>
#include <stdbool.h>

#include "base/span.h"
#include "base/table.h"

struct vb_holds {
    pthread_mutex_t lock;
    struct vb_table table;
};

/* The caller's; it stays where it is while held. */
struct vb_hold {
    struct vb_table_node node;
    struct vb_span name; /* borrowed while held */
};

void vb__holds_init(struct vb_holds *holds);
/* All must be let go. */
void vb__holds_done(struct vb_holds *holds);

/* False: somebody has it, or there is no memory. */
bool vb_hold_take(struct vb_holds *holds, struct vb_hold *hold,
                  struct vb_span name);
void vb_hold_drop(struct vb_holds *holds, struct vb_hold *hold);

#endif
