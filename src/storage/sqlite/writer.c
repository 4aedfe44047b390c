/* The writer's queue and its thread. See writer.h for the picture. */
#include "storage/sqlite/writer.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "storage/sqlite/state.h"

/* A group ends at this many bytes of content or requests: the next one takes
 * the rest, and answers are not kept waiting for all of it. */
#define GROUP_BYTES    ((size_t)16 * 1024 * 1024)
#define GROUP_REQUESTS 1024

/* Quiet for this long, the log is copied: reading the database is cheaper. */
#define IDLE_MS 1000

/* --- The queue. --- */

/* Once is enough: until it waits again it will look by itself. */
static void unlock_and_rouse(struct vb__writer *writer)
{
    bool rouse = writer->waiting;

    writer->waiting = false;
    pthread_mutex_unlock(&writer->lock);
    if (rouse)
        pthread_cond_signal(&writer->work);
}

void vb__writer_queue(struct vb__writer *writer, struct vb__requests *requests)
{
    pthread_mutex_lock(&writer->lock);
    *writer->last = requests->first;
    writer->last = &requests->last->next;
    unlock_and_rouse(writer);
    *requests = (struct vb__requests){.count = 0};
}

void vb__writer_nudge(struct vb__writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->nudged = true;
    unlock_and_rouse(writer);
}

void vb__writer_discard(struct vb__writer *writer, uint64_t blob)
{
    pthread_mutex_lock(&writer->lock);
    /* Without memory for it, it stays loose until the next start. */
    vb_buf_append(&writer->discarded,
                  vb_span_of((const char *)&blob, sizeof(blob)));
    writer->nudged = true;
    unlock_and_rouse(writer);
}

/* --- The thread. --- */

/* From the front of the queue; under the lock. */
static struct vb_task *take_group(struct vb__writer *writer)
{
    struct vb_task *tasks = writer->first;
    struct vb_task **end = &writer->first;
    size_t bytes = 0;

    for (unsigned n = 0;
         *end != NULL && bytes < GROUP_BYTES && n < GROUP_REQUESTS; n++) {
        bytes += vb__task_weight(*end);
        end = &(*end)->next;
    }
    if (*end == NULL) {
        writer->first = NULL;
        writer->last = &writer->first;
    } else {
        writer->first = *end;
        *end = NULL;
    }
    return tasks;
}

static void take_discarded(struct vb__writer *writer)
{
    uint64_t blob;

    for (size_t i = 0; i < writer->discarded.len; i += sizeof(blob)) {
        memcpy(&blob, writer->discarded.ptr + i, sizeof(blob));
        vb__garbage_add(&writer->garbage, blob,
                        atomic_load(&writer->sqlite->commits));
    }
    vb_buf_reset(&writer->discarded);
}

/* Sleeps until there is something to do; under the lock. False when it was
 * quiet for so long that the log should be copied. */
static bool wait_for_work(struct vb__writer *writer)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_MS / 1000;
    while (writer->first == NULL && !writer->nudged && !writer->stop &&
           rc == 0) {
        writer->waiting = true;
        if (vb__log_is_behind(writer))
            rc = pthread_cond_timedwait(&writer->work, &writer->lock, &until);
        else
            pthread_cond_wait(&writer->work, &writer->lock);
    }
    writer->waiting = false;
    return rc == 0;
}

/* One round; false when it was the last. `more` says that there is garbage
 * to remove at once, and is told so for the next round. */
static bool round_of_work(struct vb__writer *writer, bool *more)
{
    struct vb_task *tasks;
    bool quiet = false;
    bool last;

    pthread_mutex_lock(&writer->lock);
    if (!*more)
        quiet = !wait_for_work(writer);
    tasks = take_group(writer);
    take_discarded(writer);
    vb__indexing_hear(writer);
    writer->nudged = false;
    last = writer->stop && tasks == NULL;
    pthread_mutex_unlock(&writer->lock);
    if (tasks != NULL)
        vb__group_run(writer, tasks);
    if (quiet)
        vb__log_catch_up(writer);
    else
        vb__log_tend(writer);
    *more = !last && vb__garbage_collect(writer);
    if (!last)
        *more |= vb__indexing_work(writer);
    return !last;
}

static void *run_thread(void *context)
{
    struct vb__writer *writer = context;
    bool more = writer->garbage.count > 0;

    while (round_of_work(writer, &more))
        ;
    return NULL;
}

/* Signals are for the threads that wait for them. */
static int create_thread(struct vb__writer *writer)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&writer->thread, NULL, run_thread, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

enum vb_err vb__writer_start(struct vb__writer *writer)
{
    return create_thread(writer) == 0 ? VB_OK : VB_ERR_NOMEM;
}

void vb__writer_stop(struct vb__writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->stop = true;
    unlock_and_rouse(writer);
    pthread_join(writer->thread, NULL);
    /* Numbers taken since the last group: a tidy end loses none. */
    if (vb__numbers_pending(&writer->sqlite->numbers))
        vb__group_attempt(writer, NULL);
}
