/*
 * Work handed from one thread to another.
 *
 *     any thread ── vb_mailbox_post ──▶ mailbox ──▶ its owner runs each task
 *
 * A mailbox belongs to one thread (a worker). Posting never blocks for long
 * and never fails: the task is embedded in whatever is waiting. The first
 * post into an empty mailbox calls `wake`, which the owner has set to what
 * rouses it (uv_async_send, a condition variable in a test).
 *
 * An executor is the other direction: somewhere that blocking work may run.
 */
#ifndef VB_BASE_TASK_H
#define VB_BASE_TASK_H

#include <pthread.h>
#include <stdbool.h>

struct vb_task {
    struct vb_task *next;
    void (*run)(struct vb_task *task);
};

struct vb_mailbox {
    pthread_mutex_t lock;
    struct vb_task *first;
    struct vb_task **last;
    void (*wake)(struct vb_mailbox *mailbox); /* thread-safe */
    void *owner;                              /* for wake */
};

void vb_mailbox_init(struct vb_mailbox *mailbox,
                     void (*wake)(struct vb_mailbox *mailbox), void *owner);

/* The mailbox must be empty. */
void vb_mailbox_done(struct vb_mailbox *mailbox);

/* Owner only: has nobody posted since the last run? */
bool vb_mailbox_is_empty(struct vb_mailbox *mailbox);

/* From any thread. The task must stay alive until its run is called. */
void vb_mailbox_post(struct vb_mailbox *mailbox, struct vb_task *task);

/* The same for several, linked from `first` to `last`: one lock, one wake. */
void vb_mailbox_post_list(struct vb_mailbox *mailbox, struct vb_task *first,
                          struct vb_task *last);

/* Owner only: runs what was there at the call, in order. How many it ran. */
unsigned vb_mailbox_run(struct vb_mailbox *mailbox);

/* Where blocking work runs: `submit` may be called on the worker's thread
 * only; the task's `run` is then called on some other thread. */
struct vb_executor {
    void (*submit)(struct vb_executor *executor, struct vb_task *task);
};

#endif
