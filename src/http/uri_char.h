/*
 * The character classes of RFC 3986 (section 2 and appendix A), which are not
 * those of HTTP's tokens: one table, asked by every part of the URI parser.
 */
#ifndef VB_HTTP_URI_CHAR_H
#define VB_HTTP_URI_CHAR_H

#include "base/span.h"

enum vb__uri_class {
    VB__URI_UNRESERVED = 1, /* ALPHA DIGIT - . _ ~ */
    VB__URI_SUB_DELIM = 2,  /* ! $ & ' ( ) * + , ; = */
    VB__URI_COLON = 4,
    VB__URI_AT = 8,
    VB__URI_SLASH = 16,
    VB__URI_QUESTION = 32,
    VB__URI_HEX = 64,
    VB__URI_SCHEME = 128, /* ALPHA DIGIT + - . */

    VB__URI_REG_NAME = VB__URI_UNRESERVED | VB__URI_SUB_DELIM,
    VB__URI_USERINFO = VB__URI_REG_NAME | VB__URI_COLON,
    VB__URI_PCHAR = VB__URI_USERINFO | VB__URI_AT,
    VB__URI_PATH = VB__URI_PCHAR | VB__URI_SLASH,
    VB__URI_QUERY = VB__URI_PATH | VB__URI_QUESTION, /* fragments too */
};

extern const unsigned char vb__uri_classes[256];

static inline bool vb__uri_is(char c, unsigned classes)
{
    return (vb__uri_classes[(unsigned char)c] & classes) != 0;
}

/* The value of a hexadecimal digit, or -1. */
int vb__hex_value(char c);

/*
 * The octet that the escape at s[at] stands for, or -1 when there is no
 * well-formed escape (RFC 3986 section 2.1).
 */
int vb__uri_escape_at(struct vb_span s, size_t at);

/* How much of s, from its start, is characters of these classes and
 * well-formed escapes. */
size_t vb__uri_run(struct vb_span s, unsigned classes);

/* Is that all of it? */
static inline bool vb__uri_only(struct vb_span s, unsigned classes)
{
    return vb__uri_run(s, classes) == s.len;
}

#endif
