/*
 * Indexes that several instances keep, and that one of them does not know of:
 * a list goes by an index that has all, or by none. See pair.h.
 */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "base/span.h"
#include "pair.h"
#include "words.h"

/* Nobody looks for longer than it takes to make one in a few seconds. */
enum { LOOKS = 5000 };

/* How many members have the word, by the index of all words; or what is wrong
 * with that. */
static enum vb_err count_word(struct rig_worker *worker, const char *word,
                              size_t *ret_count)
{
    char low[16], high[16];
    size_t len = strlen(word) + 1;
    struct vb_range range = {vb_span_of(low, len), vb_span_of(high, len)};
    struct vb_list_index index = {
        .name = words_names[WORDS_ALL],
        .ranges = {.ranges = &range, .count = 1},
        .most = 1000,
    };
    struct words_sieve sieve = words_sieve(WORDS_ALL, &index.ranges);
    struct vb_list_read list = {
        .parent = VB_SPAN("/c"),
        .limit = VB_STORE_LIST_MAX,
        .byte_limit = 1 << 20,
        .sieve = &sieve.base,
        .index = &index,
    };
    enum vb_err err;

    memcpy(low, word, len);
    memcpy(high, word, len);
    high[len - 1] = '\1';
    err = rig_list(worker, &list);
    *ret_count = list.count;
    vb_list_read_done(&list);
    return err;
}

static void await_word(struct pair *pair, const char *word, size_t want)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    enum vb_err err = VB_ERR_UNSUPPORTED;
    size_t count = 0;

    for (int i = 0; err == VB_ERR_UNSUPPORTED && i < LOOKS; i++) {
        rig_worker_look(&pair->a);
        rig_worker_look(&pair->b);
        err = count_word(&pair->b, word, &count);
        nanosleep(&pause, NULL);
    }
    assert_int_equal(err, VB_OK);
    assert_int_equal(count, want);
}

static void declare(struct vb_store *store)
{
    struct vb_indexes *indexes = words_new();

    vb_store_index(store, indexes);
    vb_indexes_unref(indexes);
}

/* What was there before is found, and what each of them writes. */
static void all_instances_keep_an_index(void **state)
{
    struct pair *pair = *state;

    pair_put(&pair->a, "/c/1", "/c", "red blue");
    pair_put(&pair->b, "/c/2", "/c", "red");
    declare(pair->one);
    declare(pair->other);
    pair_put(&pair->b, "/c/3", "/c", "red");
    await_word(pair, "red", 3);
    pair_put(&pair->a, "/c/2", "/c", "blue");
    pair_put(&pair->b, "/c/4", "/c", "blue");
    await_word(pair, "blue", 3);
    await_word(pair, "red", 2);
}

/* It commits what the index then lacks: from that moment on there is none, and
 * when it is gone or knows better, the index is made anew. */
static void who_does_not_keep_an_index_breaks_it(void **state)
{
    struct pair *pair = *state;
    size_t count;

    declare(pair->one);
    pair_put(&pair->a, "/c/1", "/c", "red");
    pair_put(&pair->a, "/c/2", "/c", "red");
    await_word(pair, "red", 2);
    pair_put(&pair->b, "/c/1", "/c", "blue");
    assert_int_equal(count_word(&pair->a, "red", &count), VB_ERR_UNSUPPORTED);
    assert_int_equal(count_word(&pair->b, "red", &count), VB_ERR_UNSUPPORTED);
    declare(pair->other);
    pair_put(&pair->b, "/c/3", "/c", "blue");
    await_word(pair, "red", 1);
    await_word(pair, "blue", 2);
}

/* Its row says that it is there; it is not waited for. */
static void who_commits_no_more_is_in_nobody_s_way(void **state)
{
    struct pair *pair = *state;

    pair_put(&pair->b, "/c/1", "/c", "red");
    declare(pair->one);
    pair_put(&pair->a, "/c/2", "/c", "red");
    await_word(pair, "red", 2);
    pair_put(&pair->b, "/c/3", "/c", "red");
    pair_put(&pair->a, "/c/4", "/c", "red");
    await_word(pair, "red", 4);
}

#define test(function)                                                         \
    cmocka_unit_test_setup_teardown(function, pair_begin, pair_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(all_instances_keep_an_index),
        test(who_does_not_keep_an_index_breaks_it),
        test(who_commits_no_more_is_in_nobody_s_way),
    };
    int none = cluster_begin(&pair_cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&pair_cluster,
                       cmocka_run_group_tests_name("storage/postgres indexes",
                                                   tests, NULL, NULL));
}
