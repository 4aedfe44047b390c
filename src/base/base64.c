/* Base64 in both alphabets. See base64.h. */
#include "base/base64.h"

static const char alphabets[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* The six bits of a character, or -1. */
static int sextet(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Takes the padding off the end; false when there is too much of it, or too
 * little while it is demanded. */
static bool strip_padding(struct vb_span *text, unsigned flags)
{
    size_t pads = 0;

    while (pads < text->len && text->ptr[text->len - 1 - pads] == '=')
        pads++;
    text->len -= pads;
    if (pads == 0 && (flags & VB_BASE64_PAD_OPTIONAL) != 0)
        return text->len % 4 != 1;
    return pads <= 2 && (text->len + pads) % 4 == 0;
}

bool vb_base64_decode(struct vb_span text, unsigned flags, char *out,
                      size_t *ret_len)
{
    bool url = (flags & VB_BASE64_URL) != 0;
    uint32_t bits = 0;
    unsigned held = 0; /* how many low bits of `bits` are not yet written */
    size_t len = 0;

    if (!strip_padding(&text, flags))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int six = sextet(text.ptr[i], url);

        if (six < 0)
            return false;
        bits = (bits << 6 | (uint32_t)six) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (char)(bits >> held & 0xFF);
        }
    }
    if ((flags & VB_BASE64_SPARE_BITS) == 0 && (bits & ((1u << held) - 1)) != 0)
        return false;
    *ret_len = len;
    return true;
}

/* Writes `count` bytes (1 to 3) as four characters; gives how many matter. */
static size_t encode_group(const char *from, size_t count, const char *alphabet,
                           char out[4])
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < count ? (unsigned char)from[i] : 0);
    for (size_t i = 0; i < 4; i++)
        out[i] = i <= count ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
    return count + 1;
}

void vb_base64_encode(struct vb_buf *buf, struct vb_span bytes, unsigned flags)
{
    const char *alphabet = alphabets[(flags & VB_BASE64_URL) != 0];

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bytes.len - i < 3 ? bytes.len - i : 3;
        char out[4];
        size_t used = encode_group(bytes.ptr + i, count, alphabet, out);

        if ((flags & VB_BASE64_PAD_OPTIONAL) == 0)
            used = 4;
        vb_buf_append(buf, vb_span_of(out, used));
    }
}
