/* The calendar agrees with libc's, and ends where four digits end. */
#include "unit.h"

#include <time.h>

#include "base/civil.h"

static void check_against_libc(int64_t unix_seconds)
{
    struct vb_civil civil = vb_civil_of(unix_seconds);
    time_t at = (time_t)unix_seconds;
    struct tm tm;

    assert_non_null(gmtime_r(&at, &tm));
    assert_int_equal(civil.year, tm.tm_year + 1900);
    assert_int_equal(civil.month, tm.tm_mon + 1);
    assert_int_equal(civil.day, tm.tm_mday);
    assert_int_equal(civil.hour, tm.tm_hour);
    assert_int_equal(civil.minute, tm.tm_min);
    assert_int_equal(civil.second, tm.tm_sec);
    assert_int_equal(civil.weekday, tm.tm_wday);
    assert_true(vb_civil_valid(&civil));
    assert_true(vb_civil_unix(&civil) == unix_seconds);
}

/* Every day of 800 years, and a stride over the ten thousand. */
static void civil_time_is_that_of_libc(void **state)
{
    (void)state;
    for (int64_t day = -400 * 365; day < 400 * 365; day++)
        check_against_libc(day * 86400 + (day & 0xffff));
    for (int64_t at = VB_CIVIL_FIRST; at < VB_CIVIL_LAST; at += 7654321)
        check_against_libc(at);
    check_against_libc(VB_CIVIL_FIRST);
    check_against_libc(VB_CIVIL_LAST);
    check_against_libc(-1);
}

static void times_past_four_digits_of_year_are_clamped(void **state)
{
    (void)state;
    assert_int_equal(vb_civil_of(INT64_MAX).year, 9999);
    assert_int_equal(vb_civil_of(INT64_MAX).second, 59);
    assert_int_equal(vb_civil_of(INT64_MIN).year, 0);
    assert_int_equal(vb_civil_of(INT64_MIN).month, 1);
}

static void days_that_a_month_has_not_are_invalid(void **state)
{
    static const struct {
        struct vb_civil civil;
        bool valid;
    } rows[] = {
        {{2024, 2, 29, 0, 0, 0, 0}, true},
        {{2023, 2, 29, 0, 0, 0, 0}, false},
        {{2000, 2, 29, 0, 0, 0, 0}, true},
        {{1900, 2, 29, 0, 0, 0, 0}, false},
        {{2024, 4, 31, 0, 0, 0, 0}, false},
        {{2024, 12, 31, 23, 59, 60, 0}, true},
        {{2024, 12, 31, 23, 59, 61, 0}, false},
        {{2024, 12, 31, 24, 0, 0, 0}, false},
        {{2024, 12, 31, 0, 60, 0, 0}, false},
        {{2024, 13, 1, 0, 0, 0, 0}, false},
        {{2024, 0, 1, 0, 0, 0, 0}, false},
        {{2024, 1, 0, 0, 0, 0, 0}, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(vb_civil_valid(&rows[i].civil), rows[i].valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_time_is_that_of_libc),
        cmocka_unit_test(times_past_four_digits_of_year_are_clamped),
        cmocka_unit_test(days_that_a_month_has_not_are_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
