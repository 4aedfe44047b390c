/* Properties as fields, and as what is given. See derive.h. */
#include "graphql/derive_inner.h"

/* What the description says of a property at the top. */
static const struct vb_property *described(const struct vb_state *state,
                                           struct vb_span name)
{
    for (size_t i = 0; state != NULL && i < state->property_count; i++)
        if (state->properties[i].path_len == 1 &&
            vb_span_eq(state->properties[i].path[0], name))
            return &state->properties[i];
    return NULL;
}

static bool is_for(const struct vb_schema_property *property,
                   const struct vb_property *said, enum vb__gql_use use)
{
    if (use == VB__GQL_OUTPUT)
        return !property->facts.write_only && !(said && said->write_only);
    return !property->facts.read_only && !(said && said->read_only);
}

bool vb__gql_is_object(const struct vb_schema *schema,
                       const struct vb_state *state, enum vb__gql_use use)
{
    const struct vb_schema_property *properties;
    struct vb_arena arena;
    size_t count = 0, left = 0;

    schema = vb__gql_followed(schema);
    if (vb__gql_types_of(schema) != VB_SCHEMA_OBJECT)
        return false;
    vb_arena_init(&arena, 4096, (size_t)16 << 20);
    if (vb_schema_properties(schema, &arena, &properties, &count) == VB_OK)
        for (size_t i = 0; i < count; i++)
            left += is_for(&properties[i], described(state, properties[i].name),
                           use);
    vb_arena_done(&arena);
    return left > 0;
}

static struct vb_span reason_of(const struct vb_schema *schema)
{
    return yyjson_is_true(vb_schema_keyword(schema, VB_SPAN("deprecated")))
               ? VB_SPAN("No longer supported")
               : (struct vb_span){NULL, 0};
}

/* An identifier, whatever it looks like: of itself, or of what it refers to. */
static bool names_something(const struct vb_property *said)
{
    return said != NULL && !said->many &&
           (said->fill == VB_FILL_ID || said->references != NULL);
}

static const struct vb_gql_shape *
property_shape(struct vb__gql_deriver *d, const struct vb_gql_type *type,
               const struct vb_schema_property *property,
               const struct vb_property *said, enum vb__gql_use use)
{
    struct vb_span name = vb__gql_joined(
        d->schema, type->name, vb__gql_pascal(d->schema, property->name));

    if (names_something(said))
        return vb__gql_scalar(d, VB_SPAN("ID"));
    return vb__gql_shape_of(d, property->schema, NULL, use, name);
}

/* A type that is being made cannot be demanded within itself: nobody could
 * ever give one (section 3.10). */
static bool is_open(const struct vb_gql_type *type)
{
    const struct vb__gql_made *made = type->owner;

    return type->kind == VB_GQL_TYPE_INPUT && made != NULL && made->open;
}

static const struct vb_gql_input_source *
input_source(struct vb__gql_deriver *d,
             const struct vb_schema_property *property)
{
    const unsigned numbers = VB_SCHEMA_INTEGER | VB_SCHEMA_NUMBER;
    struct vb_gql_input_source *source =
        vb_arena_alloc(&d->schema->arena, sizeof(*source));

    if (source == NULL) {
        d->schema->failed = true;
        return NULL;
    }
    *source = (struct vb_gql_input_source){
        .name = vb_arena_dup(&d->schema->arena, property->name),
        .numeric = (property->facts.types & numbers) != 0 &&
                   (property->facts.types & VB_SCHEMA_STRING) == 0,
    };
    return source;
}

static void add_property(struct vb__gql_deriver *d, struct vb_gql_type *type,
                         const struct vb_schema_property *property,
                         const struct vb_property *said, enum vb__gql_use use)
{
    const struct vb_gql_shape *shape =
        property_shape(d, type, property, said, use);
    bool must =
        property->required && use != VB__GQL_PATCH &&
        (property->facts.types & VB_SCHEMA_NULL) == 0 &&
        (use == VB__GQL_OUTPUT || property->facts.default_value == NULL);

    if (shape == NULL)
        return;
    /* Its URI is never missing. */
    must |= use == VB__GQL_OUTPUT && said != NULL && said->fill == VB_FILL_ID;
    shape = shape->nullable;
    if (must && !(shape->of == NULL && is_open(shape->type)))
        shape = vb_gql_non_null(d->schema, shape);
    if (use == VB__GQL_OUTPUT) {
        struct vb_gql_field *field = vb_gql_add_field(
            d->schema, type,
            vb__gql_new_field_name(d->schema, type, property->name), shape,
            NULL);

        if (field == NULL)
            return;
        field->description = vb__gql_description(property->schema);
        field->deprecated = reason_of(property->schema);
        vb__gql_set_source(
            d, field,
            (struct vb_gql_source){
                .kind = VB_GQL_SOURCE_MEMBER,
                .name = vb_arena_dup(&d->schema->arena, property->name)});
    } else {
        struct vb_gql_input *input = vb_gql_add_input(
            d->schema, &type->inputs,
            vb__gql_new_input_name(d->schema, type->inputs, property->name),
            shape);

        if (input == NULL)
            return;
        input->description = vb__gql_description(property->schema);
        input->owner = input_source(d, property);
    }
}

/* Properties that are references with a field of their own are left to those
 * who make it: derive_query.c. */
static bool is_relation(const struct vb__gql_deriver *d,
                        const struct vb_state *state, struct vb_span name)
{
    for (size_t i = 0; state != NULL && i < state->property_count; i++) {
        const struct vb_property *p = &state->properties[i];

        if (p->references != NULL && vb_span_eq(p->path[0], name) &&
            (p->path_len == 1 || (p->path_len == 2 && p->many)) &&
            vb__gql_resource_of(d, p->references) != NULL)
            return true;
    }
    return false;
}

void vb__gql_fill_type(struct vb__gql_deriver *d, struct vb_gql_type *type,
                       const struct vb_schema *schema,
                       const struct vb_state *state, enum vb__gql_use use)
{
    const struct vb_schema_property *properties;
    struct vb_arena arena;
    size_t count;

    schema = vb__gql_followed(schema);
    type->description = vb__gql_description(schema);
    vb_arena_init(&arena, 4096, (size_t)16 << 20);
    if (vb_schema_properties(schema, &arena, &properties, &count) != VB_OK)
        d->schema->failed = true;
    else
        for (size_t i = 0; i < count && !d->schema->failed; i++) {
            const struct vb_property *said =
                described(state, properties[i].name);

            if (is_for(&properties[i], said, use) &&
                !(use == VB__GQL_OUTPUT &&
                  is_relation(d, state, properties[i].name)))
                add_property(d, type, &properties[i], said, use);
        }
    vb_arena_done(&arena);
}
