/*
 * A buffer: bytes that grow at the end, up to a bound.
 *
 * Appending past the bound, or out of memory, sets `err` and makes all later
 * appends do nothing: a builder appends freely and checks once at the end.
 */
#ifndef VB_BASE_BUF_H
#define VB_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct vb_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t limit;    /* bytes it may hold */
    enum vb_err err; /* sticky: VB_ERR_LIMIT or VB_ERR_NOMEM */
};

/* Takes no memory yet. */
void vb_buf_init(struct vb_buf *buf, size_t limit);

/*
 * Writes into `size` bytes that somebody else owns (an array, a piece of an
 * arena) and never allocates: past them it is VB_ERR_LIMIT. Such a buffer is
 * left to its owner, not given to vb_buf_done.
 */
static inline struct vb_buf vb_buf_over(char *memory, size_t size)
{
    return (struct vb_buf){.ptr = memory, .cap = size, .limit = size};
}

/* Gives the memory back; the buffer may be used again. */
void vb_buf_done(struct vb_buf *buf);

/* Empties it, keeps the memory, forgets the error. */
void vb_buf_reset(struct vb_buf *buf);

/* Room for `more` bytes behind len; NULL (and err) when there is none. */
char *vb_buf_reserve(struct vb_buf *buf, size_t more);

void vb_buf_append(struct vb_buf *buf, struct vb_span s);
void vb_buf_char(struct vb_buf *buf, char c);
void vb_buf_i64(struct vb_buf *buf, int64_t n);
void vb_buf_printf(struct vb_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes and moves the rest to the front. */
void vb_buf_consume(struct vb_buf *buf, size_t n);

static inline void vb_buf_str(struct vb_buf *buf, const char *str)
{
    vb_buf_append(buf, vb_span_str(str));
}

/* What is in it; borrowed until the next change. */
static inline struct vb_span vb_buf_span(const struct vb_buf *buf)
{
    return (struct vb_span){buf->ptr, buf->len};
}

#endif
