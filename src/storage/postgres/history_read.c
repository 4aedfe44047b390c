/*
 * Reading history: a change's row has what it took the place of; what it led to
 * is in the next row of its key, or it is the record as it is now. All of it
 * comes in one statement, and so from one snapshot.
 *
 *     floors of writers    5   7   7
 *     changes              ──────┼─ 6 7
 *                       horizon ─┘     what is beyond may be with others
 *                                      that are not there yet
 *
 * A writer that does nothing would hold the horizon back: it is pushed up to
 * the others first. What is left is a transaction under way, and if there is
 * nothing else to tell, that is waited for a little; see PATIENCE_MS.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "storage/postgres/others.h"
#include "storage/postgres/read_part.h"

/* Until a transaction is over, it is looked again after these pauses, and no
 * longer than this in all. */
#define PAUSE_MS      2
#define PAUSE_MOST_MS 50
#define PATIENCE_MS   1000
/* Then who watches is told after a while, to look again. */
#define TELL_AFTER_MS 250

/* Rows that are asked for at least: more than mostly share one moment. Where
 * all writers gave the same one, it is more. */
#define ROWS_LEAST 256

struct past {
    struct vb__pg_ask ask;
    struct vb_alarm again;  /* after a pause, */
    struct vb_link waiting; /* in which it is one of the client's */
    struct vb__pg_client *client;
    struct vb_history_read *read;
    PGresult *page;
    int64_t rows;     /* that are asked for */
    int64_t until_ms; /* it waits for others, monotonic; 0: it has not begun */
    uint64_t pause_ms;
};

static struct past *past_of(struct vb__pg_ask *ask)
{
    return VB_CONTAINER(ask, struct past, ask);
}

/* --- the statements --------------------------------------------------------
 */

static void forget_page(struct past *past)
{
    PQclear(past->page);
    past->page = NULL;
}

static int64_t rows_wanted(const struct vb_history_read *read)
{
    if (read->limit == 0)
        return 0;
    return (read->limit > ROWS_LEAST ? read->limit : ROWS_LEAST) + 1;
}

/* A moment is whatever a client says; there is none beyond those that fit. */
static int64_t from_moment(const struct vb_history_read *read)
{
    if (read->limit == 0 || read->beyond > INT64_MAX)
        return INT64_MAX;
    return (int64_t)read->beyond;
}

static void send_look(struct past *past, struct vb__pg_link *link)
{
    const struct vb_history_read *read = past->read;
    struct vb__pg_params params = {.count = 0};
    enum vb__pg_statement statement = VB__PG_HISTORY;

    vb__pg_int(&params, from_moment(read));
    vb__pg_int(&params, past->rows);
    vb__pg_int(&params, read->byte_limit < INT64_MAX ? (int64_t)read->byte_limit
                                                     : INT64_MAX);
    vb__pg_int(&params, (int64_t)atomic_load(&past->client->store->horizon));
    if (read->key.ptr != NULL) {
        statement = VB__PG_HISTORY_KEY;
        vb__pg_bytes(&params, read->key);
        if (read->parent.ptr != NULL)
            vb__pg_bytes(&params, read->parent);
        else
            vb__pg_null(&params);
    } else if (read->parent.ptr != NULL) {
        statement = VB__PG_HISTORY_PARENT;
        vb__pg_bytes(&params, read->parent);
        vb__pg_int(&params, VB__HISTORY_LOOKED);
    }
    vb__pg_send(link, &past->ask, statement, &params);
}

static void send_past(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct past *past = past_of(ask);

    forget_page(past);
    vb__pg_send(link, ask, VB__PG_PUSH, NULL);
    send_look(past, link);
}

static void take_past(struct vb__pg_ask *ask, unsigned n,
                      const PGresult *result)
{
    if (n != 1)
        return;
    past_of(ask)->page = (PGresult *)(uintptr_t)result;
    ask->keeps = true;
}

/* --- rows ------------------------------------------------------------------
 *
 * The first one says how far things are; see statements_read.tbl.
 */

enum column {
    MOMENT,
    REMOVED,
    KEY,
    PARENT,
    BEFORE,
    AFTER = BEFORE + 7,
};

/* Of what was before a change, and of what it led to. */
enum state_column {
    REVISION,
    POSITION,
    CREATED_MS,
    MODIFIED_MS,
    LENGTH,
    MEDIA_TYPE,
    CONTENT,
};

/* Of the first row. */
enum { HORIZON = BEFORE, NEWEST, KEPT, FIRST_LEFT };

static uint64_t number_at(const struct past *past, int row, int column)
{
    return (uint64_t)vb__pg_get_int(past->page, row, column);
}

static uint64_t moment_at(const struct past *past, int row)
{
    return number_at(past, row, MOMENT);
}

static size_t bytes_at(const struct past *past, int row)
{
    return 2 * sizeof(struct vb_record) +
           vb__pg_get_bytes(past->page, row, BEFORE + CONTENT).len +
           vb__pg_get_bytes(past->page, row, AFTER + CONTENT).len;
}

/* NULL with VB_OK: there was no record. */
static enum vb_err state_at(const struct past *past, int row, int column,
                            struct vb_record **ret_record)
{
    struct vb_record fields = {.revision =
                                   number_at(past, row, column + REVISION)};

    if (fields.revision == 0)
        return VB_OK;
    fields.key = vb__pg_get_bytes(past->page, row, KEY);
    fields.parent = vb__pg_get_bytes(past->page, row, PARENT);
    fields.position = number_at(past, row, column + POSITION);
    fields.created_ms = vb__pg_get_int(past->page, row, column + CREATED_MS);
    fields.modified_ms = vb__pg_get_int(past->page, row, column + MODIFIED_MS);
    fields.length = number_at(past, row, column + LENGTH);
    fields.media_type = vb__pg_get_bytes(past->page, row, column + MEDIA_TYPE);
    fields.content = vb__pg_get_bytes(past->page, row, column + CONTENT);
    *ret_record = vb__record_new(&fields);
    return *ret_record != NULL ? VB_OK : VB_ERR_NOMEM;
}

static bool is_outcome(const struct vb_happening *happening)
{
    return happening->after != NULL &&
           happening->after->revision == vb_moment_revision(happening->moment);
}

/* Who hears of a change here, and asks what there is now, is not told what was
 * before it. */
static enum vb_err take_row(struct past *past, int row)
{
    struct vb_history_read *read = past->read;
    struct vb_happening *happening = &read->happenings[read->count++];
    bool removed = number_at(past, row, REMOVED) != 0;
    enum vb_err err;

    if (atomic_load(&past->client->store->store.followed))
        vb__pg_others_changed(past->client->store,
                              vb__pg_get_bytes(past->page, row, KEY),
                              vb__pg_get_bytes(past->page, row, PARENT));
    *happening = (struct vb_happening){.moment = moment_at(past, row)};
    err = state_at(past, row, BEFORE, &happening->before);
    if (err == VB_OK && !removed)
        err = state_at(past, row, AFTER, &happening->after);
    if (err == VB_OK && !removed && !is_outcome(happening))
        err = VB_ERR_NOTFOUND; /* somebody commits without history */
    return err;
}

/* --- pages -----------------------------------------------------------------
 */

static bool is_same_moment(const struct past *past, int row)
{
    return moment_at(past, row) == moment_at(past, row - 1);
}

/* The first row that is not of the page any more. Writers that know nothing of
 * each other may give one moment to changes of two things: they are never on
 * two pages, because who goes on beyond a moment would miss the second. */
static int end_of_page(const struct past *past)
{
    const struct vb_history_read *read = past->read;
    int rows = PQntuples(past->page), end = 1, whole;
    size_t bytes = 0;

    for (; end < rows && (size_t)end <= read->limit; end++) {
        bytes += bytes_at(past, end);
        if (end > 1 && bytes > read->byte_limit)
            break;
    }
    for (whole = end; whole > 1 && whole < rows && is_same_moment(past, whole);)
        whole--;
    if (whole > 1)
        return whole;
    while (end < rows && is_same_moment(past, end))
        end++;
    return end;
}

/* All of it is of one moment, and there may be more of that. */
static bool is_cut(const struct past *past)
{
    int rows = PQntuples(past->page);

    return past->rows > 0 && rows > past->rows &&
           moment_at(past, 1) == moment_at(past, rows - 1);
}

static enum vb_err fill(struct past *past, bool held)
{
    struct vb_history_read *read = past->read;
    uint64_t first_left = number_at(past, 0, FIRST_LEFT);
    int rows = PQntuples(past->page), end = end_of_page(past);
    enum vb_err err = VB_OK;

    if (end > 1)
        read->happenings = calloc((size_t)end - 1, sizeof(*read->happenings));
    if (end > 1 && read->happenings == NULL)
        return VB_ERR_NOMEM;
    for (int row = 1; err == VB_OK && row < end; row++)
        err = take_row(past, row);
    read->more = end < rows || first_left != 0 || (held && read->count > 0);
    if (end < rows)
        read->reached = moment_at(past, end - 1);
    else if (first_left != 0)
        read->reached = first_left - 1;
    else if (read->now > read->beyond)
        read->reached = read->now;
    return err;
}

/* What the store knows of the horizon: it never goes back, though a writer that
 * is new looks as if it did. */
static uint64_t raise_horizon(struct vb__pg_store *store, uint64_t horizon)
{
    uint64_t known = atomic_load(&store->horizon);

    while (known < horizon &&
           !atomic_compare_exchange_weak(&store->horizon, &known, horizon))
        ;
    return horizon;
}

/* --- waiting for others ----------------------------------------------------
 */

static void ask_again(struct vb_alarm *alarm)
{
    struct past *past = VB_CONTAINER(alarm, struct past, again);

    vb_list_remove(&past->waiting);
    vb__pg_link_ask(&past->client->scans, &past->ask);
}

/* False: it has waited for long enough. */
static bool wait_for_others(struct past *past)
{
    struct vb_alarms *alarms = past->client->base.reactor->alarms;
    int64_t now_ms = vb_clock_monotonic_ms();

    if (past->until_ms == 0)
        past->until_ms =
            now_ms + (past->read->limit > 0 ? PATIENCE_MS : PAUSE_MOST_MS);
    if (now_ms >= past->until_ms || vb__pg_link_is_full(&past->client->scans))
        return false;
    past->pause_ms = past->pause_ms == 0 ? PAUSE_MS : 2 * past->pause_ms;
    if (past->pause_ms > PAUSE_MOST_MS)
        past->pause_ms = PAUSE_MOST_MS;
    past->again.ring = ask_again;
    if (alarms->set(alarms, &past->again, past->pause_ms) != VB_OK)
        return false;
    vb_list_append(&past->client->held_pasts, &past->waiting);
    return true;
}

static void tell(struct vb_alarm *alarm)
{
    struct vb__pg_client *client =
        VB_CONTAINER(alarm, struct vb__pg_client, held_back);

    vb__store_tell(&client->store->store);
}

/* There may be something new when the others are through, and nobody else tells
 * that if they give up. */
static void tell_later(struct vb__pg_client *client)
{
    struct vb_alarms *alarms = client->base.reactor->alarms;

    if (client->held_back.own == NULL)
        (void)alarms->set(alarms, &client->held_back, TELL_AFTER_MS);
}

/* --- requests --------------------------------------------------------------
 */

static void answer(struct past *past, enum vb_err err)
{
    struct vb_history_read *read = past->read;

    if (err != VB_OK)
        vb_history_read_done(read);
    read->op.err = err;
    PQclear(past->page);
    free(past);
    read->op.done(&read->op);
}

/* It may be over at once. */
static void ask(struct past *past)
{
    struct vb__pg_link *link = &past->client->scans;

    vb__pg_link_ask(link, &past->ask);
    vb__pg_link_flush(link);
}

/* What there is; false: it is asked for once more. */
static bool look(struct past *past, enum vb_err *ret_err)
{
    struct vb__pg_store *store = past->client->store;
    struct vb_history_read *read = past->read;
    uint64_t newest = number_at(past, 0, NEWEST);
    uint64_t horizon = raise_horizon(store, number_at(past, 0, HORIZON));
    bool held = horizon < newest;

    vb__pg_clock_saw(store, newest);
    read->now = vb_moment(horizon);
    read->kept = atomic_load(&store->store.history) > 0
                     ? number_at(past, 0, KEPT)
                     : read->now; /* what is to come is not kept either */
    read->reached = read->limit == 0 ? read->now : read->beyond;
    if (read->limit > 0 &&
        (read->beyond < read->kept || read->beyond > vb_moment(newest))) {
        *ret_err = VB_ERR_NOTFOUND;
        return true;
    }
    if (held && PQntuples(past->page) == 1 && wait_for_others(past))
        return false;
    if (is_cut(past)) {
        past->rows *= 2;
        ask(past);
        return false;
    }
    *ret_err = read->limit > 0 ? fill(past, held) : VB_OK;
    if (held && read->count == 0)
        tell_later(past->client);
    return true;
}

void vb__pg_history_begin(struct vb__pg_client *client)
{
    client->held_back = (struct vb_alarm){.ring = tell};
    vb_list_init(&client->held_pasts);
}

/* Who waits for others is asked by nobody any more. */
void vb__pg_history_done(struct vb__pg_client *client)
{
    struct vb_alarms *alarms = client->base.reactor->alarms;

    alarms->cancel(alarms, &client->held_back);
    while (!vb_list_empty(&client->held_pasts)) {
        struct past *past = VB_CONTAINER(vb_list_pop(&client->held_pasts),
                                         struct past, waiting);

        alarms->cancel(alarms, &past->again);
        answer(past, VB_ERR_CANCELLED);
    }
}

static void past_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct past *past = past_of(ask);

    if (err != VB_OK || look(past, &err))
        answer(past, err);
}

enum vb_io vb__pg_history(struct vb_store_client *client,
                          struct vb_history_read *read)
{
    struct vb__pg_client *own = vb__pg_client_of(client);
    struct past *past;

    if (!vb__history_init(read))
        return vb__op_done(&read->op, VB_ERR_RANGE);
    if (vb__pg_link_is_full(&own->scans))
        return vb__op_done(&read->op, VB_ERR_UNAVAILABLE);
    past = malloc(sizeof(*past));
    if (past == NULL)
        return vb__op_done(&read->op, VB_ERR_NOMEM);
    *past = (struct past){
        .ask = {.send = send_past, .take = take_past, .over = past_over},
        .client = own,
        .read = read,
        .rows = rows_wanted(read),
    };
    vb__pg_link_ask(&own->scans, &past->ask);
    return VB_IO_PENDING;
}
