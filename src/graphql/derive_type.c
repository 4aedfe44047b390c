/* Schemas as types. See derive.h. */
#include "content/json.h"
#include "graphql/derive_inner.h"

/* Arrays of arrays, and alternatives in alternatives: what is deeper is taken
 * as it comes. Objects in objects are types of their own, and have no bound. */
#define LEVEL_MOST 8

/* How many alternatives of a schema are looked at. */
#define BRANCHES_MOST 64

const struct vb_gql_shape *vb__gql_scalar(struct vb__gql_deriver *d,
                                          struct vb_span name)
{
    const struct vb_gql_type *type = vb_gql_find_type(d->schema, name);

    return type == NULL ? NULL : &type->shape;
}

/* --- what a schema is, before it becomes anything ------------------------- */

static void note_itself(void *context, const struct vb_schema *inner,
                        enum vb_schema_reach reach)
{
    const struct vb_schema **target = context;

    if (reach == VB_SCHEMA_REACH_ITSELF)
        *target = inner;
}

static yyjson_val *own(const struct vb_schema *schema, const char *name)
{
    return vb_json_member(vb_schema_value(schema), vb_span_str(name));
}

/* What a schema that is nothing but a reference refers to; itself otherwise.
 * Compiling has refused references that go round. */
static const struct vb_schema *followed(const struct vb_schema *schema)
{
    while (own(schema, "$ref") != NULL && own(schema, "allOf") == NULL &&
           own(schema, "properties") == NULL) {
        const struct vb_schema *target = NULL;

        vb_schema_inner(schema, note_itself, &target);
        if (target == NULL)
            break;
        schema = target;
    }
    return schema;
}

struct vb_span vb__gql_schema_name(const struct vb_schema *schema,
                                   struct vb_span other)
{
    yyjson_val *ref = own(schema, "$ref");
    struct vb_span name;

    if (!yyjson_is_str(ref))
        return other;
    name = vb_json_text(ref);
    for (size_t i = name.len; i > 0; i--)
        if (name.ptr[i - 1] == '/')
            return vb_span_from(name, i);
    return other;
}

struct vb_span vb__gql_description(const struct vb_schema *schema)
{
    yyjson_val *text = vb_schema_keyword(schema, VB_SPAN("description"));

    return yyjson_is_str(text) ? vb_json_text(text) : (struct vb_span){NULL, 0};
}

static bool all_strings(yyjson_val *list)
{
    yyjson_arr_iter each = yyjson_arr_iter_with(list);
    yyjson_val *value;

    while ((value = yyjson_arr_iter_next(&each)) != NULL)
        if (!yyjson_is_str(value) && !yyjson_is_null(value))
            return false;
    return yyjson_arr_size(list) > 0;
}

static yyjson_val *enum_of(const struct vb_schema *schema)
{
    yyjson_val *list = vb_schema_keyword(schema, VB_SPAN("enum"));

    return yyjson_is_arr(list) && all_strings(list) ? list : NULL;
}

static size_t property_count(const struct vb_schema *schema)
{
    const struct vb_schema_property *properties;
    struct vb_arena arena;
    size_t count = 0;

    vb_arena_init(&arena, 4096, (size_t)16 << 20);
    (void)vb_schema_properties(schema, &arena, &properties, &count);
    vb_arena_done(&arena);
    return count;
}

/* The types of its values, without null. Where nothing is said of types, what
 * is said of parts counts. */
static unsigned types_of(const struct vb_schema *schema)
{
    unsigned types = vb_schema_facts(schema).types & ~(unsigned)VB_SCHEMA_NULL;

    if (types != (VB_SCHEMA_ANY & ~(unsigned)VB_SCHEMA_NULL))
        return types;
    if (enum_of(schema) != NULL)
        return VB_SCHEMA_STRING;
    if (vb_schema_items(schema) != NULL)
        return VB_SCHEMA_ARRAY;
    return property_count(schema) > 0 ? VB_SCHEMA_OBJECT : types;
}

static bool may_be_null(const struct vb_schema *schema)
{
    return (vb_schema_facts(schema).types & VB_SCHEMA_NULL) != 0;
}

/* --- properties ----------------------------------------------------------- */

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

    schema = followed(schema);
    if (types_of(schema) != VB_SCHEMA_OBJECT)
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
static bool is_open(const struct vb__gql_deriver *d,
                    const struct vb_gql_type *type)
{
    const struct vb__gql_made *made = type->owner;

    (void)d;
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
    if (must && !(shape->of == NULL && is_open(d, shape->type)))
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

    schema = followed(schema);
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

/* --- types that are made once --------------------------------------------- */

static uint64_t made_hash(const struct vb_schema *schema)
{
    return (uint64_t)(uintptr_t)schema * UINT64_C(0x9E3779B97F4A7C15);
}

static struct vb__gql_made *find_made(struct vb__gql_deriver *d,
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

static struct vb__gql_made *
make(struct vb__gql_deriver *d, const struct vb_schema *schema,
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
    struct vb__gql_made *made = find_made(d, schema, state, use);

    if (made != NULL)
        return &made->type->shape;
    made = make(d, schema, state, use,
                use == VB__GQL_OUTPUT ? VB_GQL_TYPE_OBJECT : VB_GQL_TYPE_INPUT,
                name);
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
    struct vb__gql_made *made = find_made(d, schema, NULL, VB__GQL_OUTPUT);
    yyjson_arr_iter each = yyjson_arr_iter_with(list);
    yyjson_val *text;

    if (made != NULL)
        return &made->type->shape;
    made = make(d, schema, NULL, VB__GQL_OUTPUT, VB_GQL_TYPE_ENUM, name);
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
    yyjson_val *list = enum_of(schema);

    if (list != NULL && yyjson_arr_size(list) > 0 &&
        yyjson_is_str(yyjson_arr_get_first(list)))
        return enum_shape(d, schema, list, name);
    return vb__gql_scalar(
        d, vb_span_eq(vb_schema_facts(schema).format, VB_SPAN("date-time"))
               ? VB_SPAN("DateTime")
               : VB_SPAN("String"));
}

/* --- alternatives --------------------------------------------------------- */

/* What a discriminator says of one of a union's objects: a union's `owner` is a
 * list of them. */
struct choice {
    struct vb_span property, value;
    const struct vb_gql_type *type;
    const struct choice *next;
};

const struct vb_gql_type *vb_gql_union_member(const struct vb_gql_type *type,
                                              yyjson_val *value)
{
    const struct choice *choice = type->owner;
    yyjson_val *said =
        choice == NULL ? NULL : vb_json_member(value, choice->property);

    if (!yyjson_is_str(said))
        return NULL;
    while (choice != NULL && !vb_span_eq(choice->value, vb_json_text(said)))
        choice = choice->next;
    return choice == NULL ? NULL : choice->type;
}

static void add_choice(struct vb__gql_deriver *d, struct vb_gql_type *type,
                       struct vb_span property, struct vb_span value,
                       const struct vb_gql_type *member)
{
    struct choice *choice = vb_arena_alloc(&d->schema->arena, sizeof(*choice));

    if (choice == NULL) {
        d->schema->failed = true;
        return;
    }
    *choice = (struct choice){property, value, member, type->owner};
    type->owner = choice;
}

/* The values that lead to one of the alternatives (OpenAPI 3.1, section
 * 4.8.25.3): those that are mapped to it, and its schema's name. */
static void add_choices(struct vb__gql_deriver *d, struct vb_gql_type *type,
                        yyjson_val *discriminator,
                        const struct vb_schema *branch,
                        const struct vb_gql_type *member)
{
    yyjson_val *name = vb_json_member(discriminator, VB_SPAN("propertyName"));
    yyjson_val *ref = own(branch, "$ref"), *key, *target;
    struct vb_span short_name = vb__gql_schema_name(branch, VB_SPAN(""));
    yyjson_obj_iter each =
        yyjson_obj_iter_with(vb_json_member(discriminator, VB_SPAN("mapping")));

    if (!yyjson_is_str(name))
        return;
    if (short_name.len > 0)
        add_choice(d, type, vb_json_text(name), short_name, member);
    while (yyjson_is_str(ref) && (key = yyjson_obj_iter_next(&each)) != NULL) {
        target = yyjson_obj_iter_get_val(key);
        if (yyjson_is_str(target) &&
            (vb_span_eq(vb_json_text(target), vb_json_text(ref)) ||
             vb_span_eq(vb_json_text(target), short_name)))
            add_choice(d, type, vb_json_text(name), vb_json_text(key), member);
    }
}

struct branches {
    yyjson_val *list; /* oneOf or anyOf */
    const struct vb_schema *at[BRANCHES_MOST];
    size_t count;
    bool many; /* there are more than we look at */
};

static bool is_element(yyjson_val *list, yyjson_val *value)
{
    yyjson_arr_iter each = yyjson_arr_iter_with(list);
    yyjson_val *element;

    while ((element = yyjson_arr_iter_next(&each)) != NULL)
        if (element == value)
            return true;
    return false;
}

static void note_branch(void *context, const struct vb_schema *inner,
                        enum vb_schema_reach reach)
{
    struct branches *b = context;

    if (reach != VB_SCHEMA_REACH_OTHER ||
        !is_element(b->list, vb_schema_value(inner)) ||
        vb_schema_facts(inner).types == VB_SCHEMA_NULL)
        return;
    if (b->count == BRANCHES_MOST)
        b->many = true;
    else
        b->at[b->count++] = inner;
}

static void find_branches(const struct vb_schema *schema, struct branches *b)
{
    b->list = own(schema, "oneOf");
    if (b->list == NULL)
        b->list = own(schema, "anyOf");
    b->count = 0;
    b->many = false;
    if (yyjson_is_arr(b->list))
        vb_schema_inner(schema, note_branch, b);
}

static const struct vb_gql_shape *shape_at(struct vb__gql_deriver *d,
                                           const struct vb_schema *schema,
                                           const struct vb_state *state,
                                           enum vb__gql_use use,
                                           struct vb_span name, unsigned level);

/* Objects that a discriminator tells apart; only what is shown can be such. */
static bool makes_union(const struct vb_schema *schema,
                        const struct branches *b, enum vb__gql_use use)
{
    if (use != VB__GQL_OUTPUT || b->count < 2 || b->many ||
        own(schema, "discriminator") == NULL)
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (!vb__gql_is_object(b->at[i], NULL, use))
            return false;
    return true;
}

static const struct vb_gql_shape *union_shape(struct vb__gql_deriver *d,
                                              const struct vb_schema *schema,
                                              const struct branches *b,
                                              struct vb_span name)
{
    struct vb__gql_made *made = find_made(d, schema, NULL, VB__GQL_OUTPUT);

    if (made != NULL)
        return &made->type->shape;
    made = make(d, schema, NULL, VB__GQL_OUTPUT, VB_GQL_TYPE_UNION, name);
    if (made != NULL) {
        made->type->description = vb__gql_description(schema);
        made->type->owner = NULL;
    }
    for (size_t i = 0; made != NULL && i < b->count; i++) {
        const struct vb_gql_shape *shape =
            shape_at(d, b->at[i], NULL, VB__GQL_OUTPUT, name, LEVEL_MOST - 1);
        struct vb_gql_type *member =
            shape == NULL ? NULL
                          : vb_gql_find_type(d->schema, shape->type->name);

        if (member == NULL)
            continue;
        if (!vb_gql_may_be(made->type, member))
            vb_gql_add_member(d->schema, made->type, member);
        add_choices(d, made->type, own(schema, "discriminator"), b->at[i],
                    member);
    }
    return shape_of_made(made);
}

static const struct vb_gql_shape *
alternatives_shape(struct vb__gql_deriver *d, const struct vb_schema *schema,
                   enum vb__gql_use use, struct vb_span name, unsigned level)
{
    struct branches b;

    find_branches(schema, &b);
    if (b.count == 1 && !b.many)
        return shape_at(d, b.at[0], NULL, use, name, level + 1);
    if (makes_union(schema, &b, use))
        return union_shape(d, schema, &b, name);
    return vb__gql_scalar(d, VB__GQL_JSON);
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
    shape = shape_at(d, items, NULL, use, name, level + 1);
    if (shape != NULL && !may_be_null(followed(items)) && !may_be_null(items))
        shape = vb_gql_non_null(d->schema, shape->nullable);
    return vb_gql_list_of(d->schema, shape);
}

static const struct vb_gql_shape *shape_at(struct vb__gql_deriver *d,
                                           const struct vb_schema *schema,
                                           const struct vb_state *state,
                                           enum vb__gql_use use,
                                           struct vb_span name, unsigned level)
{
    unsigned types;

    name = vb__gql_schema_name(schema, name);
    schema = followed(schema);
    types = types_of(schema);
    if (level >= LEVEL_MOST)
        return vb__gql_scalar(d, VB__GQL_JSON);
    if (own(schema, "oneOf") != NULL || own(schema, "anyOf") != NULL)
        return alternatives_shape(d, schema, use, name, level);
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

bool vb__gql_same_schema(const struct vb_schema *a, const struct vb_schema *b)
{
    return a != NULL && b != NULL && followed(a) == followed(b);
}

const struct vb_gql_shape *vb__gql_shape_of(struct vb__gql_deriver *d,
                                            const struct vb_schema *schema,
                                            const struct vb_state *state,
                                            enum vb__gql_use use,
                                            struct vb_span name)
{
    return shape_at(d, schema, state, use, name, 0);
}
