/*
 * The core schema of YAML 1.2.2 (section 10.3.2): which JSON value a plain
 * scalar is, and its JSON text. Numbers are never computed with, only spelled
 * as JSON spells them, so that nothing is lost; the two notations JSON does
 * not have (0o17, 0x1F) are the exception.
 */
#include "content/yaml_impl.h"

#include <inttypes.h>

#include "base/assert.h"
#include "content/json.h"

static const struct {
    struct vb_span text;
    enum vb__yaml_kind kind;
    const char *json;
} words[] = {
    {VB_SPAN_INIT(""), VB__YAML_NULL, "null"},
    {VB_SPAN_INIT("~"), VB__YAML_NULL, "null"},
    {VB_SPAN_INIT("null"), VB__YAML_NULL, "null"},
    {VB_SPAN_INIT("Null"), VB__YAML_NULL, "null"},
    {VB_SPAN_INIT("NULL"), VB__YAML_NULL, "null"},
    {VB_SPAN_INIT("true"), VB__YAML_BOOL, "true"},
    {VB_SPAN_INIT("True"), VB__YAML_BOOL, "true"},
    {VB_SPAN_INIT("TRUE"), VB__YAML_BOOL, "true"},
    {VB_SPAN_INIT("false"), VB__YAML_BOOL, "false"},
    {VB_SPAN_INIT("False"), VB__YAML_BOOL, "false"},
    {VB_SPAN_INIT("FALSE"), VB__YAML_BOOL, "false"},
    {VB_SPAN_INIT(".nan"), VB__YAML_NOT_FINITE, NULL},
    {VB_SPAN_INIT(".NaN"), VB__YAML_NOT_FINITE, NULL},
    {VB_SPAN_INIT(".NAN"), VB__YAML_NOT_FINITE, NULL},
};

static const char *word_json(struct vb_span plain, enum vb__yaml_kind *ret_kind)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (vb_span_eq(plain, words[i].text)) {
            *ret_kind = words[i].kind;
            return words[i].json;
        }
    }
    *ret_kind = VB__YAML_STRING;
    return NULL;
}

static size_t digits_from(struct vb_span s, size_t from)
{
    size_t at = from;

    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9')
        at++;
    return at - from;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = vb_ascii_lower(c);
    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : 99;
}

/* 8 for 0o17, 16 for 0x1F, 0 for what is neither. */
static unsigned radix_of(struct vb_span s)
{
    unsigned radix;

    if (s.len < 3 || s.ptr[0] != '0' || (s.ptr[1] != 'o' && s.ptr[1] != 'x'))
        return 0;
    radix = s.ptr[1] == 'o' ? 8 : 16;
    for (size_t i = 2; i < s.len; i++) {
        if (digit_of(s.ptr[i]) >= (int)radix)
            return 0;
    }
    return radix;
}

/* The parts of [-+]? digits [. digits] [e[-+]?digits]. */
struct decimal {
    bool negative;
    struct vb_span whole, fraction, exponent;
    bool has_point;
};

static bool read_exponent(struct vb_span s, size_t *at, struct vb_span *ret)
{
    size_t from, count;

    if (*at >= s.len || (s.ptr[*at] != 'e' && s.ptr[*at] != 'E'))
        return true;
    from = *at + 1;
    if (from < s.len && (s.ptr[from] == '-' || s.ptr[from] == '+'))
        from++;
    count = digits_from(s, from);
    if (count == 0)
        return false;
    *ret = vb_span_of(s.ptr + *at + 1, from + count - *at - 1);
    *at = from + count;
    return true;
}

static bool read_decimal(struct vb_span s, struct decimal *ret)
{
    struct decimal d = {0};
    size_t at = 0;

    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        d.negative = s.ptr[0] == '-';
        at = 1;
    }
    d.whole = vb_span_of(s.ptr + at, digits_from(s, at));
    at += d.whole.len;
    if (at < s.len && s.ptr[at] == '.') {
        d.has_point = true;
        d.fraction = vb_span_of(s.ptr + at + 1, digits_from(s, at + 1));
        at += 1 + d.fraction.len;
    }
    if (d.whole.len + d.fraction.len == 0)
        return false;
    if (!read_exponent(s, &at, &d.exponent) || at != s.len)
        return false;
    *ret = d;
    return true;
}

static bool is_infinity(struct vb_span s)
{
    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        s = vb_span_from(s, 1);
    return vb_span_eq(s, VB_SPAN(".inf")) || vb_span_eq(s, VB_SPAN(".Inf")) ||
           vb_span_eq(s, VB_SPAN(".INF"));
}

enum vb__yaml_kind vb__yaml_kind_of(struct vb_span plain)
{
    enum vb__yaml_kind kind;
    struct decimal d;

    word_json(plain, &kind);
    if (kind != VB__YAML_STRING)
        return kind;
    if (radix_of(plain) != 0)
        return VB__YAML_INT;
    if (is_infinity(plain))
        return VB__YAML_NOT_FINITE;
    if (!read_decimal(plain, &d))
        return VB__YAML_STRING;
    return d.has_point || d.exponent.len > 0 ? VB__YAML_FLOAT : VB__YAML_INT;
}

static enum vb_err radix_json(struct vb_buf *out, struct vb_span s,
                              unsigned radix)
{
    uint64_t n = 0;

    vb_assert(radix != 0);
    for (size_t i = 2; i < s.len; i++) {
        if (n > (UINT64_MAX - 15) / radix)
            return VB_ERR_RANGE;
        n = n * radix + (unsigned)digit_of(s.ptr[i]);
    }
    vb_buf_printf(out, "%" PRIu64, n);
    return VB_OK;
}

/* JSON has no leading +, no leading zeros, and digits around every point. */
static void decimal_json(struct vb_buf *out, const struct decimal *d)
{
    struct vb_span whole = d->whole;

    while (whole.len > 1 && whole.ptr[0] == '0')
        whole = vb_span_from(whole, 1);
    if (d->negative)
        vb_buf_char(out, '-');
    vb_buf_append(out, whole.len > 0 ? whole : VB_SPAN("0"));
    if (d->has_point) {
        vb_buf_char(out, '.');
        vb_buf_append(out, d->fraction.len > 0 ? d->fraction : VB_SPAN("0"));
    }
    if (d->exponent.len > 0) {
        vb_buf_char(out, 'e');
        vb_buf_append(out, d->exponent);
    }
}

enum vb_err vb__yaml_scalar_json(struct vb_buf *out, struct vb_span plain,
                                 enum vb__yaml_kind kind)
{
    enum vb__yaml_kind word;
    struct decimal d;
    const char *json;

    if (kind == VB__YAML_STRING) {
        vb_json_write_string(out, plain);
        return VB_OK;
    }
    json = word_json(plain, &word);
    if (json) {
        vb_buf_str(out, json);
        return VB_OK;
    }
    if (radix_of(plain) != 0)
        return radix_json(out, plain, radix_of(plain));
    if (!read_decimal(plain, &d))
        return VB_ERR_INVALID;
    decimal_json(out, &d);
    return VB_OK;
}
