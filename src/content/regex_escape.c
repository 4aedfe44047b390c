/* What a backslash makes of what follows it (ECMA-262 section 22.2.1). */
#include "content/regex_rewrite.h"

/* Characters that an escape names by a letter. */
static const struct {
    char letter;
    char value;
} controls[] = {
    {'f', '\f'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'v', '\v'},
};

/*
 * Sets that an escape names by a letter, as they stand in a class. PCRE2's
 * \d and \w are ASCII's unless UCP asks otherwise, as in ECMA-262; its \s
 * lacks what ECMA-262 section 12.2 and 12.3 count as white space.
 */
static const struct {
    char letter;
    struct vb_span set;
} sets[] = {
    {'d', VB_SPAN_INIT("\\d")},
    {'D', VB_SPAN_INIT("\\D")},
    {'w', VB_SPAN_INIT("\\w")},
    {'W', VB_SPAN_INIT("\\W")},
    {'s', VB_SPAN_INIT("\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}"
                       "\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}"
                       "\\x{205f}\\x{3000}\\x{feff}")},
    {'S', VB_SPAN_INIT("\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}"
                       "\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"
                       "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}"
                       "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"
                       "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}")},
};

static bool is_alpha(char c)
{
    c = vb_ascii_lower(c);
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = vb_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes exactly `count` hex digits, or nothing. */
static bool take_hex(struct vb__rewriter *r, size_t count, uint32_t *ret)
{
    uint32_t n = 0;

    if (r->in.len - r->at < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        int digit = hex_value(r->in.ptr[r->at + i]);

        if (digit < 0)
            return false;
        n = n * 16 + (uint32_t)digit;
    }
    r->at += count;
    *ret = n;
    return true;
}

/* \u{1F600}: the digits and the closing brace. */
static bool read_braced(struct vb__rewriter *r, uint32_t *ret)
{
    size_t start = r->at;
    uint32_t n = 0, digit;

    while (take_hex(r, 1, &digit)) {
        n = n * 16 + digit;
        if (n > VB_CODE_POINT_LAST)
            return vb__regex_error(r, 0, "names no Unicode code point");
    }
    if (r->at == start || !vb__regex_take(r, '}'))
        return vb__regex_error(r, 0, "\\u{ needs hexadecimal digits and }");
    *ret = n;
    return true;
}

/* \u0041, \u{41}, or two \u that are a surrogate pair. */
static bool read_unicode(struct vb__rewriter *r, uint32_t *ret)
{
    uint32_t low;
    size_t before;

    if (vb__regex_take(r, '{'))
        return read_braced(r, ret);
    if (!take_hex(r, 4, ret))
        return vb__regex_error(r, 0, "\\u needs four hexadecimal digits");
    before = r->at;
    if (*ret < 0xd800 || *ret > 0xdbff)
        return true;
    if (vb__regex_take(r, '\\') && vb__regex_take(r, 'u') &&
        take_hex(r, 4, &low) && low >= 0xdc00 && low <= 0xdfff)
        *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    else
        r->at = before;
    return true;
}

static bool read_control(struct vb__rewriter *r, uint32_t *ret)
{
    if (r->at == r->in.len || !is_alpha(r->in.ptr[r->at]))
        return vb__regex_error(r, 0, "\\c needs a letter");
    *ret = (uint32_t)r->in.ptr[r->at++] & 0x1f;
    return true;
}

/* \1 and so on; `first` is its first digit, already taken. */
static bool read_backref(struct vb__rewriter *r, char first, uint32_t *ret)
{
    uint32_t n = (uint32_t)(first - '0');

    while (r->at < r->in.len && is_digit(r->in.ptr[r->at]) && n <= r->groups)
        n = n * 10 + (uint32_t)(r->in.ptr[r->at++] - '0');
    if (n > r->groups)
        return vb__regex_error(r, 1, "refers to a group that is not there");
    *ret = n;
    return true;
}

/* \k<name> */
static bool read_named_backref(struct vb__rewriter *r, uint32_t *ret)
{
    struct vb_span name;

    if (!vb__regex_name(r, &name))
        return vb__regex_error(r, 0, "\\k needs <name>");
    for (unsigned i = 0; i < r->name_count; i++) {
        if (vb_span_eq(r->names[i].name, name)) {
            *ret = r->names[i].group;
            return true;
        }
    }
    return vb__regex_error(r, 1, "refers to a group that is not there");
}

static bool find_set(char c, struct vb_span *ret)
{
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (sets[i].letter == c) {
            *ret = sets[i].set;
            return true;
        }
    }
    return false;
}

static bool find_control(char c, uint32_t *ret)
{
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if (controls[i].letter == c) {
            *ret = (uint32_t)controls[i].value;
            return true;
        }
    }
    return false;
}

/* The escapes that mean something else, or nothing, in a class. */
static bool read_positional(struct vb__rewriter *r, char c, bool in_class,
                            struct vb__atom *ret)
{
    if (in_class && c == 'b') {
        ret->value = '\b';
        return true;
    }
    if (in_class)
        return vb__regex_error(r, 1, "is no escape in a class");
    if (c == 'b' || c == 'B') {
        ret->kind = VB__ATOM_BOUNDARY;
        ret->value = (uint32_t)c;
        return true;
    }
    ret->kind = VB__ATOM_BACKREF;
    return c == 'k' ? read_named_backref(r, &ret->value)
                    : read_backref(r, c, &ret->value);
}

/* An escape that begins with the letter or digit c, which has been taken. */
static bool read_word_escape(struct vb__rewriter *r, char c, bool in_class,
                             struct vb__atom *ret)
{
    ret->kind = VB__ATOM_SET;
    if (find_set(c, &ret->set))
        return true;
    if (c == 'p' || c == 'P')
        return vb__regex_property(r, c == 'P', ret);
    ret->kind = VB__ATOM_CHAR;
    if (find_control(c, &ret->value))
        return true;
    switch (c) {
    case 'c':
        return read_control(r, &ret->value);
    case 'x':
        return take_hex(r, 2, &ret->value) ||
               vb__regex_error(r, 0, "\\x needs two hexadecimal digits");
    case 'u':
        return read_unicode(r, &ret->value);
    case '0':
        ret->value = 0;
        if (r->at < r->in.len && is_digit(r->in.ptr[r->at]))
            return vb__regex_error(r, 1, "octal escapes are not ECMA-262");
        return true;
    default:
        break;
    }
    if (c == 'b' || c == 'B' || c == 'k' || is_digit(c))
        return read_positional(r, c, in_class, ret);
    return vb__regex_error(r, 1, "is no escape of ECMA-262");
}

bool vb__regex_escape(struct vb__rewriter *r, bool in_class,
                      struct vb__atom *ret)
{
    char c;

    if (r->at == r->in.len)
        return vb__regex_error(r, 0, "ends in a backslash");
    c = r->in.ptr[r->at];
    if (!is_alpha(c) && !is_digit(c)) {
        ret->kind = VB__ATOM_CHAR;
        ret->value = vb__regex_code_point(r);
        return true;
    }
    r->at++;
    return read_word_escape(r, c, in_class, ret);
}
