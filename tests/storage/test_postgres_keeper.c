/*
 * What is done beside the requests (postgres/keeper.h): what has had its time
 * goes, and nothing that has not. Time is not waited for: rows are made older.
 */
#include "unit.h"

#include <time.h>

#include "base/clock.h"
#include "pair.h"
#include "storage/postgres/keeper.h"
#include "storage/postgres/pins.h"

#define HOUR "3600000"
#define DAY  "86400000"

#define SOON_MS 5000

static void sql(const struct pair *pair, const char *statements)
{
    assert_true(cluster_sql(pair->url, statements));
}

/* Does this, or what it does anyway, until the query gives this number. */
static bool comes_to(struct pair *pair, unsigned what, const char *query,
                     int64_t number)
{
    const struct timespec nap = {.tv_nsec = 1000 * 1000};
    int64_t until = vb_clock_monotonic_ms() + SOON_MS;

    vb__pg_keeper_nudge(vb__pg_store_of(pair->one), what);
    while (cluster_number(pair->url, query) != number &&
           vb_clock_monotonic_ms() < until) {
        for (int i = 0; i < 20; i++) {
            rig_worker_look(&pair->a);
            (void)nanosleep(&nap, NULL);
        }
    }
    return cluster_number(pair->url, query) == number;
}

/* It does this to its end. */
static void keep(struct pair *pair, unsigned what)
{
    const struct timespec nap = {.tv_nsec = 1000 * 1000};

    vb__pg_keeper_nudge(vb__pg_store_of(pair->one), what);
    for (int i = 0; i < 200; i++) {
        rig_worker_look(&pair->a);
        (void)nanosleep(&nap, NULL);
    }
}

static void a_deleted_records_row_goes_after_an_hour(void **state)
{
    struct pair *pair = *state;
    const struct vb_change deletions[] = {rig_delete("/c/old"),
                                          rig_delete("/c/young")};

    pair_put(&pair->a, "/c/old", "/c", "x");
    pair_put(&pair->a, "/c/young", "/c", "x");
    pair_put(&pair->a, "/c/alive", "/c", "x");
    assert_int_equal(rig_change(&pair->a, deletions, 2, NULL), VB_OK);
    sql(pair, "UPDATE record SET modified_ms = modified_ms - " HOUR " - 1000"
              " WHERE key IN ('/c/old', '/c/alive')");
    sql(pair, "UPDATE record SET modified_ms = modified_ms - " HOUR " + 60000"
              " WHERE key = '/c/young'");
    assert_true(comes_to(pair, VB__PG_KEEP_GONE,
                         "SELECT count(*) FROM record WHERE key = '/c/old'",
                         0));
    keep(pair, VB__PG_KEEP_GONE);
    assert_int_equal(cluster_number(pair->url, "SELECT count(*) FROM record"),
                     2);
}

/* Revisions grow all the same: whoever creates the key again has a greater
 * one, as clocks have gone on. */
static void
who_comes_after_a_row_that_has_gone_has_a_greater_revision(void **state)
{
    struct pair *pair = *state;
    const struct vb_change deletion = rig_delete("/c/1");
    uint64_t revision = pair_put(&pair->a, "/c/1", "/c", "x");

    assert_int_equal(rig_change(&pair->a, &deletion, 1, &revision), VB_OK);
    sql(pair, "UPDATE record SET modified_ms = 0");
    assert_true(
        comes_to(pair, VB__PG_KEEP_GONE, "SELECT count(*) FROM record", 0));
    assert_true(pair_put(&pair->b, "/c/1", "/c", "x") > revision);
}

static void a_writer_that_was_not_seen_for_a_day_goes(void **state)
{
    struct pair *pair = *state;

    pair_put(&pair->b, "/c/1", "/c", "x");
    pair_put(&pair->a, "/c/1", "/c", "x");
    sql(pair, "INSERT INTO writer (slot, floor, batch, seen_ms)"
              " SELECT 1, min(floor) - 1, 2, max(seen_ms) - " DAY " - 60000"
              " FROM writer;"
              "INSERT INTO writer (slot, floor, batch, seen_ms)"
              " SELECT 2, min(floor), 2, max(seen_ms) - " DAY " + 60000"
              " FROM writer");
    assert_true(comes_to(pair, VB__PG_KEEP_WRITERS,
                         "SELECT count(*) FROM writer WHERE slot = 1", 0));
    keep(pair, VB__PG_KEEP_WRITERS);
    assert_int_equal(cluster_number(pair->url, "SELECT count(*) FROM writer"),
                     3);
}

/* Or the horizon would go back. */
static void the_writer_that_is_farthest_stays(void **state)
{
    struct pair *pair = *state;
    uint64_t revision;

    pair_put(&pair->b, "/c/1", "/c", "x");
    revision = pair_put(&pair->a, "/c/1", "/c", "x");
    sql(pair, "UPDATE writer SET seen_ms = 0");
    assert_true(
        comes_to(pair, VB__PG_KEEP_WRITERS, "SELECT count(*) FROM writer", 1));
    assert_int_equal(cluster_number(pair->url, "SELECT max(floor) FROM writer"),
                     revision);
    /* Whose row is gone is a writer again. */
    assert_true(pair_put(&pair->b, "/c/1", "/c", "x") > revision);
}

/* More than one step takes away at a time. */
static void a_loose_blob_goes_after_a_quarter_of_an_hour(void **state)
{
    struct pair *pair = *state;

    sql(pair, "INSERT INTO loose (blob, since_ms) SELECT x,"
              " extract(epoch FROM now())::bigint * 1000 - CASE WHEN x <= 70"
              " THEN 16 ELSE 14 END * 60000 FROM generate_series(1, 72) x;"
              "INSERT INTO chunk (blob, part, bytes) SELECT x, y, 'z'"
              " FROM generate_series(1, 72) x, generate_series(0, 19) y");
    assert_true(comes_to(pair, VB__PG_KEEP_BLOBS,
                         "SELECT count(*) FROM loose WHERE blob <= 70", 0));
    assert_int_equal(cluster_number(pair->url, "SELECT count(*) FROM chunk"),
                     2 * 20);
    assert_int_equal(cluster_number(pair->url, "SELECT count(*) FROM loose"),
                     2);
}

/* It is made younger, so that other instances leave it alone as well. */
static void a_loose_blob_that_somebody_reads_stays(void **state)
{
    struct pair *pair = *state;
    struct vb__pg_store *store = vb__pg_store_of(pair->one);

    sql(pair, "INSERT INTO loose (blob, since_ms) VALUES (7, 1000);"
              "INSERT INTO chunk (blob, part, bytes) VALUES (7, 0, 'z')");
    vb__pg_blob_pin(store, 7);
    assert_true(comes_to(pair, VB__PG_KEEP_BLOBS,
                         "SELECT count(*) FROM loose WHERE since_ms > 1000",
                         1));
    vb__pg_blob_unpin(pair->one, 7);
    sql(pair, "UPDATE loose SET since_ms = 1000");
    assert_true(
        comes_to(pair, VB__PG_KEEP_BLOBS, "SELECT count(*) FROM chunk", 0));
}

/* The first client keeps house; when it goes, another one that is there. */
static void another_client_goes_on_to_keep_house(void **state)
{
    struct pair *pair = *state;
    int64_t until = vb_clock_monotonic_ms() + SOON_MS;
    struct rig_worker next;

    assert_true(rig_worker_init(&next, pair->other, NULL));
    assert_null(vb__pg_client_of(next.client)->keeper);
    rig_worker_done(&pair->b);
    while (vb__pg_client_of(next.client)->keeper == NULL &&
           vb_clock_monotonic_ms() < until)
        rig_worker_look(&next);
    assert_non_null(vb__pg_client_of(next.client)->keeper);
    assert_non_null(vb__pg_client_of(next.client)->making);
    assert_true(rig_worker_init(&pair->b, pair->other, NULL));
    assert_null(vb__pg_client_of(pair->b.client)->keeper);
    rig_worker_done(&next);
}

#define test(function)                                                         \
    cmocka_unit_test_setup_teardown(function, pair_begin, pair_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_deleted_records_row_goes_after_an_hour),
        test(who_comes_after_a_row_that_has_gone_has_a_greater_revision),
        test(a_writer_that_was_not_seen_for_a_day_goes),
        test(the_writer_that_is_farthest_stays),
        test(a_loose_blob_goes_after_a_quarter_of_an_hour),
        test(a_loose_blob_that_somebody_reads_stays),
        test(another_client_goes_on_to_keep_house),
    };
    int none = cluster_begin(&pair_cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&pair_cluster,
                       cmocka_run_group_tests_name("storage/postgres keeper",
                                                   tests, NULL, NULL));
}
