/* What other processes have changed. See others.h. */
#include "storage/postgres/others.h"

#include <stdlib.h>

#include "base/clock.h"
#include "storage/generations.h"

/* Looks are not closer together than this. */
#define PAUSE_MS 10

/* Rows that are taken at a time: beyond, everything may have changed. */
#define WRITERS_MOST 4096
#define CHANGES_MOST 1000

struct vb__pg_others {
    struct vb__pg_client *client;
    struct vb__pg_ask look, changes;
    struct vb_alarm soon;
    bool looks;        /* one of the asks is under way */
    bool again;        /* something was told since */
    bool forgets;      /* the connection is another one since */
    int64_t looked_ms; /* monotonic */

    PGresult *seen;  /* rows of writers, at the last look; NULL: none counts */
    bool followed;   /* the store was, at that look */
    bool crowded;    /* there was too much of history */
    PGresult *found; /* at this one */
    bool pushes;     /* this one: writers that do nothing go up to the others */
    bool changed;    /* others have changed something, and what */
    bool everything; /* may be known, or not */
    int64_t beyond;  /* this revision */
};

enum { SLOT, BATCH, FLOOR, SILENT }; /* columns of WRITERS */
enum { MOMENT, KEY, PARENT };        /* and of CHANGED */

static struct vb_alarms *alarms_of(const struct vb__pg_others *others)
{
    return others->client->base.reactor->alarms;
}

static struct vb_store *store_of(const struct vb__pg_others *others)
{
    return &others->client->store->store;
}

void vb__pg_others_changed(struct vb__pg_store *store, struct vb_span key,
                           struct vb_span parent)
{
    struct vb_store *base = &store->store;

    vb__generations_bump(base->generations, vb_store_hash(base, key));
    if (parent.len > 0)
        vb__generations_bump(base->generations, vb_store_hash(base, parent));
}

/* --- the process' own commits ----------------------------------------------
 */

void vb__pg_own_begin(struct vb__pg_client *client, int64_t slot)
{
    struct vb__pg_store *store = client->store;

    client->own.slot = slot;
    pthread_mutex_lock(&store->lock);
    vb_list_append(&store->own, &client->own.link);
    pthread_mutex_unlock(&store->lock);
}

void vb__pg_own_end(struct vb__pg_client *client)
{
    struct vb__pg_store *store = client->store;

    pthread_mutex_lock(&store->lock);
    vb_list_remove(&client->own.link);
    pthread_mutex_unlock(&store->lock);
}

void vb__pg_own_told(struct vb__pg_client *client, int64_t batch)
{
    atomic_store(&client->own.told, batch);
}

void vb__pg_own_doubt(struct vb__pg_client *client, int64_t batch)
{
    atomic_store(&client->own.doubt, batch);
}

/*
 * Was all that led to this batch told here? One of which nobody knew is as if
 * another process had made it, and what comes after it too, because only a look
 * that finds something after it has surely seen it.
 */
static bool was_told(struct vb__pg_own *own, int64_t batch)
{
    int_fast64_t doubt = atomic_load(&own->doubt);

    if (doubt == 0)
        return batch == atomic_load(&own->told);
    if (batch > doubt)
        atomic_compare_exchange_strong(&own->doubt, &doubt, 0);
    return false;
}

/* Under the store's lock. */
static bool is_own(const struct vb__pg_store *store, int64_t slot,
                   int64_t batch)
{
    const struct vb_link *link = store->own.next;

    for (; link != &store->own; link = link->next) {
        struct vb__pg_own *own = VB_CONTAINER(link, struct vb__pg_own, link);

        if (own->slot == slot)
            return was_told(own, batch);
    }
    return false;
}

/* --- who has committed -----------------------------------------------------
 */

static void send_look(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_others *others =
        VB_CONTAINER(ask, struct vb__pg_others, look);
    struct vb__pg_params params = {.count = 0};

    PQclear(others->found);
    others->found = NULL;
    if (others->pushes)
        vb__pg_send(link, ask, VB__PG_PUSH, NULL);
    vb__pg_int(&params, WRITERS_MOST);
    vb__pg_send(link, ask, VB__PG_WRITERS, &params);
}

static void take_look(struct vb__pg_ask *ask, unsigned n,
                      const PGresult *result)
{
    struct vb__pg_others *others =
        VB_CONTAINER(ask, struct vb__pg_others, look);

    if (others->pushes && n == 0)
        return;
    others->found = (PGresult *)(uintptr_t)result;
    ask->keeps = true;
}

static int64_t newest_of(const PGresult *writers)
{
    int64_t newest = 0;

    for (int row = 0; row < PQntuples(writers); row++)
        if (vb__pg_get_int(writers, row, FLOOR) > newest)
            newest = vb__pg_get_int(writers, row, FLOOR);
    return newest;
}

/* One that was not there at the last look has begun after it, above all that
 * there was. One that had no floor yet is not known to have. */
static int64_t floor_before(const struct vb__pg_others *others, int at)
{
    return at < 0 ? newest_of(others->seen)
                  : vb__pg_get_int(others->seen, at, FLOOR);
}

/* The writer's row at `row` now, and at `at` of the last look; -1: it was not
 * there. */
static void compare_writer(struct vb__pg_others *others, int row, int at)
{
    int64_t slot = vb__pg_get_int(others->found, row, SLOT);
    int64_t batch = vb__pg_get_int(others->found, row, BATCH);
    int64_t floor;

    if (batch == (at < 0 ? 0 : vb__pg_get_int(others->seen, at, BATCH)) ||
        is_own(others->client->store, slot, batch))
        return;
    floor = floor_before(others, at);
    others->changed = true;
    others->everything |= vb__pg_get_int(others->found, row, SILENT) != 0;
    if (floor < others->beyond)
        others->beyond = floor;
}

/* Both are in the order of their slots. */
static void compare(struct vb__pg_others *others)
{
    int seen = PQntuples(others->seen), at = 0;

    pthread_mutex_lock(&others->client->store->lock);
    for (int row = 0; row < PQntuples(others->found); row++) {
        int64_t slot = vb__pg_get_int(others->found, row, SLOT);

        while (at < seen && vb__pg_get_int(others->seen, at, SLOT) < slot)
            at++;
        compare_writer(
            others, row,
            at < seen && vb__pg_get_int(others->seen, at, SLOT) == slot ? at
                                                                        : -1);
    }
    pthread_mutex_unlock(&others->client->store->lock);
}

static void find_out(struct vb__pg_others *others)
{
    bool followed = atomic_load(&store_of(others)->followed);

    others->beyond = INT64_MAX;
    others->everything = others->seen == NULL ||
                         PQntuples(others->found) >= WRITERS_MOST ||
                         followed != others->followed;
    others->followed = followed;
    others->changed = others->everything;
    if (others->seen != NULL)
        compare(others);
}

/* --- what that is ----------------------------------------------------------
 */

static void send_changes(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    const struct vb__pg_others *others =
        VB_CONTAINER(ask, struct vb__pg_others, changes);
    struct vb__pg_params params = {.count = 0};

    vb__pg_int(&params, (int64_t)vb_moment((uint64_t)others->beyond));
    vb__pg_int(&params, CHANGES_MOST);
    vb__pg_send(link, ask, VB__PG_CHANGED, &params);
}

static void take_changes(struct vb__pg_ask *ask, unsigned n,
                         const PGresult *result)
{
    struct vb__pg_others *others =
        VB_CONTAINER(ask, struct vb__pg_others, changes);
    int64_t beyond = (int64_t)vb_moment((uint64_t)others->beyond);
    bool is_said = false;

    (void)n;
    others->crowded = PQntuples(result) > CHANGES_MOST;
    others->everything = others->crowded;
    for (int row = 0; row < PQntuples(result); row++) {
        if (PQgetisnull(result, row, KEY) == 0) {
            vb__pg_others_changed(others->client->store,
                                  vb__pg_get_bytes(result, row, KEY),
                                  vb__pg_get_bytes(result, row, PARENT));
            continue;
        }
        is_said = true;
        others->everything |= vb__pg_get_int(result, row, MOMENT) > beyond;
    }
    others->everything |= !is_said;
}

/* --- one look after the other ----------------------------------------------
 */

static void begin(struct vb__pg_others *others)
{
    others->looks = true;
    others->again = false;
    others->looked_ms = vb_clock_monotonic_ms();
    others->pushes = others->crowded;
    others->crowded = false;
    vb__pg_link_ask(&others->client->reads, &others->look);
    vb__pg_link_flush(&others->client->reads);
}

static void end(struct vb__pg_others *others)
{
    others->looks = false;
    if (others->forgets) {
        others->forgets = false;
        PQclear(others->seen);
        others->seen = NULL;
        others->again = true;
    }
    if (others->again)
        vb__pg_others_look(others);
}

/* What there was to be found in it is not looked for again: at the next one,
 * everything may have changed. */
static void fail(struct vb__pg_others *others, enum vb_err err)
{
    others->looks = false;
    if (err == VB_ERR_CANCELLED)
        return;
    PQclear(others->seen);
    others->seen = NULL;
    end(others);
}

/* Caches first: who is told looks into them. */
static void tell(struct vb__pg_others *others)
{
    if (others->everything && others->followed)
        vb__generations_bump_all(store_of(others)->generations);
    if (others->changed)
        vb__store_tell(store_of(others));
    PQclear(others->seen);
    others->seen = others->found;
    others->found = NULL;
    end(others);
}

static void changes_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_others *others =
        VB_CONTAINER(ask, struct vb__pg_others, changes);

    if (err == VB_OK)
        tell(others);
    else
        fail(others, err);
}

static void look_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_others *others =
        VB_CONTAINER(ask, struct vb__pg_others, look);

    if (err != VB_OK) {
        fail(others, err);
        return;
    }
    find_out(others);
    vb__pg_clock_saw(others->client->store, (uint64_t)newest_of(others->found));
    if (!others->changed || others->everything || !others->followed) {
        tell(others);
        return;
    }
    vb__pg_link_ask(&others->client->reads, &others->changes);
    vb__pg_link_flush(&others->client->reads);
}

static void ring(struct vb_alarm *alarm)
{
    begin(alarm->context);
}

void vb__pg_others_look(struct vb__pg_others *others)
{
    int64_t due_ms = others->looked_ms + PAUSE_MS - vb_clock_monotonic_ms();

    if (others->looks)
        others->again = true;
    else if (others->soon.own == NULL && due_ms <= 0)
        begin(others);
    else if (others->soon.own == NULL)
        (void)alarms_of(others)->set(alarms_of(others), &others->soon,
                                     (uint64_t)due_ms);
}

void vb__pg_others_forget(struct vb__pg_others *others)
{
    others->forgets = true;
    if (!others->looks)
        end(others);
}

/* --- the whole -------------------------------------------------------------
 */

struct vb__pg_others *vb__pg_others_new(struct vb__pg_client *client)
{
    struct vb__pg_others *others = calloc(1, sizeof(*others));

    if (others == NULL)
        return NULL;
    others->client = client;
    others->soon = (struct vb_alarm){.ring = ring, .context = others};
    others->look = (struct vb__pg_ask){
        .send = send_look, .take = take_look, .over = look_over};
    others->changes = (struct vb__pg_ask){
        .send = send_changes, .take = take_changes, .over = changes_over};
    return others;
}

void vb__pg_others_free(struct vb__pg_others *others)
{
    if (others == NULL)
        return;
    alarms_of(others)->cancel(alarms_of(others), &others->soon);
    PQclear(others->seen);
    PQclear(others->found);
    free(others);
}
