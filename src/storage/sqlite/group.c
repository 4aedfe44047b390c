/* One group of requests: run, made durable, published, answered. */
#include <string.h>

#include "storage/engine.h"
#include "storage/generations.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/writer.h"

static struct vb_store_op *op_of(const struct vb_task *task)
{
    return VB_CONTAINER((struct vb_task *)task, struct vb_store_op, task);
}

void vb__run_commit(struct vb_task *task)
{
    struct vb_commit *commit = (struct vb_commit *)(void *)op_of(task);
    struct vb_store *store = commit->op.client->store;

    commit->op.err = vb__apply_commit(&vb__sqlite_of(store)->writer, commit);
}

void vb__run_chunk(struct vb_task *task)
{
    struct vb_chunk_write *write = (struct vb_chunk_write *)(void *)op_of(task);
    struct vb_store *store = write->op.client->store;

    write->op.err = vb__apply_chunk(&vb__sqlite_of(store)->writer, write);
}

size_t vb__task_weight(struct vb_task *task)
{
    size_t bytes = 0;

    if (task->run == vb__run_chunk)
        return ((struct vb_chunk_write *)(void *)op_of(task))->bytes.len;
    if (task->run == vb__run_commit) {
        const struct vb_commit *commit =
            (struct vb_commit *)(void *)op_of(task);

        for (size_t i = 0; i < commit->change_count; i++)
            bytes += commit->changes[i].content.len;
    }
    return bytes;
}

static enum vb_err save_number(void *context, struct vb_span parent,
                               int64_t number)
{
    struct vb__tally *tally;
    enum vb_err err = vb__tally_get(context, parent, &tally);

    if (err == VB_OK)
        tally->number = number;
    return err;
}

enum vb_err vb__writer_save_state(struct vb__writer *writer)
{
    struct vb__call call = vb__call(writer->statements[VB__WRITER_STATE_SAVE]);

    vb__call_u64(&call, writer->revision);
    vb__call_u64(&call, writer->position);
    vb__call_u64(&call, writer->history.kept);
    vb__call_u64(&call, writer->history.bytes);
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
        err = vb__history_end(writer);
    if (err == VB_OK)
        err = vb__writer_save_state(writer);
    return vb__writer_failed(writer, err);
}

static bool only_chunks(const struct vb_task *task)
{
    while (task != NULL && task->run == vb__run_chunk)
        task = task->next;
    return task == NULL;
}

/* Until it is published, or has failed, readers know what not to tell. */
static enum vb_err end(struct vb__writer *writer, bool changes)
{
    struct vb__sqlite *sqlite = writer->sqlite;
    enum vb_err err;

    if (changes)
        atomic_store(&sqlite->pending, writer->revision);
    err = vb__writer_end(writer);
    if (err != VB_OK)
        atomic_store(&sqlite->pending, 0);
    return err;
}

static enum vb_err try_once(struct vb__writer *writer, struct vb_task *tasks)
{
    struct vb__history before = writer->history;
    uint64_t revision = writer->revision;
    enum vb_err err;

    vb_buf_reset(&writer->touched);
    vb_buf_reset(&writer->loosened);
    vb__history_begin(writer);
    err = vb__writer_begin(writer, tasks != NULL && only_chunks(tasks));
    if (err == VB_OK)
        err = vb__indexing_begin(writer);
    for (struct vb_task *task = tasks; err == VB_OK && task != NULL;
         task = task->next) {
        task->run(task);
        err = writer->medium;
    }
    if (err == VB_OK)
        err = save_common(writer);
    if (err == VB_OK)
        err = end(writer, writer->revision > revision);
    else
        vb__writer_undo(writer);
    if (err != VB_OK) {
        vb__tallies_forget(&writer->tallies);
        vb__indexing_forget(writer);
        writer->history = before;
    }
    return err;
}

/* What is to be kept comes before what was. */
static enum vb_err try_without_history(struct vb__writer *writer,
                                       struct vb_task *tasks)
{
    enum vb_err err;

    vb__history_give_way(writer);
    writer->history.full = true;
    err = try_once(writer, tasks);
    writer->history.full = false;
    return err;
}

enum vb_err vb__group_attempt(struct vb__writer *writer, struct vb_task *tasks)
{
    enum vb_err err = try_once(writer, tasks);

    /* In an empty log there may be room for it. */
    if (err == VB_ERR_NOSPACE && vb__log_start_anew(writer))
        err = try_once(writer, tasks);
    if (err == VB_ERR_NOSPACE)
        err = try_without_history(writer, tasks);
    return err;
}

/* Bumps the generation of each key that the group has touched, once for each
 * time; and tells each commit which one its own change has led to. Where a
 * later one of the group, or of another, has touched the same key, that is not
 * the current one. */
static void bump_all(struct vb__writer *writer, const struct vb_task *tasks)
{
    struct vb_generations *generations = writer->sqlite->store.generations;
    size_t count = writer->touched.len / sizeof(uint64_t);
    uint64_t *words = (uint64_t *)(void *)writer->touched.ptr;

    for (size_t i = 0; i < count; i++)
        words[i] = vb__generations_bump(generations, words[i]);
    for (; tasks != NULL; tasks = tasks->next) {
        struct vb_commit *commit = (struct vb_commit *)(void *)op_of(tasks);

        if (tasks->run == vb__run_commit && commit->op.err == VB_OK &&
            commit->generation < count)
            commit->generation = words[commit->generation];
    }
}

/*
 * The group is durable. The order matters: first the count, so that readers
 * leave older snapshots; then the generations, so that who notes a new one
 * reads anew; then those may tell of it who have read it; then (by the caller)
 * the answers. README.md has the argument.
 */
static void publish(struct vb__writer *writer, const struct vb_task *tasks)
{
    struct vb__sqlite *sqlite = writer->sqlite;
    uint64_t commits = atomic_fetch_add(&sqlite->commits, 1) + 1;
    const char *at;
    uint64_t word;

    bump_all(writer, tasks);
    atomic_store(&sqlite->pending, 0);
    vb__numbers_saved(&sqlite->numbers);
    vb__tallies_trim(&writer->tallies);
    at = writer->loosened.ptr;
    for (size_t i = 0; i < writer->loosened.len; i += sizeof(word)) {
        memcpy(&word, at + i, sizeof(word));
        vb__garbage_add(&writer->garbage, word, commits);
    }
    if (tasks != NULL && !only_chunks(tasks))
        vb__store_tell(&sqlite->store);
}

/* Sorts the answers by client first, so that each worker is roused once. */
static void answer(struct vb_task *tasks)
{
    struct vb__answers *clients = NULL;

    while (tasks != NULL) {
        struct vb_task *task = tasks;
        struct vb__answers *to = vb__client_answers(op_of(task)->client);

        tasks = task->next;
        task->run = vb__op_deliver;
        if (to->first == NULL) {
            to->first = task;
            to->next = clients;
            clients = to;
        } else {
            to->last->next = task;
        }
        to->last = task;
    }
    while (clients != NULL) {
        struct vb__answers sent = *clients;

        /* Empty before it is sent: the client may be gone after. */
        clients->first = NULL;
        vb_mailbox_post_list(sent.mailbox, sent.first, sent.last);
        clients = sent.next;
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
        err = vb__group_attempt(writer, tasks);
        if (err == VB_OK) {
            publish(writer, tasks);
            answer(tasks);
        } else {
            answer_all(tasks, err);
        }
        tasks = next;
    }
}

void vb__group_run(struct vb__writer *writer, struct vb_task *tasks)
{
    enum vb_err err = vb__group_attempt(writer, tasks);

    if (err == VB_OK) {
        publish(writer, tasks);
        answer(tasks);
        return;
    }
    if (err == VB_ERR_BUSY || tasks->next == NULL)
        answer_all(tasks, err);
    else
        run_singly(writer, tasks);
}
