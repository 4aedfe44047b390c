/* The rules of src/http/query.h: application/x-www-form-urlencoded. */
#include "unit.h"

#include "http/query.h"

static struct vb_arena arena;

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 1024, 1 << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

#define NONE "\x01" /* stands for a pair without "=" */

static void pairs_are_decoded_once_in_order(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *pairs[4][2];
    } rows[] = {
        {"", 0, {{NULL}}},
        {"&&", 0, {{NULL}}},
        {"a=1&b=2", 2, {{"a", "1"}, {"b", "2"}}},
        {"a=1&a=2&a", 3, {{"a", "1"}, {"a", "2"}, {"a", NONE}}},
        {"&a=1&&b&", 2, {{"a", "1"}, {"b", NONE}}},
        {"a=b=c", 1, {{"a", "b=c"}}},
        {"=x", 1, {{"", "x"}}},
        {"=", 1, {{"", ""}}},
        {"a=", 1, {{"a", ""}}},
        {"a+b=c+d%2B", 1, {{"a b", "c d+"}}},
        {"a%3D%26=%26%3d", 1, {{"a=&", "&="}}},
        {"x=%2541", 1, {{"x", "%41"}}},
        {"n:gt=5;x", 1, {{"n:gt", "5;x"}}},
        {"e=%C3%A9", 1, {{"e", "\xC3\xA9"}}},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_query query;
        struct vb_query_pair pair;
        size_t n = 0;

        vb_query_init(&query, &arena, vb_span_str(rows[i].text));
        while (vb_query_next(&query, &pair)) {
            const char *value;

            assert_true(n < rows[i].count);
            value = rows[i].pairs[n][1];
            assert_span_equal(pair.name, rows[i].pairs[n][0]);
            assert_int_equal(pair.value.ptr == NULL, strcmp(value, NONE) == 0);
            if (pair.value.ptr != NULL)
                assert_span_equal(pair.value, value);
            n++;
        }
        assert_int_equal(n, rows[i].count);
        assert_int_equal(query.err, VB_OK);
    }
}

static void malformed_pair_ends_the_query_with_an_error(void **state)
{
    static const struct {
        struct vb_span text;
        size_t good; /* pairs before it */
    } rows[] = {
        {VB_SPAN_INIT("a=%"), 0},           {VB_SPAN_INIT("a=1&b=%4&c=2"), 1},
        {VB_SPAN_INIT("%zz=1"), 0},         {VB_SPAN_INIT("a=%00"), 0},
        {VB_SPAN_INIT("a=1&%00"), 1},       {VB_SPAN_INIT("a=1&b=\0"), 1},
        {VB_SPAN_INIT("a=1&b=+%u0041"), 1},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_query query;
        struct vb_query_pair pair;
        size_t n = 0;

        vb_query_init(&query, &arena, rows[i].text);
        while (vb_query_next(&query, &pair))
            n++;
        assert_int_equal(n, rows[i].good);
        assert_int_equal(query.err, VB_ERR_SYNTAX);
        assert_false(vb_query_next(&query, &pair));
    }
}

static void exhausted_arena_ends_the_query_with_an_error(void **state)
{
    struct vb_query query;
    struct vb_query_pair pair;
    struct vb_arena none;

    (void)state;
    vb_arena_init(&none, 16, 0);
    vb_query_init(&query, &none, VB_SPAN("a=b&c=d+e"));
    assert_true(vb_query_next(&query, &pair));
    assert_false(vb_query_next(&query, &pair));
    assert_int_equal(query.err, VB_ERR_NOMEM);
}

static void query_is_written_so_that_it_reads_back(void **state)
{
    static const char *const rows[][2] = {
        {"limit", "10"},    {"a b", "c&d=e"}, {"~*-._", "+%/?#"},
        {"\xC3\xA9", "\n"}, {"", ""},
    };
    char memory[256];
    struct vb_buf buf = vb_buf_over(memory, sizeof(memory));
    struct vb_query query;
    struct vb_query_pair pair;

    (void)state;
    vb_buf_str(&buf, "/x?");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        vb_query_append(&buf, vb_span_str(rows[i][0]), vb_span_str(rows[i][1]));
    assert_span_equal(vb_buf_span(&buf),
                      "/x?limit=10&a+b=c%26d%3De&%7E*-._=%2B%25%2F%3F%23"
                      "&%C3%A9=%0A&=");
    vb_query_init(&query, &arena, vb_span_from(vb_buf_span(&buf), 3));
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        assert_true(vb_query_next(&query, &pair));
        assert_span_equal(pair.name, rows[i][0]);
        assert_span_equal(pair.value, rows[i][1]);
    }
    assert_false(vb_query_next(&query, &pair));
}

static void a_parameter_can_be_left_out(void **state)
{
    static const struct {
        const char *text, *without_key;
    } rows[] = {
        {"", ""},
        {"a=1&b=2", "a=1&b=2"},
        {"key=s", ""},
        {"a=1&key=s&b=2", "a=1&b=2"},
        {"key=s&a=1", "a=1"},
        {"a=1&key=s", "a=1"},
        {"key=s&key=t&a=%20", "a=%20"},
        {"key", ""},
        {"%6bey=s&k%65y=%ZZ&a=+", "a=+"},
        {"key%20=s&Key=t&keys=u&=key", "key%20=s&Key=t&keys=u&=key"},
        {"k%ey=s&key=t", "k%ey=s"},
        {"&&key=s&&a=1&", "a=1"},
    };
    struct vb_span got;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(vb_query_without(&arena, vb_span_str(rows[i].text),
                                          VB_SPAN("key"), &got),
                         VB_OK);
        assert_span_equal(got, rows[i].without_key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_decoded_once_in_order),
        cmocka_unit_test(malformed_pair_ends_the_query_with_an_error),
        cmocka_unit_test(exhausted_arena_ends_the_query_with_an_error),
        cmocka_unit_test(query_is_written_so_that_it_reads_back),
        cmocka_unit_test(a_parameter_can_be_left_out),
    };

    return cmocka_run_group_tests_name("query", tests, set_up, tear_down);
}
