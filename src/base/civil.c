/*
 * Calendar arithmetic after Howard Hinnant's "chrono-compatible low-level date
 * algorithms": years are counted from March, so that the leap day is the last
 * of its year, in eras of 400 years, which are all alike.
 */
#include "base/civil.h"

#define DAY_SECONDS    86400
#define ERA_DAYS       146097 /* in 400 years */
#define ERA_ZERO_TO_70 719468 /* days from 0000-03-01 to 1970-01-01 */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int vb_civil_month_days(int64_t year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

bool vb_civil_valid(const struct vb_civil *civil)
{
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= vb_civil_month_days(civil->year, civil->month) &&
           civil->hour >= 0 && civil->hour <= 23 && civil->minute >= 0 &&
           civil->minute <= 59 && civil->second >= 0 && civil->second <= 60;
}

int64_t vb_civil_unix(const struct vb_civil *civil)
{
    /* One more era, so that the divisions below are of positive numbers. */
    int64_t year = civil->year + 400 - (civil->month <= 2);
    int64_t era = year / 400;
    int64_t year_of_era = year % 400;
    int64_t month = (civil->month + 9) % 12; /* March is 0 */
    int64_t day_of_year = (153 * month + 2) / 5 + civil->day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = (era - 1) * ERA_DAYS + day_of_era - ERA_ZERO_TO_70;

    return days * DAY_SECONDS + civil->hour * 3600 + civil->minute * 60 +
           civil->second;
}

/* Fills in year, month and day from days since 0000-03-01, one era added. */
static void set_date(struct vb_civil *civil, int64_t days)
{
    int64_t era = days / ERA_DAYS;
    int64_t day_of_era = days % ERA_DAYS;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                           day_of_era / 146096) /
                          365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* March is 0 */

    civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    civil->month = (int)(month < 10 ? month + 3 : month - 9);
    civil->year = year_of_era + (era - 1) * 400 + (civil->month <= 2);
}

struct vb_civil vb_civil_of(int64_t unix_seconds)
{
    struct vb_civil civil;
    int64_t days;
    int second;

    if (unix_seconds < VB_CIVIL_FIRST)
        unix_seconds = VB_CIVIL_FIRST;
    if (unix_seconds > VB_CIVIL_LAST)
        unix_seconds = VB_CIVIL_LAST;
    unix_seconds += (int64_t)(ERA_ZERO_TO_70 + ERA_DAYS) * DAY_SECONDS;
    days = unix_seconds / DAY_SECONDS;
    second = (int)(unix_seconds % DAY_SECONDS);
    set_date(&civil, days);
    civil.hour = second / 3600;
    civil.minute = second / 60 % 60;
    civil.second = second % 60;
    civil.weekday = (int)((days + 3) % 7); /* 0000-03-01 was a Wednesday */
    return civil;
}
