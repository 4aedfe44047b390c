/*
 * The contract's functions, which only say who does the work: the client's
 * reader at once, a reader of the pool on the executor, or the writer.
 */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/sqlite/state.h"

/* --- Clients. --- */

struct client {
    struct vb_store_client base;
    struct vb__reader reader;
    struct vb__answers answers;
    /* Changes that are still to be queued, so that the writer is roused once
     * for all that a turn brings, and commits it in one group. */
    struct vb__requests requests;
};

/* With so many it is roused before the turn ends: on another core it can begin
 * while this one goes on. */
#define REQUESTS_HELD 16

static struct client *client_of(struct vb_store_client *client)
{
    return (struct client *)(void *)client; /* its first member */
}

static struct vb_store_client *sqlite_attach(struct vb_store *store,
                                             struct vb_mailbox *mailbox,
                                             struct vb_executor *executor,
                                             struct vb_reactor *reactor)
{
    struct client *client = calloc(1, sizeof(*client));

    (void)executor;
    (void)reactor;
    if (client == NULL)
        return NULL;
    if (vb__reader_init(&client->reader, vb__sqlite_of(store)) != VB_OK) {
        free(client);
        return NULL;
    }
    client->answers.mailbox = mailbox;
    return &client->base;
}

struct vb__answers *vb__client_answers(struct vb_store_client *client)
{
    return &client_of(client)->answers;
}

static void sqlite_flush(struct vb_store_client *client)
{
    struct vb__requests *requests = &client_of(client)->requests;

    if (requests->count > 0)
        vb__writer_queue(&vb__sqlite_of(client->store)->writer, requests);
}

static void sqlite_turn_end(struct vb_store_client *client)
{
    sqlite_flush(client);
    vb__reader_turn_end(&client_of(client)->reader);
}

static void sqlite_detach(struct vb_store_client *client)
{
    vb__reader_done(&client_of(client)->reader);
    free(client);
}

/* --- Requests that are answered at once. --- */

static enum vb_io sqlite_read(struct vb_store_client *client,
                              struct vb_read *read)
{
    return vb__op_done(&read->op,
                       vb__reader_read(&client_of(client)->reader, read));
}

static enum vb_io sqlite_records(struct vb_store_client *client,
                                 struct vb_records_read *read)
{
    return vb__op_done(&read->op,
                       vb__reader_records(&client_of(client)->reader, read));
}

static enum vb_io sqlite_collection(struct vb_store_client *client,
                                    struct vb_collection_read *read)
{
    return vb__op_done(&read->op,
                       vb__reader_collection(&client_of(client)->reader, read));
}

static enum vb_io sqlite_memo(struct vb_store_client *client,
                              struct vb_memo_read *read)
{
    return vb__op_done(&read->op,
                       vb__reader_memo(&client_of(client)->reader, read));
}

static enum vb_io sqlite_claim(struct vb_store_client *client,
                               struct vb_claim_read *read)
{
    return vb__op_done(&read->op,
                       vb__reader_claim(&client_of(client)->reader, read));
}

static enum vb_io sqlite_sources(struct vb_store_client *client,
                                 struct vb_sources_read *read)
{
    enum vb_err err = VB_ERR_RANGE;

    read->records = NULL;
    read->count = 0;
    if (read->limit >= 1 && read->limit <= VB_STORE_LIST_MAX)
        err = vb__reader_sources(&client_of(client)->reader, read);
    if (err != VB_OK)
        vb_sources_read_done(read);
    return vb__op_done(&read->op, err);
}

static enum vb_io sqlite_number(struct vb_store_client *client,
                                struct vb_number_take *take)
{
    struct vb__numbers *numbers = &vb__sqlite_of(client->store)->numbers;

    return vb__op_done(
        &take->op, vb__numbers_take(numbers, &client_of(client)->reader,
                                    take->parent, take->least, &take->number));
}

/* --- Requests that may block: the executor's, if there is one. --- */

static struct vb_store_op *op_of(struct vb_task *task)
{
    return VB_CONTAINER(task, struct vb_store_op, task);
}

static void run_list(struct vb_task *task)
{
    struct vb_list_read *list = (struct vb_list_read *)(void *)op_of(task);
    struct vb__reader *reader =
        vb__reader_borrow(vb__sqlite_of(list->op.client->store));

    list->op.err = VB_ERR_IO;
    (void)vb__list_init(list); /* the reader checks */
    if (reader != NULL) {
        list->op.err = vb__reader_list(reader, list);
        vb__reader_return(reader);
    }
    vb__op_answer(&list->op);
}

static void run_lists(struct vb_task *task)
{
    struct vb_lists_read *read = (struct vb_lists_read *)(void *)op_of(task);
    struct vb__reader *reader =
        vb__reader_borrow(vb__sqlite_of(read->op.client->store));

    read->op.err = VB_ERR_IO;
    if (reader != NULL) {
        read->op.err = vb__reader_lists(reader, read);
        vb__reader_return(reader);
    }
    vb__op_answer(&read->op);
}

static void run_chunk(struct vb_task *task)
{
    struct vb_chunk_read *read = (struct vb_chunk_read *)(void *)op_of(task);
    struct vb__reader *reader =
        vb__reader_borrow(vb__sqlite_of(read->op.client->store));

    read->op.err = VB_ERR_IO;
    if (reader != NULL) {
        read->op.err = vb__reader_chunk(reader, read);
        vb__reader_return(reader);
    }
    vb__op_answer(&read->op);
}

static enum vb_io elsewhere(struct vb_store_client *client,
                            struct vb_store_op *op,
                            void (*run)(struct vb_task *task))
{
    op->client = client;
    op->task.run = run;
    client->executor->submit(client->executor, &op->task);
    return VB_IO_PENDING;
}

static enum vb_io sqlite_list(struct vb_store_client *client,
                              struct vb_list_read *list)
{
    if (client->executor != NULL)
        return elsewhere(client, &list->op, run_list);
    return vb__op_done(&list->op,
                       vb__reader_list(&client_of(client)->reader, list));
}

static enum vb_io sqlite_lists(struct vb_store_client *client,
                               struct vb_lists_read *read)
{
    if (client->executor != NULL)
        return elsewhere(client, &read->op, run_lists);
    return vb__op_done(&read->op,
                       vb__reader_lists(&client_of(client)->reader, read));
}

static void run_history(struct vb_task *task)
{
    struct vb_history_read *read =
        (struct vb_history_read *)(void *)op_of(task);
    struct vb__reader *reader =
        vb__reader_borrow(vb__sqlite_of(read->op.client->store));

    read->op.err = VB_ERR_IO;
    (void)vb__history_init(read); /* the reader checks */
    if (reader != NULL) {
        read->op.err = vb__reader_history(reader, read);
        vb__reader_return(reader);
    }
    vb__op_answer(&read->op);
}

static enum vb_io sqlite_history(struct vb_store_client *client,
                                 struct vb_history_read *read)
{
    if (client->executor != NULL && read->limit > 0)
        return elsewhere(client, &read->op, run_history);
    return vb__op_done(&read->op,
                       vb__reader_history(&client_of(client)->reader, read));
}

static enum vb_io sqlite_chunk_read(struct vb_store_client *client,
                                    struct vb_chunk_read *read)
{
    if (client->executor != NULL)
        return elsewhere(client, &read->op, run_chunk);
    return vb__op_done(&read->op,
                       vb__reader_chunk(&client_of(client)->reader, read));
}

/* --- Requests that change something: the writer's. --- */

static enum vb_io writers(struct vb_store_client *client,
                          struct vb_store_op *op,
                          void (*run)(struct vb_task *task))
{
    struct vb__requests *requests = &client_of(client)->requests;

    op->client = client;
    op->task.run = run;
    op->task.next = NULL;
    if (requests->count++ == 0)
        requests->first = &op->task;
    else
        requests->last->next = &op->task;
    requests->last = &op->task;
    if (requests->count >= REQUESTS_HELD)
        sqlite_flush(client);
    return VB_IO_PENDING;
}

static enum vb_io sqlite_commit(struct vb_store_client *client,
                                struct vb_commit *commit)
{
    return writers(client, &commit->op, vb__run_commit);
}

static enum vb_io sqlite_chunk_write(struct vb_store_client *client,
                                     struct vb_chunk_write *write)
{
    if (write->blob == 0 || write->blob > VB__BLOB_MAX ||
        write->index > VB__CHUNK_MAX || write->bytes.len == 0 ||
        write->bytes.len > VB_STORE_CHUNK)
        return vb__op_done(&write->op, VB_ERR_INVALID);
    return writers(client, &write->op, vb__run_chunk);
}

static uint64_t sqlite_blob_new(struct vb_store_client *client)
{
    return atomic_fetch_add(&vb__sqlite_of(client->store)->blob, 1) + 1;
}

static void sqlite_blob_discard(struct vb_store_client *client, uint64_t blob)
{
    vb__writer_discard(&vb__sqlite_of(client->store)->writer, blob);
}

static void sqlite_blob_unpin(struct vb_store *store, uint64_t blob)
{
    struct vb__sqlite *sqlite = vb__sqlite_of(store);

    if (vb__pins_remove(&sqlite->pins, blob) &&
        atomic_load(&sqlite->writer.garbage.any))
        vb__writer_nudge(&sqlite->writer);
}

static void sqlite_index(struct vb_store *store, struct vb_indexes *indexes)
{
    vb__indexing_declare(&vb__sqlite_of(store)->writer, indexes);
}

const struct vb_store_ops vb__sqlite_ops = {
    .name = "sqlite",
    .attach = sqlite_attach,
    .detach = sqlite_detach,
    .read = sqlite_read,
    .records = sqlite_records,
    .collection = sqlite_collection,
    .list = sqlite_list,
    .lists = sqlite_lists,
    .chunk_read = sqlite_chunk_read,
    .chunk_write = sqlite_chunk_write,
    .blob_new = sqlite_blob_new,
    .blob_discard = sqlite_blob_discard,
    .number = sqlite_number,
    .commit = sqlite_commit,
    .memo = sqlite_memo,
    .claim = sqlite_claim,
    .sources = sqlite_sources,
    .index = sqlite_index,
    .history = sqlite_history,
    .flush = sqlite_flush,
    .turn_end = sqlite_turn_end,
    .blob_unpin = sqlite_blob_unpin,
    .close = vb__sqlite_close,
};
