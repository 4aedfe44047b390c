/* What every schema has: scalars (October 2021, section 3.5) and directives
 * (section 3.13). */
#include "graphql/schema_inner.h"

const char *const vb_gql_directive_places[VB_GQL_DIRECTIVE_PLACES] = {
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
};

static const struct {
    struct vb_span name;
    enum vb_gql_scalar scalar;
    struct vb_span description;
} scalars[] = {
    {VB_SPAN_INIT("Int"), VB_GQL_SCALAR_INT,
     VB_SPAN_INIT("An integer of 32 bits.")},
    {VB_SPAN_INIT("Float"), VB_GQL_SCALAR_FLOAT, VB_SPAN_INIT("A number.")},
    {VB_SPAN_INIT("String"), VB_GQL_SCALAR_STRING, VB_SPAN_INIT("A text.")},
    {VB_SPAN_INIT("Boolean"), VB_GQL_SCALAR_BOOLEAN,
     VB_SPAN_INIT("`true` or `false`.")},
    {VB_SPAN_INIT("ID"), VB_GQL_SCALAR_ID,
     VB_SPAN_INIT("What something is told from others by; a text, also where "
                  "it looks like a number.")},
};

static const struct {
    struct vb_span name;
    unsigned places;
    const char *arguments;
    struct vb_span description;
} directives[] = {
    {VB_SPAN_INIT("skip"),
     VB_GQL_ON_FIELD | VB_GQL_ON_FRAGMENT_SPREAD | VB_GQL_ON_INLINE_FRAGMENT,
     "if: Boolean!", VB_SPAN_INIT("Leaves this out if the argument is true.")},
    {VB_SPAN_INIT("include"),
     VB_GQL_ON_FIELD | VB_GQL_ON_FRAGMENT_SPREAD | VB_GQL_ON_INLINE_FRAGMENT,
     "if: Boolean!",
     VB_SPAN_INIT("Leaves this out unless the argument is true.")},
    {VB_SPAN_INIT("deprecated"),
     VB_GQL_ON_FIELD_DEFINITION | VB_GQL_ON_ENUM_VALUE,
     "reason: String = \"No longer supported\"",
     VB_SPAN_INIT("Should not be used any more.")},
    {VB_SPAN_INIT("specifiedBy"), VB_GQL_ON_SCALAR, "url: String!",
     VB_SPAN_INIT("Where it is said what this scalar means.")},
};

void vb__gql_add_builtins(struct vb_gql_schema *schema)
{
    struct vb_gql_directive_type **end = &schema->directives;

    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        struct vb_gql_type *type =
            vb_gql_add_type(schema, VB_GQL_TYPE_SCALAR, scalars[i].name);

        if (type == NULL)
            return;
        type->scalar = scalars[i].scalar;
        type->description = scalars[i].description;
        type->builtin = true;
    }
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        struct vb_gql_directive_type *directive =
            vb_arena_calloc(&schema->arena, 1, sizeof(*directive));

        if (directive == NULL) {
            schema->failed = true;
            return;
        }
        directive->name = directives[i].name;
        directive->description = directives[i].description;
        directive->places = directives[i].places;
        vb_gql_define_inputs(schema, &directive->arguments,
                             directives[i].arguments);
        *end = directive;
        end = &directive->next;
    }
}
