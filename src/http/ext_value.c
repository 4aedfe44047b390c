/* Extended values of parameters. See ext_value.h. */
#include "http/ext_value.h"

#include "base/utf8.h"
#include "http/chars.h"
#include "http/ext_value_inner.h"
#include "http/percent.h"
#include "http/percent_inner.h"

/* attr-char: a tchar but for `*`, `'` and `%` (RFC 8187 section 3.2.1). */
static bool is_attr_char(char c)
{
    return vb_char_is(c, VB_CHAR_TCHAR) && c != '*' && c != '\'' && c != '%';
}

/* Cuts off what stands before the next quote mark. */
static bool take_quoted(struct vb_span *rest, struct vb_span *ret_taken)
{
    ssize_t mark = vb_span_find(*rest, '\'', 0);

    if (mark < 0)
        return false;
    *ret_taken = vb_span_head(*rest, (size_t)mark);
    *rest = vb_span_from(*rest, (size_t)mark + 1);
    return true;
}

static bool is_language(struct vb_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '-' &&
            !vb_char_is(s.ptr[i], VB_CHAR_ALPHA | VB_CHAR_DIGIT))
            return false;
    return true;
}

enum vb_err vb_ext_value_decode(struct vb_arena *arena, struct vb_span value,
                                struct vb_span *ret_text)
{
    struct vb_span charset, language, text;
    enum vb_err err;

    if (!take_quoted(&value, &charset) || !take_quoted(&value, &language) ||
        !vb_token_valid(charset) || !is_language(language))
        return VB_ERR_SYNTAX;
    if (!vb_span_ieq(charset, VB_SPAN("UTF-8")))
        return VB_ERR_UNSUPPORTED;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != '%' && !is_attr_char(value.ptr[i]))
            return VB_ERR_SYNTAX;
    err = vb_percent_decode(arena, value, &text);
    if (err != VB_OK)
        return err;
    if (!vb_utf8_valid(text))
        return VB_ERR_SYNTAX;
    *ret_text = text;
    return VB_OK;
}

void vb__ext_value_octet(struct vb_buf *buf, char c)
{
    if (is_attr_char(c))
        vb_buf_char(buf, c);
    else
        vb__percent_append(buf, (unsigned char)c);
}

void vb_ext_value_append(struct vb_buf *buf, struct vb_span text)
{
    vb_buf_str(buf, "UTF-8''");
    for (size_t i = 0; i < text.len; i++)
        vb__ext_value_octet(buf, text.ptr[i]);
}
