/*
 * Classes (ECMA-262 section 22.2.1, CharacterClass). Each range is written by
 * its code points, so that nothing in it can mean more to PCRE2 (POSIX names,
 * nested brackets). Surrogates cannot occur in UTF-8 and are left out of
 * ranges; that can leave a class empty, as [] is from the start.
 */
#include "content/regex_rewrite.h"

static void put_range(struct vb__rewriter *r, uint32_t low, uint32_t high)
{
    vb__regex_put(r, low);
    if (low != high) {
        vb_buf_char(r->out, '-');
        vb__regex_put(r, high);
    }
}

/* The range without the surrogates in it; nothing may be left. */
static void put_scalar_range(struct vb__rewriter *r, uint32_t low,
                             uint32_t high)
{
    if (low >= VB_SURROGATE_FIRST && low <= VB_SURROGATE_LAST)
        low = VB_SURROGATE_LAST + 1;
    if (high >= VB_SURROGATE_FIRST && high <= VB_SURROGATE_LAST)
        high = VB_SURROGATE_FIRST - 1;
    if (low <= high)
        put_range(r, low, high);
}

static void put_atom(struct vb__rewriter *r, const struct vb__atom *atom)
{
    if (atom->kind == VB__ATOM_SET)
        vb_buf_append(r->out, atom->set);
    else
        put_scalar_range(r, atom->value, atom->value);
}

/* Reads one character or escape. */
static bool read_atom(struct vb__rewriter *r, struct vb__atom *ret)
{
    if (vb__regex_take(r, '\\'))
        return vb__regex_escape(r, true, ret);
    ret->kind = VB__ATOM_CHAR;
    ret->value = vb__regex_code_point(r);
    return true;
}

/* Is there a - that is followed by something to end a range with? */
static bool at_range(const struct vb__rewriter *r)
{
    return vb__regex_at(r, '-') && r->at + 1 < r->in.len &&
           r->in.ptr[r->at + 1] != ']';
}

/* Reads a character, an escape or a range, and writes it. */
static bool read_item(struct vb__rewriter *r)
{
    struct vb__atom low, high;
    size_t start = r->at;

    if (!read_atom(r, &low))
        return false;
    if (!at_range(r)) {
        put_atom(r, &low);
        return true;
    }
    r->at++;
    if (!read_atom(r, &high))
        return false;
    if (low.kind == VB__ATOM_SET || high.kind == VB__ATOM_SET) {
        put_atom(r, &low);
        vb__regex_put(r, '-');
        put_atom(r, &high);
        return true;
    }
    if (low.value > high.value)
        return vb__regex_error(r, r->at - start, "range out of order");
    put_scalar_range(r, low.value, high.value);
    return true;
}

bool vb__regex_class(struct vb__rewriter *r)
{
    size_t opened = r->at - 1, start = r->out->len;
    bool negated = vb__regex_take(r, '^');
    size_t items;

    vb_buf_str(r->out, negated ? "[^" : "[");
    items = r->out->len;
    while (!vb__regex_at(r, ']')) {
        if (r->at == r->in.len)
            return vb__regex_error(r, r->at - opened, "[ is never closed");
        if (!read_item(r))
            return false;
    }
    r->at++;
    if (r->out->len > items) {
        vb_buf_char(r->out, ']');
        return true;
    }
    /* PCRE2 has no empty class: nothing matches [], anything [^]. */
    r->out->len = start;
    vb_buf_str(r->out, negated ? "(?s:.)" : "(?!)");
    return true;
}
