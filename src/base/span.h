/*
 * What one does with spans: compare, cut, search. All of it is ASCII and
 * locale-free; "ieq" folds A-Z only, as HTTP's case-insensitive tokens do.
 */
#ifndef VB_BASE_SPAN_H
#define VB_BASE_SPAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <verbatim/span.h>

static inline bool vb_span_eq(struct vb_span a, struct vb_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline char vb_ascii_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

/* Equal but for the case of ASCII letters. */
bool vb_span_ieq(struct vb_span a, struct vb_span b);

/* Byte order as memcmp, a prefix before what it begins: <0, 0, >0. */
int vb_span_cmp(struct vb_span a, struct vb_span b);

bool vb_span_starts(struct vb_span s, struct vb_span prefix);
bool vb_span_ends(struct vb_span s, struct vb_span suffix);

/* Index of the first `c` at or after `from`, or -1. */
ssize_t vb_span_find(struct vb_span s, char c, size_t from);

/* s without its first n bytes (all of it when n is too large). An empty span
 * may point nowhere, and to add even 0 to that is undefined. */
static inline struct vb_span vb_span_from(struct vb_span s, size_t n)
{
    if (n > s.len)
        n = s.len;
    return (struct vb_span){n == 0 ? s.ptr : s.ptr + n, s.len - n};
}

/* The first n bytes of s (all of it when n is too large). */
static inline struct vb_span vb_span_head(struct vb_span s, size_t n)
{
    return (struct vb_span){s.ptr, n < s.len ? n : s.len};
}

/* s without leading and trailing SP and HTAB (RFC 9110 section 5.6.3, OWS). */
struct vb_span vb_span_trim(struct vb_span s);

/*
 * Reads all of s as decimal digits. False, *ret_n untouched, when s is empty,
 * has another character, or exceeds INT64_MAX.
 */
bool vb_span_i64(struct vb_span s, int64_t *ret_n);

/* Digits of the largest number that vb_decimal writes. */
#define VB_DECIMAL_MAX 20

/* Writes n as decimal digits, and nothing behind them; how many. */
size_t vb_decimal(uint64_t n, char to[VB_DECIMAL_MAX]);

/* For printf: "%.*s" with VB_FMT(span). */
#define VB_FMT(s) (int)(s).len, (s).ptr

#endif
