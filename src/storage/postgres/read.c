/* Reading one thing by its name, or several. See read_part.h. */
#include <stdlib.h>

#include "storage/postgres/claim.h"
#include "storage/postgres/read_part.h"

/* Bytes of the names that are asked for in one statement: some thousands of the
 * longest ones. */
#define NAMES_LIMIT ((size_t)64 * 1024 * 1024)

/* Blocks that stay for later ones. */
#define READINGS_KEPT 256

/* --- readings --------------------------------------------------------------
 */

static struct vb__pg_reading *reading_of(struct vb__pg_ask *ask)
{
    return VB_CONTAINER(ask, struct vb__pg_reading, ask);
}

static void send_reading(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_reading *reading = reading_of(ask);

    reading->kind->forget(reading->op);
    reading->err = VB_OK;
    reading->kind->send(reading, link);
}

static void take_result(struct vb__pg_ask *ask, unsigned n,
                        const PGresult *result)
{
    struct vb__pg_reading *reading = reading_of(ask);

    (void)n;
    if (reading->err == VB_OK)
        reading->err = reading->kind->take(reading, result);
}

static void reading_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_reading *reading = reading_of(ask);
    struct vb_store_op *op = reading->op;

    op->err = err != VB_OK ? err : reading->err;
    if (op->err != VB_OK)
        reading->kind->forget(op);
    vb_pool_give(&reading->client->readings, reading);
    op->done(op);
}

enum vb_io vb__pg_reading_begin(struct vb__pg_client *client,
                                struct vb__pg_link *link,
                                const struct vb__pg_reading_kind *kind,
                                struct vb_store_op *op)
{
    struct vb__pg_reading *reading;

    if (vb__pg_link_is_full(link))
        return vb__op_done(op, VB_ERR_UNAVAILABLE);
    reading = vb_pool_take(&client->readings);
    if (reading == NULL)
        return vb__op_done(op, VB_ERR_NOMEM);
    *reading = (struct vb__pg_reading){
        .ask = {.send = send_reading,
                .take = take_result,
                .over = reading_over},
        .kind = kind,
        .client = client,
        .op = op,
    };
    vb__pg_link_ask(link, &reading->ask);
    return VB_IO_PENDING;
}

void vb__pg_reads_begin(struct vb__pg_client *client)
{
    vb_pool_init(&client->readings, sizeof(struct vb__pg_reading),
                 READINGS_KEPT);
    vb__pg_history_begin(client);
}

void vb__pg_reads_done(struct vb__pg_client *client)
{
    vb__pg_history_done(client);
    vb_pool_done(&client->readings);
}

/* Of one that is known by one name. */
static void send_name(struct vb__pg_reading *reading, struct vb__pg_link *link,
                      enum vb__pg_statement statement, struct vb_span name)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, name);
    vb__pg_send(link, &reading->ask, statement, &params);
}

/* --- a record --------------------------------------------------------------
 */

static struct vb_read *read_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_read, op);
}

static void read_forget(struct vb_store_op *op)
{
    struct vb_read *read = read_of(op);

    vb_record_unref(read->record);
    vb_record_unref(read->tombstone);
    read->record = read->tombstone = NULL;
}

static void read_send(struct vb__pg_reading *reading, struct vb__pg_link *link)
{
    send_name(reading, link, VB__PG_READ, read_of(reading->op)->key);
}

static enum vb_err read_take(struct vb__pg_reading *reading,
                             const PGresult *result)
{
    struct vb_read *read = read_of(reading->op);
    struct vb_record **to = NULL;
    int64_t kind;

    if (PQntuples(result) == 0)
        return VB_OK;
    kind = vb__pg_get_int(result, 0, 0);
    if (kind == VB__PG_RECORD)
        to = &read->record;
    else if (kind == VB__PG_TOMBSTONE && read->wants_tombstone)
        to = &read->tombstone;
    if (to == NULL)
        return VB_OK;
    *to = vb__pg_record(reading->client->store, result, 0, 1);
    return *to != NULL ? VB_OK : VB_ERR_NOMEM;
}

enum vb_io vb__pg_read(struct vb_store_client *client, struct vb_read *read)
{
    static const struct vb__pg_reading_kind kind = {read_send, read_take,
                                                    read_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    read->record = read->tombstone = NULL;
    return vb__pg_reading_begin(own, &own->reads, &kind, &read->op);
}

/* --- several records -------------------------------------------------------
 */

static struct vb_records_read *records_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_records_read, op);
}

static void records_forget(struct vb_store_op *op)
{
    vb_records_read_done(records_of(op));
}

static void records_send(struct vb__pg_reading *reading,
                         struct vb__pg_link *link)
{
    const struct vb_records_read *read = records_of(reading->op);
    struct vb__pg_params params = {.count = 0};
    struct vb_buf keys;

    vb_buf_init(&keys, NAMES_LIMIT);
    vb__pg_byteas_begin(&keys, (uint32_t)read->count);
    for (size_t i = 0; i < read->count; i++)
        vb__pg_byteas_add(&keys, read->keys[i]);
    reading->err = keys.err;
    if (keys.err != VB_OK) {
        vb_buf_reset(&keys);
        vb__pg_byteas_begin(&keys, 0);
    }
    vb__pg_bytes(&params, vb_buf_span(&keys));
    vb__pg_send(link, &reading->ask, VB__PG_RECORDS, &params);
    vb_buf_done(&keys);
}

static int by_key(const void *a, const void *b, void *context)
{
    const struct vb_records_read *read = context;
    const size_t *x = a, *y = b;

    return vb_span_cmp(read->keys[*x], read->keys[*y]);
}

/* The first of those that are not less. */
static size_t seek(const struct vb_records_read *read, const size_t *sorted,
                   struct vb_span key)
{
    size_t low = 0, high = read->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (vb_span_cmp(read->keys[sorted[middle]], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A key may have been asked for several times. */
static void place(struct vb_records_read *read, const size_t *sorted,
                  struct vb_record *record)
{
    for (size_t i = seek(read, sorted, record->key);
         i < read->count && vb_span_eq(read->keys[sorted[i]], record->key); i++)
        read->records[sorted[i]] = vb_record_ref(record);
    vb_record_unref(record);
}

/* They come in any order. */
static enum vb_err records_take(struct vb__pg_reading *reading,
                                const PGresult *result)
{
    struct vb_records_read *read = records_of(reading->op);
    size_t *sorted = malloc(read->count * sizeof(*sorted));
    enum vb_err err = sorted != NULL ? VB_OK : VB_ERR_NOMEM;

    for (size_t i = 0; err == VB_OK && i < read->count; i++)
        sorted[i] = i;
    if (err == VB_OK)
        qsort_r(sorted, read->count, sizeof(*sorted), by_key, read);
    for (int row = 0; err == VB_OK && row < PQntuples(result); row++) {
        struct vb_record *record =
            vb__pg_record(reading->client->store, result, row, 0);

        if (record != NULL)
            place(read, sorted, record);
        else
            err = VB_ERR_NOMEM;
    }
    free(sorted);
    return err;
}

enum vb_io vb__pg_records(struct vb_store_client *client,
                          struct vb_records_read *read)
{
    static const struct vb__pg_reading_kind kind = {records_send, records_take,
                                                    records_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    for (size_t i = 0; i < read->count; i++)
        read->records[i] = NULL;
    if (read->count == 0)
        return vb__op_done(&read->op, VB_OK);
    return vb__pg_reading_begin(own, &own->reads, &kind, &read->op);
}

/* --- a collection ----------------------------------------------------------
 */

static struct vb_collection_read *collection_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_collection_read, op);
}

static void collection_forget(struct vb_store_op *op)
{
    struct vb_collection_read *read = collection_of(op);

    read->revision = read->count = 0;
    read->modified_ms = 0;
}

static void collection_send(struct vb__pg_reading *reading,
                            struct vb__pg_link *link)
{
    send_name(reading, link, VB__PG_COLLECTION,
              collection_of(reading->op)->parent);
}

static enum vb_err collection_take(struct vb__pg_reading *reading,
                                   const PGresult *result)
{
    struct vb_collection_read *read = collection_of(reading->op);

    if (PQntuples(result) == 0)
        return VB_OK;
    read->revision = (uint64_t)vb__pg_get_int(result, 0, 0);
    read->count = (uint64_t)vb__pg_get_int(result, 0, 1);
    read->modified_ms = vb__pg_get_int(result, 0, 2);
    vb__pg_clock_saw(reading->client->store, read->revision);
    return VB_OK;
}

enum vb_io vb__pg_collection(struct vb_store_client *client,
                             struct vb_collection_read *read)
{
    static const struct vb__pg_reading_kind kind = {
        collection_send, collection_take, collection_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    collection_forget(&read->op);
    return vb__pg_reading_begin(own, &own->reads, &kind, &read->op);
}

/* --- who has a claim -------------------------------------------------------
 */

static struct vb_claim_read *claim_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_claim_read, op);
}

static void claim_forget(struct vb_store_op *op)
{
    struct vb_claim_read *read = claim_of(op);

    vb_record_unref(read->record);
    read->record = NULL;
}

static void claim_send(struct vb__pg_reading *reading, struct vb__pg_link *link)
{
    const struct vb_claim *claim = &claim_of(reading->op)->claim;
    struct vb__pg_params params = {.count = 0};
    struct vb_arena arena;
    struct vb_span value;

    vb_arena_init(&arena, 256, 1024);
    value = vb__pg_claim_value(claim, &arena);
    if (arena.failed)
        reading->err = VB_ERR_NOMEM;
    vb__pg_bytes(&params, claim->scope);
    vb__pg_bytes(&params, value);
    vb__pg_int(&params, vb__pg_claim_is_long(claim));
    vb__pg_send(link, &reading->ask, VB__PG_BY_CLAIM, &params);
    vb_arena_done(&arena);
}

static enum vb_err claim_take(struct vb__pg_reading *reading,
                              const PGresult *result)
{
    struct vb_claim_read *read = claim_of(reading->op);

    if (PQntuples(result) == 0)
        return VB_OK;
    read->record = vb__pg_record(reading->client->store, result, 0, 0);
    return read->record != NULL ? VB_OK : VB_ERR_NOMEM;
}

enum vb_io vb__pg_claim(struct vb_store_client *client,
                        struct vb_claim_read *read)
{
    static const struct vb__pg_reading_kind kind = {claim_send, claim_take,
                                                    claim_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    read->record = NULL;
    return vb__pg_reading_begin(own, &own->reads, &kind, &read->op);
}
