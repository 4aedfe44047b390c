/* Reading expressions: the grammar of AIP-160. See expression.h. */
#include "content/expression_part.h"

/* --- terms ---------------------------------------------------------------- */

static struct vb__term *new_term(struct vb__expression_reader *r,
                                 enum vb__term_kind kind)
{
    struct vb__term *term;

    if (r->terms++ == VB_EXPRESSION_TERMS)
        return vb__expression_fail(r, "it has too many terms");
    term = vb_arena_calloc(r->arena, 1, sizeof(*term));
    if (term != NULL)
        term->kind = kind;
    return term;
}

static const struct vb__term *join(struct vb__expression_reader *r,
                                   enum vb__term_kind kind,
                                   const struct vb__term *left,
                                   const struct vb__term *right)
{
    struct vb__term *term;

    if (left == NULL || right == NULL)
        return NULL;
    term = new_term(r, kind);
    if (term != NULL) {
        term->left = left;
        term->right = right;
    }
    return term;
}

/* --- restrictions --------------------------------------------------------- */

/* False: there is none here. */
static bool read_comparison(struct vb__expression_reader *r,
                            enum vb__comparison *ret)
{
    static const struct {
        const char *text;
        enum vb__comparison comparison;
    } rows[] = {
        {"<=", VB__LE}, {">=", VB__GE}, {"!=", VB__NE}, {"=", VB__EQ},
        {"<", VB__LT},  {">", VB__GT},  {":", VB__HAS},
    };
    size_t before = r->at;

    vb__expression_skip(r);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_span sign = vb_span_str(rows[i].text);

        if (!vb_span_starts(vb_span_from(r->text, r->at), sign))
            continue;
        r->at += sign.len;
        *ret = rows[i].comparison;
        vb__expression_skip(r);
        return true;
    }
    r->at = before;
    return false;
}

static const struct vb__term *read_argument(struct vb__expression_reader *r,
                                            struct vb__term *term)
{
    enum vb__comparison comparison;
    size_t offset = r->at;

    if (!read_comparison(r, &comparison) || comparison != VB__HAS)
        return vb__expression_fail_at(r, offset,
                                      "a colon and a name must follow");
    if (vb__expression_is_quote(vb__expression_peek(r))) {
        if (!vb__expression_string(r, &term->argument))
            return NULL;
    } else {
        term->argument = vb_arena_dup(r->arena, vb__expression_text(r, false));
    }
    return term->argument.len > 0 ? term
                                  : vb__expression_fail(r, "a name is missing");
}

/* A word, where the name is one and no path. */
static bool find_word(const struct vb__expression_reader *r,
                      struct vb_span name, size_t *ret_word)
{
    for (size_t i = 0;
         vb__expression_peek(r) != '.' && i < r->language->word_count; i++) {
        if (!vb_span_eq(r->language->words[i].name, name))
            continue;
        *ret_word = i;
        return true;
    }
    return false;
}

static const struct vb__term *read_word(struct vb__expression_reader *r,
                                        size_t word)
{
    struct vb__term *term = new_term(r, VB__TERM_WORD);
    enum vb__comparison comparison;

    if (term == NULL)
        return NULL;
    term->word = word;
    r->into->words |= 1u << word;
    if (r->language->words[word].argued)
        return read_argument(r, term);
    return read_comparison(r, &comparison)
               ? vb__expression_fail(r, "this word is compared with nothing")
               : term;
}

static const struct vb__term *read_member(struct vb__expression_reader *r,
                                          size_t offset, struct vb_span name,
                                          bool quoted)
{
    struct vb__term *term = new_term(r, VB__TERM_HOLDS);
    struct vb_span *names = vb__expression_new_names(r);
    size_t count = 1;

    if (term == NULL || names == NULL)
        return NULL;
    names[0] = vb_arena_dup(r->arena, name);
    if (!vb__expression_names(r, names, &count))
        return NULL;
    if (vb__expression_peek(r) == '(')
        return vb__expression_fail_at(r, offset, "there are no functions");
    if (!vb__expression_resolve(r, offset, names, count, &term->member))
        return NULL;
    if (read_comparison(r, &term->comparison))
        return vb__expression_value(r, term) ? term : NULL;
    if (quoted && count == 1)
        return vb__expression_fail_at(r, offset, "a string alone asks nothing");
    return term;
}

static const struct vb__term *read_restriction(struct vb__expression_reader *r)
{
    bool quoted = vb__expression_is_quote(vb__expression_peek(r));
    size_t offset = r->at, word;
    struct vb_span name;

    if (quoted) {
        if (!vb__expression_string(r, &name))
            return NULL;
    } else {
        name = vb__expression_text(r, true);
    }
    if (name.len == 0)
        return vb__expression_fail_at(r, offset,
                                      vb__expression_ends(r)
                                          ? "something is missing at the end"
                                          : "this character cannot stand here");
    if (!quoted && find_word(r, name, &word))
        return read_word(r, word);
    return read_member(r, offset, name, quoted);
}

/* --- the grammar ---------------------------------------------------------- */

static const struct vb__term *read_expression(struct vb__expression_reader *r);

static const struct vb__term *read_simple(struct vb__expression_reader *r)
{
    const struct vb__term *term;

    if (vb__expression_peek(r) != '(')
        return read_restriction(r);
    if (r->depth++ == VB_EXPRESSION_DEPTH)
        return vb__expression_fail(r, "it is nested too deep");
    r->at++;
    term = read_expression(r);
    if (term == NULL)
        return NULL;
    if (vb__expression_peek(r) != ')')
        return vb__expression_fail(r, "a parenthesis is not closed");
    r->at++;
    r->depth--;
    return term;
}

static const struct vb__term *read_term(struct vb__expression_reader *r)
{
    const struct vb__term *term;
    struct vb__term * not ;
    bool negated;

    vb__expression_skip(r);
    negated = vb__expression_peek(r) == '-' || vb__expression_takes(r, "NOT");
    if (negated && vb__expression_peek(r) == '-')
        r->at++;
    vb__expression_skip(r);
    term = read_simple(r);
    if (!negated || term == NULL)
        return term;
    not = new_term(r, VB__TERM_NOT);
    if (not != NULL)
        not ->left = term;
    return not ;
}

static const struct vb__term *read_factor(struct vb__expression_reader *r)
{
    const struct vb__term *term = read_term(r);

    for (vb__expression_skip(r); term != NULL && vb__expression_takes(r, "OR");
         vb__expression_skip(r))
        term = join(r, VB__TERM_OR, term, read_term(r));
    return term;
}

static const struct vb__term *read_sequence(struct vb__expression_reader *r)
{
    const struct vb__term *term = read_factor(r);

    for (vb__expression_skip(r);
         term != NULL && !vb__expression_ends(r) &&
         vb__expression_peek(r) != ')' && !vb__expression_is_next(r, "AND");
         vb__expression_skip(r))
        term = join(r, VB__TERM_AND, term, read_factor(r));
    return term;
}

static const struct vb__term *read_expression(struct vb__expression_reader *r)
{
    const struct vb__term *term = read_sequence(r);

    for (vb__expression_skip(r); term != NULL && vb__expression_takes(r, "AND");
         vb__expression_skip(r))
        term = join(r, VB__TERM_AND, term, read_sequence(r));
    return term;
}

enum vb_err vb_expression_read(struct vb_arena *arena, struct vb_span text,
                               const struct vb_expression_language *language,
                               const struct vb_expression **ret_expression,
                               struct vb_expression_error *ret_error)
{
    struct vb__expression_reader r = {
        .arena = arena, .language = language, .error = ret_error, .text = text};

    r.into = vb_arena_calloc(arena, 1, sizeof(*r.into));
    if (r.into == NULL)
        return VB_ERR_NOMEM;
    if (text.len > VB_EXPRESSION_BYTES)
        vb__expression_fail(&r, "it is too long");
    else
        r.into->root = read_expression(&r);
    if (!r.failed && r.into->root != NULL && !vb__expression_ends(&r))
        vb__expression_fail(&r, "this character cannot stand here");
    if (arena->failed) /* what is missing may look wrong */
        return VB_ERR_NOMEM;
    if (r.failed)
        return VB_ERR_INVALID;
    *ret_expression = r.into;
    return VB_OK;
}
