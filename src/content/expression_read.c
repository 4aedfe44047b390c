/* Reading expressions: what is cut from the text, then what it means. See
 * expression.h. */
#include "content/expression_part.h"

#include "content/number.h"
#include "content/schema.h"

#define SCALAR                                                                 \
    (VB_SCHEMA_BOOLEAN | VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER |                \
     VB_SCHEMA_STRING)

struct reader {
    struct vb_arena *arena;
    const struct vb_expression_language *language;
    struct vb_expression *into;
    struct vb_expression_error *error;
    struct vb_span text;
    size_t at;
    size_t terms;
    unsigned depth;
    bool failed;
};

static void *fail_at(struct reader *r, size_t offset, const char *text)
{
    if (!r->failed)
        *r->error = (struct vb_expression_error){
            .offset = offset, .text = text, .root = -1};
    r->failed = true;
    return NULL;
}

static void *fail(struct reader *r, const char *text)
{
    return fail_at(r, r->at, text);
}

static bool refuse_at(struct reader *r, size_t offset, const char *text)
{
    fail_at(r, offset, text);
    return false;
}

static bool refuse(struct reader *r, const char *text)
{
    return refuse_at(r, r->at, text);
}

/* --- cutting the text ----------------------------------------------------- */

static char peek(const struct reader *r)
{
    return r->at < r->text.len ? r->text.ptr[r->at] : '\0';
}

static bool ends(const struct reader *r)
{
    return r->at >= r->text.len;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct reader *r)
{
    while (!ends(r) && is_space(peek(r)))
        r->at++;
}

/* Characters that no text without quotes has; names have fewer than values. */
static bool is_text(char c, bool name)
{
    if ((unsigned char)c <= ' ' || c == 0x7f)
        return false;
    return strchr(name ? "()\"',.:=<>!" : "()\"',=<>!", c) == NULL;
}

static struct vb_span read_text(struct reader *r, bool name)
{
    size_t from = r->at;

    while (!ends(r) && is_text(peek(r), name))
        r->at++;
    return vb_span_head(vb_span_from(r->text, from), r->at - from);
}

/* The keyword if it stands here by itself; then it is taken. */
static bool takes(struct reader *r, const char *keyword)
{
    size_t before = r->at;

    if (vb_span_eq(read_text(r, true), vb_span_str(keyword)) &&
        (ends(r) || is_space(peek(r)) || peek(r) == '('))
        return true;
    r->at = before;
    return false;
}

static bool is_next(struct reader *r, const char *keyword)
{
    size_t before = r->at;
    bool is = takes(r, keyword);

    r->at = before;
    return is;
}

static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '"':
    case '\'':
    case '\\':
        return c;
    default:
        return '\0';
    }
}

/* A string in quotes, as it is meant, in the arena. */
static bool read_string(struct reader *r, struct vb_span *ret)
{
    char *text = vb_arena_alloc(r->arena, r->text.len - r->at + 1);
    char quote = peek(r);
    size_t from = r->at++, len = 0;

    while (text != NULL && !ends(r) && peek(r) != quote) {
        char c = r->text.ptr[r->at++];

        if (c == '\\') {
            c = ends(r) ? '\0' : escaped(peek(r));
            if (c == '\0')
                return refuse(r, "there is no such escape in a string");
            r->at++;
        }
        text[len++] = c;
    }
    if (text != NULL && ends(r))
        return refuse_at(r, from, "the string has no end");
    r->at++;
    *ret = vb_span_of(text, len);
    return text != NULL;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* --- terms ---------------------------------------------------------------- */

static struct vb__term *new_term(struct reader *r, enum vb__term_kind kind)
{
    struct vb__term *term;

    if (r->terms++ == VB_EXPRESSION_TERMS)
        return fail(r, "it has too many terms");
    term = vb_arena_calloc(r->arena, 1, sizeof(*term));
    if (term != NULL)
        term->kind = kind;
    return term;
}

static const struct vb__term *join(struct reader *r, enum vb__term_kind kind,
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

/* --- members -------------------------------------------------------------- */

static bool find_root(const struct reader *r, struct vb_span name,
                      size_t *ret_root)
{
    for (size_t i = 0; i < r->language->root_count; i++) {
        if (!vb_span_eq(r->language->roots[i], name))
            continue;
        *ret_root = i;
        return true;
    }
    return false;
}

static bool refuse_name(struct reader *r, size_t offset, struct vb_span name,
                        int root)
{
    bool first = !r->failed;

    fail_at(r, offset,
            root < 0 ? "nothing here has this name"
                     : "there is no such member");
    if (first) {
        r->error->name = name;
        r->error->root = root;
    }
    return false;
}

static bool same_path(const struct vb_filter_field *a,
                      const struct vb_filter_field *b)
{
    if (a->path_len != b->path_len)
        return false;
    for (size_t i = 0; i < a->path_len; i++)
        if (!vb_span_eq(a->path[i], b->path[i]))
            return false;
    return true;
}

static void note_member(struct reader *r, const struct vb__member *member)
{
    const struct vb_filter_field **first = &r->into->first[member->root];

    r->into->roots |= 1u << member->root;
    if (*first == NULL)
        *first = &member->field;
    else if (!same_path(*first, &member->field))
        r->into->others[member->root] = true;
}

/* From the names of a path, the root's included, to what is known of it. The
 * member must be where it stays. */
static bool resolve(struct reader *r, size_t offset, struct vb_span *names,
                    size_t count, struct vb__member *member)
{
    const struct vb_expression_language *language = r->language;
    struct vb_span *path = names;
    size_t len = count;

    member->root = 0;
    if (language->root_count > 0) {
        if (!find_root(r, names[0], &member->root))
            return refuse_name(r, offset, names[0], -1);
        path++;
        len--;
    }
    member->field = (struct vb_filter_field){
        .path = path,
        .path_len = len,
        .types = VB_SCHEMA_ANY,
        .item_types = VB_SCHEMA_ANY,
    };
    if (language->field != NULL && len > 0 &&
        !language->field(language->context, member->root, path, len,
                         &member->field))
        return refuse_name(r, offset, path[0], (int)member->root);
    note_member(r, member);
    return true;
}

/* The names after the first one. */
static bool read_names(struct reader *r, struct vb_span *names, size_t *count)
{
    while (peek(r) == '.') {
        r->at++;
        if (*count == VB_EXPRESSION_PATH)
            return refuse(r, "the path is too long");
        if (is_quote(peek(r))) {
            if (!read_string(r, &names[*count]))
                return false;
        } else {
            names[*count] = vb_arena_dup(r->arena, read_text(r, true));
        }
        if (names[*count].len == 0)
            return refuse(r, "a name is missing");
        ++*count;
    }
    return true;
}

static struct vb_span *new_names(struct reader *r)
{
    return vb_arena_calloc(r->arena, VB_EXPRESSION_PATH,
                           sizeof(struct vb_span));
}

/* --- values --------------------------------------------------------------- */

/* What a value that is written out is compared with: for `:` the elements of a
 * list, or the names of an object's members. */
static struct vb_filter_field compared(const struct vb__term *term, bool quoted)
{
    struct vb_filter_field field = term->member.field;
    unsigned types = field.types;

    if (term->comparison == VB__HAS) {
        types &= SCALAR;
        if ((field.types & VB_SCHEMA_ARRAY) != 0)
            types |= field.item_types & SCALAR;
        if ((field.types & VB_SCHEMA_OBJECT) != 0)
            types |= VB_SCHEMA_STRING;
    }
    field.types = quoted ? types & VB_SCHEMA_STRING : types;
    return field;
}

static bool take_value(struct reader *r, struct vb__term *term, size_t offset,
                       struct vb_span text, bool quoted)
{
    static const enum vb_filter_op ops[] = {
        [VB__EQ] = VB_FILTER_EQ,  [VB__NE] = VB_FILTER_NE,
        [VB__LT] = VB_FILTER_LT,  [VB__LE] = VB_FILTER_LTE,
        [VB__GT] = VB_FILTER_GT,  [VB__GE] = VB_FILTER_GTE,
        [VB__HAS] = VB_FILTER_EQ,
    };
    struct vb_filter_field field = compared(term, quoted);
    const char *wrong;

    term->kind = VB__TERM_VALUE;
    if (!vb_filter_applies(&field, ops[term->comparison]))
        return refuse_at(r, offset, "the member cannot be compared with this");
    text = vb_arena_dup(r->arena, text);
    wrong = vb_filter_make(r->arena, &field, ops[term->comparison], &text, 1,
                           &term->filter);
    return wrong == NULL || refuse_at(r, offset, wrong);
}

/* Another path, where the text begins with the name of a root. */
static bool take_path(struct reader *r, struct vb__term *term, size_t offset)
{
    struct vb_span *names = new_names(r);
    size_t count = 1;

    if (names == NULL)
        return false;
    r->at = offset;
    names[0] = vb_arena_dup(r->arena, read_text(r, true));
    term->kind = VB__TERM_PATHS;
    return read_names(r, names, &count) &&
           resolve(r, offset, names, count, &term->other);
}

static bool begins_path(const struct reader *r, struct vb_span text)
{
    ssize_t dot = vb_span_find(text, '.', 0);
    size_t root;

    return dot > 0 && find_root(r, vb_span_head(text, (size_t)dot), &root);
}

static bool read_value(struct reader *r, struct vb__term *term)
{
    bool equates = term->comparison == VB__EQ || term->comparison == VB__NE;
    size_t offset = r->at;
    struct vb_span text;

    if (peek(r) == '(')
        return refuse(r, "a value in parentheses is not taken");
    if (is_quote(peek(r)))
        return read_string(r, &text) && take_value(r, term, offset, text, true);
    text = read_text(r, false);
    if (text.len == 0)
        return refuse(r, "a value is missing");
    if (peek(r) == '(')
        return refuse_at(r, offset, "there are no functions");
    if (begins_path(r, text))
        return take_path(r, term, offset);
    if (term->comparison == VB__HAS && vb_span_eq(text, VB_SPAN("*"))) {
        term->kind = VB__TERM_PRESENT;
        return true;
    }
    if (equates && vb_span_eq(text, VB_SPAN("null"))) {
        term->kind = VB__TERM_NULL;
        return true;
    }
    return take_value(r, term, offset, text, false);
}

/* --- restrictions --------------------------------------------------------- */

/* False: there is none here. */
static bool read_comparison(struct reader *r, enum vb__comparison *ret)
{
    static const struct {
        const char *text;
        enum vb__comparison comparison;
    } rows[] = {
        {"<=", VB__LE}, {">=", VB__GE}, {"!=", VB__NE}, {"=", VB__EQ},
        {"<", VB__LT},  {">", VB__GT},  {":", VB__HAS},
    };
    size_t before = r->at;

    skip_space(r);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_span sign = vb_span_str(rows[i].text);

        if (!vb_span_starts(vb_span_from(r->text, r->at), sign))
            continue;
        r->at += sign.len;
        *ret = rows[i].comparison;
        skip_space(r);
        return true;
    }
    r->at = before;
    return false;
}

static const struct vb__term *read_argument(struct reader *r,
                                            struct vb__term *term)
{
    enum vb__comparison comparison;
    size_t offset = r->at;

    if (!read_comparison(r, &comparison) || comparison != VB__HAS)
        return fail_at(r, offset, "a colon and a name must follow");
    if (is_quote(peek(r))) {
        if (!read_string(r, &term->argument))
            return NULL;
    } else {
        term->argument = vb_arena_dup(r->arena, read_text(r, false));
    }
    return term->argument.len > 0 ? term : fail(r, "a name is missing");
}

/* A word, where the name is one and no path. */
static bool find_word(const struct reader *r, struct vb_span name,
                      size_t *ret_word)
{
    for (size_t i = 0; peek(r) != '.' && i < r->language->word_count; i++) {
        if (!vb_span_eq(r->language->words[i].name, name))
            continue;
        *ret_word = i;
        return true;
    }
    return false;
}

static const struct vb__term *read_word(struct reader *r, size_t word)
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
               ? fail(r, "this word is compared with nothing")
               : term;
}

static const struct vb__term *read_member(struct reader *r, size_t offset,
                                          struct vb_span name, bool quoted)
{
    struct vb__term *term = new_term(r, VB__TERM_HOLDS);
    struct vb_span *names = new_names(r);
    size_t count = 1;

    if (term == NULL || names == NULL)
        return NULL;
    names[0] = vb_arena_dup(r->arena, name);
    if (!read_names(r, names, &count))
        return NULL;
    if (peek(r) == '(')
        return fail_at(r, offset, "there are no functions");
    if (!resolve(r, offset, names, count, &term->member))
        return NULL;
    if (read_comparison(r, &term->comparison))
        return read_value(r, term) ? term : NULL;
    if (quoted && count == 1)
        return fail_at(r, offset, "a string alone asks nothing");
    return term;
}

static const struct vb__term *read_restriction(struct reader *r)
{
    bool quoted = is_quote(peek(r));
    size_t offset = r->at, word;
    struct vb_span name;

    if (quoted) {
        if (!read_string(r, &name))
            return NULL;
    } else {
        name = read_text(r, true);
    }
    if (name.len == 0)
        return fail_at(r, offset,
                       ends(r) ? "something is missing at the end"
                               : "this character cannot stand here");
    if (!quoted && find_word(r, name, &word))
        return read_word(r, word);
    return read_member(r, offset, name, quoted);
}

/* --- the grammar ---------------------------------------------------------- */

static const struct vb__term *read_expression(struct reader *r);

static const struct vb__term *read_simple(struct reader *r)
{
    const struct vb__term *term;

    if (peek(r) != '(')
        return read_restriction(r);
    if (r->depth++ == VB_EXPRESSION_DEPTH)
        return fail(r, "it is nested too deep");
    r->at++;
    term = read_expression(r);
    if (term == NULL)
        return NULL;
    if (peek(r) != ')')
        return fail(r, "a parenthesis is not closed");
    r->at++;
    r->depth--;
    return term;
}

static const struct vb__term *read_term(struct reader *r)
{
    const struct vb__term *term;
    struct vb__term * not ;
    bool negated;

    skip_space(r);
    negated = peek(r) == '-' || takes(r, "NOT");
    if (negated && peek(r) == '-')
        r->at++;
    skip_space(r);
    term = read_simple(r);
    if (!negated || term == NULL)
        return term;
    not = new_term(r, VB__TERM_NOT);
    if (not != NULL)
        not ->left = term;
    return not ;
}

static const struct vb__term *read_factor(struct reader *r)
{
    const struct vb__term *term = read_term(r);

    for (skip_space(r); term != NULL && takes(r, "OR"); skip_space(r))
        term = join(r, VB__TERM_OR, term, read_term(r));
    return term;
}

static const struct vb__term *read_sequence(struct reader *r)
{
    const struct vb__term *term = read_factor(r);

    for (skip_space(r);
         term != NULL && !ends(r) && peek(r) != ')' && !is_next(r, "AND");
         skip_space(r))
        term = join(r, VB__TERM_AND, term, read_factor(r));
    return term;
}

static const struct vb__term *read_expression(struct reader *r)
{
    const struct vb__term *term = read_sequence(r);

    for (skip_space(r); term != NULL && takes(r, "AND"); skip_space(r))
        term = join(r, VB__TERM_AND, term, read_sequence(r));
    return term;
}

enum vb_err vb_expression_read(struct vb_arena *arena, struct vb_span text,
                               const struct vb_expression_language *language,
                               const struct vb_expression **ret_expression,
                               struct vb_expression_error *ret_error)
{
    struct reader r = {
        .arena = arena, .language = language, .error = ret_error, .text = text};

    r.into = vb_arena_calloc(arena, 1, sizeof(*r.into));
    if (r.into == NULL)
        return VB_ERR_NOMEM;
    if (text.len > VB_EXPRESSION_BYTES)
        fail(&r, "it is too long");
    else
        r.into->root = read_expression(&r);
    if (!r.failed && r.into->root != NULL && !ends(&r))
        fail(&r, "this character cannot stand here");
    if (arena->failed) /* what is missing may look wrong */
        return VB_ERR_NOMEM;
    if (r.failed)
        return VB_ERR_INVALID;
    *ret_expression = r.into;
    return VB_OK;
}
