/* Opening a store by its URL, and what all engines do alike. See store.h. */
#include "storage/store.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/list.h"
#include "storage/engine.h"
#include "storage/generations.h"
#include "storage/make.h"

/* Bytes of a block for the brief records of a list: some dozens of them. */
#define BRIEFS_BLOCK ((size_t)32 * 1024)

static const struct {
    struct vb_span scheme;
    vb__engine_open open;
} engines[] = {
    {VB_SPAN_INIT("memory:"), vb__memory_open},
    {VB_SPAN_INIT("sqlite:"), vb__sqlite_open},
    {VB_SPAN_INIT("postgresql:"), vb__postgres_open},
    {VB_SPAN_INIT("postgres:"), vb__postgres_open},
};

static vb__engine_open find_engine(struct vb_span url, struct vb_span *ret_rest)
{
    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
        if (vb_span_starts(url, engines[i].scheme)) {
            *ret_rest = vb_span_from(url, engines[i].scheme.len);
            return engines[i].open;
        }
    }
    return NULL;
}

bool vb_store_knows(struct vb_span url)
{
    struct vb_span rest;

    return find_engine(url, &rest) != NULL;
}

enum vb_err vb_store_open(struct vb_span url, struct vb_store **ret_store,
                          struct vb_buf *ret_why)
{
    struct vb_span rest;
    vb__engine_open open = find_engine(url, &rest);
    enum vb_err err;

    if (open == NULL) {
        vb_store_show(url, ret_why);
        vb_buf_str(ret_why, ": not a storage that is known (memory:, "
                            "sqlite:PATH, postgresql://HOST/DATABASE)");
        return VB_ERR_UNSUPPORTED;
    }
    err = open(rest, ret_store, ret_why);
    if (err != VB_OK && ret_why->len == 0) {
        vb_store_show(url, ret_why);
        vb_buf_printf(ret_why, ": %s", vb_err_text(err));
    }
    return err;
}

void vb_store_index(struct vb_store *store, struct vb_indexes *indexes)
{
    store->ops->index(store, indexes);
}

void vb_store_close(struct vb_store *store)
{
    if (store != NULL)
        store->ops->close(store);
}

struct vb_store_client *vb_store_attach(struct vb_store *store,
                                        struct vb_mailbox *mailbox,
                                        struct vb_executor *executor,
                                        struct vb_reactor *reactor)
{
    struct vb_store_client *client =
        store->ops->attach(store, mailbox, executor, reactor);

    if (client == NULL)
        return NULL;
    client->store = store;
    client->mailbox = mailbox;
    client->executor = executor;
    client->reactor = reactor;
    return client;
}

void vb_store_detach(struct vb_store_client *client)
{
    if (client != NULL)
        client->store->ops->detach(client);
}

bool vb__list_init(struct vb_list_read *list)
{
    list->records = NULL;
    list->count = 0;
    list->more = false;
    list->reached = 0;
    list->reached_key = (struct vb_buf){0};
    vb_arena_init(&list->briefs, BRIEFS_BLOCK, SIZE_MAX);
    list->members = list->looked = list->total = 0;
    list->revision = 0;
    list->age_ms = 0;
    return list->limit >= 1 && list->limit <= VB_STORE_LIST_MAX &&
           list->from <= INT64_MAX &&
           (list->sieve != NULL || (!list->whole && list->index == NULL)) &&
           (list->target.len == 0 || list->index == NULL);
}

void vb__memo_init(struct vb_memo_read *read)
{
    read->found = false;
    read->revision = 0;
    read->expires_ms = 0;
    vb_buf_init(&read->bytes, VB_MEMO_MAX);
}

static void forget(struct vb_record **records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vb_record_unref(records[i]);
        records[i] = NULL;
    }
}

static void give_back(struct vb_record ***records, size_t *count)
{
    forget(*records, *count);
    free(*records);
    *records = NULL;
    *count = 0;
}

void vb_records_read_done(struct vb_records_read *read)
{
    forget(read->records, read->count);
}

void vb_list_read_done(struct vb_list_read *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (vb__record_is_brief(list->records[i]))
            list->records[i] = NULL;
    give_back(&list->records, &list->count);
    vb_arena_done(&list->briefs);
    vb_buf_done(&list->reached_key);
}

void vb_sources_read_done(struct vb_sources_read *read)
{
    give_back(&read->records, &read->count);
}

uint64_t vb_store_hash(const struct vb_store *store, struct vb_span key)
{
    return vb__generations_hash(store->generations, key);
}

uint64_t vb_store_generation_hashed(const struct vb_store *store, uint64_t hash)
{
    return vb__generations_get(store->generations, hash);
}

uint64_t vb_store_generation(const struct vb_store *store, struct vb_span key)
{
    return vb_store_generation_hashed(store, vb_store_hash(store, key));
}

void vb_store_follow(struct vb_store *store)
{
    atomic_store(&store->followed, true);
}

bool vb__store_init(struct vb_store *store, const struct vb_store_ops *ops)
{
    store->ops = ops;
    store->generations = vb__generations_new();
    vb__holds_init(&store->holds);
    atomic_init(&store->history, VB_HISTORY_USUAL);
    vb__watches_init(store);
    return store->generations != NULL;
}

void vb__store_done(struct vb_store *store)
{
    vb__generations_free(store->generations);
    store->generations = NULL;
    vb__holds_done(&store->holds);
    vb__watches_done(store);
}

void vb__epoch_new(char epoch[9])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    unsigned char random[8];
    ssize_t n = getrandom(random, sizeof(random), 0);

    vb_assert(n == (ssize_t)sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        epoch[i] = digits[random[i] % 36];
    epoch[8] = '\0';
}

void vb__op_deliver(struct vb_task *task)
{
    struct vb_store_op *op = VB_CONTAINER(task, struct vb_store_op, task);

    op->done(op);
}

void vb__op_answer(struct vb_store_op *op)
{
    op->task.run = vb__op_deliver;
    vb_mailbox_post(op->client->mailbox, &op->task);
}
