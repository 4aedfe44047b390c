/*
 * \p{...} and \P{...} (ECMA-262 section 22.2.1, UnicodePropertyValue-
 * Expression). Names are matched exactly, as there; PCRE2 is looser and would
 * also take names that ECMA-262 has not (\p{Greek} without sc=).
 */
#include <stdio.h>

#include "content/regex_rewrite.h"

struct alias {
    struct vb_span name;
    struct vb_span alias;
};

static const struct alias categories[] = {
#define VB_CATEGORY(name, alias) {VB_SPAN_INIT(name), VB_SPAN_INIT(alias)},
#define VB_BINARY(name, alias)
#include "content/regex_property.tbl"
#undef VB_BINARY
#undef VB_CATEGORY
};

static const struct alias binaries[] = {
#define VB_CATEGORY(name, alias)
#define VB_BINARY(name, alias) {VB_SPAN_INIT(name), VB_SPAN_INIT(alias)},
#include "content/regex_property.tbl"
#undef VB_BINARY
#undef VB_CATEGORY
};

/* The entry under either of its names, or NULL. */
static const struct alias *find(const struct alias *table, size_t count,
                                struct vb_span name)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_eq(table[i].name, name) || vb_span_eq(table[i].alias, name))
            return &table[i];
    return NULL;
}

static const struct alias *find_category(struct vb_span name)
{
    return find(categories, sizeof(categories) / sizeof(categories[0]), name);
}

static const struct alias *find_binary(struct vb_span name)
{
    return find(binaries, sizeof(binaries) / sizeof(binaries[0]), name);
}

static void put(struct vb__atom *ret, bool negated, const char *prefix,
                struct vb_span name)
{
    int len = snprintf(ret->text, sizeof(ret->text), "\\%c{%s%.*s}",
                       negated ? 'P' : 'p', prefix, VB_FMT(name));

    ret->set = vb_span_of(ret->text, (size_t)len);
}

static bool put_category(struct vb__atom *ret, bool negated,
                         struct vb_span name)
{
    const struct alias *category = find_category(name);

    if (category == NULL)
        return false;
    put(ret, negated, "",
        vb_span_eq(category->alias, VB_SPAN("LC")) ? VB_SPAN("L&")
                                                   : category->alias);
    return true;
}

/* \p{name}: a general category or a binary property. */
static bool put_lone(struct vb__rewriter *r, struct vb__atom *ret, bool negated,
                     struct vb_span name)
{
    const struct alias *binary = find_binary(name);

    if (put_category(ret, negated, name))
        return true;
    if (vb_span_eq(name, VB_SPAN("Assigned"))) {
        put(ret, !negated, "", VB_SPAN("Cn"));
        return true;
    }
    if (vb_span_eq(name, VB_SPAN("CWKCF")) ||
        vb_span_eq(name, VB_SPAN("Changes_When_NFKC_Casefolded"))) {
        vb__regex_unsupported(r, "PCRE2 lacks the property CWKCF");
        put(ret, negated, "", VB_SPAN("Any"));
        return true;
    }
    if (binary == NULL)
        return false;
    put(ret, negated, "", binary->alias);
    return true;
}

/* \p{name=value}. Which scripts there are is left to PCRE2. */
static bool put_pair(struct vb__atom *ret, bool negated, struct vb_span name,
                     struct vb_span value)
{
    if (vb_span_eq(name, VB_SPAN("General_Category")) ||
        vb_span_eq(name, VB_SPAN("gc")))
        return put_category(ret, negated, value);
    if (vb_span_eq(name, VB_SPAN("Script")) || vb_span_eq(name, VB_SPAN("sc")))
        put(ret, negated, "sc:", value);
    else if (vb_span_eq(name, VB_SPAN("Script_Extensions")) ||
             vb_span_eq(name, VB_SPAN("scx")))
        put(ret, negated, "scx:", value);
    else
        return false;
    return true;
}

/* Takes letters, digits and underscores; names are no longer than 40. */
static struct vb_span take_word(struct vb__rewriter *r)
{
    size_t start = r->at;

    while (r->at < r->in.len && r->at - start <= 40) {
        char c = vb_ascii_lower(r->in.ptr[r->at]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            break;
        r->at++;
    }
    return vb_span_of(r->in.ptr + start, r->at - start);
}

bool vb__regex_property(struct vb__rewriter *r, bool negated,
                        struct vb__atom *ret)
{
    struct vb_span name, value = {NULL, 0};
    bool pair, known;

    if (!vb__regex_take(r, '{'))
        return vb__regex_error(r, 1, "\\p needs {property}");
    name = take_word(r);
    pair = vb__regex_take(r, '=');
    if (pair)
        value = take_word(r);
    if (!vb__regex_take(r, '}') || name.len == 0 || name.len > 40 ||
        (pair && value.len == 0) || value.len > 40)
        return vb__regex_error(r, 0, "\\p needs {property}");
    known = pair ? put_pair(ret, negated, name, value)
                 : put_lone(r, ret, negated, name);
    return known ||
           vb__regex_error(r, 1, "names no Unicode property of ECMA-262");
}
