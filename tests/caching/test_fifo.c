/*
 * The rules of src/caching/fifo.h and ghost.h; and how it does beside LRU, on
 * traces of a kind that a cache meets.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/list.h"
#include "caching/fifo.h"

/* --- Two caches of the same size -------------------------------------------
 */

#define OBJECTS 200000

struct cache {
    size_t budget;
    size_t bytes;
    size_t hits;
    struct vb_fifo fifo;
    struct vb_fifo_entry *entries; /* one for each object */
    bool *there;
    struct vb_link recent; /* for LRU: links of the entries */
};

static void open_cache(struct cache *cache, size_t budget)
{
    *cache = (struct cache){.budget = budget};
    assert_true(vb_fifo_init(&cache->fifo, budget));
    vb_list_init(&cache->recent);
    cache->entries = calloc(OBJECTS, sizeof(*cache->entries));
    cache->there = calloc(OBJECTS, sizeof(*cache->there));
}

static void close_cache(struct cache *cache)
{
    vb_fifo_done(&cache->fifo);
    free(cache->entries);
    free(cache->there);
}

static uint64_t mix(uint64_t x)
{
    x *= UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 31;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ x >> 29;
}

static void ask_fifo(struct cache *cache, size_t object, size_t size)
{
    struct vb_fifo_entry *entry = &cache->entries[object];

    if (cache->there[object]) {
        cache->hits++;
        vb_fifo_hit(entry);
        return;
    }
    entry->hash = mix(object + 1);
    entry->size = size;
    vb_fifo_add(&cache->fifo, entry);
    cache->there[object] = true;
    cache->bytes += size;
    while (cache->bytes > cache->budget) {
        struct vb_fifo_entry *gone = vb_fifo_evict(&cache->fifo);

        cache->bytes -= gone->size;
        cache->there[gone - cache->entries] = false;
    }
}

static void ask_lru(struct cache *cache, size_t object, size_t size)
{
    struct vb_fifo_entry *entry = &cache->entries[object];

    if (cache->there[object]) {
        cache->hits++;
        vb_list_remove(&entry->link);
        vb_list_append(&cache->recent, &entry->link);
        return;
    }
    entry->size = size;
    vb_list_append(&cache->recent, &entry->link);
    cache->there[object] = true;
    cache->bytes += size;
    while (cache->bytes > cache->budget) {
        struct vb_fifo_entry *gone = VB_CONTAINER(vb_list_pop(&cache->recent),
                                                  struct vb_fifo_entry, link);

        cache->bytes -= gone->size;
        cache->there[gone - cache->entries] = false;
    }
}

/* --- Traces ----------------------------------------------------------------
 */

static uint64_t random_state;

static uint64_t draw(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Objects by popularity: the n-th is asked for as often as 1/n^s. */
static double *zipf_new(size_t count, double s)
{
    double *sums = malloc(count * sizeof(*sums)), sum = 0;

    for (size_t i = 0; i < count; i++)
        sums[i] = sum += 1 / pow((double)(i + 1), s);
    for (size_t i = 0; i < count; i++)
        sums[i] /= sum;
    return sums;
}

static size_t zipf_draw(const double *sums, size_t count)
{
    double at = (double)(draw() >> 11) / 9007199254740992.0;
    size_t low = 0, high = count - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (sums[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum trace { ZIPF, SCANS, SIZES, LOOP, TRACES };

static const char *const names[TRACES] = {"Zipf 0.9", "Zipf and scans",
                                          "Zipf, sizes 1 to 64",
                                          "Zipf and one-hit wonders"};

#define POPULAR  50000
#define REQUESTS 400000

struct walk {
    enum trace trace;
    const double *zipf;
    size_t scan; /* where one is, and how far it goes yet */
    size_t left;
    size_t fresh;
};

static size_t next_object(struct walk *walk)
{
    switch (walk->trace) {
    case SCANS: /* now and then somebody reads everything there is */
        if (walk->left == 0 && draw() % 20000 == 0)
            walk->left = 20000;
        if (walk->left > 0 && draw() % 2 == 0) {
            walk->left--;
            return POPULAR + walk->scan++ % (OBJECTS - POPULAR);
        }
        break;
    case LOOP: /* a third is never asked for again */
        if (draw() % 3 == 0)
            return POPULAR + walk->fresh++ % (OBJECTS - POPULAR);
        break;
    default:
        break;
    }
    return zipf_draw(walk->zipf, POPULAR);
}

static void run(enum trace trace, size_t percent, double ret_ratios[2])
{
    double *zipf = zipf_new(POPULAR, 0.9);
    size_t budget = POPULAR * (trace == SIZES ? 32 : 1) * percent / 100;

    for (int lru = 0; lru < 2; lru++) {
        struct walk walk = {.trace = trace, .zipf = zipf};
        struct cache cache;

        random_state = 88172645463325252;
        open_cache(&cache, budget);
        for (size_t i = 0; i < REQUESTS; i++) {
            size_t object = next_object(&walk);
            size_t size = trace == SIZES ? 1 + mix(object) % 64 : 1;

            (lru ? ask_lru : ask_fifo)(&cache, object, size);
        }
        ret_ratios[lru] = (double)cache.hits / REQUESTS;
        close_cache(&cache);
    }
    free(zipf);
}

static void it_keeps_no_less_of_what_is_asked_for_than_lru(void **state)
{
    static const size_t sizes[] = {1, 5, 20};

    (void)state;
    for (int trace = 0; trace < TRACES; trace++)
        for (size_t i = 0; i < VB_COUNT_OF(sizes); i++) {
            double ratios[2];

            run((enum trace)trace, sizes[i], ratios);
            print_message("%-26s %2zu %%: S3-FIFO %.4f, LRU %.4f\n",
                          names[trace], sizes[i], ratios[0], ratios[1]);
            assert_true(ratios[0] >= ratios[1]);
        }
}

/* --- Rules -----------------------------------------------------------------
 */

static struct vb_fifo fifo;
static struct vb_fifo_entry entries[200];

static int set_up(void **state)
{
    (void)state;
    memset(entries, 0, sizeof(entries));
    for (size_t i = 0; i < VB_COUNT_OF(entries); i++) {
        entries[i].hash = mix(i + 1);
        entries[i].size = 10;
    }
    return vb_fifo_init(&fifo, 100) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    vb_fifo_done(&fifo);
    return 0;
}

static size_t evicted(void)
{
    return (size_t)(vb_fifo_evict(&fifo) - entries);
}

static void what_is_never_asked_for_goes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++)
        vb_fifo_add(&fifo, &entries[i]);
    vb_fifo_hit(&entries[0]);
    vb_fifo_hit(&entries[2]);
    assert_int_equal(evicted(), 1);
    assert_int_equal(evicted(), 3);
    assert_int_equal(fifo.count, 2);
    assert_int_equal(fifo.main_bytes + fifo.small_bytes, 20);
    assert_int_equal(evicted(), 0);
    assert_int_equal(evicted(), 2);
    assert_null(vb_fifo_evict(&fifo));
}

static void what_comes_back_soon_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20; i++)
        vb_fifo_add(&fifo, &entries[i]);
    assert_int_equal(evicted(), 0);
    vb_fifo_add(&fifo, &entries[0]);
    assert_true(entries[0].main);
    for (size_t i = 1; i < 20; i++)
        (void)evicted();
    assert_int_equal(fifo.count, 1);
}

static void a_removed_entry_is_not_remembered(void **state)
{
    (void)state;
    vb_fifo_add(&fifo, &entries[0]);
    vb_fifo_add(&fifo, &entries[1]);
    vb_fifo_remove(&fifo, &entries[0]);
    vb_fifo_add(&fifo, &entries[0]);
    assert_false(entries[0].main);
    assert_int_equal(fifo.small_bytes, 20);
}

/* However much all is asked for, an eviction is bounded. */
static void something_always_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(entries); i++) {
        vb_fifo_add(&fifo, &entries[i]);
        for (int k = 0; k < 300; k++)
            vb_fifo_hit(&entries[i]);
    }
    for (size_t i = VB_COUNT_OF(entries); i > 0; i--) {
        assert_non_null(vb_fifo_evict(&fifo));
        assert_int_equal(fifo.count, i - 1);
    }
}

static void a_ghost_forgets(void **state)
{
    (void)state;
    vb_ghost_add(&fifo.ghost, 1);
    assert_false(vb_ghost_take(&fifo.ghost, 2, 100));
    assert_true(vb_ghost_take(&fifo.ghost, 1, 100));
    assert_false(vb_ghost_take(&fifo.ghost, 1, 100));
    vb_ghost_add(&fifo.ghost, 1);
    for (uint64_t i = 2; i < 12; i++)
        vb_ghost_add(&fifo.ghost, mix(i));
    assert_false(vb_ghost_take(&fifo.ghost, 1, 10));
    assert_true(vb_ghost_take(&fifo.ghost, 1, 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_is_never_asked_for_goes_first),
        TEST(what_comes_back_soon_is_kept),
        TEST(a_removed_entry_is_not_remembered),
        TEST(something_always_goes),
        TEST(a_ghost_forgets),
        cmocka_unit_test(it_keeps_no_less_of_what_is_asked_for_than_lru),
    };

    return cmocka_run_group_tests_name("fifo", tests, NULL, NULL);
}
