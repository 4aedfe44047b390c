/*
 * Alternatives, groups and quantifiers: the outer grammar of ECMA-262
 * patterns (section 22.2.1), one pass without recursion.
 */
#include "content/regex_rewrite.h"

/* PCRE2's largest repetition. */
#define REPEAT_MAX 65535u

/* What the pass remembers between two constructs. */
struct nesting {
    bool repeatable; /* may a quantifier follow? */
    unsigned depth;
    /* One bit per open group: may it be repeated once closed? */
    uint64_t bits[VB_REGEX_PATTERN_MAX / 64 + 1];
};

static const struct {
    struct vb_span opening;
    bool repeatable; /* an assertion may not be (but for Annex B) */
} group_kinds[] = {
    {VB_SPAN_INIT("?:"), true},   {VB_SPAN_INIT("?="), false},
    {VB_SPAN_INIT("?!"), false},  {VB_SPAN_INIT("?<="), false},
    {VB_SPAN_INIT("?<!"), false},
};

bool vb__regex_error(struct vb__rewriter *r, size_t back, const char *text)
{
    if (r->error == NULL) {
        r->error = text;
        r->error_at = r->at - back;
    }
    return false;
}

void vb__regex_unsupported(struct vb__rewriter *r, const char *text)
{
    if (r->unsupported == NULL) {
        r->unsupported = text;
        r->unsupported_at = r->at;
    }
}

uint32_t vb__regex_code_point(struct vb__rewriter *r)
{
    unsigned char lead = (unsigned char)r->in.ptr[r->at++];
    unsigned more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t value = more == 0 ? lead : lead & (0x3fu >> more);

    while (more-- > 0)
        value = value << 6 | ((unsigned char)r->in.ptr[r->at++] & 0x3f);
    return value;
}

void vb__regex_put(struct vb__rewriter *r, uint32_t code_point)
{
    char c = code_point < 0x80 ? (char)code_point : '\0';
    char lower = vb_ascii_lower(c);

    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9'))
        vb_buf_char(r->out, c);
    else
        vb_buf_printf(r->out, "\\x{%x}", (unsigned)code_point);
}

static bool is_name_byte(char c, bool first)
{
    char lower = vb_ascii_lower(c);

    return (lower >= 'a' && lower <= 'z') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80 || (!first && c >= '0' && c <= '9');
}

bool vb__regex_name(struct vb__rewriter *r, struct vb_span *ret)
{
    size_t start = r->at + 1, end = start;

    if (!vb__regex_at(r, '<'))
        return false;
    while (end < r->in.len && is_name_byte(r->in.ptr[end], end == start))
        end++;
    if (end == start || end == r->in.len || r->in.ptr[end] != '>')
        return false;
    *ret = vb_span_of(r->in.ptr + start, end - start);
    r->at = end + 1;
    return true;
}

/* --- first pass: which groups are there? --- */

static bool add_name(struct vb__rewriter *r, struct vb_span name)
{
    for (unsigned i = 0; i < r->name_count; i++)
        if (vb_span_eq(r->names[i].name, name))
            return vb__regex_error(r, 0, "two groups have one name");
    if (r->name_count == VB_REGEX_NAMES_MAX) {
        vb__regex_unsupported(r, "has more than 64 named groups");
        return true;
    }
    r->names[r->name_count].name = name;
    r->names[r->name_count++].group = r->groups;
    return true;
}

/* A ( has been taken. Counts it if it captures. */
static bool scan_group(struct vb__rewriter *r)
{
    struct vb_span name;

    if (!vb__regex_at(r, '?')) {
        r->groups++;
        return true;
    }
    r->at++;
    if (!vb__regex_name(r, &name))
        return true;
    r->groups++;
    return add_name(r, name);
}

/* Counts and names the capturing groups; references may point forward. */
static bool scan_groups(struct vb__rewriter *r)
{
    bool in_class = false;

    while (r->at < r->in.len) {
        char c = r->in.ptr[r->at++];

        if (c == '\\' && r->at < r->in.len)
            r->at++;
        else if (c == '[')
            in_class = true;
        else if (c == ']')
            in_class = false;
        else if (c == '(' && !in_class && !scan_group(r))
            return false;
    }
    r->at = 0;
    return true;
}

/* --- second pass --- */

static void push(struct vb__rewriter *r, struct nesting *n, bool repeatable)
{
    uint64_t bit = UINT64_C(1) << (n->depth % 64);

    if (repeatable)
        n->bits[n->depth / 64] |= bit;
    else
        n->bits[n->depth / 64] &= ~bit;
    n->repeatable = false;
    if (++n->depth > VB_REGEX_DEPTH_MAX)
        vb__regex_unsupported(r, "nests more than 200 groups");
}

/* A ( has been taken. */
static bool open_group(struct vb__rewriter *r, struct nesting *n)
{
    struct vb_span rest = vb_span_from(r->in, r->at), name;

    vb_buf_char(r->out, '(');
    for (size_t i = 0; i < sizeof(group_kinds) / sizeof(group_kinds[0]); i++) {
        if (vb_span_starts(rest, group_kinds[i].opening)) {
            vb_buf_append(r->out, group_kinds[i].opening);
            r->at += group_kinds[i].opening.len;
            push(r, n, group_kinds[i].repeatable);
            return true;
        }
    }
    push(r, n, true);
    if (!vb__regex_take(r, '?'))
        return true;
    /* A named group goes by its number, so PCRE2's names never matter. */
    return vb__regex_name(r, &name) ||
           vb__regex_error(r, 1, "(? begins no group of ECMA-262");
}

/* A ) has been taken. */
static bool close_group(struct vb__rewriter *r, struct nesting *n)
{
    if (n->depth == 0)
        return vb__regex_error(r, 1, ") closes no group");
    n->depth--;
    n->repeatable = n->bits[n->depth / 64] >> (n->depth % 64) & 1;
    vb_buf_char(r->out, ')');
    return true;
}

/* Takes digits, saturating; false when there are none. */
static bool take_count(struct vb__rewriter *r, uint32_t *ret)
{
    size_t start = r->at;
    uint32_t n = 0;

    while (r->at < r->in.len && r->in.ptr[r->at] >= '0' &&
           r->in.ptr[r->at] <= '9') {
        if (n < 100000000)
            n = n * 10 + (uint32_t)(r->in.ptr[r->at] - '0');
        r->at++;
    }
    *ret = n;
    return r->at > start;
}

/* {n}, {n,} or {n,m} behind a { that has been taken; else takes nothing. */
static bool read_counts(struct vb__rewriter *r, uint32_t *ret_min,
                        uint32_t *ret_max)
{
    size_t before = r->at;

    if (take_count(r, ret_min)) {
        *ret_max = *ret_min;
        if (vb__regex_take(r, ',') && !take_count(r, ret_max))
            *ret_max = UINT32_MAX;
        if (vb__regex_take(r, '}'))
            return true;
    }
    r->at = before;
    return false;
}

/* c, one of * + ? {, has been taken: reads the rest of the quantifier. */
static bool read_quantifier(struct vb__rewriter *r, struct nesting *n, char c)
{
    size_t start = r->at - 1;
    uint32_t min = 0, max = 0;

    if (c == '{' && !read_counts(r, &min, &max)) {
        vb__regex_put(r, '{');
        n->repeatable = true;
        return true;
    }
    if (!n->repeatable)
        return vb__regex_error(r, r->at - start, "there is nothing to repeat");
    if (min > max)
        return vb__regex_error(r, r->at - start, "repetition out of order");
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max != UINT32_MAX))
        vb__regex_unsupported(r, "repeats more than 65535 times");
    if (c != '{')
        vb_buf_char(r->out, c);
    else if (max == UINT32_MAX)
        vb_buf_printf(r->out, "{%u,}", min);
    else
        vb_buf_printf(r->out, "{%u,%u}", min, max);
    if (vb__regex_take(r, '?'))
        vb_buf_char(r->out, '?');
    n->repeatable = false;
    return true;
}

static void put_atom(struct vb__rewriter *r, struct nesting *n,
                     const struct vb__atom *atom)
{
    n->repeatable = atom->kind != VB__ATOM_BOUNDARY;
    switch (atom->kind) {
    case VB__ATOM_CHAR:
        if (atom->value >= VB_SURROGATE_FIRST &&
            atom->value <= VB_SURROGATE_LAST)
            vb_buf_str(r->out, "(?!)");
        else
            vb__regex_put(r, atom->value);
        break;
    case VB__ATOM_SET:
        vb_buf_char(r->out, '[');
        vb_buf_append(r->out, atom->set);
        vb_buf_char(r->out, ']');
        break;
    case VB__ATOM_BOUNDARY:
        vb_buf_printf(r->out, "\\%c", (char)atom->value);
        break;
    case VB__ATOM_BACKREF:
        vb_buf_printf(r->out, "\\g{%u}", (unsigned)atom->value);
        break;
    }
}

/* Characters that stand for something else than themselves; c has been
 * taken. False and no error when it is a plain one. */
static bool read_special(struct vb__rewriter *r, struct nesting *n, char c)
{
    struct vb__atom atom;

    switch (c) {
    case '(':
        return open_group(r, n);
    case ')':
        return close_group(r, n);
    case '*':
    case '+':
    case '?':
    case '{':
        return read_quantifier(r, n, c);
    case '[':
        n->repeatable = true;
        return vb__regex_class(r);
    case '\\':
        if (!vb__regex_escape(r, false, &atom))
            return false;
        put_atom(r, n, &atom);
        return true;
    case '.': /* not LineTerminator, ECMA-262 section 12.3 */
        n->repeatable = true;
        vb_buf_str(r->out, "[^\\n\\r\\x{2028}\\x{2029}]");
        return true;
    case '^':
    case '$':
    case '|':
        n->repeatable = false;
        vb_buf_char(r->out, c);
        return true;
    default:
        return false;
    }
}

static bool read_pattern(struct vb__rewriter *r, struct nesting *n)
{
    while (r->at < r->in.len) {
        char c = r->in.ptr[r->at++];

        if (read_special(r, n, c))
            continue;
        if (r->error != NULL)
            return false;
        r->at--;
        vb__regex_put(r, vb__regex_code_point(r));
        n->repeatable = true;
    }
    return n->depth == 0 || vb__regex_error(r, 0, "( is never closed");
}

static enum vb_err verdict(const struct vb__rewriter *r,
                           struct vb_regex_fault *ret_fault)
{
    if (r->error != NULL) {
        *ret_fault = (struct vb_regex_fault){r->error_at, r->error};
        return VB_ERR_SYNTAX;
    }
    if (r->unsupported != NULL) {
        *ret_fault = (struct vb_regex_fault){r->unsupported_at, r->unsupported};
        return VB_ERR_UNSUPPORTED;
    }
    if (r->out->err != VB_OK)
        *ret_fault = (struct vb_regex_fault){0, "is too long"};
    return r->out->err;
}

enum vb_err vb__regex_rewrite(struct vb_span pattern, struct vb_buf *out,
                              struct vb_regex_fault *ret_fault)
{
    struct vb__rewriter r = {.in = pattern, .out = out};
    struct nesting n = {.repeatable = false};

    if (pattern.len > VB_REGEX_PATTERN_MAX) {
        *ret_fault = (struct vb_regex_fault){0, "is too long"};
        return VB_ERR_LIMIT;
    }
    if (scan_groups(&r))
        (void)read_pattern(&r, &n);
    return verdict(&r, ret_fault);
}
