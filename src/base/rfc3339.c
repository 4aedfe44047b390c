/* RFC 3339 timestamps: see rfc3339.h. */
#include "base/rfc3339.h"

#include "base/civil.h"

enum { DATE_LEN = 10, TIME_LEN = 8 };

/* A time of day as read: in local time, with what takes it to UTC. */
struct local_time {
    int hour;
    int minute;
    int second;
    int ms;
    int offset; /* minutes ahead of UTC */
};

static void put_digits(char *to, int count, int64_t number)
{
    while (count-- > 0) {
        to[count] = (char)('0' + number % 10);
        number /= 10;
    }
}

void vb_rfc3339_format(int64_t unix_ms, char text[VB_RFC3339_LEN])
{
    int64_t first = VB_CIVIL_FIRST * 1000;
    int64_t last = VB_CIVIL_LAST * 1000 + 999;
    struct vb_civil civil;
    int64_t ms;

    unix_ms = unix_ms < first ? first : unix_ms > last ? last : unix_ms;
    ms = ((unix_ms % 1000) + 1000) % 1000;
    civil = vb_civil_of((unix_ms - ms) / 1000);
    memcpy(text, "0000-00-00T00:00:00.000Z", VB_RFC3339_LEN);
    put_digits(text, 4, civil.year);
    put_digits(text + 5, 2, civil.month);
    put_digits(text + 8, 2, civil.day);
    put_digits(text + 11, 2, civil.hour);
    put_digits(text + 14, 2, civil.minute);
    put_digits(text + 17, 2, civil.second);
    put_digits(text + 20, 3, ms);
}

/* Does s begin like the pattern, where '0' is any digit? */
static bool looks_like(struct vb_span s, const char *pattern)
{
    size_t len = strlen(pattern);

    if (s.len < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';

        if (pattern[i] == '0' ? !digit : s.ptr[i] != pattern[i])
            return false;
    }
    return true;
}

static int digits(const char *at, int count)
{
    int number = 0;

    while (count-- > 0)
        number = number * 10 + (*at++ - '0');
    return number;
}

/* full-date, at the start of s */
static bool read_date(struct vb_span s, struct vb_civil *ret_date)
{
    struct vb_civil date = {.year = 0};

    if (!looks_like(s, "0000-00-00"))
        return false;
    date.year = digits(s.ptr, 4);
    date.month = digits(s.ptr + 5, 2);
    date.day = digits(s.ptr + 8, 2);
    if (!vb_civil_valid(&date))
        return false;
    *ret_date = date;
    return true;
}

/* time-secfrac: its length, or 0; at least one digit follows the dot */
static size_t read_fraction(struct vb_span s, int *ms)
{
    size_t len = 1;
    int weight = 100;

    if (s.len < 2 || s.ptr[0] != '.')
        return 0;
    for (; len < s.len && s.ptr[len] >= '0' && s.ptr[len] <= '9'; len++) {
        *ms += (s.ptr[len] - '0') * weight;
        weight /= 10;
    }
    return len > 1 ? len : 0;
}

/* time-offset, all of s */
static bool read_offset(struct vb_span s, int *ret_minutes)
{
    int hour;
    int minute;

    if (s.len == 1 && (s.ptr[0] == 'Z' || s.ptr[0] == 'z')) {
        *ret_minutes = 0;
        return true;
    }
    if (s.len != 6 || (s.ptr[0] != '+' && s.ptr[0] != '-') ||
        !looks_like(vb_span_from(s, 1), "00:00"))
        return false;
    hour = digits(s.ptr + 1, 2);
    minute = digits(s.ptr + 4, 2);
    if (hour > 23 || minute > 59)
        return false;
    *ret_minutes = (s.ptr[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

/* full-time, all of s */
static bool read_time(struct vb_span s, struct local_time *ret_time)
{
    struct local_time time = {0};
    int utc;

    if (!looks_like(s, "00:00:00"))
        return false;
    time.hour = digits(s.ptr, 2);
    time.minute = digits(s.ptr + 3, 2);
    time.second = digits(s.ptr + 6, 2);
    s = vb_span_from(s, TIME_LEN);
    s = vb_span_from(s, read_fraction(s, &time.ms));
    if (!read_offset(s, &time.offset) || time.hour > 23 || time.minute > 59 ||
        time.second > 60)
        return false;
    /* Leap seconds come at the end of a day in UTC (section 5.7). */
    utc = time.hour * 60 + time.minute - time.offset;
    if (time.second == 60 && (utc + 2 * 1440) % 1440 != 1439)
        return false;
    *ret_time = time;
    return true;
}

bool vb_rfc3339_is_date(struct vb_span s)
{
    struct vb_civil date;

    return s.len == DATE_LEN && read_date(s, &date);
}

bool vb_rfc3339_is_time(struct vb_span s)
{
    struct local_time time;

    return read_time(s, &time);
}

bool vb_rfc3339_parse(struct vb_span s, int64_t *ret_unix_ms)
{
    struct local_time time;
    struct vb_civil date;

    if (s.len <= DATE_LEN || vb_ascii_lower(s.ptr[DATE_LEN]) != 't' ||
        !read_date(s, &date) ||
        !read_time(vb_span_from(s, DATE_LEN + 1), &time))
        return false;
    date.hour = time.hour;
    date.minute = time.minute;
    date.second = time.second;
    *ret_unix_ms =
        (vb_civil_unix(&date) - time.offset * 60) * INT64_C(1000) + time.ms;
    return true;
}
