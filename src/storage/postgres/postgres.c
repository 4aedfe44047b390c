/*
 * The store in a database that speaks PostgreSQL's protocol: opening and
 * closing it. README.md draws the whole.
 *
 * Opening it looks at the database once, on a connection of its own, so that
 * the operator hears at once what is wrong; workers connect when they are first
 * asked for something.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/assert.h"
#include "storage/postgres/client.h"
#include "storage/postgres/keeper.h"
#include "storage/postgres/look.h"
#include "storage/postgres/number.h"
#include "storage/postgres/pins.h"

static void declare(struct vb_store *store, struct vb_indexes *indexes)
{
    struct vb__pg_store *pg = vb__pg_store_of(store);
    struct vb_indexes *before;

    pthread_mutex_lock(&pg->lock);
    before = pg->indexes;
    pg->indexes = vb_indexes_ref(indexes);
    atomic_fetch_add(&pg->declared, 1);
    pthread_mutex_unlock(&pg->lock);
    vb_indexes_unref(before);
}

static void close_store(struct vb_store *store)
{
    struct vb__pg_store *pg = vb__pg_store_of(store);

    vb_indexes_unref(pg->indexes);
    vb__pg_keeping_free(pg->keeping);
    vb__pg_pins_free(pg->pins);
    vb__pg_numbers_free(pg->numbers);
    vb__pg_url_done(&pg->url);
    pthread_mutex_destroy(&pg->lock);
    vb__store_done(store);
    free(pg);
}

static const struct vb_store_ops postgres_ops = {
    .name = "postgres",
    .attach = vb__pg_attach,
    .detach = vb__pg_detach,
    .read = vb__pg_read,
    .records = vb__pg_records,
    .collection = vb__pg_collection,
    .list = vb__pg_list,
    .lists = vb__pg_lists,
    .chunk_read = vb__pg_chunk_read,
    .chunk_write = vb__pg_chunk_write,
    .blob_new = vb__pg_blob_new,
    .blob_discard = vb__pg_blob_discard,
    .number = vb__pg_number,
    .commit = vb__pg_commit,
    .memo = vb__pg_memo,
    .claim = vb__pg_claim,
    .sources = vb__pg_sources,
    .index = declare,
    .history = vb__pg_history,
    .flush = vb__pg_flush,
    .turn_end = vb__pg_flush, /* nothing is kept open over a turn */
    .blob_unpin = vb__pg_blob_unpin,
    .close = close_store,
};

static uint64_t random_number(void)
{
    uint64_t random;
    ssize_t n = getrandom(&random, sizeof(random), 0);

    vb_assert(n == (ssize_t)sizeof(random));
    return random;
}

/* NULL: no memory. */
static struct vb__pg_store *store_new(void)
{
    struct vb__pg_store *pg = calloc(1, sizeof(*pg));

    if (pg == NULL)
        return NULL;
    pthread_mutex_init(&pg->lock, NULL);
    vb_list_init(&pg->own);
    vb_arena_init(&pg->url.arena, 0, 0);
    pg->keeping = vb__pg_keeping_new();
    pg->pins = vb__pg_pins_new();
    pg->numbers = vb__pg_numbers_new();
    if (vb__store_init(&pg->store, &postgres_ops) && pg->keeping != NULL &&
        pg->pins != NULL && pg->numbers != NULL)
        return pg;
    close_store(&pg->store);
    return NULL;
}

static void take_found(struct vb__pg_store *pg,
                       const struct vb__pg_found *found)
{
    memcpy(pg->store.epoch, found->identity.epoch, sizeof(pg->store.epoch));
    pg->store.secret = found->identity.secret;
    atomic_store(&pg->clock, found->revision);
    atomic_store(&pg->blobs, (unsigned)random_number());
    pg->listens = found->listens;
    pg->distributed = found->identity.citus;
    pg->store.shared = true;
    (void)snprintf(pg->name, sizeof(pg->name), "%s.%" PRIx64, pg->store.epoch,
                   random_number());
}

/* Both schemes mean the same. */
static enum vb_err read_url(struct vb__pg_store *pg, struct vb_span rest,
                            struct vb_buf *ret_why)
{
    struct vb_buf text;
    enum vb_err err;

    vb_buf_init(&text, SIZE_MAX);
    vb_buf_str(&text, "postgresql:");
    vb_buf_append(&text, rest);
    err = text.err != VB_OK
              ? text.err
              : vb__pg_url_read(vb_buf_span(&text), &pg->url, ret_why);
    vb_buf_done(&text);
    return err;
}

enum vb_err vb__postgres_open(struct vb_span rest, struct vb_store **ret_store,
                              struct vb_buf *ret_why)
{
    struct vb__pg_found found = {.revision = 0};
    struct vb__pg_store *pg = store_new();
    enum vb_err err;

    if (pg == NULL)
        return VB_ERR_NOMEM;
    err = read_url(pg, rest, ret_why);
    if (err == VB_OK)
        err = vb__pg_look(&pg->url, &found, ret_why);
    if (err != VB_OK) {
        close_store(&pg->store);
        return err;
    }
    take_found(pg, &found);
    *ret_store = &pg->store;
    return VB_OK;
}
