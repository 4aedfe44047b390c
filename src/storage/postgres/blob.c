/*
 * Blobs: chunks that are put aside, and which of them somebody here has in use.
 *
 *     blob_new ──▶ chunks, `loose` ──▶ a commit has it: not loose any more
 *                                 └──▶ discarded, or forgotten: the keeper's
 *
 * A loose blob is removed when it has been loose for a while. What is in use
 * here is made younger meanwhile (keeper.c).
 */
#include <stdlib.h>

#include "base/clock.h"
#include "storage/postgres/keeper.h"
#include "storage/postgres/pins.h"
#include "storage/postgres/state.h"

/* Parts that a blob may have: 2^53 bytes, more than a file's length. */
#define PARTS_MOST (UINT64_C(1) << 35)

/* The rest of a name's bits is a time. */
#define COUNT_BITS 21

uint64_t vb__pg_blob_new(struct vb_store_client *base)
{
    struct vb__pg_store *store = vb__pg_client_of(base)->store;
    uint64_t count =
        atomic_fetch_add(&store->blobs, 1) & ((UINT64_C(1) << COUNT_BITS) - 1);
    uint64_t blob = (uint64_t)vb_clock_unix_ms() << COUNT_BITS | count;

    vb__pg_pins_write(store->pins, blob);
    return blob;
}

/* --- writing ---------------------------------------------------------------
 */

/* From the request to its answer. */
struct transfer {
    struct vb__pg_ask ask;
    struct vb_store_op *op; /* NULL: nobody waits for it */
    struct vb__pg_client *client;
    enum vb_err err; /* what the result says */
    uint64_t blob;
};

static struct transfer *transfer_of(struct vb__pg_ask *ask)
{
    return VB_CONTAINER(ask, struct transfer, ask);
}

static struct vb_chunk_write *write_of(struct vb__pg_ask *ask)
{
    return VB_CONTAINER(transfer_of(ask)->op, struct vb_chunk_write, op);
}

static void answer(struct transfer *transfer, enum vb_err err)
{
    struct vb_store_op *op = transfer->op;

    op->err = err != VB_OK ? err : transfer->err;
    free(transfer);
    op->done(op);
}

static enum vb_io begin(struct vb_store_client *base, struct vb_store_op *op,
                        const struct vb__pg_ask *ask)
{
    struct vb__pg_client *client = vb__pg_client_of(base);
    struct transfer *transfer;

    if (client->scans.waiting_count >= VB__PG_WAITING_MOST)
        return vb__op_done(op, VB_ERR_UNAVAILABLE);
    transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL)
        return vb__op_done(op, VB_ERR_NOMEM);
    transfer->ask = *ask;
    transfer->op = op;
    transfer->client = client;
    op->client = base;
    vb__pg_link_ask(&client->scans, &transfer->ask);
    return VB_IO_PENDING;
}

static void send_first(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    const struct vb_chunk_write *write = write_of(ask);
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, (int64_t)write->blob);
    vb__pg_int(&params, vb_clock_unix_ms());
    vb__pg_send(link, ask, VB__PG_LOOSE_NEW, &params);
    params.count = 0;
    vb__pg_int(&params, (int64_t)write->blob);
    vb__pg_bytes(&params, write->bytes);
    vb__pg_send(link, ask, VB__PG_CHUNK_FIRST, &params);
}

/* In order, behind a full one, into a blob that is no record's yet. */
static void send_next(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    const struct vb_chunk_write *write = write_of(ask);
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, (int64_t)write->blob);
    vb__pg_int(&params, (int64_t)write->index);
    vb__pg_bytes(&params, write->bytes);
    vb__pg_int(&params, (int64_t)VB_STORE_CHUNK);
    vb__pg_send(link, ask, VB__PG_CHUNK_NEXT, &params);
}

static void send_write(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    transfer_of(ask)->err = VB_OK;
    if (write_of(ask)->index == 0)
        send_first(ask, link);
    else
        send_next(ask, link);
}

static void take_write(struct vb__pg_ask *ask, unsigned n,
                       const PGresult *result)
{
    (void)n;
    if (vb__pg_changed(result) != 1)
        transfer_of(ask)->err = VB_ERR_INVALID;
}

/* Whether it came to pass before the connection was lost shows when it is asked
 * for once more: then it is there already. */
static void write_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct transfer *transfer = transfer_of(ask);

    if (err == VB_ERR_CLOSED) {
        ask->once = false;
        vb__pg_link_ask(&transfer->client->scans, ask);
        return;
    }
    if (err == VB_ERR_EXISTS)
        err = ask->once ? VB_ERR_INVALID : VB_OK;
    answer(transfer, err);
}

enum vb_io vb__pg_chunk_write(struct vb_store_client *base,
                              struct vb_chunk_write *write)
{
    const struct vb__pg_ask ask = {.send = send_write,
                                   .take = take_write,
                                   .over = write_over,
                                   .once = true};

    if (write->blob == 0 || write->blob > INT64_MAX ||
        write->index > PARTS_MOST || write->bytes.len == 0 ||
        write->bytes.len > VB_STORE_CHUNK)
        return vb__op_done(&write->op, VB_ERR_INVALID);
    return begin(base, &write->op, &ask);
}

/* --- no longer -------------------------------------------------------------
 */

static void send_discard(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, (int64_t)transfer_of(ask)->blob);
    vb__pg_send(link, ask, VB__PG_LOOSE_DISCARD, &params);
}

/* Where it came to nothing, the keeper finds it later. */
static void discard_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_store *store = transfer_of(ask)->client->store;

    free(transfer_of(ask));
    if (err == VB_OK)
        vb__pg_keeper_nudge(store, VB__PG_KEEP_BLOBS);
}

void vb__pg_blob_discard(struct vb_store_client *base, uint64_t blob)
{
    struct vb__pg_client *client = vb__pg_client_of(base);
    struct transfer *transfer = calloc(1, sizeof(*transfer));

    vb__pg_pins_written(client->store->pins, blob);
    if (transfer == NULL || blob > INT64_MAX) {
        free(transfer);
        return;
    }
    transfer->blob = blob;
    transfer->client = client;
    transfer->ask =
        (struct vb__pg_ask){.send = send_discard, .over = discard_over};
    vb__pg_link_ask(&client->scans, &transfer->ask);
}

void vb__pg_blob_pin(struct vb__pg_store *store, uint64_t blob)
{
    vb__pg_pins_add(store->pins, blob);
}

void vb__pg_blob_unpin(struct vb_store *store, uint64_t blob)
{
    vb__pg_pins_remove(vb__pg_store_of(store)->pins, blob);
}
