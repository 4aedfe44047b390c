/*
 * Fuzz input as the lines of one field: they end with LF, at most eight.
 */
#ifndef VB_FUZZ_LINES_H
#define VB_FUZZ_LINES_H

#include "base/span.h"

enum { FUZZ_LINES = 8 };

static inline size_t fuzz_lines(const uint8_t *data, size_t size,
                                struct vb_span *lines)
{
    struct vb_span s = vb_span_of((const char *)data, size);
    size_t count = 0;
    ssize_t lf;

    while (count < FUZZ_LINES - 1 && (lf = vb_span_find(s, '\n', 0)) >= 0) {
        lines[count++] = vb_span_head(s, (size_t)lf);
        s = vb_span_from(s, (size_t)lf + 1);
    }
    lines[count++] = s;
    return count;
}

#endif
