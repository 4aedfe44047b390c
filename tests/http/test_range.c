/* Range and Content-Range (RFC 9110 section 14). */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/range.h"

#define OK            VB_RANGES_SATISFIABLE
#define UNSATISFIABLE VB_RANGES_UNSATISFIABLE
#define UNIT          VB_RANGES_UNIT
#define SYNTAX        VB_RANGES_SYNTAX
#define EMPTY         VB_RANGES_EMPTY
#define ABUSIVE       VB_RANGES_ABUSIVE

/* The ranges as "first-last " each. */
static void write_ranges(const struct vb_ranges *ranges, char *text, size_t cap)
{
    size_t len = 0;

    text[0] = 0;
    for (unsigned i = 0; i < ranges->count; i++)
        len += (size_t)snprintf(text + len, cap - len, "%lld-%lld ",
                                (long long)ranges->at[i].first,
                                (long long)ranges->at[i].last);
}

static void ranges_are_clamped_dropped_and_coalesced(void **state)
{
    static const struct {
        const char *value;
        int64_t length;
        enum vb_ranges_verdict verdict;
        const char *ranges;
    } rows[] = {
        {"bytes=0-499", 10000, OK, "0-499 "},
        {"bytes=500-999", 10000, OK, "500-999 "},
        {"bytes=-500", 10000, OK, "9500-9999 "},
        /* 9110-14.1.2-01 */
        {"bytes=9500-", 10000, OK, "9500-9999 "},
        {"bytes=9500-99999", 10000, OK, "9500-9999 "},
        /* 9110-14.1.2-02 */
        {"bytes=-99999", 10, OK, "0-9 "},
        {"bytes=-10", 10, OK, "0-9 "},
        {"bytes=0-0", 1, OK, "0-0 "},
        /* 9110-14.1-01 */
        {"BYTES=0-1", 10, OK, "0-1 "},
        /* 9110-14.2-08 */
        {"bytes=0-0,-1", 10, OK, "0-0 9-9 "},
        {"bytes=0-0, ,\t-1,", 10, OK, "0-0 9-9 "},
        /* 9110-14.1.2-06 */
        {"bytes=0-99999999999999999999", 10, OK, "0-9 "},
        {"bytes=-99999999999999999999", 10, OK, "0-9 "},
        {"bytes=99999999999999999999-", 10, UNSATISFIABLE, ""},
        {"bytes=9223372036854775807-", INT64_MAX, UNSATISFIABLE, ""},
        {"bytes=9223372036854775806-", INT64_MAX, OK,
         "9223372036854775806-9223372036854775806 "},
        {"bytes=00000000000000000000000000000001-2", 10, OK, "1-2 "},
        /* 9110-14.1.2-03, 9110-14.2-09 */
        {"bytes=10-", 10, UNSATISFIABLE, ""},
        {"bytes=10-20", 10, UNSATISFIABLE, ""},
        {"bytes=-0", 10, UNSATISFIABLE, ""},
        {"bytes=-0,10-", 10, UNSATISFIABLE, ""},
        {"bytes=20-30,0-1,-0", 10, OK, "0-1 "},
        /* 9110-14.1.2-04 */
        {"bytes=0-", 0, UNSATISFIABLE, ""},
        {"bytes=-0", 0, UNSATISFIABLE, ""},
        {"bytes=-1", 0, EMPTY, ""},
        /* 9110-14.1.1-01 */
        {"bytes=5-2", 10, SYNTAX, ""},
        {"bytes=0-1,5-2", 10, SYNTAX, ""},
        {"bytes=99999999999999999999-99999999999999999998", 10, SYNTAX, ""},
        {"bytes=99999999999999999998-99999999999999999999", 10, UNSATISFIABLE,
         ""},
        {"bytes=0099-98", 1000, SYNTAX, ""},
        {"bytes=", 10, SYNTAX, ""},
        {"bytes=,", 10, SYNTAX, ""},
        {"bytes", 10, SYNTAX, ""},
        {"", 10, SYNTAX, ""},
        {"=0-1", 10, SYNTAX, ""},
        {"bytes 0-1", 10, SYNTAX, ""},
        {"bytes =0-1", 10, SYNTAX, ""},
        {"bytes= 0-1", 10, SYNTAX, ""},
        {"bytes=0 -1", 10, SYNTAX, ""},
        {"bytes=0- 1", 10, SYNTAX, ""},
        {"bytes=-", 10, SYNTAX, ""},
        {"bytes=1", 10, SYNTAX, ""},
        {"bytes=a-b", 10, SYNTAX, ""},
        {"bytes=0x0-1", 10, SYNTAX, ""},
        {"bytes=+0-1", 10, SYNTAX, ""},
        {"bytes=--1", 10, SYNTAX, ""},
        {"bytes=0-1-2", 10, SYNTAX, ""},
        {"bytes=0-1;2-3", 10, SYNTAX, ""},
        /* 9110-14.2-03 */
        {"lines=1-2", 10, UNIT, ""},
        {"items=!", 10, UNIT, ""},
        /* 9110-15.3.7.2-05, 9110-15.3.7.2-09 */
        {"bytes=0-5,3-9", 20, OK, "0-9 "},
        {"bytes=5-9,0-4", 20, OK, "0-9 "},
        {"bytes=0-4,6-9", 20, OK, "0-4 6-9 "},
        {"bytes=15-16,0-1,5-6", 20, OK, "15-16 0-1 5-6 "},
        {"bytes=0-1,10-11,2-9", 20, OK, "0-11 "},
        {"bytes=12-13,0-1,3-4,2-2", 20, OK, "12-13 0-4 "},
        {"bytes=0-,0-,0-", 20, OK, "0-19 "},
        /* 9110-14.2-05 */
        {"bytes=0-,0-,0-,0-", 20, ABUSIVE, ""},
        {"bytes=0-,1-,2-,3-,4-", 20, ABUSIVE, ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span value = vb_span_str(rows[i].value);
        struct vb_ranges ranges = {.count = 0};
        enum vb_ranges_verdict got =
            vb_ranges_parse(&value, 1, rows[i].length, &ranges);
        char text[256];

        if (got != rows[i].verdict)
            fail_msg("%s: %d, not %d", rows[i].value, got, rows[i].verdict);
        write_ranges(&ranges, text, sizeof text);
        assert_string_equal(text, rows[i].ranges);
    }
}

static void a_range_in_two_lines_is_ignored(void **state)
{
    const struct vb_span values[] = {VB_SPAN_INIT("bytes=0-1"),
                                     VB_SPAN_INIT("bytes=0-1")};
    struct vb_ranges ranges;

    (void)state;
    assert_int_equal(vb_ranges_parse(values, 2, 10, &ranges), SYNTAX);
    assert_int_equal(vb_ranges_parse(values, 0, 10, &ranges), SYNTAX);
}

/* "bytes=0-0,2-2,..." or the same from its end. */
static enum vb_ranges_verdict ask_for_many(int count, bool ascending)
{
    struct vb_ranges ranges = {.count = 0};
    enum vb_ranges_verdict verdict;
    char *text = malloc((size_t)count * 24 + 8);
    struct vb_span value = {text, 6};

    assert_non_null(text);
    memcpy(text, "bytes=", 6);
    for (int i = 0; i < count; i++) {
        int at = 2 * (ascending ? i : count - i);

        value.len += (size_t)sprintf(text + value.len, "%d-%d,", at, at);
    }
    verdict = vb_ranges_parse(&value, 1, 1000000, &ranges);
    assert_int_equal(ranges.count, verdict == OK ? count : 0);
    free(text);
    return verdict;
}

/* 9110-14.2-05 */
static void many_ranges_are_refused_sooner_when_out_of_order(void **state)
{
    (void)state;
    assert_int_equal(ask_for_many(VB_RANGES_MANY, false), OK);
    assert_int_equal(ask_for_many(VB_RANGES_MANY + 1, false), ABUSIVE);
    assert_int_equal(ask_for_many(VB_RANGES_MAX, true), OK);
    assert_int_equal(ask_for_many(VB_RANGES_MAX + 1, true), ABUSIVE);
    assert_int_equal(ask_for_many(20000, true), ABUSIVE);
}

static void content_range_is_read_when_it_agrees_with_itself(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        const char *unit;
        int64_t first, last, complete;
    } rows[] = {
        {"bytes 42-1233/1234", true, "bytes", 42, 1233, 1234},
        {"bytes 42-1233/*", true, "bytes", 42, 1233, -1},
        {"bytes */1234", true, "bytes", -1, -1, 1234},
        {"bytes */0", true, "bytes", -1, -1, 0},
        {"foo 1-2/3", true, "foo", 1, 2, 3},
        {"bytes 0-9223372036854775806/9223372036854775807", true, "bytes", 0,
         INT64_MAX - 1, INT64_MAX},
        /* 9110-14.4-01 */
        {"bytes 5-2/10", false, NULL, 0, 0, 0},
        {"bytes 0-10/10", false, NULL, 0, 0, 0},
        {"bytes 0-99999999999999999999/*", false, NULL, 0, 0, 0},
        {"bytes */*", false, NULL, 0, 0, 0},
        {"bytes 0-1", false, NULL, 0, 0, 0},
        {"bytes 0-/10", false, NULL, 0, 0, 0},
        {"bytes -1/10", false, NULL, 0, 0, 0},
        {"bytes 0/10", false, NULL, 0, 0, 0},
        {"bytes 0-1/", false, NULL, 0, 0, 0},
        {"bytes 0-1/10 ", false, NULL, 0, 0, 0},
        {"bytes  0-1/10", false, NULL, 0, 0, 0},
        {"bytes=0-1/10", false, NULL, 0, 0, 0},
        {"bytes", false, NULL, 0, 0, 0},
        {" 0-1/10", false, NULL, 0, 0, 0},
        {"", false, NULL, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_content_range range;

        assert_int_equal(
            vb_content_range_parse(vb_span_str(rows[i].text), &range),
            rows[i].ok);
        if (!rows[i].ok)
            continue;
        assert_span_equal(range.unit, rows[i].unit);
        assert_true(range.first == rows[i].first);
        assert_true(range.last == rows[i].last);
        assert_true(range.complete == rows[i].complete);
    }
}

/* 9110-14.4-04, 9110-14.4-05 */
static void content_range_is_written_with_the_complete_length(void **state)
{
    static const struct {
        int64_t first, last, complete;
        const char *text;
    } rows[] = {
        {0, 499, 1234, "bytes 0-499/1234"},
        {0, 0, -1, "bytes 0-0/*"},
        {-1, -1, 1234, "bytes */1234"},
        {-1, -1, 0, "bytes */0"},
        {INT64_MAX - 2, INT64_MAX - 1, INT64_MAX,
         "bytes 9223372036854775805-9223372036854775806/9223372036854775807"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char text[VB_CONTENT_RANGE_MAX];
        size_t len = vb_content_range_format(rows[i].first, rows[i].last,
                                             rows[i].complete, text);

        assert_span_equal(vb_span_of(text, len), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_clamped_dropped_and_coalesced),
        cmocka_unit_test(a_range_in_two_lines_is_ignored),
        cmocka_unit_test(many_ranges_are_refused_sooner_when_out_of_order),
        cmocka_unit_test(content_range_is_read_when_it_agrees_with_itself),
        cmocka_unit_test(content_range_is_written_with_the_complete_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
