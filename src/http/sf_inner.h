/* What the parts of the structured field code share (RFC 9651). */
#ifndef VB_HTTP_SF_INNER_H
#define VB_HTTP_SF_INNER_H

#include "http/chars.h"
#include "http/sf.h"

/* Integers have up to 15 digits, Decimals up to 12 before the point and 3
 * behind it (RFC 9651 sections 3.3.1, 3.3.2). Both bounds in one number, as
 * Decimals are kept in thousandths. */
#define VB__SF_NUMBER_MAX INT64_C(999999999999999)

/* Where the parser stands. Its functions return false on failure and leave
 * the reason in err. */
struct vb__sf_parser {
    struct vb_arena *arena;
    struct vb_span rest;
    enum vb_err err;
};

static inline bool vb__sf_fail(struct vb__sf_parser *parser, enum vb_err err)
{
    parser->err = err;
    return false;
}

/* The next octet, or NUL at the end, which no rule accepts. */
static inline char vb__sf_peek(const struct vb__sf_parser *parser)
{
    return parser->rest.len == 0 ? '\0' : parser->rest.ptr[0];
}

/* Passes over the next octet when it is c. */
static inline bool vb__sf_take(struct vb__sf_parser *parser, char c)
{
    if (parser->rest.len == 0 || parser->rest.ptr[0] != c)
        return false;
    parser->rest = vb_span_from(parser->rest, 1);
    return true;
}

/* Section 3.3.4: ( ALPHA / "*" ) *( tchar / ":" / "/" ) */
static inline bool vb__sf_is_token_start(char c)
{
    return vb_char_is(c, VB_CHAR_ALPHA) || c == '*';
}

static inline bool vb__sf_is_token(char c)
{
    return vb_char_is(c, VB_CHAR_TCHAR) || c == ':' || c == '/';
}

/* Section 3.1.2: ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" )
 */
static inline bool vb__sf_is_key_start(char c)
{
    return (c >= 'a' && c <= 'z') || c == '*';
}

static inline bool vb__sf_is_key(char c)
{
    return vb__sf_is_key_start(c) || vb_char_is(c, VB_CHAR_DIGIT) || c == '_' ||
           c == '-' || c == '.';
}

/* Section 4.2.3.1: a bare item, into *ret_value. */
bool vb__sf_parse_bare(struct vb__sf_parser *parser,
                       struct vb_sf_value *ret_value);

#endif
