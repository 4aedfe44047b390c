/* Percent-encoding. See percent.h. */
#include "http/percent.h"

#include "http/percent_inner.h"
#include "http/uri_char.h"

/* Decodes into `out`, which has room for text.len bytes. */
static bool decode_into(struct vb_span text, bool plus, char *out,
                        size_t *ret_len)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '%') {
            int octet = vb__uri_escape_at(text, i);

            if (octet <= 0)
                return false;
            c = (char)octet;
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[len++] = c;
    }
    *ret_len = len;
    return true;
}

enum vb_err vb__percent_decode(struct vb_arena *arena, struct vb_span text,
                               bool plus, struct vb_span *ret_bytes)
{
    size_t len;
    char *out;

    if (vb_span_find(text, '\0', 0) >= 0)
        return VB_ERR_SYNTAX;
    if (vb_span_find(text, '%', 0) < 0 &&
        (!plus || vb_span_find(text, '+', 0) < 0)) {
        *ret_bytes = text;
        return VB_OK;
    }
    out = vb_arena_alloc(arena, text.len);
    if (out == NULL)
        return VB_ERR_NOMEM;
    if (!decode_into(text, plus, out, &len))
        return VB_ERR_SYNTAX;
    *ret_bytes = vb_span_of(out, len);
    return VB_OK;
}

enum vb_err vb_percent_decode(struct vb_arena *arena, struct vb_span text,
                              struct vb_span *ret_bytes)
{
    return vb__percent_decode(arena, text, false, ret_bytes);
}

void vb__percent_append(struct vb_buf *buf, unsigned char octet)
{
    static const char digits[] = "0123456789ABCDEF";
    const char escape[3] = {'%', digits[octet >> 4], digits[octet & 15]};

    vb_buf_append(buf, vb_span_of(escape, sizeof(escape)));
}

void vb_percent_encode(struct vb_buf *buf, struct vb_span bytes,
                       enum vb_percent_keep keep)
{
    static const unsigned kept[] = {
        [VB_PERCENT_KEEP_UNRESERVED] = VB__URI_UNRESERVED,
        [VB_PERCENT_KEEP_SEGMENT] = VB__URI_PCHAR,
        [VB_PERCENT_KEEP_PATH] = VB__URI_PATH,
        [VB_PERCENT_KEEP_QUERY] = VB__URI_QUERY,
    };

    for (size_t i = 0; i < bytes.len; i++) {
        if (vb__uri_is(bytes.ptr[i], kept[keep]))
            vb_buf_char(buf, bytes.ptr[i]);
        else
            vb__percent_append(buf, (unsigned char)bytes.ptr[i]);
    }
}
