/* Quoted strings and comments: see quoted.h. */
#include "http/quoted.h"

#include "http/chars.h"

/* Is there a quoted-pair at s[i]? */
static bool is_pair(struct vb_span s, size_t i)
{
    return s.ptr[i] == '\\' && i + 1 < s.len &&
           vb_char_is(s.ptr[i + 1], VB_CHAR_PAIRED);
}

size_t vb_quoted_len(struct vb_span s)
{
    size_t i = 1;

    if (s.len < 2 || s.ptr[0] != '"')
        return 0;
    while (i < s.len && s.ptr[i] != '"') {
        if (is_pair(s, i))
            i += 2;
        else if (vb_char_is(s.ptr[i], VB_CHAR_QDTEXT))
            i++;
        else
            return 0;
    }
    return i < s.len ? i + 1 : 0;
}

size_t vb_comment_len(struct vb_span s)
{
    size_t depth = 0;
    size_t i = 0;

    while (i < s.len) {
        if (s.ptr[i] == '(')
            depth++;
        else if (depth == 0)
            return 0;
        else if (s.ptr[i] == ')')
            depth--;
        else if (is_pair(s, i))
            i++;
        else if (!vb_char_is(s.ptr[i], VB_CHAR_CTEXT))
            return 0;
        i++;
        if (depth == 0)
            return i;
    }
    return 0;
}

/* The octet meant at *i, which moves on behind it. */
static char next_meant(struct vb_escaped s, size_t *i)
{
    if (s.escapes && s.text.ptr[*i] == '\\' && *i + 1 < s.text.len)
        (*i)++;
    return s.text.ptr[(*i)++];
}

bool vb_escaped_eq(struct vb_escaped a, struct vb_escaped b, bool fold)
{
    size_t i = 0;
    size_t j = 0;

    while (i < a.text.len && j < b.text.len) {
        char c = next_meant(a, &i);
        char d = next_meant(b, &j);

        if (c != d && !(fold && vb_ascii_lower(c) == vb_ascii_lower(d)))
            return false;
    }
    return i == a.text.len && j == b.text.len;
}

enum vb_err vb_quoted_unescape(struct vb_span inner, char *buf, size_t cap,
                               struct vb_span *ret_text)
{
    size_t len = 0;

    if (vb_span_find(inner, '\\', 0) < 0) {
        *ret_text = inner;
        return VB_OK;
    }
    for (size_t i = 0; i < inner.len; len++) {
        if (len == cap)
            return VB_ERR_LIMIT;
        buf[len] = next_meant((struct vb_escaped){inner, true}, &i);
    }
    *ret_text = vb_span_of(buf, len);
    return VB_OK;
}

enum vb_err vb_quoted_append(struct vb_buf *buf, struct vb_span text)
{
    if (vb_chars_run(text, VB_CHAR_PAIRED) != text.len)
        return VB_ERR_INVALID;
    vb_buf_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (!vb_char_is(text.ptr[i], VB_CHAR_QDTEXT))
            vb_buf_char(buf, '\\');
        vb_buf_char(buf, text.ptr[i]);
    }
    vb_buf_char(buf, '"');
    return buf->err;
}
