/* Parts of a type system written as text, for code that builds one. They are
 * read by the parser of documents: values and types are the same in both. */
#include "base/assert.h"
#include "graphql/parse_inner.h"
#include "graphql/schema_inner.h"

static const struct vb_gql_shape *shape_of(struct vb_gql_schema *schema,
                                           const struct vb_gql_type_ref *ref)
{
    const struct vb_gql_shape *shape = NULL;
    const struct vb_gql_type *type;

    if (ref == NULL)
        return NULL;
    if (ref->of != NULL) {
        shape = vb_gql_list_of(schema, shape_of(schema, ref->of));
    } else {
        type = vb_gql_find_type(schema, ref->name);
        vb_assert(type != NULL || schema->failed);
        if (type != NULL)
            shape = &type->shape;
    }
    return ref->non_null ? vb_gql_non_null(schema, shape) : shape;
}

static void start(struct vb__gql_parser *p, struct vb_gql_schema *schema,
                  struct vb_gql_errors *errors, const char *text)
{
    *p = (struct vb__gql_parser){.limits = vb_gql_limits_default};
    vb_gql_errors_init(errors, &schema->arena);
    vb__gql_lexer_init(&p->lexer, &schema->arena, vb_span_str(text), SIZE_MAX,
                       errors);
    vb__gql_take(p);
}

/* What is written in our code is right. */
static void finish(const struct vb__gql_parser *p, struct vb_gql_schema *schema)
{
    if (schema->arena.failed)
        schema->failed = true;
    vb_assert(schema->failed ||
              (p->lexer.err == VB_OK && p->token.kind == VB__GQL_END));
}

static void read_inputs(struct vb__gql_parser *p, struct vb_gql_schema *schema,
                        struct vb_gql_input **list)
{
    struct vb_gql_place at;

    while (p->token.kind == VB__GQL_NAME) {
        struct vb_span name = vb__gql_name(p, &at);
        struct vb_gql_input *input;

        vb__gql_expect(p, ":");
        input = vb_gql_add_input(schema, list, name,
                                 shape_of(schema, vb__gql_type_ref(p)));
        if (vb__gql_takes(p, "=") && input != NULL)
            input->preset = vb__gql_value(p, true);
        if (input == NULL)
            return;
    }
}

void vb_gql_define_inputs(struct vb_gql_schema *schema,
                          struct vb_gql_input **list, const char *text)
{
    struct vb_gql_errors errors;
    struct vb__gql_parser p;

    start(&p, schema, &errors, text);
    read_inputs(&p, schema, list);
    finish(&p, schema);
}

/* `type` NULL: a meta field, which is in no type's list. */
static struct vb_gql_field *define(struct vb_gql_schema *schema,
                                   struct vb_gql_type *type, const char *text,
                                   vb_gql_resolve_fn *resolve)
{
    struct vb_gql_input *arguments = NULL;
    const struct vb_gql_shape *shape;
    struct vb_gql_errors errors;
    struct vb_gql_field *field;
    struct vb__gql_parser p;
    struct vb_gql_place at;
    struct vb_span name;

    start(&p, schema, &errors, text);
    name = vb__gql_name(&p, &at);
    if (vb__gql_takes(&p, "(")) {
        read_inputs(&p, schema, &arguments);
        vb__gql_expect(&p, ")");
    }
    vb__gql_expect(&p, ":");
    shape = shape_of(schema, vb__gql_type_ref(&p));
    finish(&p, schema);
    field = type == NULL ? vb__gql_new_field(schema, NULL, name, shape, resolve)
                         : vb_gql_add_field(schema, type, name, shape, resolve);
    if (field != NULL)
        field->arguments = arguments;
    return field;
}

struct vb_gql_field *vb_gql_define_field(struct vb_gql_schema *schema,
                                         struct vb_gql_type *type,
                                         const char *text,
                                         vb_gql_resolve_fn *resolve)
{
    return type == NULL ? NULL : define(schema, type, text, resolve);
}

struct vb_gql_field *vb__gql_define_meta(struct vb_gql_schema *schema,
                                         const char *text,
                                         vb_gql_resolve_fn *resolve)
{
    return define(schema, NULL, text, resolve);
}
