/*
 * Commits while connections are lost, and while the database is away: each one
 * was made, or was not, or says that it does not know; and all are answered in
 * time.
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

enum { THREADS = 3 };

/* A request is answered after so long, at the most: the timeout of the URL
 * below, what asking what became of it takes, and the loops' own time. */
#define TIMEOUT "1s"
#define LATE_MS 6000

static struct cluster cluster;

struct scene {
    char url[256]; /* as libpq has it, and with what is ours */
    char own[300];
    struct vb_store *store;
    atomic_bool stop;
    atomic_uint next;
    atomic_uint made, unmade, uncertain, late, wrong;
    pthread_t threads[THREADS];
};

static int open_scene(void **state)
{
    static struct scene scene;
    struct vb_buf why;

    memset(&scene, 0, sizeof(scene));
    cluster_store(&cluster, scene.url, sizeof(scene.url));
    (void)snprintf(scene.own, sizeof(scene.own), "%s&timeout=" TIMEOUT,
                   scene.url);
    vb_buf_init(&why, 1000);
    if (vb_store_open(vb_span_str(scene.own), &scene.store, &why) != VB_OK)
        print_error("%.*s\n", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    assert_non_null(scene.store);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;

    vb_store_close(scene->store);
    return 0;
}

static void count(struct scene *scene, enum vb_err err)
{
    switch (err) {
    case VB_OK:
        scene->made++;
        break;
    case VB_ERR_UNCERTAIN:
        scene->uncertain++;
        break;
    case VB_ERR_UNAVAILABLE:
        scene->unmade++;
        break;
    default:
        print_error("%s\n", vb_err_text(err));
        scene->wrong++;
        break;
    }
}

/* Each one creates a record: what has been made can be counted. */
static void *create(void *context)
{
    struct scene *scene = context;
    unsigned self = atomic_fetch_add(&scene->next, 1);
    struct rig_worker worker;

    if (!rig_worker_init(&worker, scene->store, NULL))
        abort();
    for (int i = 0; !atomic_load(&scene->stop); i++) {
        int64_t began = vb_clock_monotonic_ms();
        struct vb_change put;
        char key[32];

        (void)snprintf(key, sizeof(key), "/c/%u-%d", self, i);
        put = rig_put(key, "/c", "x");
        put.expect = VB_EXPECT_NONE;
        count(scene, rig_change(&worker, &put, 1, NULL));
        scene->late += vb_clock_monotonic_ms() - began > LATE_MS;
    }
    rig_worker_done(&worker);
    return NULL;
}

static void begin(struct scene *scene)
{
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&scene->threads[i], NULL, create, scene), 0);
}

/* What was acknowledged is there, once, and no more than could be. */
static void end(struct scene *scene)
{
    int64_t there;

    atomic_store(&scene->stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(scene->threads[i], NULL);
    there = cluster_number(scene->url,
                           "SELECT count(*) FROM record WHERE kind = 1");
    print_message("%u made, %u not, %u uncertain\n", scene->made, scene->unmade,
                  scene->uncertain);
    assert_int_equal(scene->wrong, 0);
    assert_int_equal(scene->late, 0);
    assert_true(scene->made > 0);
    assert_in_range(there, scene->made, scene->made + scene->uncertain);
    assert_int_equal(
        cluster_number(scene->url,
                       "SELECT count(*) FROM collection WHERE count <> "
                       "(SELECT count(*) FROM record WHERE kind = 1)"),
        0);
    assert_int_equal(cluster_number(scene->url, "SELECT count(*) FROM history"),
                     there);
}

static void nap(long ms)
{
    nanosleep(
        &(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000},
        NULL);
}

/* The database goes on, and so knows what became of each one. */
static void a_lost_connection_leaves_nothing_uncertain(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    for (int i = 0; i < 40; i++) {
        nap(50);
        (void)cluster_sql(scene->url, "SELECT count(pg_terminate_backend(pid)) "
                                      "FROM pg_stat_activity "
                                      "WHERE backend_type = 'client backend' "
                                      "AND pid <> pg_backend_pid()");
    }
    nap(200);
    end(scene);
    assert_int_equal(scene->uncertain, 0);
}

static void what_a_killed_database_has_said_is_true(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    for (int i = 0; i < 4; i++) {
        nap(400);
        assert_true(cluster_kill(&cluster));
        nap(100);
        assert_true(cluster_start(&cluster, ""));
    }
    nap(500);
    end(scene);
}

static void a_stalled_database_is_not_waited_for(void **state)
{
    struct scene *scene = *state;

    begin(scene);
    nap(400);
    assert_true(cluster_stall(&cluster));
    nap(4000);
    assert_true(cluster_resume(&cluster));
    nap(1500);
    end(scene);
    assert_true(scene->unmade + scene->uncertain > 0);
}

#define scene_test(function)                                                   \
    cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        scene_test(a_lost_connection_leaves_nothing_uncertain),
        scene_test(what_a_killed_database_has_said_is_true),
        scene_test(a_stalled_database_is_not_waited_for),
    };
    int none = cluster_begin(&cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&cluster, cmocka_run_group_tests(tests, NULL, NULL));
}
