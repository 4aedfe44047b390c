/* The rules of src/http/cache_groups.h: RFC 9875. */
#include "unit.h"

#include <stdio.h>

#include "http/cache_groups.h"

static struct vb_arena arena;

static size_t count_of(const char *text, struct vb_cache_groups *groups)
{
    struct vb_span line = vb_span_str(text);

    vb_cache_groups_parse(&arena, &line, 1, groups);
    return groups->count;
}

static void groups_are_strings(void **state)
{
    struct vb_cache_groups groups;

    (void)state;
    assert_int_equal(count_of("\"scripts\", \"a \\\"b\\\"\";x=1", &groups), 2);
    assert_span_equal(groups.at[0], "scripts");
    assert_span_equal(groups.at[1], "a \"b\"");
    assert_int_equal(count_of("", &groups), 0);
    assert_int_equal(count_of("scripts", &groups), 0);
    assert_int_equal(count_of("\"a\", b", &groups), 0);
    assert_int_equal(count_of("\"a\", (\"b\")", &groups), 0);
    assert_int_equal(count_of("\"a", &groups), 0);
}

/* 9875-2-01. */
static void as_many_as_must_be_are_read_and_not_without_bound(void **state)
{
    struct vb_cache_groups groups;
    char text[100 * 40];
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 32; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%032d\"",
                                i > 0 ? ", " : "", i);
    assert_int_equal(count_of(text, &groups), 32);
    assert_span_equal(groups.at[31], "00000000000000000000000000000031");
    for (int i = 32; i < 100; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, ", \"%032d\"", i);
    assert_int_equal(count_of(text, &groups), VB_CACHE_GROUPS_MAX);
    snprintf(text, sizeof(text), "\"%0300d\", \"b\"", 0);
    assert_int_equal(count_of(text, &groups), 1);
    assert_span_equal(groups.at[0], "b");
}

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_strings),
        cmocka_unit_test(as_many_as_must_be_are_read_and_not_without_bound),
    };

    return cmocka_run_group_tests_name("cache_groups", tests, set_up,
                                       tear_down);
}
