/* HTTP-date: see date.h. Fixed positions, no sscanf, no locale. */
#include "http/date.h"

#include "base/civil.h"

static const char days[7][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                 "Thursday", "Friday", "Saturday"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void put2(char *to, int number)
{
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
}

void vb_date_format(int64_t unix_seconds, char text[VB_DATE_LEN])
{
    struct vb_civil civil = vb_civil_of(unix_seconds);

    memcpy(text, "Ddd, 00 Mmm 0000 00:00:00 GMT", VB_DATE_LEN);
    memcpy(text, days[civil.weekday], 3);
    put2(text + 5, civil.day);
    memcpy(text + 8, months[civil.month - 1], 3);
    put2(text + 12, (int)civil.year / 100);
    put2(text + 14, (int)civil.year % 100);
    put2(text + 17, civil.hour);
    put2(text + 20, civil.minute);
    put2(text + 23, civil.second);
}

/*
 * Does s have the shape? In it '0' stands for a digit, '_' for a digit or SP,
 * 'M' for any octet of a month's name, and every other octet for itself.
 */
static bool has_shape(struct vb_span s, const char *shape)
{
    if (s.len != strlen(shape))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool digit = c >= '0' && c <= '9';

        if (shape[i] == '0'   ? !digit
            : shape[i] == '_' ? !digit && c != ' '
                              : shape[i] != 'M' && c != shape[i])
            return false;
    }
    return true;
}

/* Two digits; a SP counts as 0. */
static int get2(const char *at)
{
    return (at[0] == ' ' ? 0 : at[0] - '0') * 10 + (at[1] - '0');
}

/* 1 to 12, or 0 when there is no such month. */
static int get_month(const char *at)
{
    for (int i = 0; i < 12; i++)
        if (memcmp(at, months[i], 3) == 0)
            return i + 1;
    return 0;
}

static void get_time(const char *at, struct vb_civil *civil)
{
    civil->hour = get2(at);
    civil->minute = get2(at + 3);
    civil->second = get2(at + 6);
}

/* Behind the day name: ", 06 Nov 1994 08:49:37 GMT" */
static bool read_imf(struct vb_span s, struct vb_civil *civil)
{
    if (!has_shape(s, ", 00 MMM 0000 00:00:00 GMT"))
        return false;
    civil->day = get2(s.ptr + 2);
    civil->month = get_month(s.ptr + 5);
    civil->year = get2(s.ptr + 9) * 100 + get2(s.ptr + 11);
    get_time(s.ptr + 14, civil);
    return true;
}

/* Behind the day name: " Nov  6 08:49:37 1994" */
static bool read_asctime(struct vb_span s, struct vb_civil *civil)
{
    if (!has_shape(s, " MMM _0 00:00:00 0000"))
        return false;
    civil->month = get_month(s.ptr + 1);
    civil->day = get2(s.ptr + 5);
    get_time(s.ptr + 8, civil);
    civil->year = get2(s.ptr + 17) * 100 + get2(s.ptr + 19);
    return true;
}

/*
 * The latest year ending in two digits with which the date is not more than
 * 50 years ahead of now (RFC 9110 section 5.6.7). The digits are in ->year.
 */
static void choose_century(struct vb_civil *civil, int64_t now)
{
    struct vb_civil limit = vb_civil_of(now);

    limit.year += 50;
    civil->year += (limit.year + 100) / 100 * 100;
    do
        civil->year -= 100;
    while (civil->year >= 100 && vb_civil_unix(civil) > vb_civil_unix(&limit));
}

/* Behind the day name: ", 06-Nov-94 08:49:37 GMT" */
static bool read_rfc850(struct vb_span s, int64_t now, struct vb_civil *civil)
{
    if (!has_shape(s, ", 00-MMM-00 00:00:00 GMT"))
        return false;
    civil->day = get2(s.ptr + 2);
    civil->month = get_month(s.ptr + 5);
    civil->year = get2(s.ptr + 9);
    get_time(s.ptr + 12, civil);
    if (civil->month == 0)
        return false;
    choose_century(civil, now);
    return true;
}

/* Length of the day name that s begins with: 3, its full one, or 0. */
static size_t day_name_len(struct vb_span s, bool full)
{
    for (int i = 0; i < 7; i++) {
        size_t len = full ? strlen(days[i]) : 3;

        if (s.len >= len && memcmp(s.ptr, days[i], len) == 0)
            return len;
    }
    return 0;
}

bool vb_date_parse(struct vb_span s, int64_t now, int64_t *ret_unix_seconds)
{
    struct vb_civil civil = {.year = 0};
    struct vb_span brief = vb_span_from(s, 3);
    bool read;

    if (day_name_len(s, false) == 0)
        return false;
    if (brief.len > 0 && brief.ptr[0] == ',')
        read = read_imf(brief, &civil);
    else if (brief.len > 0 && brief.ptr[0] == ' ')
        read = read_asctime(brief, &civil);
    else
        read = day_name_len(s, true) > 0 &&
               read_rfc850(vb_span_from(s, day_name_len(s, true)), now, &civil);
    if (!read || !vb_civil_valid(&civil))
        return false;
    *ret_unix_seconds = vb_civil_unix(&civil);
    return true;
}

/* The letters as the grammar has them: "GMT", and else the first of each word
 * in upper case. */
static void spell(struct vb_span s, char *text)
{
    bool in_word = false;

    for (size_t i = 0; i < s.len; i++) {
        char lower = vb_ascii_lower(s.ptr[i]);
        bool letter = lower >= 'a' && lower <= 'z';

        text[i] = letter && !in_word ? (char)(lower & ~0x20) : lower;
        in_word = letter;
    }
    if (s.len >= 3 && memcmp(text + s.len - 3, "Gmt", 3) == 0)
        memcpy(text + s.len - 3, "GMT", 3);
}

bool vb_date_parse_any_case(struct vb_span s, int64_t now,
                            int64_t *ret_unix_seconds)
{
    char text[40]; /* the longest has a Wednesday, and 33 octets */

    if (vb_date_parse(s, now, ret_unix_seconds))
        return true; /* spelled as it should be, which it mostly is */
    if (s.len > sizeof(text))
        return false;
    spell(s, text);
    return vb_date_parse(vb_span_of(text, s.len), now, ret_unix_seconds);
}

int64_t vb_expires_read(const struct vb_span *values, size_t count, int64_t now)
{
    int64_t date = VB_DATE_NONE;

    for (size_t i = 0; i < count; i++) {
        int64_t one;

        if (!vb_date_parse_any_case(values[i], now, &one) ||
            (i > 0 && one != date))
            return VB_DATE_PAST;
        date = one;
    }
    return date;
}
