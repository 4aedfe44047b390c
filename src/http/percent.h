/*
 * Percent-encoding (RFC 3986 section 2.1), undone exactly once.
 *
 * A component is cut first and decoded after, so that "%2F" in a segment
 * never becomes a separator (section 2.4); what has been decoded is never
 * decoded again.
 */
#ifndef VB_HTTP_PERCENT_H
#define VB_HTTP_PERCENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Decodes one component: a segment, or the name or value of a parameter. What
 * has no escape is handed back as it is, borrowed from `text`; otherwise the
 * bytes lie in the arena. They need not be UTF-8.
 *
 * VB_ERR_SYNTAX: a `%` without two hexadecimal digits behind it, or NUL,
 * escaped or raw, which no component of ours expects (RFC 3986 section 7.3).
 * VB_ERR_NOMEM: the arena gave nothing.
 */
enum vb_err vb_percent_decode(struct vb_arena *arena, struct vb_span text,
                              struct vb_span *ret_bytes);

/* What need not be escaped where the result will stand. */
enum vb_percent_keep {
    VB_PERCENT_KEEP_UNRESERVED, /* anywhere: ALPHA DIGIT - . _ ~ */
    VB_PERCENT_KEEP_SEGMENT,    /* one path segment: pchar */
    VB_PERCENT_KEEP_PATH,       /* a path, with its slashes */
    VB_PERCENT_KEEP_QUERY,      /* a query or fragment */
};

/* Appends `bytes` with all but the kept characters as upper-case escapes. */
void vb_percent_encode(struct vb_buf *buf, struct vb_span bytes,
                       enum vb_percent_keep keep);

#endif
