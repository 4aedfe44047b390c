/* The rules of storage/cache.h. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "rig.h"
#include "storage/cache.h"
#include "storage/generations.h"

/* A counted value, as a representation is. */
struct value {
    int references;
    int number;
};

static int values_alive;

static struct value *value_new(int number)
{
    struct value *value = malloc(sizeof(*value));

    *value = (struct value){1, number};
    values_alive++;
    return value;
}

static void value_release(void *context)
{
    struct value *value = context;

    assert_true(value->references > 0);
    if (--value->references == 0) {
        free(value);
        values_alive--;
    }
}

static struct vb_cache_value counted(int number, size_t size)
{
    return (struct vb_cache_value){value_new(number), value_release, size};
}

struct scene {
    struct vb_store *store;
    struct rig_worker worker;
    struct vb_cache *cache;
};

static int open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct vb_buf why;

    vb_buf_init(&why, 1000);
    assert_int_equal(vb_store_open(VB_SPAN("memory:"), &scene->store, &why),
                     VB_OK);
    assert_true(rig_worker_init(&scene->worker, scene->store, NULL));
    scene->cache = vb_cache_new(scene->store, 1 << 20);
    *state = scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;

    vb_cache_free(scene->cache);
    rig_worker_done(&scene->worker);
    vb_store_close(scene->store);
    free(scene);
    assert_int_equal(values_alive, 0);
    return 0;
}

static void set_budget(struct scene *scene, size_t budget)
{
    vb_cache_free(scene->cache);
    scene->cache = vb_cache_new(scene->store, budget);
}

static void put(struct scene *scene, const char *key, uint32_t variant,
                int number, size_t size)
{
    struct vb_cache_name name =
        vb_cache_name(scene->cache, vb_span_str(key), variant);

    vb_cache_put(scene->cache, &name, vb_cache_stamp(scene->cache, name.hash),
                 counted(number, size));
}

/* The number of the value; -1 for a miss, -2 for absence. */
static int get(struct scene *scene, const char *key, uint32_t variant)
{
    struct vb_cache_name name =
        vb_cache_name(scene->cache, vb_span_str(key), variant);
    void *value = NULL;

    switch (vb_cache_get(scene->cache, &name, &value)) {
    case VB_CACHE_MISS:
        return -1;
    case VB_CACHE_ABSENT:
        return -2;
    case VB_CACHE_HIT:
        break;
    }
    return ((struct value *)value)->number;
}

static void change(struct scene *scene, const char *key, const char *parent)
{
    struct vb_change put = rig_put(key, parent, "x");

    assert_int_equal(rig_change(&scene->worker, &put, 1, NULL), VB_OK);
}

static void value_is_found_by_key_and_variant(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(get(scene, "/a", 0), -1);
    put(scene, "/a", 0, 1, 100);
    put(scene, "/a", 1, 2, 100);
    put(scene, "/b", 0, 3, 100);
    put(scene, "", 0, 4, 100);
    assert_int_equal(get(scene, "/a", 0), 1);
    assert_int_equal(get(scene, "/a", 1), 2);
    assert_int_equal(get(scene, "/b", 0), 3);
    assert_int_equal(get(scene, "", 0), 4);
    assert_int_equal(get(scene, "/b", 1), -1);
    assert_int_equal(get(scene, "/ab", 0), -1);
    assert_int_equal(vb_cache_stats(scene->cache).entries, 4);
}

static void later_value_takes_the_place_of_the_earlier(void **state)
{
    struct scene *scene = *state;

    put(scene, "/a", 0, 1, 100);
    put(scene, "/a", 0, 2, 100);
    assert_int_equal(get(scene, "/a", 0), 2);
    assert_int_equal(values_alive, 1);
    assert_int_equal(vb_cache_stats(scene->cache).entries, 1);
}

static void value_is_borrowed_and_may_be_kept(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/a"), 0);
    void *value = NULL;
    struct value *kept;

    put(scene, "/a", 0, 1, 100);
    assert_int_equal(vb_cache_get(scene->cache, &name, &value), VB_CACHE_HIT);
    kept = value;
    kept->references++;
    put(scene, "/a", 0, 2, 100);
    assert_int_equal(kept->number, 1);
    value_release(kept);
}

static void commit_makes_an_entry_untrue(void **state)
{
    struct scene *scene = *state;

    put(scene, "/a", 0, 1, 100);
    put(scene, "/a", 7, 2, 100);
    put(scene, "/b", 0, 3, 100);
    change(scene, "/a", "");
    assert_int_equal(get(scene, "/a", 0), -1);
    assert_int_equal(get(scene, "/a", 7), -1);
    assert_int_equal(get(scene, "/b", 0), 3);
    assert_int_equal(values_alive, 1); /* what is untrue does not stay */
    assert_int_equal(vb_cache_stats(scene->cache).stale, 2);
    put(scene, "/a", 0, 4, 100);
    assert_int_equal(get(scene, "/a", 0), 4);
}

/* The race that the order of stamp and reading is for. */
static void value_read_before_a_commit_is_not_kept(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/a"), 0);
    struct vb_cache_stamp stamp = vb_cache_stamp(scene->cache, name.hash);

    change(scene, "/a", "");
    vb_cache_put(scene->cache, &name, stamp, counted(1, 100));
    assert_int_equal(get(scene, "/a", 0), -1);
    assert_int_equal(values_alive, 0);
}

static void page_of_a_listing_depends_on_its_collection(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name =
        vb_cache_name(scene->cache, VB_SPAN("/books?limit=10"), 0);
    uint64_t hash = vb_store_hash(scene->store, VB_SPAN("/books"));

    vb_cache_put(scene->cache, &name, vb_cache_stamp(scene->cache, hash),
                 counted(1, 100));
    change(scene, "/books?limit=10", "");
    assert_int_equal(get(scene, "/books?limit=10", 0), 1);
    change(scene, "/books/1", "/books");
    assert_int_equal(get(scene, "/books?limit=10", 0), -1);
}

static void absence_is_known_until_something_comes(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/a"), 0);

    vb_cache_put(scene->cache, &name, vb_cache_stamp(scene->cache, name.hash),
                 (struct vb_cache_value){.of = NULL});
    assert_int_equal(get(scene, "/a", 0), -2);
    change(scene, "/a", "");
    assert_int_equal(get(scene, "/a", 0), -1);
}

static void budget_is_kept_whatever_comes(void **state)
{
    struct scene *scene = *state;
    const size_t budget = 100000;
    char key[32];

    set_budget(scene, budget);
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(key, sizeof(key), "/%d", i);
        put(scene, key, 0, i, (size_t)(i * 37 % 5000));
        assert_true(vb_cache_stats(scene->cache).bytes <= budget);
        assert_int_equal(get(scene, key, 0), i);
    }
    assert_int_equal(values_alive, vb_cache_stats(scene->cache).entries);
    assert_true(vb_cache_stats(scene->cache).evicted > 2000);
    assert_true(vb_cache_stats(scene->cache).bytes > budget / 2);
}

static void what_would_take_an_eighth_of_the_budget_is_not_kept(void **state)
{
    struct scene *scene = *state;
    char *key = malloc(20000);

    set_budget(scene, 80000);
    put(scene, "/small", 0, 1, 10000);
    put(scene, "/large", 0, 2, 10001);
    assert_int_equal(get(scene, "/small", 0), 1);
    assert_int_equal(get(scene, "/large", 0), -1);
    memset(key, 'k', 19999);
    key[19999] = '\0';
    put(scene, key, 0, 3, 1);
    assert_int_equal(get(scene, key, 0), -1);
    /* Nor does the older one stay that it was to replace. */
    put(scene, "/small", 0, 4, 20000);
    assert_int_equal(get(scene, "/small", 0), -1);
    set_budget(scene, 0);
    put(scene, "/small", 0, 5, 0);
    assert_int_equal(get(scene, "/small", 0), -1);
    free(key);
}

/* Those asked for all the time outlive a scan over many others. */
static void what_is_asked_for_stays_longer(void **state)
{
    struct scene *scene = *state;
    char key[32];
    int lost = 0;

    set_budget(scene, 200000);
    for (int i = 0; i < 20; i++) {
        (void)snprintf(key, sizeof(key), "/hot/%d", i);
        put(scene, key, 0, i, 1000);
    }
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(key, sizeof(key), "/hot/%d", i % 20);
        lost += get(scene, key, 0) != i % 20;
        (void)snprintf(key, sizeof(key), "/cold/%d", i);
        put(scene, key, 0, i, 1000);
    }
    assert_int_equal(lost, 0);
}

/* All of them asked for: still each insertion takes a bounded time, and the
 * cache neither grows nor loses its head. */
static void eviction_ends_when_all_were_asked_for(void **state)
{
    struct scene *scene = *state;
    char key[32];

    set_budget(scene, 100000);
    for (int i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof(key), "/%d", i);
        put(scene, key, 0, i, 500);
        for (int j = i < 100 ? 0 : i - 100; j <= i; j++) {
            (void)snprintf(key, sizeof(key), "/%d", j);
            get(scene, key, 0);
        }
        assert_int_equal(get(scene, key, 0), i);
    }
    assert_true(vb_cache_stats(scene->cache).bytes <= 100000);
}

static void many_entries_are_all_found(void **state)
{
    struct scene *scene = *state;
    char key[32];

    set_budget(scene, (size_t)64 << 20);
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof(key), "/%d", i / 2);
        put(scene, key, (uint32_t)i % 2, i, 100);
    }
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof(key), "/%d", i / 2);
        assert_int_equal(get(scene, key, (uint32_t)i % 2), i);
    }
    assert_int_equal(vb_cache_stats(scene->cache).hits, 20000);
    assert_int_equal(vb_cache_stats(scene->cache).evicted, 0);
}

/* --- where others write as well
 * ----------------------------------------------- */

static void share(struct scene *scene, const int64_t *now_ms, int64_t max_age)
{
    scene->store->shared = true;
    if (now_ms != NULL)
        vb_cache_age(scene->cache, now_ms, max_age);
}

static void what_others_may_change_is_not_kept(void **state)
{
    struct scene *scene = *state;
    const int64_t now = 5000;

    share(scene, NULL, 0);
    put(scene, "/a", 0, 1, 100);
    assert_int_equal(get(scene, "/a", 0), -1);
    share(scene, &now, 0);
    put(scene, "/a", 0, 1, 100);
    assert_int_equal(get(scene, "/a", 0), -1);
    assert_int_equal(values_alive, 0);
}

static void what_others_may_change_is_kept_for_a_while(void **state)
{
    struct scene *scene = *state;
    int64_t now = 5000;

    share(scene, &now, 1000);
    put(scene, "/a", 0, 1, 100);
    now = 5999;
    assert_int_equal(get(scene, "/a", 0), 1);
    now = 6000;
    assert_int_equal(get(scene, "/a", 0), -1);
    assert_int_equal(values_alive, 0);
}

/* What one has changed oneself, or was told of, is not that old. */
static void what_is_known_to_have_changed_is_not_kept(void **state)
{
    struct scene *scene = *state;
    const int64_t now = 5000;

    share(scene, &now, 1000);
    put(scene, "/a", 0, 1, 100);
    change(scene, "/a", "");
    assert_int_equal(get(scene, "/a", 0), -1);
}

static void age_counts_from_before_the_store_was_read(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/a"), 0);
    struct vb_cache_stamp stamp;
    int64_t now = 5000;

    share(scene, &now, 1000);
    stamp = vb_cache_stamp(scene->cache, name.hash);
    now = 5600;
    vb_cache_put(scene->cache, &name, stamp, counted(1, 100));
    /* And what is made of it has the same. */
    stamp = vb_cache_stamp_of(scene->cache, &name);
    name.variant = 7;
    vb_cache_put(scene->cache, &name, stamp, counted(2, 100));
    assert_int_equal(get(scene, "/a", 7), 2);
    now = 6000;
    assert_int_equal(get(scene, "/a", 0), -1);
    assert_int_equal(get(scene, "/a", 7), -1);
}

static void what_is_made_of_nothing_does_not_count(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/a"), 0);

    share(scene, NULL, 0);
    vb_cache_put(scene->cache, &name, vb_cache_stamp_of(scene->cache, &name),
                 counted(1, 100));
    assert_int_equal(get(scene, "/a", 0), -1);
}

static void what_is_not_the_stores_is_kept_all_the_same(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("f"), 0);

    share(scene, NULL, 0);
    vb_cache_put(scene->cache, &name, vb_cache_stamp_lasting(),
                 counted(1, 100));
    vb__generations_bump_all(scene->store->generations);
    assert_int_equal(get(scene, "f", 0), 1);
}

static void what_is_not_known_to_have_not_changed_is_not_kept(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/b"), 0);
    const int64_t now = 5000;
    struct vb_cache_stamp stamp;

    share(scene, &now, 1000);
    put(scene, "/a", 0, 1, 100);
    stamp = vb_cache_stamp(scene->cache, name.hash);
    vb__generations_bump_all(scene->store->generations);
    vb_cache_put(scene->cache, &name, stamp, counted(1, 100));
    assert_int_equal(get(scene, "/a", 0), -1);
    assert_int_equal(get(scene, "/b", 0), -1);
    put(scene, "/a", 0, 2, 100);
    assert_int_equal(get(scene, "/a", 0), 2);
}

/* Whose commit was the last one is not known from the order of the answers. */
static void what_was_committed_here_is_not_kept_unread(void **state)
{
    struct scene *scene = *state;
    struct vb_cache_name name = vb_cache_name(scene->cache, VB_SPAN("/a"), 0);
    const int64_t now = 5000;
    uint64_t generation = vb_store_generation_hashed(scene->store, name.hash);
    struct vb_cache_stamp stamp;

    stamp = vb_cache_stamp_commit(scene->cache, name.hash, generation);
    assert_true(vb_cache_is_current(scene->cache, stamp));
    share(scene, &now, 1000);
    stamp = vb_cache_stamp_commit(scene->cache, name.hash, generation);
    assert_false(vb_cache_is_current(scene->cache, stamp));
    vb_cache_put(scene->cache, &name, stamp, counted(1, 100));
    assert_int_equal(get(scene, "/a", 0), -1);
}

#define scene_test(function)                                                   \
    cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(value_is_found_by_key_and_variant),
        scene_test(later_value_takes_the_place_of_the_earlier),
        scene_test(value_is_borrowed_and_may_be_kept),
        scene_test(commit_makes_an_entry_untrue),
        scene_test(value_read_before_a_commit_is_not_kept),
        scene_test(page_of_a_listing_depends_on_its_collection),
        scene_test(absence_is_known_until_something_comes),
        scene_test(budget_is_kept_whatever_comes),
        scene_test(what_would_take_an_eighth_of_the_budget_is_not_kept),
        scene_test(what_is_asked_for_stays_longer),
        scene_test(eviction_ends_when_all_were_asked_for),
        scene_test(many_entries_are_all_found),
        scene_test(what_others_may_change_is_not_kept),
        scene_test(what_others_may_change_is_kept_for_a_while),
        scene_test(what_is_known_to_have_changed_is_not_kept),
        scene_test(age_counts_from_before_the_store_was_read),
        scene_test(what_is_made_of_nothing_does_not_count),
        scene_test(what_is_not_known_to_have_not_changed_is_not_kept),
        scene_test(what_was_committed_here_is_not_kept_unread),
        scene_test(what_is_not_the_stores_is_kept_all_the_same),
    };

    return cmocka_run_group_tests_name("storage/cache", tests, NULL, NULL);
}
