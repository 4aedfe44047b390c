/* Spans: comparing, cutting, searching. See span.h. */
#include "base/span.h"

bool vb_span_ieq(struct vb_span a, struct vb_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (vb_ascii_lower(a.ptr[i]) != vb_ascii_lower(b.ptr[i]))
            return false;
    return true;
}

int vb_span_cmp(struct vb_span a, struct vb_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool vb_span_starts(struct vb_span s, struct vb_span prefix)
{
    return s.len >= prefix.len &&
           vb_span_eq(vb_span_head(s, prefix.len), prefix);
}

bool vb_span_ends(struct vb_span s, struct vb_span suffix)
{
    return s.len >= suffix.len &&
           vb_span_eq(vb_span_from(s, s.len - suffix.len), suffix);
}

ssize_t vb_span_find(struct vb_span s, char c, size_t from)
{
    const char *at;

    if (from >= s.len)
        return -1;
    at = memchr(s.ptr + from, c, s.len - from);
    return at == NULL ? -1 : at - s.ptr;
}

static bool is_ows(char c)
{
    return c == ' ' || c == '\t';
}

struct vb_span vb_span_trim(struct vb_span s)
{
    while (s.len > 0 && is_ows(s.ptr[0]))
        s = vb_span_from(s, 1);
    while (s.len > 0 && is_ows(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool vb_span_i64(struct vb_span s, int64_t *ret_n)
{
    int64_t n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int digit = s.ptr[i] - '0';

        if (digit < 0 || digit > 9)
            return false;
        if (n > (INT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *ret_n = n;
    return true;
}

size_t vb_decimal(uint64_t n, char to[VB_DECIMAL_MAX])
{
    char digits[VB_DECIMAL_MAX];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    memcpy(to, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}
