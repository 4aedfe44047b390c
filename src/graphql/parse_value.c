/* Reading a document: values, arguments, directives, types. See parse.h. */
#include "graphql/parse_inner.h"

/* --- values (section 2.9) ------------------------------------------------- */

static struct vb_gql_value *read_value(struct vb__gql_parser *p, bool constant);

static void read_list(struct vb__gql_parser *p, struct vb_gql_value *to,
                      bool constant)
{
    const struct vb_gql_value **end = &to->items;

    to->kind = VB_GQL_LIST;
    if (!vb__gql_deeper(p))
        return;
    while (!vb__gql_takes(p, "]")) {
        struct vb_gql_value *item = read_value(p, constant);

        if (item == NULL)
            return;
        *end = item;
        end = &item->next;
    }
    p->depth--;
}

/* NAME: VALUE, of an argument or of an input object. */
static struct vb_gql_argument *read_argument(struct vb__gql_parser *p,
                                             bool constant)
{
    struct vb_gql_argument *argument =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*argument));

    if (argument == NULL)
        return NULL;
    argument->name = vb__gql_name(p, &argument->at);
    vb__gql_expect(p, ":");
    argument->value = read_value(p, constant);
    return vb__gql_failed(p) ? NULL : argument;
}

static void read_object(struct vb__gql_parser *p, struct vb_gql_value *to,
                        bool constant)
{
    const struct vb_gql_argument **end = &to->fields;

    to->kind = VB_GQL_OBJECT;
    if (!vb__gql_deeper(p))
        return;
    while (!vb__gql_takes(p, "}")) {
        struct vb_gql_argument *field = read_argument(p, constant);

        if (field == NULL)
            return;
        *end = field;
        end = &field->next;
    }
    p->depth--;
}

static void read_variable(struct vb__gql_parser *p, struct vb_gql_value *to,
                          bool constant)
{
    struct vb_gql_place at;

    if (constant)
        vb__gql_fail(&p->lexer, VB_ERR_SYNTAX, to->at,
                     "a variable cannot stand here");
    to->kind = VB_GQL_VARIABLE;
    to->text = vb__gql_name(p, &at);
}

static enum vb_gql_value_kind kind_of_name(struct vb_span name)
{
    if (vb_span_eq(name, VB_SPAN("true")) || vb_span_eq(name, VB_SPAN("false")))
        return VB_GQL_BOOLEAN;
    return vb_span_eq(name, VB_SPAN("null")) ? VB_GQL_NULL : VB_GQL_ENUM;
}

/* What is one token. */
static void read_scalar(struct vb__gql_parser *p, struct vb_gql_value *to)
{
    to->text = p->token.text;
    switch (p->token.kind) {
    case VB__GQL_INT:
        to->kind = VB_GQL_INT;
        break;
    case VB__GQL_FLOAT:
        to->kind = VB_GQL_FLOAT;
        break;
    case VB__GQL_STRING:
        to->kind = VB_GQL_STRING;
        break;
    case VB__GQL_NAME:
        to->kind = kind_of_name(to->text);
        break;
    case VB__GQL_END:
    case VB__GQL_PUNCTUATOR:
        vb__gql_unexpected(p, "a value");
        return;
    }
    vb__gql_take(p);
}

static struct vb_gql_value *read_value(struct vb__gql_parser *p, bool constant)
{
    struct vb_gql_value *value =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*value));

    if (value == NULL)
        return NULL;
    value->at = p->token.at;
    if (vb__gql_takes(p, "$"))
        read_variable(p, value, constant);
    else if (vb__gql_takes(p, "["))
        read_list(p, value, constant);
    else if (vb__gql_takes(p, "{"))
        read_object(p, value, constant);
    else
        read_scalar(p, value);
    return vb__gql_failed(p) ? NULL : value;
}

const struct vb_gql_value *vb__gql_value(struct vb__gql_parser *p,
                                         bool constant)
{
    return read_value(p, constant);
}

/* --- arguments and directives (sections 2.6 and 2.12) --------------------- */

const struct vb_gql_argument *vb__gql_arguments(struct vb__gql_parser *p,
                                                bool constant)
{
    const struct vb_gql_argument *first = NULL, **end = &first;

    if (!vb__gql_takes(p, "("))
        return NULL;
    do {
        struct vb_gql_argument *argument = read_argument(p, constant);

        if (argument == NULL)
            return NULL;
        *end = argument;
        end = &argument->next;
    } while (!vb__gql_takes(p, ")"));
    return first;
}

const struct vb_gql_directive *vb__gql_directives(struct vb__gql_parser *p,
                                                  bool constant)
{
    const struct vb_gql_directive *first = NULL, **end = &first;

    while (vb__gql_is(p, "@")) {
        struct vb_gql_directive *directive =
            vb_arena_calloc(p->lexer.arena, 1, sizeof(*directive));
        struct vb_gql_place name_at;

        if (directive == NULL)
            return NULL;
        directive->at = p->token.at;
        vb__gql_take(p);
        directive->name = vb__gql_name(p, &name_at);
        directive->arguments = vb__gql_arguments(p, constant);
        *end = directive;
        end = &directive->next;
    }
    return first;
}

/* --- types (section 2.11) ------------------------------------------------- */

const struct vb_gql_type_ref *vb__gql_type_ref(struct vb__gql_parser *p)
{
    struct vb_gql_type_ref *ref =
        vb_arena_calloc(p->lexer.arena, 1, sizeof(*ref));

    if (ref == NULL)
        return NULL;
    ref->at = p->token.at;
    if (!vb__gql_takes(p, "[")) {
        ref->name = vb__gql_name(p, &ref->at);
    } else if (vb__gql_deeper(p)) {
        ref->of = vb__gql_type_ref(p);
        vb__gql_expect(p, "]");
        p->depth--;
    }
    ref->non_null = vb__gql_takes(p, "!");
    return vb__gql_failed(p) ? NULL : ref;
}
