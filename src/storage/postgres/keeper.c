/* Housekeeping. See keeper.h. */
#include "storage/postgres/keeper.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "storage/postgres/pins.h"

int64_t vb__pg_loose_ms = INT64_C(15) * 60 * 1000;

/* How often all of it is done; a quarter more or less is by chance, so that
 * instances do not come at once. */
#define ROUND_MS 60000
/* How often it is looked whether other threads have something to do. */
#define TICK_MS 1000

/* How long a deleted record's revision is kept. */
#define GONE_MS (INT64_C(60) * 60 * 1000)
/* After which a writer has ended. One that has not registers anew. */
#define WRITER_MS (INT64_C(24) * 60 * 60 * 1000)

/* Of one step: rows, blobs that are looked at, chunks (4 MiB). */
#define ROWS   1000
#define BLOBS  64
#define CHUNKS 16

/* The history is shortened when it has grown by this part of its bounds. */
#define GROWTH 16

struct vb__pg_keeping {
    atomic_bool has_keeper;
    atomic_uint todo;
    atomic_uint_fast64_t grown; /* bytes of history */
};

enum step {
    NOTHING,
    BLOBS_LOOK,  /* a page of the loose ones */
    BLOBS_SPARE, /* of it, those that are in use here */
    BLOB_DROP,   /* of it, one that is not */
    HISTORY_PUSH,
    HISTORY_CUT,
    GONE,
    WRITERS
};

struct vb__pg_keeper {
    struct vb__pg_client *client;
    struct vb__pg_keeping *keeping;
    struct vb_alarm alarm;
    int64_t round_ms; /* when all of it is due, monotonic */
    struct vb__pg_ask ask;
    enum step step;
    int64_t changed; /* rows, by the step's last statement */
    bool is_over;    /* BLOB_DROP: it is gone, or not to go */

    int64_t after; /* loose blobs up to there were looked at */
    size_t found;  /* in the last page */
    int64_t old[BLOBS], used[BLOBS];
    size_t old_count, used_count;
};

/* --- what the steps ask ----------------------------------------------------
 */

static int64_t before(int64_t ms)
{
    return vb_clock_unix_ms() - ms;
}

static void send_blobs_look(struct vb__pg_keeper *keeper,
                            struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};

    /* Those that are in use are made younger in good time. */
    vb__pg_int(&params, before(vb__pg_loose_ms / 3));
    vb__pg_int(&params, keeper->after);
    vb__pg_int(&params, BLOBS);
    vb__pg_send(link, &keeper->ask, VB__PG_LOOSE_OLD, &params);
}

static void take_blobs(struct vb__pg_keeper *keeper, const PGresult *result)
{
    int64_t limit = before(vb__pg_loose_ms);

    keeper->old_count = keeper->used_count = 0;
    keeper->found = (size_t)PQntuples(result);
    for (int row = 0; row < PQntuples(result) && row < BLOBS; row++) {
        int64_t blob = vb__pg_get_int(result, row, 0);

        keeper->after = blob;
        if (vb__pg_pins_has(keeper->client->store->pins, (uint64_t)blob))
            keeper->used[keeper->used_count++] = blob;
        else if (vb__pg_get_int(result, row, 1) <= limit)
            keeper->old[keeper->old_count++] = blob;
    }
}

static void send_blobs_spare(struct vb__pg_keeper *keeper,
                             struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};
    char bytes[32 + BLOBS * 12];
    struct vb_buf buf = vb_buf_over(bytes, sizeof(bytes));

    vb__pg_ints_begin(&buf, (uint32_t)keeper->used_count);
    for (size_t i = 0; i < keeper->used_count; i++)
        vb__pg_ints_add(&buf, keeper->used[i]);
    vb__pg_bytes(&params, vb_buf_span(&buf));
    vb__pg_int(&params, vb_clock_unix_ms());
    vb__pg_send(link, &keeper->ask, VB__PG_LOOSE_YOUNGER, &params);
}

/* Its last chunks go first: who would still give it to a record finds that it
 * is not whole. */
static void send_blob_drop(struct vb__pg_keeper *keeper,
                           struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, keeper->old[keeper->old_count - 1]);
    vb__pg_int(&params, before(vb__pg_loose_ms));
    vb__pg_send(link, &keeper->ask, VB__PG_LOOSE_LOCK, &params);
    vb__pg_int(&params, CHUNKS);
    vb__pg_send(link, &keeper->ask, VB__PG_CHUNKS_DROP, &params);
    params.count = 2;
    vb__pg_send(link, &keeper->ask, VB__PG_LOOSE_END, &params);
}

static void send_history_cut(struct vb__pg_keeper *keeper,
                             struct vb__pg_link *link)
{
    const struct vb_store *store = &keeper->client->store->store;
    struct vb__pg_params params = {.count = 0};

    uint64_t limit = atomic_load(&store->history);

    if (limit == 0) {
        vb__pg_send(link, &keeper->ask, VB__PG_HISTORY_END, NULL);
    } else {
        vb__pg_int(&params, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
        vb__pg_send(link, &keeper->ask, VB__PG_HISTORY_KEEP, &params);
        params.count = 0;
    }
    vb__pg_int(&params, ROWS);
    vb__pg_send(link, &keeper->ask, VB__PG_HISTORY_DROP, &params);
}

static void send_old(struct vb__pg_keeper *keeper, struct vb__pg_link *link,
                     enum vb__pg_statement statement, int64_t age_ms)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, before(age_ms));
    vb__pg_int(&params, ROWS);
    vb__pg_send(link, &keeper->ask, statement, &params);
}

static void send(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_keeper *keeper = VB_CONTAINER(ask, struct vb__pg_keeper, ask);

    switch (keeper->step) {
    case BLOBS_LOOK:
        send_blobs_look(keeper, link);
        break;
    case BLOBS_SPARE:
        send_blobs_spare(keeper, link);
        break;
    case BLOB_DROP:
        send_blob_drop(keeper, link);
        break;
    case HISTORY_PUSH:
        vb__pg_send(link, ask, VB__PG_PUSH, NULL);
        break;
    case HISTORY_CUT:
        send_history_cut(keeper, link);
        break;
    case GONE:
        send_old(keeper, link, VB__PG_GONE_DROP, GONE_MS);
        break;
    case WRITERS:
        send_old(keeper, link, VB__PG_WRITERS_DROP, WRITER_MS);
        break;
    case NOTHING:
        break;
    }
}

static void take(struct vb__pg_ask *ask, unsigned n, const PGresult *result)
{
    struct vb__pg_keeper *keeper = VB_CONTAINER(ask, struct vb__pg_keeper, ask);

    keeper->changed = vb__pg_changed(result);
    if (keeper->step == BLOBS_LOOK)
        take_blobs(keeper, result);
    else if (keeper->step == BLOB_DROP)
        keeper->is_over |= (n == 0 && keeper->changed == 0) ||
                           (n == 2 && keeper->changed == 1);
}

/* --- one after the other ---------------------------------------------------
 */

static void ask_for(struct vb__pg_keeper *keeper, enum step step)
{
    struct vb__pg_link *link = &keeper->client->scans;

    keeper->step = step;
    keeper->changed = 0;
    keeper->is_over = false;
    vb__pg_link_ask(link, &keeper->ask);
    vb__pg_link_flush(link);
}

static bool is_todo(struct vb__pg_keeper *keeper, unsigned what)
{
    return (atomic_fetch_and(&keeper->keeping->todo, ~what) & what) != 0;
}

/* What comes after a page of loose blobs, and after each of them. */
static enum step next_of_blobs(struct vb__pg_keeper *keeper)
{
    if (keeper->step == BLOBS_LOOK && keeper->used_count > 0)
        return BLOBS_SPARE;
    if (keeper->old_count > 0)
        return BLOB_DROP;
    return keeper->found == BLOBS ? BLOBS_LOOK : NOTHING;
}

/* What is left of what was begun. */
static enum step next_of(struct vb__pg_keeper *keeper)
{
    switch (keeper->step) {
    case BLOB_DROP:
        keeper->old_count -= keeper->is_over;
        return next_of_blobs(keeper);
    case BLOBS_LOOK:
    case BLOBS_SPARE:
        return next_of_blobs(keeper);
    case HISTORY_PUSH:
        return HISTORY_CUT;
    case HISTORY_CUT:
    case GONE:
    case WRITERS:
        return keeper->changed >= ROWS ? keeper->step : NOTHING;
    case NOTHING:
        break;
    }
    return NOTHING;
}

static enum step first_of(struct vb__pg_keeper *keeper)
{
    if (is_todo(keeper, VB__PG_KEEP_HISTORY))
        return HISTORY_PUSH;
    if (is_todo(keeper, VB__PG_KEEP_BLOBS)) {
        keeper->after = 0;
        return BLOBS_LOOK;
    }
    if (is_todo(keeper, VB__PG_KEEP_GONE))
        return GONE;
    return is_todo(keeper, VB__PG_KEEP_WRITERS) ? WRITERS : NOTHING;
}

static void work(struct vb__pg_keeper *keeper, enum step step)
{
    if (step == NOTHING)
        step = first_of(keeper);
    keeper->step = step;
    if (step != NOTHING)
        ask_for(keeper, step);
}

/* What went wrong is tried again with the next round. */
static void over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_keeper *keeper = VB_CONTAINER(ask, struct vb__pg_keeper, ask);

    if (err == VB_ERR_CANCELLED)
        keeper->step = NOTHING;
    else
        work(keeper, err == VB_OK ? next_of(keeper) : NOTHING);
}

/* --- when ------------------------------------------------------------------
 */

/* Not after longer than loose blobs live. */
static int64_t at_most(int64_t ms)
{
    return ms < vb__pg_loose_ms ? ms : vb__pg_loose_ms;
}

static void set_round(struct vb__pg_keeper *keeper)
{
    int64_t pause = at_most(ROUND_MS);
    uint32_t random = 0;

    (void)getrandom(&random, sizeof(random), GRND_NONBLOCK);
    keeper->round_ms = vb_clock_monotonic_ms() + pause / 4 * 3 +
                       random % (uint32_t)(pause / 2 + 1);
}

static void set_alarm(struct vb__pg_keeper *keeper)
{
    struct vb_alarms *alarms = keeper->client->base.reactor->alarms;

    (void)alarms->set(alarms, &keeper->alarm, (uint64_t)at_most(TICK_MS));
}

static void ring(struct vb_alarm *alarm)
{
    struct vb__pg_keeper *keeper = alarm->context;

    if (vb_clock_monotonic_ms() >= keeper->round_ms) {
        atomic_fetch_or(&keeper->keeping->todo,
                        VB__PG_KEEP_BLOBS | VB__PG_KEEP_HISTORY |
                            VB__PG_KEEP_GONE | VB__PG_KEEP_WRITERS);
        set_round(keeper);
    }
    vb__pg_keeper_turn(keeper->client);
    set_alarm(keeper);
}

void vb__pg_keeper_turn(struct vb__pg_client *client)
{
    struct vb__pg_keeper *keeper = client->keeper;

    if (keeper != NULL && keeper->step == NOTHING &&
        atomic_load_explicit(&keeper->keeping->todo, memory_order_relaxed) != 0)
        work(keeper, NOTHING);
}

void vb__pg_keeper_nudge(struct vb__pg_store *store, unsigned what)
{
    atomic_fetch_or(&store->keeping->todo, what);
}

void vb__pg_keeper_grew(struct vb__pg_client *client, uint64_t bytes)
{
    struct vb__pg_store *store = client->store;
    uint64_t limit = atomic_load(&store->store.history);

    if (bytes == 0 || atomic_fetch_add(&store->keeping->grown, bytes) + bytes <
                          limit / GROWTH)
        return;
    atomic_store(&store->keeping->grown, 0);
    vb__pg_keeper_nudge(store, VB__PG_KEEP_HISTORY);
}

/* --- the whole -------------------------------------------------------------
 */

struct vb__pg_keeping *vb__pg_keeping_new(void)
{
    return calloc(1, sizeof(struct vb__pg_keeping));
}

void vb__pg_keeping_free(struct vb__pg_keeping *keeping)
{
    free(keeping);
}

bool vb__pg_keeper_begin(struct vb__pg_client *client)
{
    struct vb__pg_keeping *keeping = client->store->keeping;
    struct vb__pg_keeper *keeper;

    if (atomic_exchange(&keeping->has_keeper, true))
        return true;
    keeper = calloc(1, sizeof(*keeper));
    if (keeper == NULL) {
        atomic_store(&keeping->has_keeper, false);
        return false;
    }
    *keeper = (struct vb__pg_keeper){
        .client = client,
        .keeping = keeping,
        .alarm = {.ring = ring, .context = keeper},
        .ask = {.send = send, .take = take, .over = over},
    };
    client->keeper = keeper;
    set_round(keeper);
    set_alarm(keeper);
    return true;
}

void vb__pg_keeper_end(struct vb__pg_client *client)
{
    struct vb__pg_keeper *keeper = client->keeper;
    struct vb_alarms *alarms = client->base.reactor->alarms;

    if (keeper == NULL)
        return;
    alarms->cancel(alarms, &keeper->alarm);
    atomic_store(&keeper->keeping->has_keeper, false);
    client->keeper = NULL;
    free(keeper);
}
