/*
 * The character classes of RFC 9110's grammar: one table of bits, indexed by
 * octet. Everything that reads field values stands on it.
 */
#ifndef VB_HTTP_CHARS_H
#define VB_HTTP_CHARS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum vb_char_class {
    VB_CHAR_ALPHA = 1 << 0,   /* A-Z a-z */
    VB_CHAR_DIGIT = 1 << 1,   /* 0-9 */
    VB_CHAR_HEX = 1 << 2,     /* 0-9 A-F a-f */
    VB_CHAR_TCHAR = 1 << 3,   /* in a token, section 5.6.2 */
    VB_CHAR_WS = 1 << 4,      /* SP and HTAB, section 5.6.3 */
    VB_CHAR_QDTEXT = 1 << 5,  /* in a quoted-string, section 5.6.4 */
    VB_CHAR_PAIRED = 1 << 6,  /* after its backslash: quoted-pair */
    VB_CHAR_CTEXT = 1 << 7,   /* in a comment, section 5.6.5 */
    VB_CHAR_ETAGC = 1 << 8,   /* in an entity tag, section 8.8.3 */
    VB_CHAR_VCHAR = 1 << 9,   /* visible US-ASCII, 21-7E */
    VB_CHAR_OBS = 1 << 10,    /* obs-text, 80-FF, section 5.5 */
    VB_CHAR_CTL = 1 << 11,    /* 00-1F and 7F */
    VB_CHAR_TOKEN68 = 1 << 12 /* but for its trailing "=", section 11.2 */
};

extern const uint16_t vb_chars[256];

/* Is c in any of the or'ed classes? */
static inline bool vb_char_is(char c, unsigned classes)
{
    return (vb_chars[(unsigned char)c] & classes) != 0;
}

/* How many octets at the start of s are in any of the or'ed classes. */
static inline size_t vb_chars_run(struct vb_span s, unsigned classes)
{
    size_t len = 0;

    while (len < s.len && vb_char_is(s.ptr[len], classes))
        len++;
    return len;
}

/* Is s made only of octets of the classes, and not empty? */
static inline bool vb_chars_all(struct vb_span s, unsigned classes)
{
    return s.len > 0 && vb_chars_run(s, classes) == s.len;
}

/* Is no octet of any of these classes? */
static inline bool vb_chars_none(struct vb_span s, unsigned classes)
{
    for (size_t i = 0; i < s.len; i++)
        if (vb_char_is(s.ptr[i], classes))
            return false;
    return true;
}

/* token = 1*tchar (RFC 9110 section 5.6.2). */
static inline bool vb_token_valid(struct vb_span s)
{
    return vb_chars_all(s, VB_CHAR_TCHAR);
}

#endif
