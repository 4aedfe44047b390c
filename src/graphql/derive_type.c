/* Schemas as types. See derive.h. */
#include "content/json.h"
#include "graphql/derive_inner.h"

const struct vb_gql_shape *vb__gql_scalar(struct vb__gql_deriver *d,
                                          struct vb_span name)
{
    const struct vb_gql_type *type = vb_gql_find_type(d->schema, name);

    return type == NULL ? NULL : &type->shape;
}

/* --- types that are made once --------------------------------------------- */

static uint64_t made_hash(const struct vb_schema *schema)
{
    return (uint64_t)(uintptr_t)schema * UINT64_C(0x9E3779B97F4A7C15);
}

struct vb__gql_made *vb__gql_find_made(struct vb__gql_deriver *d,
                                       const struct vb_schema *schema,
                                       const struct vb_state *state,
                                       enum vb__gql_use use)
{
    struct vb_table_node *node = vb_table_first(&d->made, made_hash(schema));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__gql_made *made =
            VB_CONTAINER(node, struct vb__gql_made, by_schema);

        if (made->schema == schema && made->use == use && made->state == state)
            return made;
    }
    return NULL;
}

struct vb__gql_made *
vb__gql_make(struct vb__gql_deriver *d, const struct vb_schema *schema,
             const struct vb_state *state, enum vb__gql_use use,
             enum vb_gql_type_kind kind, struct vb_span name)
{
    static const char *const ends[] = {"", "Input", "Patch"};
    struct vb__gql_made *made =
        vb_arena_calloc(&d->schema->arena, 1, sizeof(*made));

    name = vb__gql_pascal(d->schema, name);
    if (kind == VB_GQL_TYPE_INPUT &&
        !vb_span_ends(name, vb_span_str(ends[use])))
        name = vb__gql_joined(d->schema, name, vb_span_str(ends[use]));
    if (kind == VB_GQL_TYPE_OBJECT && vb_gql_find_type(d->schema, name) != NULL)
        name = vb__gql_joined(d->schema, name, VB_SPAN("Data"));
    name = vb__gql_new_type_name(d->schema, name);
    if (made == NULL || name.ptr == NULL) {
        d->schema->failed = true;
        return NULL;
    }
    made->schema = schema;
    made->state = state;
    made->use = use;
    made->type = vb_gql_add_type(d->schema, kind, name);
    if (made->type == NULL ||
        !vb_table_insert(&d->made, &made->by_schema, made_hash(schema))) {
        d->schema->failed = true;
        return NULL;
    }
    made->type->owner = made;
    return made;
}

static const struct vb_gql_shape *shape_of_made(const struct vb__gql_made *made)
{
    return made == NULL ? NULL : &made->type->shape;
}

static const struct vb_gql_shape *object_shape(struct vb__gql_deriver *d,
                                               const struct vb_schema *schema,
                                               const struct vb_state *state,
                                               enum vb__gql_use use,
                                               struct vb_span name)
{
    struct vb__gql_made *made = vb__gql_find_made(d, schema, state, use);

    if (made != NULL)
        return &made->type->shape;
    made = vb__gql_make(
        d, schema, state, use,
        use == VB__GQL_OUTPUT ? VB_GQL_TYPE_OBJECT : VB_GQL_TYPE_INPUT, name);
    if (made == NULL)
        return NULL;
    made->open = true;
    vb__gql_fill_type(d, made->type, schema, state, use);
    made->open = false;
    return &made->type->shape;
}

/* The same for all uses. */
static const struct vb_gql_shape *enum_shape(struct vb__gql_deriver *d,
                                             const struct vb_schema *schema,
                                             yyjson_val *list,
                                             struct vb_span name)
{
    struct vb__gql_made *made =
        vb__gql_find_made(d, schema, NULL, VB__GQL_OUTPUT);
    yyjson_arr_iter each = yyjson_arr_iter_with(list);
    yyjson_val *text;

    if (made != NULL)
        return &made->type->shape;
    made =
        vb__gql_make(d, schema, NULL, VB__GQL_OUTPUT, VB_GQL_TYPE_ENUM, name);
    while (made != NULL && (text = yyjson_arr_iter_next(&each)) != NULL) {
        struct vb_gql_enum_value *value;

        if (!yyjson_is_str(text))
            continue;
        value = vb_gql_add_value(
            d->schema, made->type,
            vb__gql_new_value_name(d->schema, made->type, vb_json_text(text)));
        if (value != NULL)
            value->means = vb_json_text(text);
    }
    if (made != NULL)
        made->type->description = vb__gql_description(schema);
    return shape_of_made(made);
}

/* --- scalars -------------------------------------------------------------- */

static const struct vb_gql_shape *number_shape(struct vb__gql_deriver *d,
                                               const struct vb_schema *schema,
                                               unsigned types)
{
    struct vb_span format = vb_schema_facts(schema).format;

    if (types != VB_SCHEMA_INTEGER)
        return vb__gql_scalar(d, VB_SPAN("Float"));
    return vb__gql_scalar(d, vb_span_eq(format, VB_SPAN("int64"))
                                 ? VB_SPAN("Long")
                                 : VB_SPAN("Int"));
}

static const struct vb_gql_shape *string_shape(struct vb__gql_deriver *d,
                                               const struct vb_schema *schema,
                                               struct vb_span name)
{
    yyjson_val *list = vb__gql_enum_of(schema);

    if (list != NULL && yyjson_is_str(yyjson_arr_get_first(list)))
        return enum_shape(d, schema, list, name);
    return vb__gql_scalar(
        d, vb_span_eq(vb_schema_facts(schema).format, VB_SPAN("date-time"))
               ? VB_SPAN("DateTime")
               : VB_SPAN("String"));
}

/* --- any schema ----------------------------------------------------------- */

static const struct vb_gql_shape *
list_shape(struct vb__gql_deriver *d, const struct vb_schema *schema,
           enum vb__gql_use use, struct vb_span name, unsigned level)
{
    const struct vb_schema *items = vb_schema_items(schema);
    const struct vb_gql_shape *shape;

    if (items == NULL)
        return vb_gql_list_of(d->schema, vb__gql_scalar(d, VB__GQL_JSON));
    /* Within an array, what is given is given whole (RFC 7396). */
    if (use == VB__GQL_PATCH)
        use = VB__GQL_INPUT;
    name = vb__gql_singular(d->schema, name);
    shape = vb__gql_shape_at(d, items, NULL, use, name, level + 1);
    if (shape != NULL && !vb__gql_may_be_null(vb__gql_followed(items)) &&
        !vb__gql_may_be_null(items))
        shape = vb_gql_non_null(d->schema, shape->nullable);
    return vb_gql_list_of(d->schema, shape);
}

const struct vb_gql_shape *vb__gql_shape_at(struct vb__gql_deriver *d,
                                            const struct vb_schema *schema,
                                            const struct vb_state *state,
                                            enum vb__gql_use use,
                                            struct vb_span name, unsigned level)
{
    unsigned types;

    name = vb__gql_schema_name(schema, name);
    schema = vb__gql_followed(schema);
    types = vb__gql_types_of(schema);
    if (level >= VB__GQL_LEVEL_MOST)
        return vb__gql_scalar(d, VB__GQL_JSON);
    if (vb__gql_own(schema, "oneOf") != NULL ||
        vb__gql_own(schema, "anyOf") != NULL)
        return vb__gql_alternatives_shape(d, schema, use, name, level);
    switch (types) {
    case VB_SCHEMA_OBJECT:
        return vb__gql_is_object(schema, state, use)
                   ? object_shape(d, schema, state, use, name)
                   : vb__gql_scalar(d, VB__GQL_JSON);
    case VB_SCHEMA_ARRAY:
        return list_shape(d, schema, use, name, level);
    case VB_SCHEMA_STRING:
        return string_shape(d, schema, name);
    case VB_SCHEMA_BOOLEAN:
        return vb__gql_scalar(d, VB_SPAN("Boolean"));
    case VB_SCHEMA_INTEGER:
    case VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER:
        return number_shape(d, schema, types);
    default:
        return vb__gql_scalar(d, VB__GQL_JSON);
    }
}

const struct vb_gql_shape *vb__gql_shape_of(struct vb__gql_deriver *d,
                                            const struct vb_schema *schema,
                                            const struct vb_state *state,
                                            enum vb__gql_use use,
                                            struct vb_span name)
{
    return vb__gql_shape_at(d, schema, state, use, name, 0);
}
