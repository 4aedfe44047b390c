/* HTTP-date (RFC 9110 section 5.6.7). */
#include "unit.h"

#include "base/civil.h"
#include "http/date.h"

#define NOV_1994 INT64_C(784111777)  /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW_2026 INT64_C(1793956800) /* Fri, 06 Nov 2026 09:20:00 GMT */

/* 9110-5.6.7-01 */
static void three_forms_are_read_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t at;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", true, NOV_1994},
        {"Sunday, 06-Nov-94 08:49:37 GMT", true, NOV_1994},
        {"Sun Nov  6 08:49:37 1994", true, NOV_1994},
        {"Sun Nov 06 08:49:37 1994", true, NOV_1994},
        {"Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", true, -1},
        {"Thu, 29 Feb 2024 00:00:00 GMT", true, INT64_C(1709164800)},
        /* another day's name */
        {"Mon, 06 Nov 1994 08:49:37 GMT", true, NOV_1994},
        /* a leap second is the second after */
        {"Thu, 31 Dec 1998 23:59:60 GMT", true, INT64_C(915148800)},
        {"Sat, 01 Jan 0000 00:00:00 GMT", true, VB_CIVIL_FIRST},
        {"Fri, 31 Dec 9999 23:59:59 GMT", true, VB_CIVIL_LAST},
        {"", false, 0},
        {"0", false, 0},
        {"Sun", false, 0},
        {"Sun,", false, 0},
        {"Sun, 06 Nov 1994 08:49:37 UTC", false, 0},
        {"Sun, 06 Nov 1994 08:49:37 gmt", false, 0},
        {"sun, 06 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 06 nov 1994 08:49:37 GMT", false, 0},
        {"Sux, 06 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 06 Nox 1994 08:49:37 GMT", false, 0},
        {"Sun, 6 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 00 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 31 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 32 Dec 1994 08:49:37 GMT", false, 0},
        {"Wed, 29 Feb 2023 00:00:00 GMT", false, 0},
        {"Sun, 06 Nov 1994 24:00:00 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:60:00 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:49:61 GMT", false, 0},
        {"Sun, 06 Nov 94 08:49:37 GMT", false, 0},
        {"Sun, 06-Nov-1994 08:49:37 GMT", false, 0},
        {"Sun, 06-Nov-94 08:49:37 GMT", false, 0},
        {"Sunday, 06 Nov 1994 08:49:37 GMT", false, 0},
        {"Sunday, 31-Feb-94 08:49:37 GMT", false, 0},
        {"Sunday, 06-Nox-94 08:49:37 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", false, 0},
        {" Sun, 06 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun,  6 Nov 1994 08:49:37 GMT", false, 0},
        {"Sun, 06 Nov 1994 08:49:37 +0000", false, 0},
        {"Sun, 06 Nov 1994 08:49:37", false, 0},
        {"Sun Nov 6 08:49:37 1994", false, 0},
        {"Sun Nov  0 08:49:37 1994", false, 0},
        {"Sun Nov  6 08:49:37 1994 GMT", false, 0},
        {"Sun Nov  6 08:49:37 94", false, 0},
        {"784111777", false, 0},
        {"Sun, 06 Nov 1994 0\x38:49:3\xb7 GMT", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        int64_t at = -7;

        assert_int_equal(
            vb_date_parse(vb_span_str(rows[i].text), NOW_2026, &at),
            rows[i].ok);
        assert_true(at == (rows[i].ok ? rows[i].at : -7));
    }
}

/* 9110-5.6.7-04 */
static void two_digits_of_year_are_at_most_fifty_years_ahead(void **state)
{
    static const struct {
        const char *text, *now, *means;
    } rows[] = {
        {"Sunday, 06-Nov-94 08:49:37 GMT", "Fri, 06 Nov 2026 00:00:00 GMT",
         "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"Sunday, 06-Nov-26 08:49:37 GMT", "Fri, 06 Nov 2026 00:00:00 GMT",
         "Fri, 06 Nov 2026 08:49:37 GMT"},
        {"Sunday, 06-Nov-76 00:00:00 GMT", "Fri, 06 Nov 2026 00:00:00 GMT",
         "Fri, 06 Nov 2076 00:00:00 GMT"},
        {"Sunday, 06-Nov-76 00:00:01 GMT", "Fri, 06 Nov 2026 00:00:00 GMT",
         "Sat, 06 Nov 1976 00:00:01 GMT"},
        {"Sunday, 06-Nov-05 00:00:00 GMT", "Fri, 06 Nov 2099 00:00:00 GMT",
         "Fri, 06 Nov 2105 00:00:00 GMT"},
        {"Sunday, 06-Nov-99 00:00:00 GMT", "Thu, 06 Nov 2003 00:00:00 GMT",
         "Sat, 06 Nov 1999 00:00:00 GMT"},
        {"Sunday, 29-Feb-00 00:00:00 GMT", "Fri, 06 Nov 2026 00:00:00 GMT",
         "Tue, 29 Feb 2000 00:00:00 GMT"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char text[VB_DATE_LEN];
        int64_t now;
        int64_t at;

        assert_true(vb_date_parse(vb_span_str(rows[i].now), 0, &now));
        assert_true(vb_date_parse(vb_span_str(rows[i].text), now, &at));
        vb_date_format(at, text);
        assert_span_equal(vb_span_of(text, sizeof text), rows[i].means);
    }
}

/* 9110-5.6.7-02, 9110-5.6.7-03 */
static void dates_are_written_as_imf_fixdate(void **state)
{
    static const struct {
        int64_t at;
        const char *text;
    } rows[] = {
        {NOV_1994, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {NOW_2026, "Fri, 06 Nov 2026 09:20:00 GMT"},
        {VB_DATE_NONE, "Sat, 01 Jan 0000 00:00:00 GMT"},
        {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char text[VB_DATE_LEN];

        vb_date_format(rows[i].at, text);
        assert_span_equal(vb_span_of(text, sizeof text), rows[i].text);
    }
}

static void every_day_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (int64_t at = VB_CIVIL_FIRST; at < VB_CIVIL_LAST; at += 1234567) {
        char text[VB_DATE_LEN];
        int64_t back;

        vb_date_format(at, text);
        assert_true(vb_date_parse(vb_span_of(text, sizeof text), 0, &back));
        assert_true(back == at);
    }
}

/* 9111-4.2-02, 9111-4.2-05. */
static void names_in_a_date_of_expiry_have_any_case(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"Thu, 01 Dec 2094 16:00:00 GMT", true},
        {"thu, 01 dec 2094 16:00:00 gmt", true},
        {"THU, 01 DEC 2094 16:00:00 GMT", true},
        {"THURSDAY, 01-DEC-94 16:00:00 gmt", true},
        {"wednesday, 01-dec-94 16:00:00 GMT", true},
        {"thu dec  1 16:00:00 2094", true},
        {"Thu, 01 Dec 2094 16:00:00 EST", false},
        {"Thu, 01 Dec 2094 16:00:00 +0000", false},
        {"Thu, 01 Dec 2094 16:00:00 GMT and a great deal more", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        int64_t at = 0;

        assert_int_equal(
            vb_date_parse_any_case(vb_span_str(rows[i].text), 3900000000, &at),
            rows[i].ok);
        assert_int_equal(at, rows[i].ok ? 3942057600 : 0);
    }
}

/* 9111-5.3-01, 9111-4.2.1-02. */
static void an_expires_that_is_no_date_is_past(void **state)
{
    struct vb_span values[] = {VB_SPAN("Thu, 01 Dec 1994 16:00:00 GMT"),
                               VB_SPAN("thu, 01 dec 1994 16:00:00 gmt"),
                               VB_SPAN("0"), VB_SPAN("")};

    (void)state;
    assert_true(vb_expires_read(values, 0, 0) == VB_DATE_NONE);
    assert_int_equal(vb_expires_read(values, 1, 0), 786297600);
    assert_int_equal(vb_expires_read(values, 2, 0), 786297600);
    assert_true(vb_expires_read(values, 3, 0) == VB_DATE_PAST);
    assert_true(vb_expires_read(values + 2, 1, 0) == VB_DATE_PAST);
    assert_true(vb_expires_read(values + 3, 1, 0) == VB_DATE_PAST);
    values[1] = VB_SPAN("Thu, 01 Dec 1994 16:00:01 GMT");
    assert_true(vb_expires_read(values, 2, 0) == VB_DATE_PAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_forms_are_read_and_nothing_else),
        cmocka_unit_test(two_digits_of_year_are_at_most_fifty_years_ahead),
        cmocka_unit_test(dates_are_written_as_imf_fixdate),
        cmocka_unit_test(every_day_is_read_as_it_was_written),
        cmocka_unit_test(names_in_a_date_of_expiry_have_any_case),
        cmocka_unit_test(an_expires_that_is_no_date_is_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
