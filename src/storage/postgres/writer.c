/* Writers, and the clock by which they give revisions. See writer.h. */
#include "storage/postgres/writer.h"

#include <sys/random.h>

#include "base/clock.h"
#include "storage/postgres/state.h"

/* --- the clock -------------------------------------------------------------
 *
 * A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): it
 * is the time where nobody has been ahead of it, so that writers that know
 * nothing of each other give numbers that lie close together.
 */

/* 2020-01-01T00:00:00Z in Unix time: 43 bits last longer from there. */
#define BEGINNING_MS INT64_C(1577836800000)

static uint64_t time_now(const struct vb__pg_store *store)
{
    int64_t now = vb_clock_unix_ms() + store->clock_ahead_ms - BEGINNING_MS;

    return now > 0 ? (uint64_t)now : 0;
}

void vb__pg_clock_saw(struct vb__pg_store *store, uint64_t revision)
{
    uint64_t seen = atomic_load(&store->clock);

    while (seen < revision &&
           !atomic_compare_exchange_weak(&store->clock, &seen, revision))
        ;
}

uint64_t vb__pg_clock_floor(const struct vb__pg_store *store)
{
    uint64_t seen = atomic_load(&store->clock), now = time_now(store);

    return seen > now ? seen : now;
}

uint64_t vb__pg_clock_take(struct vb__pg_store *store, uint64_t count)
{
    uint64_t seen = atomic_load(&store->clock), now = time_now(store), floor;

    do
        floor = seen > now ? seen : now;
    while (!atomic_compare_exchange_weak(&store->clock, &seen, floor + count));
    return floor;
}

/* Bytes of what is said of indexes. */
#define MARK_LIMIT ((size_t)1024 * 1024)

/* --- the row ---------------------------------------------------------------
 */

/* With its row it says which indexes it keeps, and whether history. */
static void send_new(struct vb__pg_writer *writer, struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};
    struct vb_buf mark, names;

    vb_buf_init(&mark, MARK_LIMIT);
    vb_buf_init(&names, MARK_LIMIT);
    vb__pg_kept_mark(&writer->kept, &mark);
    vb__pg_kept_names(&writer->kept, &names);
    vb__pg_int(&params, writer->slot);
    vb__pg_int(&params, vb_clock_unix_ms());
    vb__pg_bytes(&params, vb_buf_span(&mark));
    vb__pg_int(&params, writer->silent);
    vb__pg_send(link, &writer->ask, VB__PG_WRITER_ADD, &params);
    params.count = 0;
    vb__pg_bytes(&params, vb_buf_span(&names));
    vb__pg_send(link, &writer->ask, VB__PG_INDEXES_BREAK, &params);
    vb_buf_done(&mark);
    vb_buf_done(&names);
}

/* A new row holds the horizon of all readers back until it is raised: so no
 * revision that it gives is below what somebody takes for whole. */
static void send(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_writer *writer = VB_CONTAINER(ask, struct vb__pg_writer, ask);
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, writer->slot);
    if (writer->raising)
        vb__pg_send(link, ask, VB__PG_WRITER_RAISE, &params);
    else
        send_new(writer, link);
}

static void take(struct vb__pg_ask *ask, unsigned n, const PGresult *result)
{
    struct vb__pg_writer *writer = VB_CONTAINER(ask, struct vb__pg_writer, ask);

    (void)n;
    if (!writer->raising || PQntuples(result) != 1)
        return;
    writer->known = true;
    vb__pg_clock_saw(writer->client->store,
                     (uint64_t)vb__pg_get_int(result, 0, 0));
}

static void request(struct vb__pg_writer *writer, int64_t deadline_ms)
{
    struct vb__pg_link *link = &writer->client->writes;

    vb__pg_link_ask(link, &writer->ask);
    writer->ask.deadline_ms = deadline_ms;
    vb__pg_link_flush(link);
}

static void over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_writer *writer = VB_CONTAINER(ask, struct vb__pg_writer, ask);

    if (err == VB_OK && !writer->raising) {
        writer->raising = true;
        request(writer, ask->deadline_ms);
        return;
    }
    writer->done(writer, err);
}

void vb__pg_writer_init(struct vb__pg_writer *writer,
                        struct vb__pg_client *client)
{
    *writer = (struct vb__pg_writer){
        .client = client,
        .ask = {.send = send, .take = take, .over = over},
    };
    /* Nobody has the same one but by a chance that need not be reckoned with.
     */
    if (getrandom(&writer->slot, sizeof(writer->slot), 0) !=
        sizeof(writer->slot))
        writer->slot = vb_clock_monotonic_ns();
    writer->slot &= INT64_MAX;
}

static bool keeps_none(const struct vb__pg_writer *writer)
{
    return atomic_load(&writer->client->store->store.history) == 0;
}

bool vb__pg_writer_is_current(const struct vb__pg_writer *writer)
{
    return writer->silent == keeps_none(writer) &&
           vb__pg_kept_is_current(&writer->kept, writer->client->store);
}

void vb__pg_writer_register(struct vb__pg_writer *writer, int64_t deadline_ms)
{
    writer->known = false;
    writer->raising = false;
    writer->silent = keeps_none(writer);
    if (!vb__pg_kept_take(&writer->kept, writer->client->store)) {
        writer->done(writer, VB_ERR_NOMEM);
        return;
    }
    request(writer, deadline_ms);
}
