/* Making indexes. See making.h. */
#include "storage/postgres/making.h"

#include <stdlib.h>

#include "base/clock.h"
#include "storage/postgres/group.h"
#include "storage/postgres/indexing.h"
#include "storage/postgres/read_part.h"

/* Until it is looked again, where others are in the way; and whether they are
 * still whole. */
#define PAUSE_MS 1000
#define ROUND_MS 2000

/* Members of a page, and collections. */
#define MEMBERS  50
#define LISTINGS 256

/* How long nobody else makes them, without a sign of it. */
#define LEASE_MS 30000

/* Bytes of arrays. */
#define ARRAY_LIMIT ((size_t)64 * 1024 * 1024)
#define ARENA_BLOCK ((size_t)64 * 1024)

enum step {
    RESTING,
    BEGINNING, /* they are in the table, and writers in the way are gone */
    LOOKING,   /* which are not whole, and is anybody in the way? */
    CLAIMING,  /* nobody else is to make them now */
    LISTING,   /* the next collections */
    CLEARING,  /* one of them has no keys of those that are being made */
    PAGING,    /* its next members */
    ADDING,    /* their keys */
    ENDING
};

struct vb__pg_making {
    struct vb__pg_client *client;
    struct vb__pg_ask ask;
    enum step step;
    int64_t due_ms; /* when it is looked again; 0: as soon as can be */
    struct vb__pg_kept kept;
    struct vb_buf names, ids, reached; /* arrays: of those that are made */
    size_t count;                      /* how many these are */
    bool in_the_way;                   /* somebody does not keep them */
    bool is_mine;                      /* nobody else makes them */

    PGresult *listings, *page;
    int listing;         /* row of `listings` */
    struct vb_buf after; /* the last collection of the page before */
    int64_t beyond;      /* the position that the listing has come to */
    struct vb_arena arena;
    struct vb__pg_columns columns;
    struct vb__pg_key_row *keys;
    size_t key_count;
};

static struct vb__pg_making *making_of(struct vb__pg_ask *ask)
{
    return VB_CONTAINER(ask, struct vb__pg_making, ask);
}

static struct vb_span listing_of(const struct vb__pg_making *making)
{
    return vb__pg_get_bytes(making->listings, making->listing, 0);
}

/* --- asking ----------------------------------------------------------------
 */

static void send_begin(struct vb__pg_making *making, struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};

    vb_buf_reset(&making->names);
    vb_buf_reset(&making->ids);
    vb__pg_kept_names(&making->kept, &making->names);
    vb__pg_kept_ids(&making->kept, &making->ids);
    vb__pg_bytes(&params, vb_buf_span(&making->names));
    vb__pg_send(link, &making->ask, VB__PG_MAKE_BEGIN, &params);
    vb__pg_send(link, &making->ask, VB__PG_PUSH, NULL);
    params.count = 0;
    vb__pg_bytes(&params, vb_buf_span(&making->ids));
    vb__pg_send(link, &making->ask, VB__PG_MAKE_WRITERS, &params);
}

static void send_keys(struct vb__pg_making *making, struct vb__pg_link *link)
{
    struct vb__pg_columns *columns = &making->columns;
    const struct vb__pg_key_row *at = making->keys;
    size_t count = making->key_count;

    vb__pg_columns_begin(columns);
    vb__pg_columns_spans(columns, &at->listing, sizeof(*at), count);
    vb__pg_columns_ints(columns, &at->idx, sizeof(*at), count);
    vb__pg_columns_spans(columns, &at->sort, sizeof(*at), count);
    vb__pg_columns_ints(columns, &at->member, sizeof(*at), count);
    vb__pg_columns_spans(columns, &at->key, sizeof(*at), count);
    vb__pg_columns_ints(columns, &at->revision, sizeof(*at), count);
    vb__pg_send(link, &making->ask, VB__PG_MAKE_KEYS, &columns->params);
}

/* That it is still being made by this one, and goes on to be. */
static void send_lease(struct vb__pg_making *making, struct vb__pg_link *link,
                       enum vb__pg_statement statement)
{
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, vb_buf_span(&making->names));
    vb__pg_bytes(&params, vb_buf_span(&making->reached));
    vb__pg_int(&params, vb_clock_unix_ms() + LEASE_MS);
    if (statement == VB__PG_MAKE_CLAIM)
        vb__pg_int(&params, vb_clock_unix_ms());
    vb__pg_send(link, &making->ask, statement, &params);
}

/* Not where another one has made them meanwhile: its lock keeps that as it is
 * until the transaction ends. */
static void send_clear(struct vb__pg_making *making, struct vb__pg_link *link)
{
    struct vb__pg_params params = {.count = 0};

    send_lease(making, link, VB__PG_MAKE_RENEW);
    vb__pg_bytes(&params, listing_of(making));
    vb__pg_bytes(&params, vb_buf_span(&making->ids));
    vb__pg_bytes(&params, vb_buf_span(&making->names));
    vb__pg_bytes(&params, vb_buf_span(&making->reached));
    vb__pg_send(link, &making->ask, VB__PG_MAKE_CLEAR, &params);
}

static void send(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_making *making = making_of(ask);
    struct vb__pg_params params = {.count = 0};

    switch (making->step) {
    case BEGINNING:
        send_begin(making, link);
        break;
    case LOOKING:
        vb__pg_bytes(&params, vb_buf_span(&making->names));
        vb__pg_bytes(&params, vb_buf_span(&making->ids));
        vb__pg_send(link, ask, VB__PG_MAKE_LOOK, &params);
        break;
    case CLAIMING:
        send_lease(making, link, VB__PG_MAKE_CLAIM);
        break;
    case LISTING:
        vb__pg_bytes(&params, vb_buf_span(&making->after));
        vb__pg_int(&params, LISTINGS);
        vb__pg_send(link, ask, VB__PG_MAKE_LISTING, &params);
        break;
    case CLEARING:
        send_clear(making, link);
        break;
    case PAGING:
        send_lease(making, link, VB__PG_MAKE_RENEW);
        vb__pg_bytes(&params, listing_of(making));
        vb__pg_int(&params, making->beyond);
        vb__pg_int(&params, MEMBERS);
        vb__pg_send(link, ask, VB__PG_MAKE_PAGE, &params);
        break;
    case ADDING:
        send_keys(making, link);
        break;
    case ENDING:
        vb__pg_bytes(&params, vb_buf_span(&making->names));
        vb__pg_bytes(&params, vb_buf_span(&making->reached));
        vb__pg_bytes(&params, vb_buf_span(&making->ids));
        vb__pg_send(link, ask, VB__PG_MAKE_END, &params);
        break;
    case RESTING:
        break;
    }
}

static void ask_for(struct vb__pg_making *making, enum step step)
{
    making->step = step;
    vb__pg_link_ask(&making->client->scans, &making->ask);
    vb__pg_link_flush(&making->client->scans);
}

/* --- what has come ---------------------------------------------------------
 */

/* Those that are not whole; all arrays are of them from now on. */
static void take_look(struct vb__pg_making *making, const PGresult *result)
{
    int rows = PQntuples(result);
    uint32_t count = 0;

    making->in_the_way = false;
    for (int row = 0; row < rows; row++) {
        count += vb__pg_get_int(result, row, 2) == 0;
        making->in_the_way |= vb__pg_get_int(result, row, 3) > 0;
    }
    making->count = count;
    vb_buf_reset(&making->names);
    vb_buf_reset(&making->ids);
    vb_buf_reset(&making->reached);
    vb__pg_byteas_begin(&making->names, count);
    vb__pg_ints_begin(&making->ids, count);
    vb__pg_ints_begin(&making->reached, count);
    for (int row = 0; row < rows; row++) {
        struct vb_span name = vb__pg_get_bytes(result, row, 0);

        if (vb__pg_get_int(result, row, 2) != 0)
            continue;
        vb__pg_byteas_add(&making->names, name);
        vb__pg_ints_add(&making->ids, vb__pg_index_id(name));
        vb__pg_ints_add(&making->reached, vb__pg_get_int(result, row, 1));
    }
}

static void keep(struct vb__pg_making *making, PGresult **to,
                 const PGresult *result)
{
    PQclear(*to);
    *to = (PGresult *)(uintptr_t)result;
    making->ask.keeps = true;
}

static void take(struct vb__pg_ask *ask, unsigned n, const PGresult *result)
{
    struct vb__pg_making *making = making_of(ask);

    if (n == 0 && (making->step == CLEARING || making->step == PAGING)) {
        making->is_mine = vb__pg_changed(result) == (int64_t)making->count;
        return;
    }
    switch (making->step) {
    case LOOKING:
        take_look(making, result);
        break;
    case CLAIMING:
        making->is_mine = PQntuples(result) == (int)making->count;
        take_look(making, result);
        break;
    case LISTING:
        keep(making, &making->listings, result);
        break;
    case PAGING:
        keep(making, &making->page, result);
        break;
    default:
        break;
    }
}

/* --- one after the other ---------------------------------------------------
 */

static void rest(struct vb__pg_making *making, int64_t pause_ms)
{
    making->step = RESTING;
    making->due_ms = vb_clock_monotonic_ms() + pause_ms;
    PQclear(making->listings);
    PQclear(making->page);
    making->listings = making->page = NULL;
    vb_arena_reset(&making->arena);
}

/* The next collection that has keys, of the page of them, or else the next
 * page; after the last one it is through. */
static void next_listing(struct vb__pg_making *making)
{
    const struct vb_indexes *declared = making->kept.declared;
    int rows = PQntuples(making->listings);

    while (making->listing < rows &&
           !declared->covers(declared, listing_of(making)))
        making->listing++;
    making->beyond = 0;
    if (making->listing < rows) {
        ask_for(making, CLEARING);
    } else if (rows < LISTINGS) {
        ask_for(making, ENDING);
    } else {
        making->listing = rows - 1;
        vb_buf_reset(&making->after);
        vb_buf_append(&making->after, listing_of(making));
        ask_for(making, LISTING);
    }
}

static void after_page(struct vb__pg_making *making)
{
    if (PQntuples(making->page) == MEMBERS) {
        ask_for(making, PAGING);
        return;
    }
    making->listing++;
    next_listing(making);
}

/* False: no memory. */
static bool make_keys(struct vb__pg_making *making)
{
    struct vb__pg_member_row rows[MEMBERS];
    int count = PQntuples(making->page);

    vb_arena_reset(&making->arena);
    for (int row = 0; row < count && row < MEMBERS; row++) {
        rows[row] = (struct vb__pg_member_row){
            .listing = listing_of(making),
            .state = vb__pg_row(making->page, row, 0),
        };
        making->beyond = rows[row].member = (int64_t)rows[row].state.position;
    }
    return vb__pg_kept_keys(&making->kept, rows, (size_t)count, &making->arena,
                            &making->keys, &making->key_count);
}

static void take_page(struct vb__pg_making *making)
{
    if (!make_keys(making))
        rest(making, PAUSE_MS);
    else if (making->key_count > 0)
        ask_for(making, ADDING);
    else
        after_page(making);
}

static void looked(struct vb__pg_making *making)
{
    vb_buf_reset(&making->after);
    making->listing = 0;
    if (making->count == 0)
        rest(making, ROUND_MS);
    else if (making->in_the_way)
        rest(making, PAUSE_MS);
    else
        ask_for(making, CLAIMING);
}

static void go_on(struct vb__pg_making *making)
{
    switch (making->step) {
    case BEGINNING:
        ask_for(making, LOOKING);
        break;
    case LOOKING:
        looked(making);
        break;
    case CLAIMING:
        ask_for(making, LISTING);
        break;
    case LISTING:
        making->listing = 0;
        next_listing(making);
        break;
    case CLEARING:
        ask_for(making, PAGING);
        break;
    case PAGING:
        take_page(making);
        break;
    case ADDING:
        after_page(making);
        break;
    case ENDING:
        rest(making, PAUSE_MS); /* are they? */
        break;
    case RESTING:
        break;
    }
}

static void over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_making *making = making_of(ask);
    bool leases = making->step == CLAIMING || making->step == CLEARING ||
                  making->step == PAGING;

    if (err == VB_OK && (!leases || making->is_mine))
        go_on(making);
    else
        rest(making, PAUSE_MS);
}

void vb__pg_making_turn(struct vb__pg_making *making)
{
    if (making == NULL || making->step != RESTING)
        return;
    if (!vb__pg_kept_is_current(&making->kept, making->client->store)) {
        if (!vb__pg_kept_take(&making->kept, making->client->store))
            return;
        making->due_ms = 0;
    }
    if (making->kept.declared != NULL && making->kept.declared->count > 0 &&
        vb_clock_monotonic_ms() >= making->due_ms)
        ask_for(making, BEGINNING);
}

/* --- the whole -------------------------------------------------------------
 */

struct vb__pg_making *vb__pg_making_new(struct vb__pg_client *client)
{
    struct vb__pg_making *making = calloc(1, sizeof(*making));

    if (making == NULL)
        return NULL;
    making->client = client;
    making->ask = (struct vb__pg_ask){.send = send, .take = take, .over = over};
    vb_buf_init(&making->names, ARRAY_LIMIT);
    vb_buf_init(&making->ids, ARRAY_LIMIT);
    vb_buf_init(&making->reached, ARRAY_LIMIT);
    vb_buf_init(&making->after, ARRAY_LIMIT);
    vb_arena_init(&making->arena, ARENA_BLOCK, ARRAY_LIMIT);
    return making;
}

void vb__pg_making_free(struct vb__pg_making *making)
{
    if (making == NULL)
        return;
    rest(making, 0);
    vb__pg_kept_drop(&making->kept);
    vb_buf_done(&making->names);
    vb_buf_done(&making->ids);
    vb_buf_done(&making->reached);
    vb_buf_done(&making->after);
    vb_arena_done(&making->arena);
    vb__pg_columns_done(&making->columns);
    free(making);
}
