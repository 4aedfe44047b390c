/*
 * Several instances at one database: two stores in one process know no more of
 * each other than two machines do.
 */
#include "unit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/span.h"
#include "cluster.h"
#include "rig.h"
#include "storage/postgres/state.h"

/* How often threads meet. */
#define ROUNDS 60

static struct cluster cluster;

struct instances {
    char url[256];
    struct vb_store *stores[2];
    struct rig_worker a, b; /* a client of each */
};

static struct vb_store *open_store(const char *url)
{
    struct vb_store *store = NULL;
    struct vb_buf why;

    vb_buf_init(&why, 1000);
    if (vb_store_open(vb_span_str(url), &store, &why) != VB_OK)
        print_error("%.*s\n", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    assert_non_null(store);
    return store;
}

static int open_both(void **state)
{
    static struct instances instances;

    cluster_store(&cluster, instances.url, sizeof(instances.url));
    for (size_t i = 0; i < 2; i++)
        instances.stores[i] = open_store(instances.url);
    assert_true(rig_worker_init(&instances.a, instances.stores[0], NULL));
    assert_true(rig_worker_init(&instances.b, instances.stores[1], NULL));
    *state = &instances;
    return 0;
}

static int close_both(void **state)
{
    struct instances *instances = *state;

    rig_worker_done(&instances->a);
    rig_worker_done(&instances->b);
    for (size_t i = 0; i < 2; i++)
        vb_store_close(instances->stores[i]);
    return 0;
}

static uint64_t revision_of(struct rig_worker *worker, const char *key)
{
    struct vb_record *record = NULL;
    uint64_t revision;

    assert_int_equal(rig_read(worker, vb_span_str(key), &record), VB_OK);
    revision = record == NULL ? 0 : record->revision;
    vb_record_unref(record);
    return revision;
}

static uint64_t change(struct rig_worker *worker, struct vb_change change)
{
    uint64_t revision = 0;

    assert_int_equal(rig_change(worker, &change, 1, &revision), VB_OK);
    return revision;
}

/* --- what one writes, the other sees ---------------------------------------
 */

static void both_have_one_epoch_and_one_state(void **state)
{
    struct instances *both = *state;
    uint64_t revision;

    assert_string_equal(both->stores[0]->epoch, both->stores[1]->epoch);
    revision = change(&both->a, rig_put("/c/1", "/c", "x"));
    assert_int_equal(revision_of(&both->b, "/c/1"), revision);
    change(&both->b, rig_delete("/c/1"));
    assert_int_equal(revision_of(&both->a, "/c/1"), 0);
}

static void what_was_changed_elsewhere_is_not_overwritten(void **state)
{
    struct instances *both = *state;
    struct vb_change put = rig_put("/c/1", "/c", "x");
    uint64_t first = change(&both->a, put), revision;

    change(&both->b, put);
    put.expect = first;
    assert_int_equal(rig_change(&both->a, &put, 1, &revision), VB_ERR_AGAIN);
    put.expect = VB_EXPECT_NONE;
    assert_int_equal(rig_change(&both->a, &put, 1, &revision), VB_ERR_AGAIN);
}

/* Also where a clock is an hour behind, and across a deletion. */
static void revisions_of_a_key_grow_whoever_writes(void **state)
{
    struct instances *both = *state;
    struct rig_worker *workers[] = {&both->a, &both->b};
    uint64_t last = 0;

    vb__pg_store_of(both->stores[1])->clock_ahead_ms = -3600 * 1000;
    for (int i = 0; i < 40; i++) {
        struct rig_worker *worker = workers[i % 3 % 2];
        uint64_t revision =
            change(worker, i % 5 == 4 ? rig_delete("/c/1")
                                      : rig_put("/c/1", "/c", "x"));

        assert_true(revision > last);
        last = revision;
    }
}

/* Positions, too: who pages through a collection misses nothing. */
static void a_new_member_comes_last_whoever_creates_it(void **state)
{
    struct instances *both = *state;
    struct rig_worker *workers[] = {&both->a, &both->b};
    uint64_t last = 0;

    vb__pg_store_of(both->stores[0])->clock_ahead_ms = -3600 * 1000;
    for (int i = 0; i < 20; i++) {
        char key[16];
        struct vb_change put;
        struct vb_commit commit = {.changes = &put, .change_count = 1};

        (void)snprintf(key, sizeof(key), "/c/%d", i);
        put = rig_put(key, "/c", "x");
        assert_int_equal(rig_commit(workers[i % 2], &commit), VB_OK);
        assert_true(commit.position > last);
        last = commit.position;
    }
}

static void numbers_are_given_once(void **state)
{
    struct instances *both = *state;
    struct rig_worker *workers[] = {&both->a, &both->b};
    bool given[4096] = {false};

    for (int i = 0; i < 600; i++) {
        struct vb_number_take take = {.parent = VB_SPAN("/c")};

        assert_int_equal(rig_number(workers[i % 2], &take), VB_OK);
        assert_in_range(take.number, 1, 4095);
        assert_false(given[take.number]);
        given[take.number] = true;
    }
}

/* --- at the same time ------------------------------------------------------
 *
 * Each thread is a worker of one of the stores. cmocka's asserts are for the
 * main thread only.
 */

struct scene {
    struct instances *both;
    atomic_uint next;
    pthread_barrier_t start;
    atomic_uint done, refused, wrong;
};

enum { THREADS = 4 };

static void play(struct scene *scene, struct instances *both,
                 void *(*act)(void *))
{
    pthread_t threads[THREADS];

    memset(scene, 0, sizeof(*scene));
    scene->both = both;
    pthread_barrier_init(&scene->start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, act, scene), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&scene->start);
    assert_int_equal(scene->wrong, 0);
}

static unsigned enter(struct scene *scene, struct rig_worker *worker)
{
    unsigned self = atomic_fetch_add(&scene->next, 1);

    if (!rig_worker_init(worker, scene->both->stores[self % 2], NULL))
        abort();
    (void)pthread_barrier_wait(&scene->start);
    return self;
}

static void count(struct scene *scene, enum vb_err err, enum vb_err no)
{
    if (err == VB_OK)
        scene->done++;
    else if (err == no)
        scene->refused++;
    else {
        print_error("%s\n", vb_err_text(err));
        scene->wrong++;
    }
}

/* Reads a number, and writes the next one if nobody else has. */
static void *count_up(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;

    (void)enter(scene, &worker);
    for (int i = 0; i < ROUNDS;) {
        struct vb_record *record = NULL;
        struct vb_change put = rig_put("/counter", "", "");
        char text[16];
        int n = 0;
        enum vb_err err = rig_read(&worker, put.key, &record);

        if (err == VB_OK && record != NULL) {
            (void)snprintf(text, sizeof(text), "%.*s", VB_FMT(record->content));
            n = (int)strtol(text, NULL, 10);
        }
        put.expect = record == NULL ? VB_EXPECT_NONE : record->revision;
        vb_record_unref(record);
        (void)snprintf(text, sizeof(text), "%d", n + 1);
        put.content = vb_span_str(text);
        put.length = put.content.len;
        if (err == VB_OK)
            err = rig_change(&worker, &put, 1, NULL);
        i += err == VB_OK;
        count(scene, err, VB_ERR_AGAIN);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void no_update_is_lost(void **state)
{
    struct instances *both = *state;
    struct vb_record *record = NULL;
    struct scene scene;
    char want[16];

    play(&scene, both, count_up);
    assert_int_equal(rig_read(&both->a, VB_SPAN("/counter"), &record), VB_OK);
    (void)snprintf(want, sizeof(want), "%d", THREADS * ROUNDS);
    assert_span_equal(record->content, want);
    vb_record_unref(record);
}

static void *claim_it(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned self = enter(scene, &worker);

    for (int i = 0; i < ROUNDS; i++) {
        char key[32], value[16];
        struct vb_claim claim = {.scope = VB_SPAN("s")};
        struct vb_change put;

        (void)snprintf(key, sizeof(key), "/c/%u-%d", self, i);
        (void)snprintf(value, sizeof(value), "%d", i);
        claim.value = vb_span_str(value);
        put = rig_put(key, "/c", "x");
        put.claims = &claim;
        put.claim_count = 1;
        count(scene, rig_change(&worker, &put, 1, NULL), VB_ERR_CONFLICT);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void one_of_all_has_a_claim(void **state)
{
    struct scene scene;

    play(&scene, *state, claim_it);
    assert_int_equal(scene.done, ROUNDS);
    assert_int_equal(scene.refused, (THREADS - 1) * ROUNDS);
}

/* Two delete what the two others refer to. */
static void *refer_or_delete(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned self = enter(scene, &worker);

    for (int i = 0; i < ROUNDS; i++) {
        char key[32], target[32];
        struct vb_span reference;
        struct vb_change put;

        (void)snprintf(target, sizeof(target), "/t/%d", i);
        if (self < 2) {
            count(scene,
                  rig_change(&worker,
                             &(struct vb_change){.kind = VB_CHANGE_DELETE,
                                                 .key = vb_span_str(target),
                                                 .expect = VB_EXPECT_ANY},
                             1, NULL),
                  VB_ERR_CONFLICT);
            continue;
        }
        (void)snprintf(key, sizeof(key), "/s/%u-%d", self, i);
        put = rig_put(key, "/s", "x");
        reference = vb_span_str(target);
        put.references = &reference;
        put.reference_count = 1;
        count(scene, rig_change(&worker, &put, 1, NULL), VB_ERR_CONFLICT);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void no_reference_leads_nowhere(void **state)
{
    struct instances *both = *state;
    struct scene scene;

    for (int i = 0; i < ROUNDS; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "/t/%d", i);
        change(&both->a, rig_put(key, "/t", "x"));
    }
    play(&scene, both, refer_or_delete);
    assert_int_equal(cluster_number(both->url,
                                    "SELECT count(*) FROM reference r "
                                    "WHERE NOT EXISTS (SELECT 1 FROM record "
                                    "WHERE key = r.target AND kind = 1)"),
                     0);
}

/* Of two collections each wants the other one to be empty. */
static void *fill_one(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned self = enter(scene, &worker);

    for (int i = 0; i < ROUNDS; i++) {
        char key[48], parent[32], other[32];
        struct vb_change changes[2];

        (void)snprintf(parent, sizeof(parent), "/%c%d", "ab"[self / 2], i);
        (void)snprintf(other, sizeof(other), "/%c%d", "ba"[self / 2], i);
        (void)snprintf(key, sizeof(key), "%s/%u", parent, self);
        changes[0] = rig_put(key, parent, "x");
        changes[1] = (struct vb_change){.kind = VB_CHANGE_REQUIRE_EMPTY,
                                        .key = vb_span_str(other)};
        count(scene, rig_change(&worker, changes, 2, NULL), VB_ERR_CONFLICT);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void what_is_required_to_be_empty_is(void **state)
{
    struct instances *both = *state;
    struct scene scene;

    play(&scene, both, fill_one);
    assert_int_equal(scene.done, 2 * ROUNDS);
    assert_int_equal(
        cluster_number(both->url,
                       "SELECT count(*) FROM collection WHERE count > 0"),
        ROUNDS);
}

/* All change the same records, each in an order of its own. */
static void *change_all(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned self = enter(scene, &worker);

    for (int i = 0; i < ROUNDS; i++) {
        struct vb_change changes[4];
        char keys[4][16];

        for (unsigned j = 0; j < 4; j++) {
            unsigned which = (j + self + (unsigned)i) % 4;

            (void)snprintf(keys[j], sizeof(keys[j]), "/d%u/%u", which % 2,
                           which);
            changes[j] = (which + (unsigned)i) % 3 == 0
                             ? rig_delete(keys[j])
                             : rig_put(keys[j], which % 2 ? "/d1" : "/d0", "x");
        }
        count(scene, rig_change(&worker, changes, 4, NULL), VB_OK);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void nobody_waits_for_who_waits_for_him(void **state)
{
    struct instances *both = *state;
    struct scene scene;
    int64_t began = vb_clock_monotonic_ms();

    play(&scene, both, change_all);
    assert_int_equal(scene.done, THREADS * ROUNDS);
    assert_true(vb_clock_monotonic_ms() - began < 60000);
    assert_int_equal(
        cluster_number(both->url,
                       "SELECT count(*) FROM collection c WHERE count <> "
                       "(SELECT count(*) FROM record WHERE parent = c.key "
                       "AND kind = 1)"),
        0);
}

/* --- being told ------------------------------------------------------------
 */

static void note_heard(struct vb_watch *watch)
{
    (*(int *)watch->context)++;
}

static void who_watches_hears_of_another_instance(void **state)
{
    struct instances *both = *state;
    int heard = 0;
    struct vb_watch watch = {.heard = note_heard, .context = &heard};
    int64_t until = vb_clock_monotonic_ms() + 3000;

    change(&both->a, rig_put("/c/1", "/c", "x"));
    for (int i = 0; i < 50; i++) /* until it listens */
        rig_worker_look(&both->b);
    vb_store_watch(both->b.client, &watch);
    change(&both->a, rig_put("/c/2", "/c", "x"));
    while (heard == 0 && vb_clock_monotonic_ms() < until) {
        rig_worker_look(&both->a);
        rig_worker_look(&both->b);
    }
    vb_store_unwatch(&watch);
    rig_worker_look(&both->b);
    assert_true(heard > 0);
}

/* --- what it costs ---------------------------------------------------------
 */

static void a_commit_takes_two_round_trips(void **state)
{
    struct instances *both = *state;
    const struct vb__pg_client *client = vb__pg_client_of(both->a.client);
    uint64_t before;
    int64_t began;

    change(&both->a, rig_put("/c/1", "/c", "x"));
    before = client->writes.round_trips;
    began = vb_clock_monotonic_ns();
    for (int i = 0; i < 100; i++)
        change(&both->a, rig_put("/c/1", "/c", "y"));
    print_message("%.0f us for each PUT\n",
                  (double)(vb_clock_monotonic_ns() - began) / 100 / 1000);
    assert_int_equal(client->writes.round_trips - before, 200);
}

#define instances_test(function)                                               \
    cmocka_unit_test_setup_teardown(function, open_both, close_both)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        instances_test(both_have_one_epoch_and_one_state),
        instances_test(what_was_changed_elsewhere_is_not_overwritten),
        instances_test(revisions_of_a_key_grow_whoever_writes),
        instances_test(a_new_member_comes_last_whoever_creates_it),
        instances_test(numbers_are_given_once),
        instances_test(no_update_is_lost),
        instances_test(one_of_all_has_a_claim),
        instances_test(no_reference_leads_nowhere),
        instances_test(what_is_required_to_be_empty_is),
        instances_test(nobody_waits_for_who_waits_for_him),
        instances_test(who_watches_hears_of_another_instance),
        instances_test(a_commit_takes_two_round_trips),
    };
    int none = cluster_begin(&cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&cluster, cmocka_run_group_tests(tests, NULL, NULL));
}
