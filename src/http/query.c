/* Form-encoded pairs. See query.h. */
#include "http/query.h"

#include "http/percent_inner.h"
#include "http/uri_char.h"

/* Cuts off what stands before the next "&". */
static struct vb_span take_pair(struct vb_span *rest)
{
    ssize_t end = vb_span_find(*rest, '&', 0);
    struct vb_span taken = *rest;

    if (end >= 0)
        taken = vb_span_head(*rest, (size_t)end);
    *rest = vb_span_from(*rest, end < 0 ? rest->len : (size_t)end + 1);
    return taken;
}

static enum vb_err decode_pair(struct vb_arena *arena, struct vb_span text,
                               struct vb_query_pair *ret_pair)
{
    ssize_t equals = vb_span_find(text, '=', 0);
    struct vb_query_pair pair = {.name = text};
    enum vb_err err;

    if (equals >= 0) {
        pair.name = vb_span_head(text, (size_t)equals);
        pair.value = vb_span_from(text, (size_t)equals + 1);
    }
    err = vb__percent_decode(arena, pair.name, true, &pair.name);
    if (err == VB_OK)
        err = vb__percent_decode(arena, pair.value, true, &pair.value);
    if (err == VB_OK)
        *ret_pair = pair;
    return err;
}

bool vb_query_next(struct vb_query *query, struct vb_query_pair *ret_pair)
{
    struct vb_span text;

    if (query->err != VB_OK)
        return false;
    do {
        if (query->rest.len == 0)
            return false;
        text = take_pair(&query->rest);
    } while (text.len == 0);
    query->err = decode_pair(query->arena, text, ret_pair);
    return query->err == VB_OK;
}

/* WHATWG URL, the application/x-www-form-urlencoded percent-encode set. */
static void append_escaped(struct vb_buf *buf, struct vb_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == ' ')
            vb_buf_char(buf, '+');
        else if ((vb__uri_is(c, VB__URI_UNRESERVED) && c != '~') || c == '*')
            vb_buf_char(buf, c);
        else
            vb__percent_append(buf, (unsigned char)c);
    }
}

void vb_query_append(struct vb_buf *buf, struct vb_span name,
                     struct vb_span value)
{
    char last = buf->len == 0 ? '&' : buf->ptr[buf->len - 1];

    if (last != '?' && last != '&')
        vb_buf_char(buf, '&');
    append_escaped(buf, name);
    vb_buf_char(buf, '=');
    append_escaped(buf, value);
}
