/* RFC 3339 timestamps (section 5.6 for the grammar, 5.7 for leap seconds). */
#include "unit.h"

#include "base/rfc3339.h"

static void date_times_are_read_to_the_millisecond(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"1970-01-01t00:00:00z", true, 0},
        {"1970-01-01T00:00:00.5Z", true, 500},
        {"1970-01-01T00:00:00.123456789Z", true, 123},
        {"1969-12-31T23:59:59.999Z", true, -1},
        {"1994-11-06T08:49:37Z", true, INT64_C(784111777000)},
        {"1994-11-06T09:49:37+01:00", true, INT64_C(784111777000)},
        {"1994-11-06T03:19:37.250-05:30", true, INT64_C(784111777250)},
        {"1998-12-31T23:59:60Z", true, INT64_C(915148800000)},
        {"1998-12-31T15:59:60.5-08:00", true, INT64_C(915148800500)},
        {"1998-12-31T22:59:60Z", false, 0},
        {"1998-12-31T23:59:61Z", false, 0},
        {"2023-02-29T00:00:00Z", false, 0},
        {"2024-02-29T24:00:00Z", false, 0},
        {"2024-02-29T00:00:00", false, 0},
        {"2024-02-29T00:00:00+24:00", false, 0},
        {"2024-02-29T00:00:00+00:60", false, 0},
        {"2024-02-29T00:00:00+0000", false, 0},
        {"2024-02-29T00:00:00.Z", false, 0},
        {"2024-02-29T00:00:00Zx", false, 0},
        {"2024-02-29 00:00:00Z", false, 0},
        {"2024-2-29T00:00:00Z", false, 0},
        {"02024-02-29T00:00:00Z", false, 0},
        {"2024-02-29T00:00Z", false, 0},
        {"2024-02-29", false, 0},
        {"2024-02-29T", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        int64_t ms = -7;

        assert_int_equal(vb_rfc3339_parse(vb_span_str(rows[i].text), &ms),
                         rows[i].ok);
        assert_true(ms == (rows[i].ok ? rows[i].ms : -7));
    }
}

static void times_are_written_in_utc_with_three_decimals(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(784111777007), "1994-11-06T08:49:37.007Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char text[VB_RFC3339_LEN];
        int64_t back;

        vb_rfc3339_format(rows[i].ms, text);
        assert_span_equal(vb_span_of(text, sizeof text), rows[i].text);
        assert_true(vb_rfc3339_parse(vb_span_of(text, sizeof text), &back));
        if (rows[i].ms != INT64_MAX && rows[i].ms != INT64_MIN)
            assert_true(back == rows[i].ms);
    }
}

static void a_date_and_a_time_are_told_from_a_date_time(void **state)
{
    (void)state;
    assert_true(vb_rfc3339_is_date(VB_SPAN("2024-02-29")));
    assert_false(vb_rfc3339_is_date(VB_SPAN("2023-02-29")));
    assert_false(vb_rfc3339_is_date(VB_SPAN("2024-02-29Z")));
    assert_false(vb_rfc3339_is_date(VB_SPAN("2024-02-29T00:00:00Z")));
    assert_true(vb_rfc3339_is_time(VB_SPAN("00:00:00.1Z")));
    assert_true(vb_rfc3339_is_time(VB_SPAN("23:59:60Z")));
    assert_true(vb_rfc3339_is_time(VB_SPAN("01:29:60+01:30")));
    assert_false(vb_rfc3339_is_time(VB_SPAN("23:59:60+01:00")));
    assert_false(vb_rfc3339_is_time(VB_SPAN("00:00:00")));
    assert_false(vb_rfc3339_is_time(VB_SPAN("2024-02-29T00:00:00Z")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_times_are_read_to_the_millisecond),
        cmocka_unit_test(times_are_written_in_utc_with_three_decimals),
        cmocka_unit_test(a_date_and_a_time_are_told_from_a_date_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
