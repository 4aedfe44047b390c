/* Content-Range: see range.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "http/chars.h"
#include "http/range.h"

/* `first-last` or `*`; -1 for both then. */
static bool read_span(struct vb_span s, int64_t *first, int64_t *last)
{
    ssize_t dash = vb_span_find(s, '-', 0);

    if (vb_span_eq(s, VB_SPAN("*"))) {
        *first = *last = -1;
        return true;
    }
    return dash >= 0 && vb_span_i64(vb_span_head(s, (size_t)dash), first) &&
           vb_span_i64(vb_span_from(s, (size_t)dash + 1), last);
}

bool vb_content_range_parse(struct vb_span s,
                            struct vb_content_range *ret_range)
{
    struct vb_content_range range = {.complete = -1};
    size_t len = vb_chars_run(s, VB_CHAR_TCHAR);
    struct vb_span complete;
    ssize_t slash;

    range.unit = vb_span_head(s, len);
    if (len == 0 || len == s.len || s.ptr[len] != ' ')
        return false;
    s = vb_span_from(s, len + 1);
    slash = vb_span_find(s, '/', 0);
    if (slash < 0 ||
        !read_span(vb_span_head(s, (size_t)slash), &range.first, &range.last))
        return false;
    complete = vb_span_from(s, (size_t)slash + 1);
    if (vb_span_eq(complete, VB_SPAN("*"))) {
        if (range.first < 0)
            return false;
    } else if (!vb_span_i64(complete, &range.complete) ||
               range.last >= range.complete) {
        return false;
    }
    if (range.last < range.first)
        return false;
    *ret_range = range;
    return true;
}

size_t vb_content_range_format(int64_t first, int64_t last, int64_t complete,
                               char text[VB_CONTENT_RANGE_MAX])
{
    int len;

    vb_assert(first >= 0 ? last >= first : complete >= 0);
    if (first < 0)
        len =
            snprintf(text, VB_CONTENT_RANGE_MAX, "bytes */%" PRId64, complete);
    else if (complete < 0)
        len = snprintf(text, VB_CONTENT_RANGE_MAX,
                       "bytes %" PRId64 "-%" PRId64 "/*", first, last);
    else
        len = snprintf(text, VB_CONTENT_RANGE_MAX,
                       "bytes %" PRId64 "-%" PRId64 "/%" PRId64, first, last,
                       complete);
    return (size_t)len;
}
