/* Reading who refers to a record, the chunks of a blob, and notes. See
 * read_part.h. */
#include <stdlib.h>

#include "storage/postgres/read_part.h"

/* --- sources ---------------------------------------------------------------
 */

static struct vb_sources_read *sources_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_sources_read, op);
}

static void sources_forget(struct vb_store_op *op)
{
    struct vb_sources_read *read = sources_of(op);

    vb_sources_read_done(read);
    read->more = false;
}

/* One more than wanted, to know whether there are more. */
static void sources_send(struct vb__pg_reading *reading,
                         struct vb__pg_link *link)
{
    const struct vb_sources_read *read = sources_of(reading->op);
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, read->key);
    vb__pg_int(&params, (int64_t)read->limit + 1);
    vb__pg_send(link, &reading->ask, VB__PG_SOURCES, &params);
}

static enum vb_err sources_take(struct vb__pg_reading *reading,
                                const PGresult *result)
{
    struct vb_sources_read *read = sources_of(reading->op);
    size_t count = (size_t)PQntuples(result);

    read->more = count > read->limit;
    if (read->more)
        count = read->limit;
    if (count == 0)
        return VB_OK;
    read->records = calloc(count, sizeof(struct vb_record *));
    while (read->records != NULL && read->count < count) {
        struct vb_record *record =
            vb__pg_record(reading->client->store, result, (int)read->count, 0);

        if (record == NULL)
            return VB_ERR_NOMEM;
        read->records[read->count++] = record;
    }
    return read->records != NULL ? VB_OK : VB_ERR_NOMEM;
}

enum vb_io vb__pg_sources(struct vb_store_client *client,
                          struct vb_sources_read *read)
{
    static const struct vb__pg_reading_kind kind = {sources_send, sources_take,
                                                    sources_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    read->records = NULL;
    read->count = 0;
    read->more = false;
    if (read->limit < 1 || read->limit > VB_STORE_LIST_MAX)
        return vb__op_done(&read->op, VB_ERR_RANGE);
    return vb__pg_reading_begin(own, &own->scans, &kind, &read->op);
}

/* --- chunks ----------------------------------------------------------------
 */

static struct vb_chunk_read *chunk_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_chunk_read, op);
}

static void chunk_forget(struct vb_store_op *op)
{
    chunk_of(op)->length = 0;
}

static void chunk_send(struct vb__pg_reading *reading, struct vb__pg_link *link)
{
    const struct vb_chunk_read *read = chunk_of(reading->op);
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, (int64_t)read->blob);
    vb__pg_int(&params, (int64_t)read->index);
    vb__pg_send(link, &reading->ask, VB__PG_CHUNK_READ, &params);
}

static enum vb_err chunk_take(struct vb__pg_reading *reading,
                              const PGresult *result)
{
    struct vb_chunk_read *read = chunk_of(reading->op);
    struct vb_span bytes;

    if (PQntuples(result) == 0)
        return VB_ERR_NOTFOUND;
    bytes = vb__pg_get_bytes(result, 0, 0);
    if (bytes.len > VB_STORE_CHUNK)
        return VB_ERR_CORRUPT;
    memcpy(read->bytes, bytes.ptr, bytes.len);
    read->length = bytes.len;
    return VB_OK;
}

enum vb_io vb__pg_chunk_read(struct vb_store_client *client,
                             struct vb_chunk_read *read)
{
    static const struct vb__pg_reading_kind kind = {chunk_send, chunk_take,
                                                    chunk_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    if (read->blob > INT64_MAX || read->index > INT64_MAX)
        return vb__op_done(&read->op, VB_ERR_NOTFOUND);
    return vb__pg_reading_begin(own, &own->scans, &kind, &read->op);
}

/* --- notes -----------------------------------------------------------------
 */

static struct vb_memo_read *memo_of(struct vb_store_op *op)
{
    return VB_CONTAINER(op, struct vb_memo_read, op);
}

static void memo_forget(struct vb_store_op *op)
{
    struct vb_memo_read *read = memo_of(op);

    vb_buf_done(&read->bytes);
    vb__memo_init(read);
}

static void memo_send(struct vb__pg_reading *reading, struct vb__pg_link *link)
{
    const struct vb_memo_read *read = memo_of(reading->op);
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, read->name);
    vb__pg_int(&params, read->now_ms);
    vb__pg_send(link, &reading->ask, VB__PG_MEMO_READ, &params);
}

static enum vb_err memo_take(struct vb__pg_reading *reading,
                             const PGresult *result)
{
    struct vb_memo_read *read = memo_of(reading->op);

    if (PQntuples(result) == 0)
        return VB_OK;
    read->found = true;
    read->revision = (uint64_t)vb__pg_get_int(result, 0, 0);
    vb_buf_append(&read->bytes, vb__pg_get_bytes(result, 0, 1));
    read->expires_ms = vb__pg_get_int(result, 0, 2);
    return read->bytes.err;
}

enum vb_io vb__pg_memo(struct vb_store_client *client,
                       struct vb_memo_read *read)
{
    static const struct vb__pg_reading_kind kind = {memo_send, memo_take,
                                                    memo_forget};
    struct vb__pg_client *own = vb__pg_client_of(client);

    vb__memo_init(read);
    return vb__pg_reading_begin(own, &own->reads, &kind, &read->op);
}
