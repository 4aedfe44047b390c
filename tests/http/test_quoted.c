/* Quoted strings and comments (RFC 9110 sections 5.6.4 and 5.6.5). */
#include "unit.h"

#include "http/quoted.h"

static void a_quoted_string_ends_at_its_closing_quote(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"\"\"", 2},        {"\"a\"b", 3},   {"\"a,b;c\"", 7},
        {"\"\\\"\"", 4},    {"\"\\\\\"", 4}, {"\"\\\\\"x\"", 4},
        {"\"\t \xff\"", 5}, {"", 0},         {"\"", 0},
        {"a\"b\"", 0},      {"\"a", 0},      {"\"a\\\"", 0},
        {"\"a\\", 0},       {"\"\x01\"", 0}, {"\"\\\x01\"", 0},
        {"\"a\r\n b\"", 0}, {"\"\x7f\"", 0}, {"\"\\\x7f\"", 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(vb_quoted_len(vb_span_str(rows[i].text)), rows[i].len);
}

static void a_comment_ends_at_its_own_parenthesis(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {"()", 2},    {"(a) b", 3},  {"(a (b) c) d", 9}, {"(\\))", 4},
        {"(\"))", 3}, {"((((", 0},   {"(", 0},           {"", 0},
        {"a()", 0},   {"(\x01)", 0}, {"(\\", 0},         {")", 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(vb_comment_len(vb_span_str(rows[i].text)),
                         rows[i].len);
}

/* 9110-5.6.4-01 */
static void a_quoted_pair_means_its_second_octet(void **state)
{
    static const struct {
        const char *inner, *text;
        bool eq, ieq;
    } rows[] = {
        {"utf\\-8", "utf-8", true, true}, {"UTF\\-8", "utf-8", false, true},
        {"\\\"\\\\", "\"\\", true, true}, {"", "", true, true},
        {"a", "", false, false},          {"", "a", false, false},
        {"ab", "a", false, false},        {"a", "ab", false, false},
        {"\\a\\b", "ab", true, true},     {"\\a\\b", "a\\b", false, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_escaped a = {vb_span_str(rows[i].inner), true};
        struct vb_escaped b = {vb_span_str(rows[i].text), false};

        assert_int_equal(vb_escaped_eq(a, b, false), rows[i].eq);
        assert_int_equal(vb_escaped_eq(b, a, true), rows[i].ieq);
    }
}

static void unescaping_copies_only_when_it_must(void **state)
{
    struct vb_span inner = VB_SPAN("plain");
    struct vb_span got = {NULL, 0};
    char buf[3];

    (void)state;
    assert_int_equal(vb_quoted_unescape(inner, NULL, 0, &got), VB_OK);
    assert_ptr_equal(got.ptr, inner.ptr);
    assert_int_equal(
        vb_quoted_unescape(VB_SPAN("a\\bc"), buf, sizeof buf, &got), VB_OK);
    assert_span_equal(got, "abc");
    assert_int_equal(
        vb_quoted_unescape(VB_SPAN("a\\bcd"), buf, sizeof buf, &got),
        VB_ERR_LIMIT);
    assert_span_equal(got, "abc");
}

/* 9110-5.6.4-02 */
static void only_quotes_and_backslashes_are_escaped(void **state)
{
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 64);
    assert_int_equal(vb_quoted_append(&buf, VB_SPAN("a \"b\\\" (c),\xc3")),
                     VB_OK);
    assert_span_equal(vb_buf_span(&buf), "\"a \\\"b\\\\\\\" (c),\xc3\"");
    assert_int_equal(vb_quoted_append(&buf, VB_SPAN("a\nb")), VB_ERR_INVALID);
    assert_span_equal(vb_buf_span(&buf), "\"a \\\"b\\\\\\\" (c),\xc3\"");
    vb_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quoted_string_ends_at_its_closing_quote),
        cmocka_unit_test(a_comment_ends_at_its_own_parenthesis),
        cmocka_unit_test(a_quoted_pair_means_its_second_octet),
        cmocka_unit_test(unescaping_copies_only_when_it_must),
        cmocka_unit_test(only_quotes_and_backslashes_are_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
