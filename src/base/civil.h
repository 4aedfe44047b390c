/*
 * The proleptic Gregorian calendar in UTC, by arithmetic: what dates in HTTP
 * (http/date.h) and in JSON (base/rfc3339.h) are made of. libc's timegm and
 * gmtime know time zones and locales, and cost more.
 */
#ifndef VB_BASE_CIVIL_H
#define VB_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct vb_civil {
    int64_t year; /* astronomical: 0 is 1 BC */
    int month;    /* 1 to 12 */
    int day;      /* 1 to 31 */
    int hour;     /* 0 to 23 */
    int minute;   /* 0 to 59 */
    int second;   /* 0 to 60 */
    int weekday;  /* 0 is Sunday; vb_civil_unix ignores it */
};

/* The first and the last second that four digits of year can name, counted
 * from 1970-01-01T00:00:00Z: 0000-01-01T00:00:00 and 9999-12-31T23:59:59. */
#define VB_CIVIL_FIRST INT64_C(-62167219200)
#define VB_CIVIL_LAST  INT64_C(253402300799)

/* Days in a month, leap years minded. */
int vb_civil_month_days(int64_t year, int month);

/*
 * Is the date there, and the time within 00:00:00 to 23:59:60? Whether a
 * second 60 may stand where it does is not looked at.
 */
bool vb_civil_valid(const struct vb_civil *civil);

/*
 * Unix seconds of a valid civil time whose year is within 0 to 9999. A second
 * 60 is the second after 59, as Unix time has no leap seconds.
 */
int64_t vb_civil_unix(const struct vb_civil *civil);

/* The civil time of a Unix time within VB_CIVIL_FIRST to VB_CIVIL_LAST; a time
 * outside is taken for the nearer of the two. */
struct vb_civil vb_civil_of(int64_t unix_seconds);

#endif
