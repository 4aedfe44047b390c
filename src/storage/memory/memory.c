/*
 * The store in memory: for tests and for `--storage memory:`. Everything under
 * one mutex, every request is answered at once, nothing outlives the process.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/span.h"
#include "storage/engine.h"
#include "storage/memory/state.h"

/* What one commit may make us remember while it is judged. */
#define SCRATCH_BLOCK ((size_t)64 * 1024)
#define SCRATCH_LIMIT ((size_t)1024 * 1024 * 1024)

static struct vb__memory *memory_of(struct vb_store *store)
{
    return VB_CONTAINER(store, struct vb__memory, store);
}

static struct vb_store_client *memory_attach(struct vb_store *store,
                                             struct vb_mailbox *mailbox,
                                             struct vb_executor *executor,
                                             struct vb_reactor *reactor)
{
    (void)store;
    (void)mailbox;
    (void)executor;
    (void)reactor;
    return calloc(1, sizeof(struct vb_store_client));
}

static void memory_detach(struct vb_store_client *client)
{
    free(client);
}

static enum vb_io memory_read(struct vb_store_client *client,
                              struct vb_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    const struct vb__row *row;

    read->record = read->tombstone = NULL;
    pthread_mutex_lock(&memory->lock);
    row = vb__row_find(memory, read->key);
    if (row != NULL && !row->is_tombstone)
        read->record = vb_record_ref(row->record);
    else if (row != NULL && read->wants_tombstone)
        read->tombstone = vb_record_ref(row->record);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, VB_OK);
}

static enum vb_io memory_records(struct vb_store_client *client,
                                 struct vb_records_read *read)
{
    struct vb__memory *memory = memory_of(client->store);

    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < read->count; i++) {
        const struct vb__row *row = vb__row_find(memory, read->keys[i]);

        read->records[i] = row == NULL || row->is_tombstone
                               ? NULL
                               : vb_record_ref(row->record);
    }
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, VB_OK);
}

static enum vb_io memory_collection(struct vb_store_client *client,
                                    struct vb_collection_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    const struct vb__collection *collection;

    pthread_mutex_lock(&memory->lock);
    collection = vb__collection_find(memory, read->parent);
    read->revision = collection == NULL ? 0 : collection->revision;
    read->count = collection == NULL ? 0 : collection->count;
    read->modified_ms = collection == NULL ? 0 : collection->modified_ms;
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, VB_OK);
}

/* --- Lists. --- */

static enum vb_io memory_list(struct vb_store_client *client,
                              struct vb_list_read *list)
{
    struct vb__memory *memory = memory_of(client->store);
    enum vb_err err;

    pthread_mutex_lock(&memory->lock);
    err = vb__memory_list(memory, list);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&list->op, err);
}

static enum vb_io memory_lists(struct vb_store_client *client,
                               struct vb_lists_read *read)
{
    struct vb__memory *memory = memory_of(client->store);

    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < read->count; i++)
        read->lists[i]->op.err = vb__memory_list(memory, read->lists[i]);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, VB_OK);
}

/* Looking at members is fast enough here. */
static void memory_index(struct vb_store *store, struct vb_indexes *indexes)
{
    (void)store;
    (void)indexes;
}

/* --- Blobs and numbers. --- */

static enum vb_err copy_chunk(struct vb__memory *memory,
                              struct vb_chunk_read *read)
{
    const struct vb__blob *blob = vb__blob_find(memory, read->blob);
    uint64_t start = read->index * VB_STORE_CHUNK;

    if (blob == NULL || read->index >= blob->count)
        return VB_ERR_NOTFOUND;
    read->length = VB_STORE_CHUNK;
    if (blob->length - start < VB_STORE_CHUNK)
        read->length = (size_t)(blob->length - start);
    memcpy(read->bytes, blob->chunks[read->index], read->length);
    return VB_OK;
}

static enum vb_io memory_chunk_read(struct vb_store_client *client,
                                    struct vb_chunk_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    enum vb_err err;

    pthread_mutex_lock(&memory->lock);
    err = copy_chunk(memory, read);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, err);
}

static enum vb_io memory_chunk_write(struct vb_store_client *client,
                                     struct vb_chunk_write *write)
{
    struct vb__memory *memory = memory_of(client->store);
    enum vb_err err;

    if (write->blob == 0 || write->bytes.len == 0 ||
        write->bytes.len > VB_STORE_CHUNK)
        return vb__op_done(&write->op, VB_ERR_INVALID);
    pthread_mutex_lock(&memory->lock);
    err = vb__blob_append(memory, write);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&write->op, err);
}

static uint64_t memory_blob_new(struct vb_store_client *client)
{
    struct vb__memory *memory = memory_of(client->store);
    uint64_t blob;

    pthread_mutex_lock(&memory->lock);
    blob = ++memory->blob;
    pthread_mutex_unlock(&memory->lock);
    return blob;
}

static void memory_blob_discard(struct vb_store_client *client, uint64_t id)
{
    struct vb__memory *memory = memory_of(client->store);
    struct vb__blob *blob;

    pthread_mutex_lock(&memory->lock);
    blob = vb__blob_find(memory, id);
    if (blob != NULL && blob->records == 0)
        vb__blob_drop(memory, blob);
    pthread_mutex_unlock(&memory->lock);
}

static void memory_blob_unpin(struct vb_store *store, uint64_t id)
{
    struct vb__memory *memory = memory_of(store);
    struct vb__blob *blob;

    pthread_mutex_lock(&memory->lock);
    blob = vb__blob_find(memory, id);
    if (blob != NULL && --blob->records == 0)
        vb__blob_drop(memory, blob);
    pthread_mutex_unlock(&memory->lock);
}

static enum vb_io memory_number(struct vb_store_client *client,
                                struct vb_number_take *take)
{
    struct vb__memory *memory = memory_of(client->store);
    struct vb__collection *collection;

    pthread_mutex_lock(&memory->lock);
    collection = vb__collection_get(memory, take->parent);
    if (collection != NULL) {
        collection->number++;
        if (collection->number < take->least)
            collection->number = take->least;
        take->number = collection->number;
    }
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&take->op, collection == NULL ? VB_ERR_NOMEM : VB_OK);
}

static enum vb_io memory_commit(struct vb_store_client *client,
                                struct vb_commit *commit)
{
    enum vb_err err = vb__memory_commit(memory_of(client->store), commit);

    if (err == VB_OK)
        vb__store_tell(client->store);
    return vb__op_done(&commit->op, err);
}

/* All is done where it is asked for. */
static void memory_turn_end(struct vb_store_client *client)
{
    (void)client;
}

static enum vb_io memory_memo(struct vb_store_client *client,
                              struct vb_memo_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    const struct vb__memo *memo;

    vb__memo_init(read);
    pthread_mutex_lock(&memory->lock);
    memo = vb__memo_find(memory, read->name, read->now_ms);
    if (memo != NULL) {
        read->found = true;
        read->revision = memo->revision;
        read->expires_ms = memo->expires_ms;
        vb_buf_append(&read->bytes,
                      vb_span_of(memo->bytes + memo->name_len, memo->len));
    }
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, read->bytes.err);
}

static enum vb_io memory_claim(struct vb_store_client *client,
                               struct vb_claim_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    const struct vb__claim *there;

    pthread_mutex_lock(&memory->lock);
    there = vb__claim_find(memory, &read->claim);
    read->record = there == NULL ? NULL : vb_record_ref(there->row->record);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, VB_OK);
}

static enum vb_io memory_sources(struct vb_store_client *client,
                                 struct vb_sources_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    enum vb_err err = VB_ERR_RANGE;

    read->records = NULL;
    read->count = 0;
    read->more = false;
    if (read->limit >= 1 && read->limit <= VB_STORE_LIST_MAX) {
        pthread_mutex_lock(&memory->lock);
        err = vb__memory_sources(memory, read);
        pthread_mutex_unlock(&memory->lock);
    }
    return vb__op_done(&read->op, err);
}

static enum vb_io memory_history(struct vb_store_client *client,
                                 struct vb_history_read *read)
{
    struct vb__memory *memory = memory_of(client->store);
    enum vb_err err = VB_ERR_NOMEM;

    if (!vb__history_init(read))
        return vb__op_done(&read->op, VB_ERR_RANGE);
    read->happenings =
        calloc((size_t)read->limit + 1, sizeof(*read->happenings));
    pthread_mutex_lock(&memory->lock);
    if (read->happenings != NULL)
        err = vb__memory_history(memory, read);
    pthread_mutex_unlock(&memory->lock);
    return vb__op_done(&read->op, err);
}

/* --- Opening and closing. --- */

static void free_state(struct vb__memory *memory)
{
    struct vb_table_node *node;

    while ((node = vb_table_pop(&memory->rows)) != NULL)
        vb__row_free(VB_CONTAINER(node, struct vb__row, node));
    while ((node = vb_table_pop(&memory->collections)) != NULL)
        vb__collection_free(VB_CONTAINER(node, struct vb__collection, node));
    while ((node = vb_table_pop(&memory->claims)) != NULL)
        free(VB_CONTAINER(node, struct vb__claim, node));
    while ((node = vb_table_pop(&memory->blobs)) != NULL)
        vb__blob_free(VB_CONTAINER(node, struct vb__blob, node));
}

static void memory_close(struct vb_store *store)
{
    struct vb__memory *memory = memory_of(store);

    free_state(memory);
    vb_table_done(&memory->rows);
    vb_table_done(&memory->collections);
    vb_table_done(&memory->claims);
    vb_table_done(&memory->blobs);
    vb__memos_free(memory);
    vb__history_free(&memory->history);
    vb_arena_done(&memory->scratch);
    pthread_mutex_destroy(&memory->lock);
    vb__store_done(store);
    free(memory);
}

static const struct vb_store_ops ops = {
    .name = "memory",
    .attach = memory_attach,
    .detach = memory_detach,
    .read = memory_read,
    .records = memory_records,
    .collection = memory_collection,
    .list = memory_list,
    .lists = memory_lists,
    .chunk_read = memory_chunk_read,
    .chunk_write = memory_chunk_write,
    .blob_new = memory_blob_new,
    .blob_discard = memory_blob_discard,
    .number = memory_number,
    .commit = memory_commit,
    .memo = memory_memo,
    .claim = memory_claim,
    .sources = memory_sources,
    .index = memory_index,
    .history = memory_history,
    .flush = memory_turn_end,
    .turn_end = memory_turn_end,
    .blob_unpin = memory_blob_unpin,
    .close = memory_close,
};

/* From its first node on, a table takes others without fail. */
static bool prime(struct vb_table *table)
{
    struct vb_table_node node;

    if (!vb_table_insert(table, &node, 0))
        return false;
    vb_table_remove(table, &node);
    return true;
}

enum vb_err vb__memory_open(struct vb_span rest, struct vb_store **ret_store,
                            struct vb_buf *ret_why)
{
    struct vb__memory *memory;

    if (rest.len > 0) {
        vb_buf_printf(ret_why, "memory:%.*s: nothing may follow the colon",
                      VB_FMT(rest));
        return VB_ERR_INVALID;
    }
    memory = calloc(1, sizeof(*memory));
    if (memory == NULL)
        return VB_ERR_NOMEM;
    pthread_mutex_init(&memory->lock, NULL);
    memory->hash_key = vb_hash_key_random();
    vb_list_init(&memory->memos_by_age);
    vb__history_init_empty(&memory->history);
    vb_arena_init(&memory->scratch, SCRATCH_BLOCK, SCRATCH_LIMIT);
    vb__epoch_new(memory->store.epoch);
    memory->store.secret = vb_hash_key_random();
    if (!vb__store_init(&memory->store, &ops) || !prime(&memory->rows) ||
        !prime(&memory->claims) || !prime(&memory->memos)) {
        memory_close(&memory->store);
        return VB_ERR_NOMEM;
    }
    *ret_store = &memory->store;
    return VB_OK;
}
