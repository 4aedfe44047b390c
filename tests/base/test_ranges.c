/* Sets of byte strings as ranges. */
#include "unit.h"

#include "base/ranges.h"

static struct vb_arena arena;

/* "ac,eg" is [a,c) and [e,g). */
static struct vb_ranges parse(const char *text, bool exact)
{
    size_t count = (strlen(text) + 1) / 3;
    struct vb_range *ranges =
        vb_arena_calloc(&arena, count + 1, sizeof(*ranges));

    for (size_t i = 0; i < count; i++)
        ranges[i] = (struct vb_range){vb_span_of(text + 3 * i, 1),
                                      vb_span_of(text + 3 * i + 1, 1)};
    return (struct vb_ranges){ranges, count, exact};
}

static void assert_ranges(struct vb_ranges ranges, const char *text)
{
    char got[100] = "";
    size_t len = 0;

    for (size_t i = 0; i < ranges.count; i++) {
        got[len++] = ranges.ranges[i].low.ptr[0];
        got[len++] = ranges.ranges[i].high.ptr[0];
        got[len++] = i + 1 < ranges.count ? ',' : '\0';
    }
    assert_string_equal(got, text);
}

static void sets_are_cut_and_joined(void **state)
{
    static const struct {
        const char *a, *b, *both, *either;
    } rows[] = {
        {"ac", "bd", "bc", "ad"},       {"ac", "ce", "", "ae"},
        {"ab", "cd", "", "ab,cd"},      {"ab,cd,ef", "az", "ab,cd,ef", "az"},
        {"", "ac", "", "ac"},           {"ae", "bc", "bc", "ae"},
        {"ac,eg", "bf", "bc,ef", "ag"}, {"ac,dg", "cd", "", "ag"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        for (int turned = 0; turned <= 1; turned++) {
            struct vb_ranges a = parse(turned ? rows[i].b : rows[i].a, true);
            struct vb_ranges b = parse(turned ? rows[i].a : rows[i].b, true);

            assert_ranges(vb_ranges_both(&arena, a, b), rows[i].both);
            assert_ranges(vb_ranges_either(&arena, a, b), rows[i].either);
        }
    }
}

/* What is made of a set that is not exact is not exact either. */
static void exact_is_what_is_made_of_exact_ones(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct vb_ranges a = parse("ac", i & 1), b = parse("bd", i & 2);

        assert_int_equal(vb_ranges_both(&arena, a, b).exact, i == 3);
        assert_int_equal(vb_ranges_either(&arena, a, b).exact, i == 3);
    }
}

/* Beyond so many it is everything. */
static void too_many_ranges_are_not_kept(void **state)
{
    struct vb_range many[VB_RANGES_MOST], more[VB_RANGES_MOST];
    char low[2 * VB_RANGES_MOST][2], high[2 * VB_RANGES_MOST][2];
    struct vb_ranges a = {many, VB_RANGES_MOST, true},
                     b = {more, VB_RANGES_MOST, true}, got;

    (void)state;
    for (int i = 0; i < 2 * VB_RANGES_MOST; i++) {
        low[i][0] = high[i][0] = (char)(i / 100 + 1);
        low[i][1] = (char)(2 * (i % 100));
        high[i][1] = (char)(2 * (i % 100) + 1);
        *(i % 2 ? &more[i / 2] : &many[i / 2]) =
            (struct vb_range){vb_span_of(low[i], 2), vb_span_of(high[i], 2)};
    }
    got = vb_ranges_either(&arena, a, b);
    assert_true(vb_ranges_are_all(&got));
    assert_false(got.exact);
    got = vb_ranges_both(&arena, a, a);
    assert_int_equal(got.count, VB_RANGES_MOST);
    assert_true(got.exact);
}

static void a_point_is_one_string(void **state)
{
    struct vb_range range = {VB_SPAN("ab"), VB_SPAN("ab\0")};

    (void)state;
    assert_true(vb_range_is_point(&range));
    range.high = VB_SPAN("ab\1");
    assert_false(vb_range_is_point(&range));
    range.high = VB_SPAN("abc");
    assert_false(vb_range_is_point(&range));
    range.high = VB_SPAN("ac\0");
    assert_false(vb_range_is_point(&range));
}

static int setup(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, (size_t)1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_cut_and_joined),
        cmocka_unit_test(exact_is_what_is_made_of_exact_ones),
        cmocka_unit_test(too_many_ranges_are_not_kept),
        cmocka_unit_test(a_point_is_one_string),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
