#include "wire/h3/varint.h"

bool vb_varint_read(struct vb_varint *varint, struct vb_span *bytes)
{
    while (bytes->len > 0) {
        unsigned char c = (unsigned char)*bytes->ptr;

        *bytes = vb_span_from(*bytes, 1);
        if (varint->begun) {
            varint->value = varint->value << 8 | c;
            varint->left--;
        } else { /* the first two bits tell the length */
            varint->begun = true;
            varint->value = c & 0x3f;
            varint->left = (uint8_t)((1U << (c >> 6)) - 1);
        }
        if (varint->left == 0)
            return true;
    }
    return false;
}

bool vb_varint_take(struct vb_span *bytes, uint64_t *ret_value)
{
    struct vb_varint varint = {0};

    if (!vb_varint_read(&varint, bytes))
        return false;
    *ret_value = varint.value;
    return true;
}

size_t vb_varint_put(char *at, uint64_t value)
{
    unsigned log = value < 64         ? 0
                   : value < 16384    ? 1
                   : value >> 30 == 0 ? 2
                                      : 3;
    size_t len = (size_t)1 << log;

    for (size_t i = len; i > 0; i--, value >>= 8)
        at[i - 1] = (char)(value & 0xff);
    at[0] = (char)((unsigned char)at[0] | log << 6);
    return len;
}
