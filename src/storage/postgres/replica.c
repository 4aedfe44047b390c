/* Replicas, and how old it is what they show. See replica.h. */
#include "storage/postgres/replica.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/clock.h"
#include "storage/postgres/link_part.h"

/* What nobody may be older than, whatever is allowed: blobs of what has gone
 * stay for longer than this (vb__pg_loose_ms). */
#define OLDEST_MS 60000
/* Beats in a time that is allowed; how long their note stays, and how many old
 * ones go with a beat. */
#define BEATS_IN_AGE 4
#define PAUSE_MS     500 /* where the last one is too old for some list */
#define KEPT_MS      (INT64_C(10) * 60 * 1000)
#define EXPIRED      2
/* Beats that are known. Who shows an older one is too far behind. */
#define BEATS ((size_t)32)
/* A replica that did not serve is left alone for so long. */
#define REST_MS 500
/* It has this part of the time that a request may take; then there is enough
 * left for the database. */
#define PATIENCE 4
/* Collections of which it is known since when they are as they are. */
#define COLLECTIONS 256

struct beat {
    uint64_t number;
    int64_t sent_ms; /* monotonic; 0: there is none */
};

struct known {
    uint64_t hash; /* of the collection */
    uint64_t generation;
    int64_t since_ms;
};

struct vb__pg_replica {
    struct vb__pg_client *client;
    struct vb__pg_url url; /* the store's, but the places are the replicas */
    struct vb__pg_link link;
    int64_t rests_until_ms;

    char name[32]; /* of the note */
    struct vb__pg_ask ask;
    bool beats; /* it is under way */
    struct beat sent[BEATS];
    size_t next;
    struct known known[COLLECTIONS];
};

/* --- beats -----------------------------------------------------------------
 */

static uint64_t random_number(void)
{
    uint64_t number;
    ssize_t n = getrandom(&number, sizeof(number), 0);

    vb_assert(n == (ssize_t)sizeof(number));
    return number;
}

static struct vb_span bytes_of(const uint64_t *number)
{
    return vb_span_of((const char *)number, sizeof(*number));
}

/* Each time with a number of its own: the one before may have arrived, and then
 * nobody knows when. Notes of clients that are gone go as all notes do. */
static void send_beat(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_replica *replica =
        VB_CONTAINER(ask, struct vb__pg_replica, ask);
    struct beat *beat = &replica->sent[replica->next++ % BEATS];
    struct vb__pg_params params = {.count = 0};

    *beat = (struct beat){random_number(), vb_clock_monotonic_ms()};
    vb__pg_bytes(&params, vb_span_str(replica->name));
    vb__pg_int(&params, vb_clock_unix_ms() + KEPT_MS);
    vb__pg_bytes(&params, bytes_of(&beat->number));
    vb__pg_send(link, ask, VB__PG_BEAT, &params);
    params.count = 0;
    vb__pg_int(&params, vb_clock_unix_ms());
    vb__pg_int(&params, EXPIRED);
    vb__pg_send(link, ask, VB__PG_MEMOS_EXPIRED, &params);
}

static void beat_over(struct vb__pg_ask *ask, enum vb_err err)
{
    (void)err; /* the replica tells */
    VB_CONTAINER(ask, struct vb__pg_replica, ask)->beats = false;
}

static int64_t newest_beat(const struct vb__pg_replica *replica)
{
    return replica->sent[(replica->next + BEATS - 1) % BEATS].sent_ms;
}

/* By itself, so that no list waits for it to be durable. */
static void beat_when_due(struct vb__pg_replica *replica,
                          const struct vb__pg_freshness *freshness)
{
    struct vb__pg_link *link = &replica->client->scans;
    int64_t newest = newest_beat(replica);
    int64_t pause_ms = freshness->max_age_ms / BEATS_IN_AGE;

    if (newest <= freshness->since_ms && pause_ms > PAUSE_MS)
        pause_ms = PAUSE_MS;
    if (replica->beats || vb_clock_monotonic_ms() - newest < pause_ms)
        return;
    replica->beats = true;
    vb__pg_link_flush(link);
    vb__pg_link_ask(link, &replica->ask);
    vb__pg_link_flush(link);
}

/* --- which list ------------------------------------------------------------
 */

/* Since when nobody here has heard of a change to it: whatever was acknowledged
 * or told here is older. The time comes after the counter, then. */
static int64_t unchanged_since(struct vb__pg_replica *replica,
                               struct vb_span collection)
{
    const struct vb_store *store = &replica->client->store->store;
    uint64_t hash = vb_store_hash(store, collection);
    uint64_t generation = vb_store_generation_hashed(store, hash);
    struct known *known = &replica->known[hash % COLLECTIONS];

    if (known->since_ms == 0 || known->hash != hash ||
        known->generation != generation)
        *known = (struct known){hash, generation, vb_clock_monotonic_ms()};
    return known->since_ms;
}

/* Is what was so at that moment of use? Clocks count in milliseconds, so what
 * was in the same one may have been before. */
static bool is_fresh(const struct vb__pg_freshness *freshness, int64_t at_ms)
{
    return at_ms > freshness->since_ms &&
           at_ms >= vb_clock_monotonic_ms() - freshness->max_age_ms;
}

static bool is_ready(struct vb__pg_replica *replica)
{
    if (vb_clock_monotonic_ms() < replica->rests_until_ms)
        return false;
    if (replica->link.state == VB__PG_READY)
        return replica->link.waiting_count < VB__PG_WAITING_MOST;
    vb__pg_link_open(&replica->link);
    return false;
}

struct vb__pg_link *vb__pg_replica_for(struct vb__pg_replica *replica,
                                       const struct vb_list_read *list,
                                       struct vb__pg_freshness *ret_freshness)
{
    bool has_beat;

    if (list->max_age_ms <= 0 || replica->url.place_count == 0)
        return NULL;
    *ret_freshness = (struct vb__pg_freshness){
        .max_age_ms =
            list->max_age_ms < OLDEST_MS ? list->max_age_ms : OLDEST_MS,
        .since_ms = unchanged_since(replica, list->parent),
    };
    has_beat = is_fresh(ret_freshness, newest_beat(replica));
    beat_when_due(replica, ret_freshness);
    return has_beat && is_ready(replica) ? &replica->link : NULL;
}

/* --- what it says ----------------------------------------------------------
 */

void vb__pg_replica_send(struct vb__pg_replica *replica, struct vb__pg_ask *ask)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, vb_span_str(replica->name));
    vb__pg_send(&replica->link, ask, VB__PG_BEAT_READ, &params);
}

void vb__pg_replica_take(const struct vb__pg_replica *replica,
                         struct vb__pg_freshness *freshness,
                         const PGresult *result)
{
    struct vb_span shown;

    freshness->true_ms = 0;
    if (PQntuples(result) != 1)
        return;
    shown = vb__pg_get_bytes(result, 0, 0);
    for (size_t i = 0; i < BEATS; i++)
        if (replica->sent[i].sent_ms != 0 &&
            vb_span_eq(shown, bytes_of(&replica->sent[i].number)))
            freshness->true_ms = replica->sent[i].sent_ms;
}

/* The next time it is another one, if there is one. */
static void leave_alone(struct vb__pg_replica *replica)
{
    struct vb__pg_link *link = &replica->link;
    int64_t now = vb_clock_monotonic_ms();

    if (now < replica->rests_until_ms)
        return;
    replica->rests_until_ms = now + REST_MS;
    if (replica->url.place_count > 1 && link->state == VB__PG_READY &&
        link->batch_count == 0 && vb_list_empty(&link->waiting)) {
        vb__pg_link_drop(link);
        link->place++;
    }
}

int64_t vb__pg_replica_judge(struct vb__pg_replica *replica,
                             const struct vb__pg_freshness *freshness,
                             enum vb_err err)
{
    int64_t age_ms = vb_clock_monotonic_ms() - freshness->true_ms;

    if (err == VB_OK && is_fresh(freshness, freshness->true_ms))
        return age_ms;
    /* Who has not come to what was changed a moment ago is not late. */
    if (err != VB_OK || age_ms > freshness->max_age_ms)
        leave_alone(replica);
    return -1;
}

/* --- the whole -------------------------------------------------------------
 */

struct vb__pg_replica *vb__pg_replica_new(struct vb__pg_client *client)
{
    const struct vb__pg_url *url = &client->store->url;
    struct vb__pg_replica *replica = calloc(1, sizeof(*replica));

    if (replica == NULL)
        return NULL;
    replica->client = client;
    replica->url = *url; /* its strings are borrowed */
    memcpy(replica->url.places, url->replicas, sizeof(url->replicas));
    replica->url.place_count = url->replica_count;
    replica->url.timeout_ms = url->timeout_ms / PATIENCE;
    replica->ask = (struct vb__pg_ask){.send = send_beat, .over = beat_over};
    (void)snprintf(replica->name, sizeof(replica->name), "beat:%016" PRIx64,
                   random_number());
    vb__pg_link_init(&replica->link, &replica->url, client->base.reactor,
                     client->base.executor, client->base.mailbox);
    replica->link.asks_most = client->scans.asks_most;
    if (url->replica_count > 0) /* not all workers ask the same one */
        replica->link.place = random_number() % url->replica_count;
    return replica;
}

void vb__pg_replica_end(struct vb__pg_replica *replica)
{
    if (replica != NULL)
        vb__pg_link_done(&replica->link);
}

void vb__pg_replica_free(struct vb__pg_replica *replica)
{
    free(replica);
}

void vb__pg_replica_flush(struct vb__pg_replica *replica)
{
    vb__pg_link_flush(&replica->link);
}
