/* The character classes of URIs. See uri_char.h. */
#include "http/uri_char.h"

#define U VB__URI_UNRESERVED
#define S VB__URI_SUB_DELIM
#define C VB__URI_COLON
#define T VB__URI_AT
#define L VB__URI_SLASH
#define Q VB__URI_QUESTION
#define A (VB__URI_UNRESERVED | VB__URI_SCHEME)               /* G-Z - . */
#define H (VB__URI_UNRESERVED | VB__URI_SCHEME | VB__URI_HEX) /* 0-9 A-F */
#define P (VB__URI_SUB_DELIM | VB__URI_SCHEME)                /* + */

/* clang-format off */
const unsigned char vb__uri_classes[256] = {
    /* 00 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 10 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 20 */ 0, S, 0, 0, S, 0, S, S, S, S, S, P, S, A, A, L,
    /* 30 */ H, H, H, H, H, H, H, H, H, H, C, S, 0, S, 0, Q,
    /* 40 */ T, H, H, H, H, H, H, A, A, A, A, A, A, A, A, A,
    /* 50 */ A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, 0, U,
    /* 60 */ 0, H, H, H, H, H, H, A, A, A, A, A, A, A, A, A,
    /* 70 */ A, A, A, A, A, A, A, A, A, A, A, 0, 0, 0, U, 0,
};
/* clang-format on */

int vb__hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = vb_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int vb__uri_escape_at(struct vb_span s, size_t at)
{
    int high, low;

    if (s.len - at < 3 || s.ptr[at] != '%')
        return -1;
    high = vb__hex_value(s.ptr[at + 1]);
    low = vb__hex_value(s.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

size_t vb__uri_run(struct vb_span s, unsigned classes)
{
    size_t i = 0;

    while (i < s.len) {
        if (vb__uri_is(s.ptr[i], classes)) {
            i++;
            continue;
        }
        if (vb__uri_escape_at(s, i) < 0)
            break;
        i += 3;
    }
    return i;
}
