/*
 * Where does it stop? Searches through the text of a head for the first byte
 * that is not of a class, as fast as the processor allows: 32 bytes at a time
 * (AVX2), 16 (SSE4.2), or one by one.
 *
 * All variants give the same answers and read no byte outside of [p, end), so
 * that text may end where its page does. To be fast on short text, give an
 * `end` that lies some bytes behind the one that is sure to stop the search.
 */
#ifndef VB_HTTP_SCAN_H
#define VB_HTTP_SCAN_H

#include <stddef.h>

struct vb_scan {
    const char *name; /* "avx2", "sse4.2", "portable" */

    /* The first byte that is no tchar (RFC 9110 section 5.6.2), or end. */
    const char *(*token)(const char *p, const char *end);

    /* The first byte that a field value cannot contain: a control character
     * other than HTAB (RFC 9110 section 5.5; CR and LF among them), or end. */
    const char *(*text)(const char *p, const char *end);

    /*
     * Behind the line feed that ends a head: that of an empty line, or one
     * without CR before it, which ends it as malformed (RFC 9112 section 2.2).
     * NULL when there is none. The search starts as if CR stood before p, but
     * no line end: so it can be taken up again three bytes before where it
     * had to stop.
     */
    const char *(*head_end)(const char *p, const char *end);
};

/* The best that this processor can run; set before main. */
extern const struct vb_scan *vb_scan;

/* The i-th of all that it can run, best first; NULL behind the last. */
const struct vb_scan *vb_scan_variant(size_t i);

#endif
