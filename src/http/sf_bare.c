/* Reading the bare items of structured fields (RFC 9651 section 4.2.3.1 on).
 */
#include "base/base64.h"
#include "base/utf8.h"
#include "http/sf_inner.h"

static struct vb_span take_digits(struct vb__sf_parser *parser)
{
    size_t len = vb_chars_run(parser->rest, VB_CHAR_DIGIT);
    struct vb_span digits = vb_span_head(parser->rest, len);

    parser->rest = vb_span_from(parser->rest, len);
    return digits;
}

/* Section 4.2.4, steps behind the digits: ".", one to three digits. */
static bool parse_fraction(struct vb__sf_parser *parser, struct vb_span whole,
                           int64_t *n)
{
    struct vb_span digits = take_digits(parser);

    if (whole.len > 12 || digits.len < 1 || digits.len > 3)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    for (size_t i = 0; i < 3; i++)
        *n = *n * 10 + (i < digits.len ? digits.ptr[i] - '0' : 0);
    return true;
}

/* Section 4.2.4. */
static bool parse_number(struct vb__sf_parser *parser,
                         struct vb_sf_value *value)
{
    bool negative = vb__sf_take(parser, '-');
    struct vb_span whole = take_digits(parser);
    int64_t n = 0;

    if (whole.len < 1 || whole.len > 15)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    for (size_t i = 0; i < whole.len; i++)
        n = n * 10 + (whole.ptr[i] - '0');
    value->type = VB_SF_INTEGER;
    if (vb__sf_take(parser, '.')) {
        value->type = VB_SF_DECIMAL;
        if (!parse_fraction(parser, whole, &n))
            return false;
    }
    value->integer = negative ? -n : n;
    return true;
}

/* Section 4.2.9: "@" Integer. */
static bool parse_date(struct vb__sf_parser *parser, struct vb_sf_value *value)
{
    vb__sf_take(parser, '@');
    if (!parse_number(parser, value))
        return false;
    if (value->type != VB_SF_INTEGER)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    value->type = VB_SF_DATE;
    return true;
}

/* Section 4.2.8. */
static bool parse_boolean(struct vb__sf_parser *parser,
                          struct vb_sf_value *value)
{
    vb__sf_take(parser, '?');
    value->type = VB_SF_BOOLEAN;
    value->boolean = vb__sf_peek(parser) == '1';
    if (!vb__sf_take(parser, '0') && !vb__sf_take(parser, '1'))
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    return true;
}

/* Section 4.2.6. */
static bool parse_token(struct vb__sf_parser *parser, struct vb_sf_value *value)
{
    struct vb_span s = parser->rest;
    size_t len = 0;

    while (len < s.len && vb__sf_is_token(s.ptr[len]))
        len++;
    value->type = VB_SF_TOKEN;
    value->text = vb_span_head(s, len);
    parser->rest = vb_span_from(s, len);
    return true;
}

/* The octets of a String and of a Display String: 20-7E. */
static bool is_printable(char c)
{
    return c == ' ' || vb_char_is(c, VB_CHAR_VCHAR);
}

/* The length of what a String holds, up to its closing quote; -1 when it is
 * malformed or not closed. Only `"` and `\` may be escaped. */
static ssize_t string_len(struct vb_span s, bool *ret_escaped)
{
    bool escaped = false;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') {
            *ret_escaped = escaped;
            return (ssize_t)i;
        }
        if (s.ptr[i] == '\\') {
            escaped = true;
            i++;
            if (i == s.len || (s.ptr[i] != '"' && s.ptr[i] != '\\'))
                return -1;
        } else if (!is_printable(s.ptr[i])) {
            return -1;
        }
    }
    return -1;
}

/* Room in the arena for a decoded text of at most `len` octets. */
static char *take_room(struct vb__sf_parser *parser, size_t len)
{
    char *room = vb_arena_alloc(parser->arena, len);

    if (room == NULL)
        vb__sf_fail(parser, VB_ERR_NOMEM);
    return room;
}

/* Section 4.2.5. Borrows unless there is something to unescape. */
static bool parse_string(struct vb__sf_parser *parser,
                         struct vb_sf_value *value)
{
    struct vb_span s = vb_span_from(parser->rest, 1);
    bool escaped = false;
    ssize_t len = string_len(s, &escaped);
    size_t n = 0;
    char *out;

    if (len < 0)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    parser->rest = vb_span_from(s, (size_t)len + 1);
    value->type = VB_SF_STRING;
    value->text = vb_span_head(s, (size_t)len);
    if (!escaped)
        return true;
    out = take_room(parser, (size_t)len);
    if (out == NULL)
        return false;
    for (size_t i = 0; i < (size_t)len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        out[n++] = s.ptr[i];
    }
    value->text = vb_span_of(out, n);
    return true;
}

/* Section 4.2.7. Missing padding and set spare bits are tolerated, as the
 * section wishes. */
static bool parse_bytes(struct vb__sf_parser *parser, struct vb_sf_value *value)
{
    struct vb_span s = vb_span_from(parser->rest, 1);
    ssize_t end = vb_span_find(s, ':', 0);
    size_t len = 0;
    char *out;

    if (end < 0)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    out = take_room(parser, vb_base64_decoded_max((size_t)end));
    if (out == NULL)
        return false;
    if (!vb_base64_decode(vb_span_head(s, (size_t)end),
                          VB_BASE64_PAD_OPTIONAL | VB_BASE64_SPARE_BITS, out,
                          &len))
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    parser->rest = vb_span_from(s, (size_t)end + 1);
    value->type = VB_SF_BYTES;
    value->text = vb_span_of(out, len);
    return true;
}

/* A digit of an escape in a Display String, which has lower case only; or -1.
 */
static int lower_hex(struct vb_span s, size_t at)
{
    if (at >= s.len)
        return -1;
    if (s.ptr[at] >= '0' && s.ptr[at] <= '9')
        return s.ptr[at] - '0';
    return s.ptr[at] >= 'a' && s.ptr[at] <= 'f' ? s.ptr[at] - 'a' + 10 : -1;
}

/* What stands before the closing quote at s[end], decoded into `out`; the
 * length, or -1. */
static ssize_t decode_display(struct vb_span s, size_t end, char *out)
{
    size_t n = 0;

    s = vb_span_head(s, end);
    for (size_t i = 0; i < end; i++) {
        char c = s.ptr[i];

        if (!is_printable(c))
            return -1;
        if (c == '%') {
            int high = lower_hex(s, i + 1), low = lower_hex(s, i + 2);

            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[n++] = c;
    }
    return vb_utf8_valid(vb_span_of(out, n)) ? (ssize_t)n : -1;
}

/* Section 4.2.10. */
static bool parse_display(struct vb__sf_parser *parser,
                          struct vb_sf_value *value)
{
    struct vb_span s;
    ssize_t end, len;
    char *out;

    if (!vb_span_starts(parser->rest, VB_SPAN("%\"")))
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    s = vb_span_from(parser->rest, 2);
    end = vb_span_find(s, '"', 0);
    if (end < 0)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    out = take_room(parser, (size_t)end);
    if (out == NULL)
        return false;
    len = decode_display(s, (size_t)end, out);
    if (len < 0)
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    parser->rest = vb_span_from(s, (size_t)end + 1);
    value->type = VB_SF_DISPLAY;
    value->text = vb_span_of(out, (size_t)len);
    return true;
}

bool vb__sf_parse_bare(struct vb__sf_parser *parser,
                       struct vb_sf_value *ret_value)
{
    char c = vb__sf_peek(parser);

    if (c == '-' || vb_char_is(c, VB_CHAR_DIGIT))
        return parse_number(parser, ret_value);
    if (vb__sf_is_token_start(c))
        return parse_token(parser, ret_value);
    switch (c) {
    case '"':
        return parse_string(parser, ret_value);
    case ':':
        return parse_bytes(parser, ret_value);
    case '?':
        return parse_boolean(parser, ret_value);
    case '@':
        return parse_date(parser, ret_value);
    case '%':
        return parse_display(parser, ret_value);
    default:
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    }
}
