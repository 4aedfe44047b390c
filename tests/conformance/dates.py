"""The three formats of an HTTP-date (RFC 9110 section 5.6.7)."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIXDATE, RFC850, ASCTIME = "IMF-fixdate", "RFC 850", "asctime"
PAST = "Sat, 29 Oct 1994 19:43:31 GMT"
FUTURE = "Sun, 06 Nov 2094 08:49:37 GMT"
NO_DATES = (
    "yesterday", "1994-10-29T19:43:31Z", f"{PAST}, {PAST}", "", "0",
    "Sat, 32 Oct 1994 19:43:31 GMT", "Sat, 29 Oct 1994 19:43:31 UTC",
)  # fmt: skip


def written(form, when):
    """A time in UTC as text; strftime would use the locale's names."""
    day, month = DAYS[when.weekday()], MONTHS[when.month - 1]
    clock = f"{when:%H:%M:%S}"
    if form == RFC850:
        return f"{day}, {when.day:02}-{month}-{when.year % 100:02} {clock} GMT"
    if form == ASCTIME:
        return f"{day[:3]} {month} {when.day:2} {clock} {when.year}"
    return f"{day[:3]}, {when.day:02} {month} {when.year} {clock} GMT"
