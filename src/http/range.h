/*
 * Byte ranges (RFC 9110 section 14): Range in, Content-Range in and out.
 *
 *     Range: bytes=0-499,-500  over 10000 bytes  ─▶  {0,499} {9500,9999}
 */
#ifndef VB_HTTP_RANGE_H
#define VB_HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Offsets in bytes, the last one included. */
struct vb_range {
    int64_t first;
    int64_t last;
};

/* More ranges than this in one request are taken for an attack; and more than
 * VB_RANGES_MANY, when they are not in ascending order; and more overlaps than
 * VB_RANGES_OVERLAPS (RFC 9110 section 14.2). */
#define VB_RANGES_MAX      64
#define VB_RANGES_MANY     16
#define VB_RANGES_OVERLAPS 2

enum vb_ranges_verdict {
    VB_RANGES_SATISFIABLE = 0, /* 206, with *ret_ranges */
    VB_RANGES_UNSATISFIABLE,   /* 416: none lies within the representation */
    VB_RANGES_UNIT,    /* ignore the field: a unit we do not know (14.2) */
    VB_RANGES_SYNTAX,  /* ignore the field: malformed, or several lines */
    VB_RANGES_EMPTY,   /* ignore the field: satisfiable, but there is no byte
                          that a 206 could speak of (14.1.2) */
    VB_RANGES_ABUSIVE, /* refuse, or ignore the field */
};

/* In the order asked for; none touches another; count is at least 1. */
struct vb_ranges {
    unsigned count;
    struct vb_range at[VB_RANGES_MAX];
};

/*
 * Reads a Range field, given as the values of all its lines, for a
 * representation of `length` bytes (of its content-coded form). Ends are
 * clamped, unsatisfiable ranges dropped, and ranges that overlap or touch made
 * one, which stands where the first of them stood (section 15.3.7.2).
 * *ret_ranges is set only for VB_RANGES_SATISFIABLE.
 */
enum vb_ranges_verdict vb_ranges_parse(const struct vb_span *values,
                                       size_t count, int64_t length,
                                       struct vb_ranges *ret_ranges);

/* A Content-Range (section 14.4). */
struct vb_content_range {
    struct vb_span unit; /* as received; "bytes" compares in any case */
    int64_t first;       /* -1 in one of a 416: no range was satisfiable */
    int64_t last;        /* included; -1 likewise */
    int64_t complete;    /* length in bytes, or -1 when unknown */
};

/*
 * Reads s, all of it. False when it is malformed or contradicts itself, as
 * "bytes 5-2/10" and "bytes 0-10/10" do, or a number exceeds INT64_MAX. All
 * units are taken to count as bytes do.
 */
bool vb_content_range_parse(struct vb_span s,
                            struct vb_content_range *ret_range);

/* Bytes that "bytes first-last/complete" takes at most. */
#define VB_CONTENT_RANGE_MAX 72

/*
 * Writes "bytes 0-499/1234", without a NUL but with room for one, and returns
 * its length. With first -1 an asterisk stands for the range, as in a 416; with
 * complete -1 one stands for the length; not both.
 */
size_t vb_content_range_format(int64_t first, int64_t last, int64_t complete,
                               char text[VB_CONTENT_RANGE_MAX]);

#endif
