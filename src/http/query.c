/* Form-encoded pairs. See query.h. */
#include "http/query.h"

#include <string.h>

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

/* Whether the pair has that name. */
static bool is_named(struct vb_arena *arena, struct vb_span text,
                     struct vb_span name)
{
    ssize_t equals = vb_span_find(text, '=', 0);
    struct vb_span own =
        vb_span_head(text, equals < 0 ? text.len : (size_t)equals);

    return vb__percent_decode(arena, own, true, &own) == VB_OK &&
           vb_span_eq(own, name);
}

enum vb_err vb_query_without(struct vb_arena *arena, struct vb_span text,
                             struct vb_span name, struct vb_span *ret_text)
{
    struct vb_span rest = text, pair;
    char *kept = vb_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    bool found = false;

    if (kept == NULL)
        return VB_ERR_NOMEM;
    while (rest.len > 0) {
        pair = take_pair(&rest);
        if (is_named(arena, pair, name)) {
            found = true;
            continue;
        }
        if (len > 0)
            kept[len++] = '&';
        memcpy(kept + len, pair.ptr, pair.len);
        len += pair.len;
    }
    *ret_text = found ? vb_span_of(kept, len) : text;
    return arena->failed ? VB_ERR_NOMEM : VB_OK;
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
