/* Content-Disposition: see content_disposition.h. */
#include "http/content_disposition.h"

#include "base/utf8.h"
#include "http/chars.h"
#include "http/ext_value_inner.h"
#include "http/uri_char.h"

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* Is the character at name[i] one that every recipient reads alike in a
 * quoted-string? */
static bool is_plain(struct vb_span name, size_t i)
{
    char c = name.ptr[i];

    return (c == ' ' || vb_char_is(c, VB_CHAR_VCHAR)) && c != '"' &&
           vb__uri_escape_at(name, i) < 0;
}

/* Octets 80-BF go on with a character that another has begun. */
static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Appends the name in plain ASCII; says whether that is all of it. */
static bool append_plain(struct vb_buf *buf, struct vb_span name)
{
    bool whole = true;

    vb_buf_char(buf, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (is_separator(name.ptr[i])) {
            vb_buf_char(buf, '_');
        } else if (is_plain(name, i)) {
            vb_buf_char(buf, name.ptr[i]);
        } else {
            whole = false;
            if (!is_continuation(name.ptr[i]))
                vb_buf_char(buf, '_');
        }
    }
    vb_buf_char(buf, '"');
    return whole;
}

static void append_extended(struct vb_buf *buf, struct vb_span name)
{
    vb_buf_str(buf, "; filename*=UTF-8''");
    for (size_t i = 0; i < name.len; i++)
        vb__ext_value_octet(buf, is_separator(name.ptr[i]) ? '_' : name.ptr[i]);
}

enum vb_err vb_content_disposition_write(struct vb_buf *buf,
                                         enum vb_disposition disposition,
                                         struct vb_span name)
{
    if (!vb_utf8_valid(name) || !vb_chars_none(name, VB_CHAR_CTL))
        return VB_ERR_INVALID;
    vb_buf_str(buf,
               disposition == VB_DISPOSITION_INLINE ? "inline" : "attachment");
    if (name.len == 0)
        return buf->err;
    vb_buf_str(buf, "; filename=");
    if (!append_plain(buf, name))
        append_extended(buf, name);
    return buf->err;
}
