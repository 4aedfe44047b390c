/*
 * What is kept of records hears of what other instances change: its generations
 * are bumped (store.h, vb_store_follow). The second of two stores is followed;
 * what the first one does is what others do.
 */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "pair.h"
#include "storage/postgres/group.h"
#include "storage/postgres/others.h"

/* A thousand changes are looked at, and no more. */
#define CROWD 1100

/* What takes longer than this was not heard of, where it is told. */
#define SOON_MS 5000

static void turn(struct pair *pair)
{
    const struct timespec nap = {.tv_nsec = 1000 * 1000};

    rig_worker_look(&pair->a);
    rig_worker_look(&pair->b);
    (void)nanosleep(&nap, NULL);
}

static void turn_for(struct pair *pair, int64_t ms)
{
    int64_t until = vb_clock_monotonic_ms() + ms;

    while (vb_clock_monotonic_ms() < until)
        turn(pair);
}

static uint64_t generation(const struct pair *pair, const char *key)
{
    return vb_store_generation(pair->other, vb_span_str(key));
}

/* Until it is another one than before; false: it stays. */
static bool is_bumped(struct pair *pair, const char *key, uint64_t before)
{
    int64_t until = vb_clock_monotonic_ms() + SOON_MS;

    while (generation(pair, key) == before && vb_clock_monotonic_ms() < until)
        turn(pair);
    return generation(pair, key) != before;
}

static bool has_asked(const struct pair *pair, enum vb__pg_statement statement)
{
    return vb__pg_client_of(pair->b.client)->reads.prepared[statement];
}

static void wait_until_heard(struct pair *pair)
{
    uint64_t before = generation(pair, "/");

    pair_put(&pair->a, "/c/first", "/c", "x");
    assert_true(is_bumped(pair, "/", before) || before > 0);
    turn_for(pair, 100);
}

/* They listen, or nobody tells them. */
static int begin(void **state, bool listens)
{
    struct pair *pair;

    if (pair_begin(state) != 0)
        return -1;
    pair = *state;
    rig_worker_done(&pair->b);
    vb__pg_store_of(pair->one)->listens = listens;
    vb__pg_store_of(pair->other)->listens = listens;
    vb_store_follow(pair->other);
    assert_true(rig_worker_init(&pair->b, pair->other, NULL));
    wait_until_heard(pair);
    return 0;
}

static int begin_told(void **state)
{
    return begin(state, true);
}

static int begin_untold(void **state)
{
    return begin(state, false);
}

/* --- rules -----------------------------------------------------------------
 */

/* Its key, and the listing that it is in; and nothing else. */
static void what_another_changes_is_no_longer_kept(void **state)
{
    struct pair *pair = *state;
    const struct vb_change deletion = rig_delete("/c/1");
    uint64_t key, listing, else_where = generation(pair, "/e/1");

    for (int round = 0; round < 3; round++) {
        key = generation(pair, "/c/1");
        listing = generation(pair, "/c");
        if (round < 2)
            pair_put(&pair->a, "/c/1", "/c", "x");
        else
            assert_int_equal(rig_change(&pair->a, &deletion, 1, NULL), VB_OK);
        assert_true(is_bumped(pair, "/c/1", key));
        assert_true(is_bumped(pair, "/c", listing));
    }
    assert_int_equal(generation(pair, "/e/1"), else_where);
}

/* A session or a token has no history that anybody could follow. */
static void what_nobody_can_follow_is_heard_of_as_well(void **state)
{
    struct pair *pair = *state;
    const struct vb_change deletion = rig_delete("token:1");
    struct vb_history_read read = {.limit = 0};
    uint64_t before, listing;

    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    read = (struct vb_history_read){
        .beyond = read.now, .limit = 10, .byte_limit = 1000};
    for (int round = 0; round < 3; round++) {
        before = generation(pair, "token:1");
        listing = generation(pair, "tokens");
        if (round < 2)
            pair_put(&pair->a, "token:1", "tokens", "x");
        else
            assert_int_equal(rig_change(&pair->a, &deletion, 1, NULL), VB_OK);
        assert_true(is_bumped(pair, "token:1", before));
        assert_true(is_bumped(pair, "tokens", listing));
    }
    pair_put(&pair->a, "/c/1", "/c", "x");
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1);
    vb_history_read_done(&read);
}

/* Once the generation is another one, the store shows the change: so who notes
 * it keeps nothing that is older. */
static void what_is_read_afterwards_has_the_change(void **state)
{
    struct pair *pair = *state;
    int64_t began_ms = vb_clock_monotonic_ms();

    for (int i = 0; i < 20; i++) {
        uint64_t before = generation(pair, "/c/1"), revision;
        struct vb_record *record = NULL;

        revision = pair_put(&pair->a, "/c/1", "/c", "x");
        assert_true(is_bumped(pair, "/c/1", before));
        assert_int_equal(rig_read(&pair->b, VB_SPAN("/c/1"), &record), VB_OK);
        assert_non_null(record);
        assert_int_equal(record->revision, revision);
        vb_record_unref(record);
    }
    /* Who only asks hears of it after a second, each time. */
    assert_true(vb_clock_monotonic_ms() - began_ms < 10 * 1000);
}

/* An idle writer's floor is far behind, and a slow clock's revisions are: what
 * is new is found all the same. */
static void a_writer_that_is_behind_is_heard_of(void **state)
{
    struct pair *pair = *state;
    struct rig_worker late;
    struct vb_store *store = pair_open(pair->url);
    uint64_t before;

    vb__pg_store_of(store)->clock_ahead_ms = -3600 * 1000;
    assert_true(rig_worker_init(&late, store, NULL));
    pair_put(&late, "/d/1", "/d", "x");
    for (int i = 0; i < 100; i++)
        pair_put(&pair->a, "/c/1", "/c", "x");
    turn_for(pair, 50);
    before = generation(pair, "/d/1");
    pair_put(&late, "/d/1", "/d", "y");
    assert_true(is_bumped(pair, "/d/1", before));
    rig_worker_done(&late);
    vb_store_close(store);
}

static void without_a_history_all_may_have_changed(void **state)
{
    struct pair *pair = *state;
    uint64_t before;

    vb_store_keep_history(pair->one, 0);
    for (int i = 0; i < 2; i++) {
        before = generation(pair, "/e/1");
        pair_put(&pair->a, "/c/1", "/c", "x");
        assert_true(is_bumped(pair, "/e/1", before));
    }
    vb_store_keep_history(pair->one, 1 << 20);
    pair_put(&pair->a, "/c/1", "/c", "x");
    turn_for(pair, 100);
    before = generation(pair, "/e/1");
    pair_put(&pair->a, "/c/1", "/c", "x");
    turn_for(pair, 100);
    assert_int_equal(generation(pair, "/e/1"), before);
}

/* Looks cannot be made, and housekeeping goes on. */
static void behind_a_gap_all_may_have_changed(void **state)
{
    struct pair *pair = *state;
    uint64_t before = generation(pair, "/e/1");

    pair_put(&pair->a, "/c/1", "/c", "x");
    assert_true(cluster_sql(pair->url,
                            "UPDATE state SET number = (SELECT max(moment)"
                            " FROM history) WHERE name = 'history_kept';"
                            " DELETE FROM history"));
    assert_true(is_bumped(pair, "/e/1", before));
}

static void of_too_much_all_may_have_changed(void **state)
{
    struct pair *pair = *state;
    uint64_t before = generation(pair, "/e/1");
    char key[32];

    for (int i = 0; i < CROWD; i++) { /* the other one does not look */
        (void)snprintf(key, sizeof(key), "/c/%d", i);
        pair_put(&pair->a, key, "/c", "x");
    }
    assert_true(is_bumped(pair, "/e/1", before));
    turn_for(pair, 50);
    before = generation(pair, "/e/1");
    pair_put(&pair->a, "/c/1", "/c", "x");
    turn_for(pair, 100);
    assert_int_equal(generation(pair, "/e/1"), before);
}

static void what_was_told_to_a_lost_connection_is_made_up_for(void **state)
{
    struct pair *pair = *state;
    uint64_t before = generation(pair, "/c/1");

    assert_true(cluster_sql(
        pair->url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE pid <> pg_backend_pid()"
                   " AND backend_type = 'client backend'"));
    pair_put(&pair->a, "/c/1", "/c", "x");
    assert_true(is_bumped(pair, "/c/1", before));
    turn_for(pair, 100);
    before = generation(pair, "/c/1"); /* and it is heard again */
    pair_put(&pair->a, "/c/1", "/c", "x");
    assert_true(is_bumped(pair, "/c/1", before));
}

/* Who hears for all is the first worker; when it goes, one that is there. */
static void another_worker_goes_on_to_hear(void **state)
{
    struct pair *pair = *state;
    struct rig_worker next;
    int64_t until = vb_clock_monotonic_ms() + SOON_MS;
    uint64_t before = generation(pair, "/c/1");

    assert_true(rig_worker_init(&next, pair->other, NULL));
    pair_put(&next, "/d/1", "/d", "x"); /* it has connections already */
    rig_worker_done(&pair->b);
    while (vb__pg_client_of(next.client)->keeper == NULL &&
           vb_clock_monotonic_ms() < until)
        rig_worker_look(&next);
    assert_non_null(vb__pg_client_of(next.client)->keeper);
    assert_true(rig_worker_init(&pair->b, pair->other, NULL));
    assert_null(vb__pg_client_of(pair->b.client)->keeper);
    pair_put(&pair->a, "/c/1", "/c", "x");
    while (generation(pair, "/c/1") == before &&
           vb_clock_monotonic_ms() < until)
        rig_worker_look(&next);
    assert_true(generation(pair, "/c/1") != before);
    rig_worker_done(&next);
}

/* --- what one does oneself -------------------------------------------------
 */

static void ones_own_changes_are_not_looked_for(void **state)
{
    struct pair *pair = *state;
    uint64_t before;

    pair_put(&pair->b, "/c/1", "/c", "x");
    turn_for(pair, 100);
    before = generation(pair, "/c/1");
    pair_put(&pair->b, "/c/1", "/c", "x");
    assert_int_equal(generation(pair, "/c/1"), before + 1);
    turn_for(pair, 1500);
    assert_int_equal(generation(pair, "/c/1"), before + 1);
}

/* Of a commit with an outcome that nobody knows, the answer is only in the
 * database; later ones that are known do not hide it. */
static void what_is_uncertain_is_looked_for(void **state)
{
    struct pair *pair = *state;
    struct vb__pg_client *client = vb__pg_client_of(pair->b.client);
    uint64_t before;

    pair_put(&pair->b, "/c/1", "/c", "x");
    turn_for(pair, 100);
    vb__pg_own_doubt(client, client->group->writer.batch + 2);
    pair_put(&pair->b, "/c/1", "/c", "y"); /* of which nobody knew */
    before = generation(pair, "/c/1");
    assert_true(is_bumped(pair, "/c/1", before));
    pair_put(&pair->b, "/c/1", "/c", "z"); /* and one of which all know */
    before = generation(pair, "/c/1");
    assert_true(is_bumped(pair, "/c/1", before));
    turn_for(pair, 100);
    pair_put(&pair->b, "/c/1", "/c", "z");
    before = generation(pair, "/c/1");
    turn_for(pair, 1500);
    assert_int_equal(generation(pair, "/c/1"), before);
}

static void where_nothing_is_kept_nothing_is_asked(void **state)
{
    struct pair *pair = *state;
    uint64_t before;

    turn_for(pair, 100);
    before = generation(pair, "/c/1");
    pair_put(&pair->a, "/c/1", "/c", "x");
    turn_for(pair, 1500);
    assert_int_equal(generation(pair, "/c/1"), before);
    assert_false(has_asked(pair, VB__PG_CHANGED));
}

/* Who is told of a change, and asks, is not told what was before it. */
static void what_the_history_has_told_is_no_longer_kept(void **state)
{
    struct pair *pair = *state;
    struct vb_history_read read = {.limit = 0};
    uint64_t before;

    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    read = (struct vb_history_read){
        .beyond = read.now, .limit = 10, .byte_limit = 1000};
    pair_put(&pair->a, "/c/1", "/c", "x");
    before = generation(pair, "/c/1");
    assert_int_equal(rig_history(&pair->b, &read), VB_OK);
    assert_int_equal(read.count, 1);
    vb_history_read_done(&read);
    assert_true(generation(pair, "/c/1") > before);
}

#define told(function)                                                         \
    {                                                                          \
#function, function, begin_told, pair_end, NULL                        \
    }
#define untold(function)                                                       \
    {                                                                          \
#function " (nobody tells)", function, begin_untold, pair_end, NULL    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        told(what_another_changes_is_no_longer_kept),
        untold(what_another_changes_is_no_longer_kept),
        told(what_nobody_can_follow_is_heard_of_as_well),
        told(what_is_read_afterwards_has_the_change),
        told(a_writer_that_is_behind_is_heard_of),
        untold(a_writer_that_is_behind_is_heard_of),
        told(without_a_history_all_may_have_changed),
        told(behind_a_gap_all_may_have_changed),
        told(of_too_much_all_may_have_changed),
        told(what_was_told_to_a_lost_connection_is_made_up_for),
        untold(what_was_told_to_a_lost_connection_is_made_up_for),
        told(another_worker_goes_on_to_hear),
        told(ones_own_changes_are_not_looked_for),
        told(what_is_uncertain_is_looked_for),
        told(what_the_history_has_told_is_no_longer_kept),
        cmocka_unit_test_setup_teardown(where_nothing_is_kept_nothing_is_asked,
                                        pair_begin, pair_end),
    };
    int none = cluster_begin(&pair_cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&pair_cluster,
                       cmocka_run_group_tests_name("storage/postgres others",
                                                   tests, NULL, NULL));
}
