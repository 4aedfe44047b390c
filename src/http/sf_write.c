/* Writing structured fields in their canonical form (RFC 9651 section 4.1). */
#include "base/base64.h"
#include "base/utf8.h"
#include "http/sf_inner.h"

/* Section 4.1.4; dates are "@" and the same (4.1.10). */
static bool write_integer(struct vb_buf *buf, int64_t n)
{
    if (n < -VB__SF_NUMBER_MAX || n > VB__SF_NUMBER_MAX)
        return false;
    vb_buf_i64(buf, n);
    return true;
}

/* Section 4.1.5: at least one digit behind the point, no needless zeros. */
static bool write_decimal(struct vb_buf *buf, int64_t thousandths)
{
    int64_t n = thousandths;
    char fraction[3];
    size_t len = 3;

    if (n < -VB__SF_NUMBER_MAX || n > VB__SF_NUMBER_MAX)
        return false;
    if (n < 0) {
        vb_buf_char(buf, '-');
        n = -n;
    }
    vb_buf_i64(buf, n / 1000);
    vb_buf_char(buf, '.');
    n %= 1000;
    fraction[0] = (char)('0' + n / 100);
    fraction[1] = (char)('0' + n / 10 % 10);
    fraction[2] = (char)('0' + n % 10);
    while (len > 1 && fraction[len - 1] == '0')
        len--;
    vb_buf_append(buf, vb_span_of(fraction, len));
    return true;
}

/* Section 4.1.6. */
static bool write_string(struct vb_buf *buf, struct vb_span text)
{
    vb_buf_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c != ' ' && !vb_char_is(c, VB_CHAR_VCHAR))
            return false;
        if (c == '"' || c == '\\')
            vb_buf_char(buf, '\\');
        vb_buf_char(buf, c);
    }
    vb_buf_char(buf, '"');
    return true;
}

/* Section 4.1.7. */
static bool write_token(struct vb_buf *buf, struct vb_span text)
{
    if (text.len == 0 || !vb__sf_is_token_start(text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!vb__sf_is_token(text.ptr[i]))
            return false;
    vb_buf_append(buf, text);
    return true;
}

/* Section 4.1.8. */
static bool write_bytes(struct vb_buf *buf, struct vb_span bytes)
{
    vb_buf_char(buf, ':');
    vb_base64_encode(buf, bytes, VB_BASE64_STRICT);
    vb_buf_char(buf, ':');
    return true;
}

/* Section 4.1.11. */
static bool write_display(struct vb_buf *buf, struct vb_span text)
{
    static const char digits[] = "0123456789abcdef";

    if (!vb_utf8_valid(text))
        return false;
    vb_buf_str(buf, "%\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c != '%' && c != '"' && c >= ' ' && c <= '~') {
            vb_buf_char(buf, (char)c);
            continue;
        }
        vb_buf_char(buf, '%');
        vb_buf_char(buf, digits[c >> 4]);
        vb_buf_char(buf, digits[c & 15]);
    }
    vb_buf_char(buf, '"');
    return true;
}

static bool write_bare(struct vb_buf *buf, const struct vb_sf_value *value)
{
    switch (value->type) {
    case VB_SF_INTEGER:
        return write_integer(buf, value->integer);
    case VB_SF_DECIMAL:
        return write_decimal(buf, value->integer);
    case VB_SF_STRING:
        return write_string(buf, value->text);
    case VB_SF_TOKEN:
        return write_token(buf, value->text);
    case VB_SF_BYTES:
        return write_bytes(buf, value->text);
    case VB_SF_BOOLEAN:
        vb_buf_str(buf, value->boolean ? "?1" : "?0");
        return true;
    case VB_SF_DATE:
        vb_buf_char(buf, '@');
        return write_integer(buf, value->integer);
    case VB_SF_DISPLAY:
        return write_display(buf, value->text);
    case VB_SF_INNER_LIST:
        break;
    }
    return false;
}

/* Section 4.1.1.3. */
static bool write_key(struct vb_buf *buf, struct vb_span key)
{
    if (key.len == 0 || !vb__sf_is_key_start(key.ptr[0]))
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!vb__sf_is_key(key.ptr[i]))
            return false;
    vb_buf_append(buf, key);
    return true;
}

static bool is_true(const struct vb_sf_value *value)
{
    return value->type == VB_SF_BOOLEAN && value->boolean;
}

/* Section 4.1.1.2: true goes without saying (9651-3.1.2-01). */
static bool write_params(struct vb_buf *buf, const struct vb_sf_item *item)
{
    for (size_t i = 0; i < item->param_count; i++) {
        const struct vb_sf_param *param = &item->params[i];

        vb_buf_char(buf, ';');
        if (!write_key(buf, param->key))
            return false;
        if (is_true(&param->value))
            continue;
        vb_buf_char(buf, '=');
        if (!write_bare(buf, &param->value))
            return false;
    }
    return true;
}

static bool write_item(struct vb_buf *buf, const struct vb_sf_item *item)
{
    return write_bare(buf, &item->value) && write_params(buf, item);
}

/* Section 4.1.1.1. */
static bool write_member_item(struct vb_buf *buf, const struct vb_sf_item *item)
{
    if (item->value.type != VB_SF_INNER_LIST)
        return write_item(buf, item);
    vb_buf_char(buf, '(');
    for (size_t i = 0; i < item->value.inner.count; i++) {
        if (i > 0)
            vb_buf_char(buf, ' ');
        if (!write_item(buf, &item->value.inner.items[i]))
            return false;
    }
    vb_buf_char(buf, ')');
    return write_params(buf, item);
}

/* Section 4.1.2, step 2. */
static bool write_dictionary_member(struct vb_buf *buf,
                                    const struct vb_sf_member *member)
{
    if (!write_key(buf, member->key))
        return false;
    if (is_true(&member->item.value))
        return write_params(buf, &member->item);
    vb_buf_char(buf, '=');
    return write_member_item(buf, &member->item);
}

static bool write_members(struct vb_buf *buf, const struct vb_sf_list *list,
                          bool keys)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct vb_sf_member *member = &list->members[i];

        if (i > 0)
            vb_buf_str(buf, ", ");
        if (!(keys ? write_dictionary_member(buf, member)
                   : write_member_item(buf, &member->item)))
            return false;
    }
    return true;
}

/* Takes back what a refused value has left in the buffer. */
static enum vb_err finish(struct vb_buf *buf, size_t from, bool ok)
{
    if (ok)
        return buf->err;
    buf->len = from;
    return VB_ERR_INVALID;
}

enum vb_err vb_sf_write_item(struct vb_buf *buf, const struct vb_sf_item *item)
{
    size_t from = buf->len;

    return finish(buf, from, write_item(buf, item));
}

enum vb_err vb_sf_write_list(struct vb_buf *buf, const struct vb_sf_list *list)
{
    size_t from = buf->len;

    return finish(buf, from, write_members(buf, list, false));
}

enum vb_err vb_sf_write_dictionary(struct vb_buf *buf,
                                   const struct vb_sf_list *dictionary)
{
    size_t from = buf->len;

    return finish(buf, from, write_members(buf, dictionary, true));
}
