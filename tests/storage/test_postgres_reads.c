/*
 * Reading a database in which others write: what a list or the history shows is
 * one state, whoever commits meanwhile. See pair.h.
 */
#include "unit.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"
#include "pair.h"
#include "storage/postgres/state.h"

static void make_members(struct rig_worker *worker, int count)
{
    struct vb_change *changes = calloc((size_t)count, sizeof(*changes));
    char(*keys)[16] = calloc((size_t)count, sizeof(*keys));

    for (int i = 0; i < count; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "/c/%d", i);
        changes[i] = rig_put(keys[i], "/c", "old");
    }
    assert_int_equal(rig_change(worker, changes, (size_t)count, NULL), VB_OK);
    free(changes);
    free(keys);
}

/* --- lists ------------------------------------------------------------------
 */

enum { MANY = 1000 };

/* Keeps all of one text; at one of the members it lets another process change
 * things, which is so between two pages, or within one. */
struct meddler {
    struct vb_sieve sieve;
    struct pair *pair;
    unsigned looked;
    unsigned when;
    int times;
};

static bool keep(struct vb_sieve *sieve, const struct vb_record *state,
                 struct vb_buf *key)
{
    struct meddler *meddler = VB_CONTAINER(sieve, struct meddler, sieve);

    (void)key;
    if (++meddler->looked == meddler->when && meddler->times-- > 0) {
        const struct vb_change changes[2] = {rig_put("/c/0", "/c", "new"),
                                             rig_put("/c/999", "/c", "new")};

        meddler->looked = 0;
        assert_int_equal(rig_change(&meddler->pair->b, changes, 2, NULL),
                         VB_OK);
    }
    return vb_span_eq(state->content, VB_SPAN("new"));
}

static struct meddler meddle(struct pair *pair, unsigned when)
{
    return (struct meddler){
        .sieve = {keep, 10000, 1 << 20},
        .pair = pair,
        .when = when,
        .times = 1,
    };
}

/* Both are new, or none is; and the revision says which. */
static void a_list_of_several_pages_is_one_state(void **state)
{
    struct pair *pair = *state;
    struct vb_list_read list = {
        .parent = VB_SPAN("/c"), .limit = 10, .byte_limit = 1000};
    struct vb_collection_read before = {.parent = VB_SPAN("/c")};
    struct meddler meddler = meddle(pair, 50);
    unsigned looked;

    make_members(&pair->a, MANY);
    assert_int_equal(rig_collection(&pair->a, &before), VB_OK);
    list.sieve = &meddler.sieve;
    rig_worker_done(&pair->a); /* the sieve commits by the other's hand */
    assert_true(rig_worker_init(&pair->a, pair->one, NULL));
    assert_int_equal(rig_list(&pair->a, &list), VB_OK);
    looked = meddler.looked;
    assert_true(list.revision > before.revision);
    assert_int_equal(list.count, 2);
    assert_true(looked >= MANY);
    assert_false(list.more);
    vb_list_read_done(&list);
    list.sieve = NULL;
    list.limit = VB_STORE_LIST_MAX;
    list.byte_limit = 1 << 20;
    assert_int_equal(rig_list(&pair->a, &list), VB_OK);
    assert_int_equal(list.count, MANY);
    vb_list_read_done(&list);
}

/* A page that begins beyond the last member has members nevertheless. */
static void an_empty_page_knows_its_collection(void **state)
{
    struct pair *pair = *state;
    struct vb_list_read list = {.parent = VB_SPAN("/c"),
                                .limit = 10,
                                .byte_limit = 1000,
                                .from = INT64_MAX};
    uint64_t revision = pair_put(&pair->a, "/c/1", "/c", "x");

    assert_int_equal(rig_list(&pair->b, &list), VB_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(list.members, 1);
    assert_int_equal(list.revision, revision);
    assert_false(list.more);
    vb_list_read_done(&list);
}

/* What does not fit is seen, whether there is another one or not. */
static void the_first_member_may_be_more_than_all_bytes(void **state)
{
    struct pair *pair = *state;
    struct vb_list_read list = {
        .parent = VB_SPAN("/c"), .limit = 10, .byte_limit = 3};

    pair_put(&pair->a, "/c/1", "/c", "a long text");
    assert_int_equal(rig_list(&pair->b, &list), VB_OK);
    assert_int_equal(list.count, 1);
    assert_false(list.more);
    vb_list_read_done(&list);
    pair_put(&pair->a, "/c/2", "/c", "x");
    assert_int_equal(rig_list(&pair->b, &list), VB_OK);
    assert_int_equal(list.count, 1);
    assert_true(list.more);
    vb_list_read_done(&list);
}

/* How often the database is asked for a list of /c, brief or not, that has
 * `count` members. */
static uint64_t round_trips(struct rig_worker *worker, struct vb_span brief,
                            size_t count)
{
    const struct vb__pg_client *client = vb__pg_client_of(worker->client);
    uint64_t before = client->scans.round_trips;
    struct vb_list_read list = {.parent = VB_SPAN("/c"),
                                .limit = 10,
                                .byte_limit = 1100, /* of each: 100 */
                                .brief = brief};

    assert_int_equal(rig_list(worker, &list), VB_OK);
    assert_int_equal(list.count, count);
    assert_int_equal(list.members, 3);
    vb_list_read_done(&list);
    return client->scans.round_trips - before;
}

/* One that is more than its part is found with the first page, and known from
 * then on; until there is none any more. */
static void a_list_of_unlike_members_is_asked_for_once_more(void **state)
{
    static const struct vb_span forms[] = {VB_SPAN_INIT(""),
                                           VB_SPAN_INIT("application/json")};
    static char much[2000];
    struct pair *pair = *state;

    memset(much, 'x', sizeof(much) - 1);
    make_members(&pair->a, 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(round_trips(&pair->b, forms[i], 3), 1);
        pair_put(&pair->a, "/c/2", "/c", much);
        assert_int_equal(round_trips(&pair->b, forms[i], 2), 2);
        assert_int_equal(round_trips(&pair->b, forms[i], 2), 1);
        pair_put(&pair->a, "/c/2", "/c", "x");
        for (int again = 0; again < 2; again++)
            assert_int_equal(round_trips(&pair->b, forms[i], 3), 1);
        pair_put(&pair->a, "/c/2", "/c", much);
        assert_int_equal(round_trips(&pair->b, forms[i], 2), 2);
        pair_put(&pair->a, "/c/2", "/c", "x");
        assert_int_equal(round_trips(&pair->b, forms[i], 3), 1);
    }
}

/* --- history ---------------------------------------------------------------
 */

static uint64_t now(struct rig_worker *worker)
{
    struct vb_history_read read = {.limit = 0};

    assert_int_equal(rig_history(worker, &read), VB_OK);
    vb_history_read_done(&read);
    return read.now;
}

static struct vb_history_read beyond(uint64_t moment)
{
    return (struct vb_history_read){
        .beyond = moment, .limit = 100, .byte_limit = 1 << 20};
}

static void run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
}

/* A writer that has taken a revision and has not committed: what others commit
 * after it is not told before it is through. */
static void what_is_behind_a_commit_under_way_is_not_told(void **state)
{
    struct pair *pair = *state;
    PGconn *conn = PQconnectdb(pair->url);
    struct vb_history_read read;
    uint64_t from, before;
    int64_t begun;

    pair_put(&pair->a, "/c/0", "/c", "x");
    from = now(&pair->a);
    run(conn, "INSERT INTO writer (slot, floor, batch, seen_ms)"
              " SELECT 7, max(floor), 0, 0 FROM writer");
    run(conn, "BEGIN");
    run(conn, "UPDATE writer SET floor = floor + 1 WHERE slot = 7");
    pair_put(&pair->a, "/c/1", "/c", "x");
    before = now(&pair->b);
    assert_int_equal(before, from);
    read = beyond(from);
    begun = vb_clock_monotonic_ms();
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 0);
    assert_false(read.more);
    assert_in_range(vb_clock_monotonic_ms() - begun, 500, 4000);
    vb_history_read_done(&read);
    run(conn, "COMMIT");
    read = beyond(from);
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1);
    assert_int_equal(read.reached, now(&pair->a));
    vb_history_read_done(&read);
    PQfinish(conn);
}

struct ear {
    struct vb_watch watch;
    int heard;
};

static void heard(struct vb_watch *watch)
{
    VB_CONTAINER(watch, struct ear, watch)->heard++;
}

/* The other gives up and nobody says so: who watches is told to look again. */
static void who_was_held_back_is_told_to_look_again(void **state)
{
    struct pair *pair = *state;
    PGconn *conn = PQconnectdb(pair->url);
    struct ear ear = {.watch.heard = heard};
    struct vb_history_read read;
    uint64_t from;
    int before;

    pair_put(&pair->a, "/c/0", "/c", "x");
    from = now(&pair->a);
    run(conn, "INSERT INTO writer (slot, floor, batch, seen_ms)"
              " SELECT 7, max(floor), 0, 0 FROM writer");
    run(conn, "BEGIN");
    run(conn, "UPDATE writer SET floor = floor + 1 WHERE slot = 7");
    pair_put(&pair->a, "/c/1", "/c", "x");
    vb_store_watch(pair->b.client, &ear.watch);
    read = beyond(from);
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 0);
    vb_history_read_done(&read);
    run(conn, "ROLLBACK");
    before = ear.heard;
    while (ear.heard == before)
        rig_worker_turn(&pair->b);
    vb_store_unwatch(&ear.watch);
    read = beyond(from);
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1);
    vb_history_read_done(&read);
    PQfinish(conn);
}

/* A row that was just made looks as if nothing had happened yet. */
static void a_new_writer_takes_nothing_back(void **state)
{
    struct pair *pair = *state;
    PGconn *conn = PQconnectdb(pair->url);
    struct vb_history_read read;
    uint64_t from;

    pair_put(&pair->a, "/c/0", "/c", "x");
    from = now(&pair->b);
    run(conn, "INSERT INTO writer (slot, floor, batch, seen_ms)"
              " VALUES (7, 0, 0, 0)");
    run(conn, "BEGIN");
    run(conn, "UPDATE writer SET floor = floor + 1 WHERE slot = 7");
    assert_int_equal(now(&pair->b), from);
    read = beyond(from);
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.reached, from);
    vb_history_read_done(&read);
    run(conn, "COMMIT");
    assert_int_equal(now(&pair->b), from);
    PQfinish(conn);
}

/* Two processes that know nothing of each other may give one revision. */
static void a_page_has_all_of_a_moment(void **state)
{
    struct pair *pair = *state;
    struct vb_history_read read;
    uint64_t from;

    pair_put(&pair->a, "/c/0", "/c", "x");
    from = now(&pair->a);
    pair_put(&pair->a, "/c/1", "/c", "x");
    pair_put(&pair->a, "/d/1", "/d", "y");
    pair_put(&pair->a, "/e/1", "/e", "z");
    assert_true(cluster_sql(
        pair->url, "UPDATE record SET revision = (SELECT revision FROM record"
                   " WHERE key = '/d/1') WHERE key = '/c/1'"));
    assert_true(cluster_sql(
        pair->url, "UPDATE history SET moment = (SELECT moment FROM history"
                   " WHERE key = '/d/1') WHERE key = '/c/1'"));
    read = beyond(from);
    read.limit = 1;
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 2);
    assert_int_equal(read.happenings[0].moment, read.happenings[1].moment);
    assert_true(read.more);
    from = read.reached;
    vb_history_read_done(&read);
    read = beyond(from);
    read.limit = 1;
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1);
    assert_span_equal(read.happenings[0].after->content, "z");
    assert_false(read.more);
    vb_history_read_done(&read);
}

/* There may be as many writers as that. */
static void a_page_has_all_of_a_moment_however_many_share_it(void **state)
{
    struct pair *pair = *state;
    struct vb_history_read read;
    uint64_t from;

    pair_put(&pair->a, "/c/0", "/c", "x");
    from = now(&pair->a);
    pair_put(&pair->a, "/d/1", "/d", "y");
    pair_put(&pair->a, "/e/1", "/e", "z");
    assert_true(cluster_sql(
        pair->url,
        "INSERT INTO history (key, moment, parent, cost, removed, revision,"
        " created_ms, modified_ms, length, media_type, content, position)"
        " SELECT ('/x/' || n)::bytea, h.moment, '', 1, 1, 1, 1, 1, 0, '', '', 1"
        " FROM history h, generate_series(1, 1500) n WHERE h.key = '/d/1'"));
    read = beyond(from);
    read.limit = 1;
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1501);
    assert_true(read.more);
    from = read.reached;
    vb_history_read_done(&read);
    read = beyond(from);
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1);
    assert_span_equal(read.happenings[0].after->content, "z");
    vb_history_read_done(&read);
}

/* A change that nobody has written down: what came before it would be told as
 * if it had led to what there is now. */
static void a_gap_in_the_history_is_not_told_over(void **state)
{
    struct pair *pair = *state;
    struct vb_history_read read;
    uint64_t from;

    pair_put(&pair->a, "/c/0", "/c", "x");
    from = now(&pair->a);
    pair_put(&pair->a, "/c/1", "/c", "x");
    vb_store_keep_history(pair->one, 0);
    pair_put(&pair->a, "/c/1", "/c", "y");
    read = beyond(from);
    assert_int_equal(rig_history(&pair->b, &read), VB_ERR_NOTFOUND);
    assert_int_equal(read.count, 0);
    assert_int_equal(read.now, now(&pair->a));
    vb_history_read_done(&read);
}

/* Whatever a client says where it was. */
static void no_moment_is_beyond_all_numbers(void **state)
{
    struct pair *pair = *state;
    struct vb_history_read read = beyond(UINT64_MAX);

    pair_put(&pair->a, "/c/0", "/c", "x");
    assert_int_equal(rig_history(&pair->b, &read), VB_ERR_NOTFOUND);
    assert_int_equal(read.now, now(&pair->a));
    vb_history_read_done(&read);
}

/* --- a database that is not there ------------------------------------------
 */

/* How each kind of reading ends. */
static void expect_all(struct rig_worker *worker, enum vb_err err)
{
    const struct vb_span keys[] = {VB_SPAN_INIT("/c/1"), VB_SPAN_INIT("/c/2")};
    struct vb_record *record, *records[2];
    struct vb_records_read several = {
        .keys = keys, .count = 2, .records = records};
    struct vb_collection_read collection = {.parent = VB_SPAN("/c")};
    struct vb_list_read list = {
        .parent = VB_SPAN("/c"), .limit = 10, .byte_limit = 1000};
    struct vb_list_read *const both[] = {&list, &(struct vb_list_read){
                                                    .parent = VB_SPAN("/d"),
                                                    .limit = 10,
                                                }};
    struct vb_lists_read lists = {.lists = both, .count = 2};
    struct vb_sources_read sources = {.key = keys[0], .limit = 10};
    struct vb_history_read history = beyond(0);
    struct vb_memo_read memo = {.name = VB_SPAN("n")};

    assert_int_equal(rig_read(worker, keys[0], &record), err);
    vb_record_unref(record);
    assert_int_equal(rig_records(worker, &several), err);
    vb_records_read_done(&several);
    assert_int_equal(rig_collection(worker, &collection), err);
    assert_int_equal(rig_lists(worker, &lists), VB_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(both[i]->op.err, err);
        vb_list_read_done(both[i]);
    }
    assert_int_equal(rig_sources(worker, &sources), err);
    vb_sources_read_done(&sources);
    assert_int_equal(rig_history(worker, &history), err);
    vb_history_read_done(&history);
    assert_int_equal(rig_memo(worker, &memo), err);
    vb_buf_done(&memo.bytes);
}

/* Who asks meanwhile does not notice. */
static void a_database_that_was_restarted_is_read_on(void **state)
{
    struct pair *pair = *state;

    pair_put(&pair->a, "/c/1", "/c", "x");
    expect_all(&pair->a, VB_OK);
    expect_all(&pair->b, VB_OK);
    assert_true(cluster_restart(&pair_cluster));
    expect_all(&pair->a, VB_OK);
    assert_true(cluster_kill(&pair_cluster));
    assert_true(cluster_start(&pair_cluster, ""));
    expect_all(&pair->b, VB_OK);
    expect_all(&pair->a, VB_OK);
}

/* As housekeeping does it to who has not been heard of for a day. */
static void a_writer_whose_row_is_gone_registers_anew(void **state)
{
    struct pair *pair = *state;
    struct vb_record *record;

    pair_put(&pair->a, "/c/1", "/c", "x");
    pair_put(&pair->b, "/c/1", "/c", "y");
    assert_true(cluster_sql(pair->url, "DELETE FROM writer WHERE floor <"
                                       " (SELECT max(floor) FROM writer)"));
    pair_put(&pair->a, "/c/1", "/c", "z");
    assert_int_equal(rig_read(&pair->b, VB_SPAN("/c/1"), &record), VB_OK);
    assert_span_equal(record->content, "z");
    vb_record_unref(record);
}

/* Nobody waits for longer than is said, and all goes on afterwards. */
static void a_database_that_says_nothing_is_not_waited_for(void **state)
{
    struct pair *pair = *state;
    struct vb_store *store;
    struct rig_worker worker;
    char url[400];

    pair_put(&pair->a, "/c/1", "/c", "x");
    (void)snprintf(url, sizeof(url), "%s&timeout=300ms", pair->url);
    store = pair_open(url);
    assert_true(rig_worker_init(&worker, store, NULL));
    expect_all(&worker, VB_OK);
    assert_true(cluster_stall(&pair_cluster));
    expect_all(&worker, VB_ERR_UNAVAILABLE);
    assert_true(cluster_resume(&pair_cluster));
    expect_all(&worker, VB_OK);
    rig_worker_done(&worker);
    vb_store_close(store);
}

#define test(function)                                                         \
    cmocka_unit_test_setup_teardown(function, pair_begin, pair_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_list_of_several_pages_is_one_state),
        test(an_empty_page_knows_its_collection),
        test(the_first_member_may_be_more_than_all_bytes),
        test(a_list_of_unlike_members_is_asked_for_once_more),
        test(what_is_behind_a_commit_under_way_is_not_told),
        test(who_was_held_back_is_told_to_look_again),
        test(a_new_writer_takes_nothing_back),
        test(a_page_has_all_of_a_moment),
        test(a_page_has_all_of_a_moment_however_many_share_it),
        test(a_gap_in_the_history_is_not_told_over),
        test(no_moment_is_beyond_all_numbers),
        test(a_writer_whose_row_is_gone_registers_anew),
        test(a_database_that_was_restarted_is_read_on),
        test(a_database_that_says_nothing_is_not_waited_for),
    };
    int none = cluster_begin(&pair_cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&pair_cluster,
                       cmocka_run_group_tests_name("storage/postgres reads",
                                                   tests, NULL, NULL));
}
