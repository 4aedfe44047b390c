/* Growing, bounded buffers. See buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

void vb_buf_init(struct vb_buf *buf, size_t limit)
{
    *buf = (struct vb_buf){.limit = limit};
}

void vb_buf_done(struct vb_buf *buf)
{
    free(buf->ptr);
    vb_buf_init(buf, buf->limit);
}

void vb_buf_reset(struct vb_buf *buf)
{
    buf->len = 0;
    buf->err = VB_OK;
}

static bool grow(struct vb_buf *buf, size_t least)
{
    size_t cap = buf->cap < 128 ? 128 : buf->cap;
    char *ptr;

    while (cap < least)
        cap = cap > buf->limit / 2 ? buf->limit : cap * 2;
    ptr = realloc(buf->ptr, cap);
    if (ptr == NULL) {
        buf->err = VB_ERR_NOMEM;
        return false;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

char *vb_buf_reserve(struct vb_buf *buf, size_t more)
{
    if (buf->err != VB_OK)
        return NULL;
    if (more > buf->limit || buf->len > buf->limit - more) {
        buf->err = VB_ERR_LIMIT;
        return NULL;
    }
    if (buf->len + more > buf->cap && !grow(buf, buf->len + more))
        return NULL;
    return buf->ptr + buf->len;
}

void vb_buf_append(struct vb_buf *buf, struct vb_span s)
{
    char *at = s.len == 0 ? NULL : vb_buf_reserve(buf, s.len);

    if (at == NULL)
        return;
    memcpy(at, s.ptr, s.len);
    buf->len += s.len;
}

void vb_buf_char(struct vb_buf *buf, char c)
{
    char *at = vb_buf_reserve(buf, 1);

    if (at == NULL)
        return;
    *at = c;
    buf->len++;
}

void vb_buf_i64(struct vb_buf *buf, int64_t n)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (n < 0)
        *--at = '-';
    vb_buf_append(buf, vb_span_of(at, (size_t)(digits + sizeof(digits) - at)));
}

void vb_buf_printf(struct vb_buf *buf, const char *format, ...)
{
    va_list args;
    char *at;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    vb_assert(len >= 0);
    at = vb_buf_reserve(buf, (size_t)len + 1);
    if (at == NULL)
        return;
    va_start(args, format);
    vsnprintf(at, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

void vb_buf_consume(struct vb_buf *buf, size_t n)
{
    vb_assert(n <= buf->len);
    buf->len -= n;
    if (buf->len > 0 && n > 0)
        memmove(buf->ptr, buf->ptr + n, buf->len);
}
