/* Workers, an executor, waiting requests. See rig.h. */
#include "rig.h"

#include <stdlib.h>

/* --- The executor. --- */

static struct vb_task *next_task(struct rig_executor *executor)
{
    struct vb_task *task;

    pthread_mutex_lock(&executor->lock);
    while (executor->first == NULL && !executor->stop)
        pthread_cond_wait(&executor->work, &executor->lock);
    task = executor->first;
    if (task != NULL) {
        executor->ran++;
        executor->first = task->next;
        if (executor->first == NULL)
            executor->last = &executor->first;
    }
    pthread_mutex_unlock(&executor->lock);
    return task;
}

static void *run_tasks(void *context)
{
    struct vb_task *task;

    while ((task = next_task(context)) != NULL)
        task->run(task);
    return NULL;
}

static void submit(struct vb_executor *base, struct vb_task *task)
{
    struct rig_executor *executor = (struct rig_executor *)(void *)base;

    task->next = NULL;
    pthread_mutex_lock(&executor->lock);
    *executor->last = task;
    executor->last = &task->next;
    pthread_cond_signal(&executor->work);
    pthread_mutex_unlock(&executor->lock);
}

void rig_executor_init(struct rig_executor *executor)
{
    *executor = (struct rig_executor){.base = {.submit = submit}};
    executor->last = &executor->first;
    pthread_mutex_init(&executor->lock, NULL);
    pthread_cond_init(&executor->work, NULL);
    for (int i = 0; i < RIG_THREADS; i++)
        if (pthread_create(&executor->threads[i], NULL, run_tasks, executor))
            abort();
}

void rig_executor_done(struct rig_executor *executor)
{
    pthread_mutex_lock(&executor->lock);
    executor->stop = true;
    pthread_cond_broadcast(&executor->work);
    pthread_mutex_unlock(&executor->lock);
    for (int i = 0; i < RIG_THREADS; i++)
        pthread_join(executor->threads[i], NULL);
    pthread_cond_destroy(&executor->work);
    pthread_mutex_destroy(&executor->lock);
}

/* --- Workers. --- */

static void wake(struct vb_mailbox *mailbox)
{
    struct rig_worker *worker = mailbox->owner;

    vb_polling_wake(&worker->polling);
}

bool rig_worker_init(struct rig_worker *worker, struct vb_store *store,
                     struct vb_executor *executor)
{
    *worker = (struct rig_worker){.client = NULL};
    if (vb_polling_init(&worker->polling) != VB_OK)
        abort();
    vb_mailbox_init(&worker->mailbox, wake, worker);
    worker->client = vb_store_attach(store, &worker->mailbox, executor,
                                     &worker->polling.reactor);
    return worker->client != NULL;
}

void rig_worker_done(struct rig_worker *worker)
{
    vb_store_detach(worker->client);
    vb_mailbox_done(&worker->mailbox);
    vb_polling_done(&worker->polling);
}

void rig_worker_turn(struct rig_worker *worker)
{
    vb_store_flush(worker->client);
    (void)vb_polling_turn(&worker->polling, -1);
    vb_mailbox_run(&worker->mailbox);
}

void rig_worker_look(struct rig_worker *worker)
{
    vb_store_turn_end(worker->client);
    (void)vb_polling_turn(&worker->polling, 0);
    vb_mailbox_run(&worker->mailbox);
}

/* --- Requests. --- */

static void note_done(struct vb_store_op *op)
{
    bool *done = op->context;

    *done = true;
}

/* Makes the request through `call` and waits for its end. */
#define WAIT(worker, request, call)                                            \
    do {                                                                       \
        bool done_ = false;                                                    \
                                                                               \
        (request)->op.done = note_done;                                        \
        (request)->op.context = &done_;                                        \
        if (call((worker)->client, (request)) == VB_IO_PENDING)                \
            while (!done_)                                                     \
                rig_worker_turn(worker);                                       \
        else if (done_)                                                        \
            abort(); /* it must not be told twice */                           \
    } while (0)

enum vb_err rig_read(struct rig_worker *worker, struct vb_span key,
                     struct vb_record **ret_record)
{
    struct vb_read read = {.key = key};

    WAIT(worker, &read, vb_store_read);
    *ret_record = read.record;
    return read.op.err;
}

enum vb_err rig_tombstone(struct rig_worker *worker, struct vb_span key,
                          struct vb_record **ret_tombstone)
{
    struct vb_read read = {.key = key, .wants_tombstone = true};

    WAIT(worker, &read, vb_store_read);
    *ret_tombstone = read.tombstone;
    vb_record_unref(read.record);
    return read.op.err;
}

enum vb_err rig_commit(struct rig_worker *worker, struct vb_commit *commit)
{
    WAIT(worker, commit, vb_store_commit);
    return commit->op.err;
}

enum vb_err rig_records(struct rig_worker *worker, struct vb_records_read *read)
{
    WAIT(worker, read, vb_store_records);
    return read->op.err;
}

enum vb_err rig_claim(struct rig_worker *worker, struct vb_claim_read *read)
{
    WAIT(worker, read, vb_store_claim);
    return read->op.err;
}

enum vb_err rig_sources(struct rig_worker *worker, struct vb_sources_read *read)
{
    WAIT(worker, read, vb_store_sources);
    return read->op.err;
}

enum vb_err rig_memo(struct rig_worker *worker, struct vb_memo_read *read)
{
    WAIT(worker, read, vb_store_memo);
    return read->op.err;
}

enum vb_err rig_lists(struct rig_worker *worker, struct vb_lists_read *read)
{
    WAIT(worker, read, vb_store_lists);
    return read->op.err;
}

enum vb_err rig_list(struct rig_worker *worker, struct vb_list_read *list)
{
    WAIT(worker, list, vb_store_list);
    return list->op.err;
}

enum vb_err rig_history(struct rig_worker *worker, struct vb_history_read *read)
{
    WAIT(worker, read, vb_store_history);
    return read->op.err;
}

enum vb_err rig_collection(struct rig_worker *worker,
                           struct vb_collection_read *read)
{
    WAIT(worker, read, vb_store_collection);
    return read->op.err;
}

enum vb_err rig_number(struct rig_worker *worker, struct vb_number_take *take)
{
    WAIT(worker, take, vb_store_number);
    return take->op.err;
}

enum vb_err rig_chunk_read(struct rig_worker *worker,
                           struct vb_chunk_read *read)
{
    WAIT(worker, read, vb_store_chunk_read);
    return read->op.err;
}

enum vb_err rig_chunk_write(struct rig_worker *worker,
                            struct vb_chunk_write *write)
{
    WAIT(worker, write, vb_store_chunk_write);
    return write->op.err;
}

enum vb_err rig_change(struct rig_worker *worker,
                       const struct vb_change *changes, size_t count,
                       uint64_t *ret_revision)
{
    struct vb_commit commit = {.changes = changes, .change_count = count};
    enum vb_err err = rig_commit(worker, &commit);

    if (err == VB_OK && ret_revision != NULL)
        *ret_revision = commit.revision;
    return err;
}

struct vb_change rig_put(const char *key, const char *parent, const char *text)
{
    return (struct vb_change){
        .kind = VB_CHANGE_PUT,
        .key = vb_span_str(key),
        .parent = vb_span_str(parent),
        .expect = VB_EXPECT_ANY,
        .media_type = VB_SPAN("application/json"),
        .content = vb_span_str(text),
        .length = strlen(text),
        .modified_ms = 1000,
    };
}

struct vb_change rig_delete(const char *key)
{
    return (struct vb_change){.kind = VB_CHANGE_DELETE,
                              .key = vb_span_str(key),
                              .expect = VB_EXPECT_ANY,
                              .modified_ms = 2000};
}

struct vb_change rig_bury(const char *key, const char *moved_to)
{
    struct vb_change change = rig_delete(key);

    change.tombstone = true;
    change.moved_to = vb_span_str(moved_to);
    return change;
}
