/* Deadlines, and early data that has come before. */
#include "unit.h"

#include <stdlib.h>

#include "quic/deadlines.h"
#include "quic/replay.h"

#define MOST 500

static uint32_t draw(void)
{
    static uint32_t seed = 12345;

    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

/* Whatever is put in, moved and taken out: the first is the soonest. */
static void test_the_first_deadline_is_the_soonest(void **state)
{
    static struct vb__deadline entries[MOST];
    struct vb__deadlines all = {0};

    (void)state;
    assert_null(vb__deadlines_first(&all));
    assert_true(vb__deadlines_reserve(&all, MOST));
    for (int i = 0; i < 20000; i++) {
        struct vb__deadline *entry = &entries[draw() % MOST];
        int64_t soonest = INT64_MAX;
        size_t count = 0;

        if (draw() % 3 == 0)
            vb__deadlines_remove(&all, entry);
        else
            vb__deadlines_set(&all, entry, (int64_t)(draw() % 100));
        for (size_t e = 0; e < MOST; e++) {
            if (entries[e].index == 0)
                continue;
            count++;
            if (entries[e].at < soonest)
                soonest = entries[e].at;
        }
        assert_int_equal(all.count, count);
        if (count > 0)
            assert_int_equal(vb__deadlines_first(&all)->at, soonest);
    }
    vb__deadlines_done(&all);
}

static bool seen(struct vb__replay *replay, uint32_t hello, int64_t hours)
{
    return vb__replay_seen(replay,
                           vb_span_of((const char *)&hello, sizeof(hello)),
                           hours * 3600 * INT64_C(1000000000));
}

/* RFC 8446 section 8.2: for as long as its ticket is good, which is six
 * hours. */
static void test_what_was_seen_is_known_again(void **state)
{
    struct vb__replay replay;
    unsigned mistaken = 0;

    (void)state;
    assert_int_equal(vb__replay_init(&replay), VB_OK);
    for (uint32_t i = 0; i < 20000; i++)
        mistaken += seen(&replay, i, 10 + i / 4000);
    assert_true(mistaken < 20); /* one in 200 at more than thrice as many */
    for (uint32_t i = 0; i < 20000; i++)
        assert_true(seen(&replay, i, 15));
    assert_true(seen(&replay, 19999, 20));
    assert_false(seen(&replay, 1, 28));
    assert_true(seen(&replay, 1, 28));
    vb__replay_done(&replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_deadline_is_the_soonest),
        cmocka_unit_test(test_what_was_seen_is_known_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
