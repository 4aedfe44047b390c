/* The writer's thread: groups of requests. See writer.h for the picture. */
#include "storage/sqlite/writer.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "storage/engine.h"
#include "storage/generations.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/state.h"

/* A group ends at this many bytes of content or requests: the next one takes
 * the rest, and answers are not kept waiting for all of it. */
#define GROUP_BYTES    ((size_t)16 * 1024 * 1024)
#define GROUP_REQUESTS 1024

/* Quiet for this long, the log is copied: reading the database is cheaper. */
#define IDLE_MS 1000

/* The operator is told of failures at most this often. */
#define TELL_MS 10000

/* --- The queue. --- */

static struct vb_store_op *op_of(struct vb_task *task)
{
    return VB_CONTAINER(task, struct vb_store_op, task);
}

static void enqueue(struct vb_store_client *client, struct vb_store_op *op,
                    void (*run)(struct vb_task *task))
{
    struct vb__writer *writer = &vb__sqlite_of(client->store)->writer;

    op->client = client;
    op->task.run = run;
    op->task.next = NULL;
    pthread_mutex_lock(&writer->lock);
    *writer->last = &op->task;
    writer->last = &op->task.next;
    if (writer->waiting)
        pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
}

static void run_commit(struct vb_task *task)
{
    struct vb_commit *commit = (struct vb_commit *)(void *)op_of(task);
    struct vb_store *store = commit->op.client->store;

    commit->op.err = vb__apply_commit(&vb__sqlite_of(store)->writer, commit);
}

static void run_chunk(struct vb_task *task)
{
    struct vb_chunk_write *write = (struct vb_chunk_write *)(void *)op_of(task);
    struct vb_store *store = write->op.client->store;

    write->op.err = vb__apply_chunk(&vb__sqlite_of(store)->writer, write);
}

void vb__writer_commit(struct vb_store_client *client, struct vb_commit *commit)
{
    enqueue(client, &commit->op, run_commit);
}

void vb__writer_chunk(struct vb_store_client *client,
                      struct vb_chunk_write *write)
{
    enqueue(client, &write->op, run_chunk);
}

static void nudge(struct vb__writer *writer)
{
    writer->nudged = true;
    if (writer->waiting)
        pthread_cond_signal(&writer->work);
}

void vb__writer_nudge(struct vb__writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    nudge(writer);
    pthread_mutex_unlock(&writer->lock);
}

void vb__writer_discard(struct vb__writer *writer, uint64_t blob)
{
    pthread_mutex_lock(&writer->lock);
    /* Without memory for it, it stays loose until the next start. */
    vb_buf_append(&writer->discarded,
                  vb_span_of((const char *)&blob, sizeof(blob)));
    nudge(writer);
    pthread_mutex_unlock(&writer->lock);
}

/* --- One transaction. --- */

/* A disk that is full now and then would fill the log too. */
static void tell_failure(struct vb__writer *writer, enum vb_err err)
{
    int64_t now = vb_clock_monotonic_ms();

    if (writer->ailing || now < writer->tell_after_ms)
        return;
    vb_log(VB_LOG_ERROR, "%s: cannot be written: %s (%s)", writer->sqlite->path,
           sqlite3_errmsg(writer->db), vb_err_text(err));
    writer->ailing = true;
    writer->tell_after_ms = now + TELL_MS;
}

enum vb_err vb__writer_failed(struct vb__writer *writer, enum vb_err err)
{
    if (err != VB_OK && writer->medium == VB_OK) {
        writer->medium = err;
        tell_failure(writer, err);
    }
    return err;
}

static enum vb_err run(struct vb__writer *writer,
                       enum vb__writer_statement name)
{
    struct vb__call call = vb__call(writer->statements[name]);

    return vb__writer_failed(writer, vb__call_run(&call));
}

/* FULL syncs the log at every commit, NORMAL only before it is copied. */
static enum vb_err set_lazy(struct vb__writer *writer, bool lazy)
{
    enum vb_err err;

    if (writer->lazy == lazy)
        return VB_OK;
    err = vb__sql_exec(writer->db, lazy ? "PRAGMA synchronous = NORMAL"
                                        : "PRAGMA synchronous = FULL");
    if (err == VB_OK)
        writer->lazy = lazy;
    return vb__writer_failed(writer, err);
}

enum vb_err vb__writer_begin(struct vb__writer *writer, bool lazy)
{
    enum vb_err err;

    writer->medium = VB_OK;
    err = set_lazy(writer, lazy);
    return err != VB_OK ? err : run(writer, VB__WRITER_BEGIN);
}

void vb__writer_undo(struct vb__writer *writer)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_ROLLBACK]);

    /* Some failures have undone it already. */
    if (sqlite3_get_autocommit(writer->db) == 0)
        vb__call_run(&call);
}

enum vb_err vb__writer_end(struct vb__writer *writer)
{
    enum vb_err err = run(writer, VB__WRITER_COMMIT);

    if (err != VB_OK) {
        vb__writer_undo(writer);
        return err;
    }
    if (writer->ailing)
        vb_log(VB_LOG_NOTICE, "%s: can be written again", writer->sqlite->path);
    writer->ailing = false;
    return VB_OK;
}

/* --- One group. --- */

static enum vb_err save_number(void *context, struct vb_span parent,
                               int64_t number)
{
    struct vb__tally *tally;
    enum vb_err err = vb__tally_get(context, parent, &tally);

    if (err == VB_OK)
        tally->number = number;
    return err;
}

static enum vb_err save_state(struct vb__writer *writer)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_STATE_SAVE]);

    vb__call_u64(&call, writer->revision);
    vb__call_u64(&call, writer->position);
    return vb__call_run(&call);
}

/* What the group's requests have in common is written once. */
static enum vb_err save_common(struct vb__writer *writer)
{
    enum vb_err err =
        vb__numbers_save(&writer->sqlite->numbers, save_number, writer);

    if (err == VB_OK)
        err = vb__tallies_save(writer);
    if (err == VB_OK)
        err = save_state(writer);
    return vb__writer_failed(writer, err);
}

static bool only_chunks(const struct vb_task *task)
{
    while (task != NULL && task->run == run_chunk)
        task = task->next;
    return task == NULL;
}

static enum vb_err attempt(struct vb__writer *writer, struct vb_task *tasks)
{
    enum vb_err err;

    vb_buf_reset(&writer->touched);
    vb_buf_reset(&writer->loosened);
    err = vb__writer_begin(writer, tasks != NULL && only_chunks(tasks));
    for (struct vb_task *task = tasks; err == VB_OK && task != NULL;
         task = task->next) {
        task->run(task);
        err = writer->medium;
    }
    if (err == VB_OK)
        err = save_common(writer);
    if (err == VB_OK)
        return vb__writer_end(writer);
    vb__writer_undo(writer);
    return err;
}

/*
 * The group is durable. The order matters: first the count, so that readers
 * leave older snapshots; then the generations, so that who notes a new one
 * reads anew; then (by the caller) the answers. README.md has the argument.
 */
static void publish(struct vb__writer *writer)
{
    struct vb__sqlite *sqlite = writer->sqlite;
    uint64_t commits = atomic_fetch_add(&sqlite->commits, 1) + 1;
    const char *at = writer->touched.ptr;
    uint64_t word;

    for (size_t i = 0; i < writer->touched.len; i += sizeof(word)) {
        memcpy(&word, at + i, sizeof(word));
        vb__generations_bump(sqlite->store.generations, word);
    }
    vb__numbers_saved(&sqlite->numbers);
    vb__tallies_trim(&writer->tallies);
    at = writer->loosened.ptr;
    for (size_t i = 0; i < writer->loosened.len; i += sizeof(word)) {
        memcpy(&word, at + i, sizeof(word));
        vb__garbage_add(&writer->garbage, word, commits);
    }
}

static void answer(struct vb_task *tasks)
{
    while (tasks != NULL) {
        struct vb_task *next = tasks->next; /* the task is its caller's then */

        vb__op_answer(op_of(tasks));
        tasks = next;
    }
}

static void answer_all(struct vb_task *tasks, enum vb_err err)
{
    for (struct vb_task *task = tasks; task != NULL; task = task->next)
        op_of(task)->err = err;
    answer(tasks);
}

/* The medium failed some request of a group: perhaps only for its size. */
static void run_singly(struct vb__writer *writer, struct vb_task *tasks)
{
    while (tasks != NULL) {
        struct vb_task *next = tasks->next;
        enum vb_err err;

        tasks->next = NULL;
        err = attempt(writer, tasks);
        if (err == VB_OK) {
            publish(writer);
            answer(tasks);
        } else {
            vb__tallies_forget(&writer->tallies);
            answer_all(tasks, err);
        }
        tasks = next;
    }
}

static void run_group(struct vb__writer *writer, struct vb_task *tasks)
{
    enum vb_err err = attempt(writer, tasks);

    if (err == VB_OK) {
        publish(writer);
        answer(tasks);
        return;
    }
    vb__tallies_forget(&writer->tallies);
    if (err == VB_ERR_BUSY || tasks->next == NULL)
        answer_all(tasks, err);
    else
        run_singly(writer, tasks);
}

/* --- The thread. --- */

static size_t weight(struct vb_task *task)
{
    size_t bytes = 0;

    if (task->run == run_chunk)
        return ((struct vb_chunk_write *)(void *)op_of(task))->bytes.len;
    if (task->run == run_commit) {
        const struct vb_commit *commit =
            (struct vb_commit *)(void *)op_of(task);

        for (size_t i = 0; i < commit->change_count; i++)
            bytes += commit->changes[i].content.len;
    }
    return bytes;
}

/* From the front of the queue; under the lock. */
static struct vb_task *take_group(struct vb__writer *writer)
{
    struct vb_task *tasks = writer->first;
    struct vb_task **end = &writer->first;
    size_t bytes = 0;

    for (unsigned n = 0;
         *end != NULL && bytes < GROUP_BYTES && n < GROUP_REQUESTS; n++) {
        bytes += weight(*end);
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
    writer->waiting = true;
    while (writer->first == NULL && !writer->nudged && !writer->stop &&
           rc == 0) {
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
    writer->nudged = false;
    last = writer->stop && tasks == NULL;
    pthread_mutex_unlock(&writer->lock);
    if (tasks != NULL)
        run_group(writer, tasks);
    if (quiet)
        vb__log_catch_up(writer);
    else
        vb__log_tend(writer);
    *more = !last && vb__garbage_collect(writer);
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
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    /* Numbers taken since the last group: a tidy end loses none. */
    if (vb__numbers_pending(&writer->sqlite->numbers))
        attempt(writer, NULL);
}
