/*
 * A span: borrowed bytes with a length.
 *
 * Nothing in Verbatim is NUL-terminated unless it says so. A span never owns
 * what it points to; the function that hands one out says how long it lives.
 */
#ifndef VERBATIM_SPAN_H
#define VERBATIM_SPAN_H

#include <stddef.h>
#include <string.h>

struct vb_span {
    const char *ptr; /* may be NULL only when len is 0 */
    size_t len;      /* bytes */
};

/* A span over a string literal; usable as a static initialiser. */
#define VB_SPAN_INIT(lit)                                                      \
    {                                                                          \
        "" lit, sizeof(lit) - 1                                                \
    }
#ifdef __cplusplus /* which has no compound literals */
#define VB_SPAN(lit) vb_span_of("" lit, sizeof(lit) - 1)
#else
#define VB_SPAN(lit) ((struct vb_span)VB_SPAN_INIT(lit))
#endif

static inline struct vb_span vb_span_of(const char *ptr, size_t len)
{
    struct vb_span span = {ptr, len};

    return span;
}

/* Borrows the bytes of a NUL-terminated string, without its NUL. */
static inline struct vb_span vb_span_str(const char *str)
{
    struct vb_span span = {str, strlen(str)};

    return span;
}

#endif
