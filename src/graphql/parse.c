/* Reading a document: definitions and selections. See parse.h. */
#include "graphql/parse.h"

#include "base/utf8.h"
#include "graphql/parse_inner.h"

const struct vb_gql_limits vb_gql_limits_default = {
    .tokens = 10000,
    .depth = 64,
    .aliases = 200,
    .fields = 10000,
    .cost = 200000,
};

/* --- tokens --------------------------------------------------------------- */

bool vb__gql_failed(const struct vb__gql_parser *p)
{
    return p->lexer.err != VB_OK || p->lexer.arena->failed;
}

void vb__gql_take(struct vb__gql_parser *p)
{
    p->token = vb__gql_next(&p->lexer);
}

bool vb__gql_is(const struct vb__gql_parser *p, const char *text)
{
    return (p->token.kind == VB__GQL_PUNCTUATOR ||
            p->token.kind == VB__GQL_NAME) &&
           vb_span_eq(p->token.text, vb_span_str(text));
}

bool vb__gql_takes(struct vb__gql_parser *p, const char *text)
{
    if (!vb__gql_is(p, text))
        return false;
    vb__gql_take(p);
    return true;
}

void vb__gql_unexpected(struct vb__gql_parser *p, const char *wanted)
{
    struct vb_span text = vb_span_head(p->token.text, 60);

    if (p->token.kind == VB__GQL_END)
        vb__gql_fail(&p->lexer, VB_ERR_SYNTAX, p->token.at,
                     "%s is expected, and not the end", wanted);
    else if (p->token.kind == VB__GQL_STRING)
        vb__gql_fail(&p->lexer, VB_ERR_SYNTAX, p->token.at,
                     "%s is expected, and not a string", wanted);
    else
        vb__gql_fail(&p->lexer, VB_ERR_SYNTAX, p->token.at,
                     "%s is expected, and not \"%.*s\"", wanted, VB_FMT(text));
    p->token.kind = VB__GQL_END;
}

void vb__gql_expect(struct vb__gql_parser *p, const char *text)
{
    char wanted[16];

    if (vb__gql_takes(p, text))
        return;
    (void)snprintf(wanted, sizeof(wanted), "\"%s\"", text);
    vb__gql_unexpected(p, wanted);
}

struct vb_span vb__gql_name(struct vb__gql_parser *p, struct vb_gql_place *at)
{
    struct vb_span name = p->token.text;

    *at = p->token.at;
    if (p->token.kind == VB__GQL_NAME)
        vb__gql_take(p);
    else
        vb__gql_unexpected(p, "a name");
    return name;
}

bool vb__gql_deeper(struct vb__gql_parser *p)
{
    if (p->depth++ < p->limits.depth)
        return true;
    vb__gql_fail(&p->lexer, VB_ERR_LIMIT, p->token.at,
                 "the document is nested more than %u deep", p->limits.depth);
    p->token.kind = VB__GQL_END;
    return false;
}

/* --- selections (section 2.4) --------------------------------------------- */

static const struct vb_gql_selection *read_selections(struct vb__gql_parser *p);

static void read_field(struct vb__gql_parser *p, struct vb_gql_selection *to)
{
    struct vb_gql_place at;

    to->kind = VB_GQL_FIELD;
    to->key = to->name = vb__gql_name(p, &at);
    if (vb__gql_takes(p, ":")) {
        to->name = vb__gql_name(p, &at);
        if (p->document->alias_count++ == p->limits.aliases)
            vb__gql_fail(&p->lexer, VB_ERR_LIMIT, to->at,
                         "the document has more than %zu aliases",
                         p->limits.aliases);
    }
    to->name_at = at;
    to->arguments = vb__gql_arguments(p, false);
    to->directives = vb__gql_directives(p, false);
    if (vb__gql_is(p, "{"))
        to->selections = read_selections(p);
}

/* Behind "...": a spread, or a fragment that stands here (section 2.8). */
static void read_fragment_use(struct vb__gql_parser *p,
                              struct vb_gql_selection *to)
{
    if (p->token.kind == VB__GQL_NAME && !vb__gql_is(p, "on")) {
        to->kind = VB_GQL_SPREAD;
        to->name = vb__gql_name(p, &to->name_at);
        to->directives = vb__gql_directives(p, false);
        return;
    }
    to->kind = VB_GQL_INLINE;
    if (vb__gql_takes(p, "on"))
        to->on = vb__gql_name(p, &to->on_at);
    to->directives = vb__gql_directives(p, false);
    to->selections = read_selections(p);
}

static struct vb_gql_selection *read_selection(struct vb__gql_parser *p)
{
    struct vb_gql_selection *selection =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*selection));

    if (selection == NULL)
        return NULL;
    p->document->selection_count++;
    selection->at = p->token.at;
    if (vb__gql_takes(p, "..."))
        read_fragment_use(p, selection);
    else
        read_field(p, selection);
    return vb__gql_failed(p) ? NULL : selection;
}

/* In braces, at least one. */
static const struct vb_gql_selection *read_selections(struct vb__gql_parser *p)
{
    const struct vb_gql_selection *first = NULL, **end = &first;

    if (!vb__gql_deeper(p))
        return NULL;
    vb__gql_expect(p, "{");
    do {
        struct vb_gql_selection *selection = read_selection(p);

        if (selection == NULL)
            return NULL;
        *end = selection;
        end = &selection->next;
    } while (!vb__gql_takes(p, "}"));
    p->depth--;
    return first;
}

/* --- variables (section 2.10) --------------------------------------------- */

static struct vb_gql_variable *read_variable(struct vb__gql_parser *p)
{
    struct vb_gql_variable *variable =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*variable));
    struct vb_gql_place at;

    if (variable == NULL)
        return NULL;
    variable->at = p->token.at;
    vb__gql_expect(p, "$");
    variable->name = vb__gql_name(p, &at);
    vb__gql_expect(p, ":");
    variable->type = vb__gql_type_ref(p);
    if (vb__gql_takes(p, "="))
        variable->preset = vb__gql_value(p, true);
    variable->directives = vb__gql_directives(p, true);
    return vb__gql_failed(p) ? NULL : variable;
}

static const struct vb_gql_variable *read_variables(struct vb__gql_parser *p)
{
    const struct vb_gql_variable *first = NULL, **end = &first;

    if (!vb__gql_takes(p, "("))
        return NULL;
    do {
        struct vb_gql_variable *variable = read_variable(p);

        if (variable == NULL)
            return NULL;
        *end = variable;
        end = &variable->next;
    } while (!vb__gql_takes(p, ")"));
    return first;
}

/* --- definitions (sections 2.2, 2.3, 2.8) --------------------------------- */

static const struct {
    const char *text;
    enum vb_gql_operation_kind kind;
} operation_kinds[] = {
    {"query", VB_GQL_QUERY},
    {"mutation", VB_GQL_MUTATION},
    {"subscription", VB_GQL_SUBSCRIPTION},
};

/* The keyword of an operation; one that is only selections is a query. */
static bool takes_operation(struct vb__gql_parser *p,
                            enum vb_gql_operation_kind *ret_kind)
{
    *ret_kind = VB_GQL_QUERY;
    if (vb__gql_is(p, "{"))
        return true;
    for (size_t i = 0; i < sizeof(operation_kinds) / sizeof(operation_kinds[0]);
         i++) {
        *ret_kind = operation_kinds[i].kind;
        if (vb__gql_takes(p, operation_kinds[i].text))
            return true;
    }
    return false;
}

static void read_operation(struct vb__gql_parser *p, struct vb_gql_place at,
                           enum vb_gql_operation_kind kind)
{
    struct vb_gql_operation *operation =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*operation));

    if (operation == NULL)
        return;
    operation->kind = kind;
    operation->at = at;
    if (p->token.kind == VB__GQL_NAME)
        operation->name = vb__gql_name(p, &operation->name_at);
    operation->variables = read_variables(p);
    operation->directives = vb__gql_directives(p, false);
    operation->selections = read_selections(p);
    *p->operations_end = operation;
    p->operations_end = &operation->next;
    p->document->operation_count++;
}

static void read_fragment(struct vb__gql_parser *p, struct vb_gql_place at)
{
    struct vb_gql_fragment *fragment =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*fragment));

    if (fragment == NULL)
        return;
    fragment->at = at;
    if (vb__gql_is(p, "on"))
        vb__gql_unexpected(p, "a fragment's name");
    fragment->name = vb__gql_name(p, &fragment->name_at);
    vb__gql_expect(p, "on");
    fragment->on = vb__gql_name(p, &fragment->on_at);
    fragment->directives = vb__gql_directives(p, false);
    fragment->selections = read_selections(p);
    fragment->index = p->document->fragment_count++;
    *p->fragments_end = fragment;
    p->fragments_end = &fragment->next;
}

/* What begins a definition that is not for executing (section 5.1.1). */
static bool defines_types(const struct vb__gql_parser *p)
{
    static const char *const words[] = {"schema",    "scalar", "type",
                                        "interface", "union",  "enum",
                                        "input",     "extend", "directive"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (vb__gql_is(p, words[i]))
            return true;
    return p->token.kind == VB__GQL_STRING;
}

static void read_definition(struct vb__gql_parser *p)
{
    struct vb_gql_place at = p->token.at;
    enum vb_gql_operation_kind kind;

    if (takes_operation(p, &kind))
        read_operation(p, at, kind);
    else if (vb__gql_takes(p, "fragment"))
        read_fragment(p, at);
    else if (defines_types(p))
        vb__gql_fail(&p->lexer, VB_ERR_SYNTAX, at,
                     "a definition of types cannot be executed");
    else
        vb__gql_unexpected(p, "an operation or a fragment");
}

/* At the first byte that is not UTF-8, which is where the text ends for us. */
static void refuse_bytes(struct vb__gql_parser *p, size_t good)
{
    while (p->lexer.err == VB_OK && p->token.kind != VB__GQL_END)
        vb__gql_take(p);
    vb__gql_fail(&p->lexer, VB_ERR_SYNTAX, vb__gql_place(&p->lexer, good),
                 "the document is not UTF-8");
}

enum vb_err vb_gql_parse(struct vb_arena *arena, struct vb_span text,
                         const struct vb_gql_limits *limits,
                         struct vb_gql_errors *errors,
                         const struct vb_gql_document **ret_document)
{
    struct vb_gql_document *document =
        vb_arena_calloc(arena, 1, sizeof(*document));
    struct vb__gql_parser p = {
        .limits = limits == NULL ? vb_gql_limits_default : *limits,
        .document = document,
    };
    size_t good = vb_utf8_prefix(text);

    if (document == NULL)
        return VB_ERR_NOMEM;
    if (p.limits.depth > VB_GQL_DEPTH_MOST)
        p.limits.depth = VB_GQL_DEPTH_MOST;
    p.operations_end = &document->operations;
    p.fragments_end = &document->fragments;
    vb__gql_lexer_init(&p.lexer, arena, vb_span_head(text, good),
                       p.limits.tokens, errors);
    vb__gql_take(&p);
    if (good < text.len)
        refuse_bytes(&p, good);
    do
        read_definition(&p);
    while (!vb__gql_failed(&p) && p.token.kind != VB__GQL_END);
    if (arena->failed)
        return VB_ERR_NOMEM;
    if (p.lexer.err != VB_OK)
        return p.lexer.err;
    *ret_document = document;
    return VB_OK;
}
