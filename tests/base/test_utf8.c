/* The rules of src/base/utf8.h: RFC 3629. */
#include "unit.h"

#include "base/utf8.h"

static void utf8_takes_what_rfc3629_allows_and_nothing_else(void **state)
{
    static const struct {
        struct vb_span bytes;
        bool valid;
    } rows[] = {
        {VB_SPAN_INIT(""), true},
        {VB_SPAN_INIT("ascii \x7F"), true},
        {VB_SPAN_INIT("\0"), true},
        {VB_SPAN_INIT("\xC2\x80"), true},
        {VB_SPAN_INIT("\xDF\xBF"), true},
        {VB_SPAN_INIT("\xE0\xA0\x80"), true},
        {VB_SPAN_INIT("\xED\x9F\xBF"), true},
        {VB_SPAN_INIT("\xEF\xBF\xBF"), true},
        {VB_SPAN_INIT("\xF0\x90\x80\x80"), true},
        {VB_SPAN_INIT("\xF4\x8F\xBF\xBF"), true},
        {VB_SPAN_INIT("a\xC3\xA9z"), true},
        {VB_SPAN_INIT("\x80"), false},             /* lone continuation */
        {VB_SPAN_INIT("\xC0\x80"), false},         /* overlong NUL */
        {VB_SPAN_INIT("\xC1\xBF"), false},         /* overlong */
        {VB_SPAN_INIT("\xE0\x9F\xBF"), false},     /* overlong */
        {VB_SPAN_INIT("\xF0\x8F\xBF\xBF"), false}, /* overlong */
        {VB_SPAN_INIT("\xED\xA0\x80"), false},     /* surrogate */
        {VB_SPAN_INIT("\xF4\x90\x80\x80"), false}, /* past U+10FFFF */
        {VB_SPAN_INIT("\xF5\x80\x80\x80"), false},
        {VB_SPAN_INIT("\xFF"), false},
        {VB_SPAN_INIT("\xC3"), false},         /* cut short */
        {VB_SPAN_INIT("\xE2\x82"), false},     /* cut short */
        {VB_SPAN_INIT("\xF0\x9F\x98"), false}, /* cut short */
        {VB_SPAN_INIT("\xE2\x82z"), false},
        {VB_SPAN_INIT("\xC3\xA9\xA9"), false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_utf8_valid(rows[i].bytes) != rows[i].valid)
            fail_msg("row %zu", i);
}

static void utf8_is_cut_where_asked_but_never_within_a_character(void **state)
{
    static const struct {
        struct vb_span bytes;
        size_t most, len;
    } rows[] = {
        {VB_SPAN_INIT("abc"), 9, 3},          {VB_SPAN_INIT("abc"), 2, 2},
        {VB_SPAN_INIT("a\xC3\xA9"), 2, 1},    {VB_SPAN_INIT("a\xC3\xA9"), 3, 3},
        {VB_SPAN_INIT("\xE2\x82\xAC"), 2, 0}, {VB_SPAN_INIT(""), 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_utf8_head(rows[i].bytes, rows[i].most).len != rows[i].len)
            fail_msg("row %zu", i);
    assert_int_equal(vb_utf8_prefix(VB_SPAN("a\xC3\xA9\xFFz")), 3);
    assert_int_equal(vb_utf8_prefix(VB_SPAN("\xC3")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_takes_what_rfc3629_allows_and_nothing_else),
        cmocka_unit_test(utf8_is_cut_where_asked_but_never_within_a_character),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
