/*
 * What a schema says about itself (October 2021, section 4.2), as types and
 * fields like any others. What stands for a __Type is a shape, for everything
 * else the structure of schema.h.
 */
#include "graphql/print.h"
#include "graphql/schema_inner.h"

/* A default as text: more would be a document of its own. */
#define PRESET_MOST ((size_t)64 * 1024)

/* --- results -------------------------------------------------------------- */

static struct vb_gql_result text(struct vb_span text)
{
    if (text.ptr == NULL)
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_NULL};
    return (struct vb_gql_result){.kind = VB_GQL_RESULT_TEXT, .text = text};
}

static struct vb_gql_result truth(bool is)
{
    return (struct vb_gql_result){
        .kind = VB_GQL_RESULT_JSON,
        .text = is ? VB_SPAN("true") : VB_SPAN("false"),
    };
}

static struct vb_gql_result object(const void *object)
{
    return (struct vb_gql_result){
        .kind = object == NULL ? VB_GQL_RESULT_NULL : VB_GQL_RESULT_OBJECT,
        .object = object,
    };
}

/*
 * A row is a field of these types: `one` answers it for an object, looking at
 * what lies `at` bytes from the object's beginning.
 */
typedef struct vb_gql_result one_fn(const struct vb_gql_call *call,
                                    const void *object, size_t at);

static const void *part(const void *object, size_t at)
{
    return (const char *)object + at;
}

static struct vb_gql_result text_at(const struct vb_gql_call *call,
                                    const void *object, size_t at)
{
    (void)call;
    return text(*(const struct vb_span *)part(object, at));
}

/* Is there a text? */
static struct vb_gql_result is_said(const struct vb_gql_call *call,
                                    const void *object, size_t at)
{
    const struct vb_span *said = part(object, at);

    (void)call;
    return truth(said->ptr != NULL);
}

static struct vb_gql_result bool_at(const struct vb_gql_call *call,
                                    const void *object, size_t at)
{
    (void)call;
    return truth(*(const bool *)part(object, at));
}

static struct vb_gql_result shape_at(const struct vb_gql_call *call,
                                     const void *of, size_t at)
{
    (void)call;
    return object(*(const struct vb_gql_shape *const *)part(of, at));
}

static const void *shape_of(const struct vb_gql_type *type)
{
    return type == NULL ? NULL : &type->shape;
}

static struct vb_gql_result type_at(const struct vb_gql_call *call,
                                    const void *of, size_t at)
{
    (void)call;
    return object(shape_of(*(const struct vb_gql_type *const *)part(of, at)));
}

/* --- lists ---------------------------------------------------------------- */

/* A list that is linked with pointers at `next`; where the reason why they are
 * deprecated is at `deprecated` (0: it is nowhere), those are left out unless
 * they are asked for. */
static struct vb_gql_result linked(const struct vb_gql_call *call,
                                   const void *first, size_t next,
                                   size_t deprecated)
{
    const struct vb_gql_value *value =
        vb_gql_argument_value(call, "includeDeprecated");
    bool all = deprecated == 0 ||
               (value != NULL && vb_span_eq(value->text, VB_SPAN("true")));
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_LIST};
    size_t count = 0;

    for (const void *one = first; one != NULL;
         one = *(const void *const *)part(one, next))
        count++;
    result.items = vb_arena_calloc(call->arena, count, sizeof(*result.items));
    if (result.items == NULL)
        return object(NULL);
    for (; first != NULL; first = *(const void *const *)part(first, next))
        if (all ||
            ((const struct vb_span *)part(first, deprecated))->ptr == NULL)
            result.items[result.count++] = object(first);
    return result;
}

/* Types stand for themselves as shapes. */
static struct vb_gql_result as_shapes(struct vb_gql_result result)
{
    for (size_t i = 0; i < result.count; i++)
        result.items[i] = object(
            shape_of((const struct vb_gql_type *)result.items[i].object));
    return result;
}

static struct vb_gql_result members(const struct vb_gql_call *call,
                                    const struct vb_gql_member *first)
{
    struct vb_gql_result result =
        linked(call, first, offsetof(struct vb_gql_member, next), 0);

    for (size_t i = 0; i < result.count; i++) {
        const struct vb_gql_member *member = result.items[i].object;

        result.items[i] = object(&member->type->shape);
    }
    return result;
}

static struct vb_gql_result inputs_at(const struct vb_gql_call *call,
                                      const void *of, size_t at)
{
    return linked(call, *(const void *const *)part(of, at),
                  offsetof(struct vb_gql_input, next), 0);
}

static struct vb_gql_result directives_at(const struct vb_gql_call *call,
                                          const void *of, size_t at)
{
    return linked(call, *(const void *const *)part(of, at),
                  offsetof(struct vb_gql_directive_type, next), 0);
}

static struct vb_gql_result types_at(const struct vb_gql_call *call,
                                     const void *of, size_t at)
{
    return as_shapes(linked(call, *(const void *const *)part(of, at),
                            offsetof(struct vb_gql_type, next), 0));
}

/* --- __Type --------------------------------------------------------------- */

/* The type itself, where the shape is no wrapping one. */
static const struct vb_gql_type *named(const void *object)
{
    const struct vb_gql_shape *shape = object;

    return shape->non_null || shape->of != NULL ? NULL : shape->type;
}

static bool has_fields(const struct vb_gql_type *type)
{
    return type != NULL && (type->kind == VB_GQL_TYPE_OBJECT ||
                            type->kind == VB_GQL_TYPE_INTERFACE);
}

static bool is_of(const struct vb_gql_type *type, enum vb_gql_type_kind kind)
{
    return type != NULL && type->kind == kind;
}

static struct vb_gql_result type_kind(const struct vb_gql_call *call,
                                      const void *of, size_t at)
{
    static const struct vb_span names[] = {
        VB_SPAN_INIT("SCALAR"),    VB_SPAN_INIT("OBJECT"),
        VB_SPAN_INIT("INTERFACE"), VB_SPAN_INIT("UNION"),
        VB_SPAN_INIT("ENUM"),      VB_SPAN_INIT("INPUT_OBJECT"),
    };
    const struct vb_gql_shape *shape = of;

    (void)call;
    (void)at;
    if (shape->non_null)
        return text(VB_SPAN("NON_NULL"));
    return text(shape->of != NULL ? VB_SPAN("LIST") : names[shape->type->kind]);
}

static struct vb_gql_result type_text(const struct vb_gql_call *call,
                                      const void *of, size_t at)
{
    const struct vb_gql_type *type = named(of);

    return type == NULL ? object(NULL) : text_at(call, type, at);
}

static struct vb_gql_result type_fields(const struct vb_gql_call *call,
                                        const void *of, size_t at)
{
    const struct vb_gql_type *type = named(of);

    (void)at;
    return has_fields(type)
               ? linked(call, type->fields, offsetof(struct vb_gql_field, next),
                        offsetof(struct vb_gql_field, deprecated))
               : object(NULL);
}

static struct vb_gql_result type_interfaces(const struct vb_gql_call *call,
                                            const void *of, size_t at)
{
    const struct vb_gql_type *type = named(of);

    (void)at;
    return has_fields(type) ? members(call, type->interfaces) : object(NULL);
}

static struct vb_gql_result type_possible(const struct vb_gql_call *call,
                                          const void *of, size_t at)
{
    const struct vb_gql_type *type = named(of);

    (void)at;
    return is_of(type, VB_GQL_TYPE_INTERFACE) || is_of(type, VB_GQL_TYPE_UNION)
               ? members(call, type->members)
               : object(NULL);
}

static struct vb_gql_result type_values(const struct vb_gql_call *call,
                                        const void *of, size_t at)
{
    const struct vb_gql_type *type = named(of);

    (void)at;
    return is_of(type, VB_GQL_TYPE_ENUM)
               ? linked(call, type->values,
                        offsetof(struct vb_gql_enum_value, next),
                        offsetof(struct vb_gql_enum_value, deprecated))
               : object(NULL);
}

static struct vb_gql_result type_inputs(const struct vb_gql_call *call,
                                        const void *of, size_t at)
{
    const struct vb_gql_type *type = named(of);

    return is_of(type, VB_GQL_TYPE_INPUT) ? inputs_at(call, type, at)
                                          : object(NULL);
}

static struct vb_gql_result type_of(const struct vb_gql_call *call,
                                    const void *of, size_t at)
{
    const struct vb_gql_shape *shape = of;

    (void)call;
    (void)at;
    return object(shape->non_null ? shape->nullable : shape->of);
}

/* --- others --------------------------------------------------------------- */

static struct vb_gql_result input_preset(const struct vb_gql_call *call,
                                         const void *of, size_t at)
{
    const struct vb_gql_value *const *preset = part(of, at);
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_NULL};
    struct vb_buf buf;

    if (*preset == NULL)
        return result;
    vb_buf_init(&buf, PRESET_MOST);
    vb_gql_print_value(&buf, *preset);
    if (buf.err == VB_OK)
        result = text(vb_arena_dup(call->arena, vb_buf_span(&buf)));
    vb_buf_done(&buf);
    return result;
}

static struct vb_gql_result directive_places(const struct vb_gql_call *call,
                                             const void *of, size_t at)
{
    const unsigned *places = part(of, at);
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_LIST};

    result.items = vb_arena_calloc(call->arena, VB_GQL_DIRECTIVE_PLACES,
                                   sizeof(*result.items));
    for (size_t i = 0; result.items != NULL && i < VB_GQL_DIRECTIVE_PLACES; i++)
        if ((*places & 1u << i) != 0)
            result.items[result.count++] =
                text(vb_span_str(vb_gql_directive_places[i]));
    return result;
}

/* --- the types ------------------------------------------------------------ */

static const struct row {
    const char *type, *field;
    one_fn *one;
    size_t at;
} rows[] = {
    {"__Schema", "description: String", text_at,
     offsetof(struct vb_gql_schema, description)},
    {"__Schema", "types: [__Type!]!", types_at,
     offsetof(struct vb_gql_schema, types)},
    {"__Schema", "queryType: __Type!", type_at,
     offsetof(struct vb_gql_schema, query)},
    {"__Schema", "mutationType: __Type", type_at,
     offsetof(struct vb_gql_schema, mutation)},
    {"__Schema", "subscriptionType: __Type", type_at,
     offsetof(struct vb_gql_schema, subscription)},
    {"__Schema", "directives: [__Directive!]!", directives_at,
     offsetof(struct vb_gql_schema, directives)},
    {"__Type", "kind: __TypeKind!", type_kind, 0},
    {"__Type", "name: String", type_text, offsetof(struct vb_gql_type, name)},
    {"__Type", "description: String", type_text,
     offsetof(struct vb_gql_type, description)},
    {"__Type", "fields(includeDeprecated: Boolean = false): [__Field!]",
     type_fields, 0},
    {"__Type", "interfaces: [__Type!]", type_interfaces, 0},
    {"__Type", "possibleTypes: [__Type!]", type_possible, 0},
    {"__Type", "enumValues(includeDeprecated: Boolean = false): [__EnumValue!]",
     type_values, 0},
    {"__Type", "inputFields: [__InputValue!]", type_inputs,
     offsetof(struct vb_gql_type, inputs)},
    {"__Type", "ofType: __Type", type_of, 0},
    {"__Type", "specifiedByURL: String", type_text,
     offsetof(struct vb_gql_type, specified_by)},
    {"__Field", "name: String!", text_at, offsetof(struct vb_gql_field, name)},
    {"__Field", "description: String", text_at,
     offsetof(struct vb_gql_field, description)},
    {"__Field", "args: [__InputValue!]!", inputs_at,
     offsetof(struct vb_gql_field, arguments)},
    {"__Field", "type: __Type!", shape_at,
     offsetof(struct vb_gql_field, shape)},
    {"__Field", "isDeprecated: Boolean!", is_said,
     offsetof(struct vb_gql_field, deprecated)},
    {"__Field", "deprecationReason: String", text_at,
     offsetof(struct vb_gql_field, deprecated)},
    {"__InputValue", "name: String!", text_at,
     offsetof(struct vb_gql_input, name)},
    {"__InputValue", "description: String", text_at,
     offsetof(struct vb_gql_input, description)},
    {"__InputValue", "type: __Type!", shape_at,
     offsetof(struct vb_gql_input, shape)},
    {"__InputValue", "defaultValue: String", input_preset,
     offsetof(struct vb_gql_input, preset)},
    {"__EnumValue", "name: String!", text_at,
     offsetof(struct vb_gql_enum_value, name)},
    {"__EnumValue", "description: String", text_at,
     offsetof(struct vb_gql_enum_value, description)},
    {"__EnumValue", "isDeprecated: Boolean!", is_said,
     offsetof(struct vb_gql_enum_value, deprecated)},
    {"__EnumValue", "deprecationReason: String", text_at,
     offsetof(struct vb_gql_enum_value, deprecated)},
    {"__Directive", "name: String!", text_at,
     offsetof(struct vb_gql_directive_type, name)},
    {"__Directive", "description: String", text_at,
     offsetof(struct vb_gql_directive_type, description)},
    {"__Directive", "locations: [__DirectiveLocation!]!", directive_places,
     offsetof(struct vb_gql_directive_type, places)},
    {"__Directive", "args: [__InputValue!]!", inputs_at,
     offsetof(struct vb_gql_directive_type, arguments)},
    {"__Directive", "isRepeatable: Boolean!", bool_at,
     offsetof(struct vb_gql_directive_type, repeatable)},
};

static void resolve_each(const struct vb_gql_call *call)
{
    const struct row *row = call->field->owner;

    for (size_t i = 0; i < call->count; i++)
        call->results[i] = row->one(call, call->objects[i], row->at);
}

static void resolve_schema(const struct vb_gql_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        call->results[i] = object(call->field->owner);
}

static void resolve_type(const struct vb_gql_call *call)
{
    const struct vb_gql_value *name = vb_gql_argument_value(call, "name");

    for (size_t i = 0; name != NULL && i < call->count; i++)
        call->results[i] =
            object(shape_of(vb_gql_find_type(call->field->owner, name->text)));
}

static void add_builtin(struct vb_gql_schema *schema,
                        enum vb_gql_type_kind kind, struct vb_span name)
{
    struct vb_gql_type *type = vb_gql_add_type(schema, kind, name);

    if (type != NULL)
        type->builtin = true;
}

static void add_types(struct vb_gql_schema *schema)
{
    static const char *const kinds[] = {"SCALAR", "OBJECT",  "INTERFACE",
                                        "UNION",  "ENUM",    "INPUT_OBJECT",
                                        "LIST",   "NON_NULL"};
    const struct vb_span kind = VB_SPAN_INIT("__TypeKind");
    const struct vb_span place = VB_SPAN_INIT("__DirectiveLocation");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (i == 0 || strcmp(rows[i].type, rows[i - 1].type) != 0)
            add_builtin(schema, VB_GQL_TYPE_OBJECT, vb_span_str(rows[i].type));
    add_builtin(schema, VB_GQL_TYPE_ENUM, kind);
    add_builtin(schema, VB_GQL_TYPE_ENUM, place);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        vb_gql_add_value(schema, vb_gql_find_type(schema, kind),
                         vb_span_str(kinds[i]));
    for (size_t i = 0; i < VB_GQL_DIRECTIVE_PLACES; i++)
        vb_gql_add_value(schema, vb_gql_find_type(schema, place),
                         vb_span_str(vb_gql_directive_places[i]));
}

void vb__gql_add_introspection(struct vb_gql_schema *schema)
{
    struct vb_gql_field *field;

    add_types(schema);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_gql_type *type =
            vb_gql_find_type(schema, vb_span_str(rows[i].type));

        field = vb_gql_define_field(schema, type, rows[i].field, resolve_each);
        if (field != NULL)
            field->owner = &rows[i];
    }
    field = vb__gql_define_meta(schema, "__schema: __Schema!", resolve_schema);
    schema->meta_schema = field;
    if (field != NULL)
        field->owner = schema;
    field = vb__gql_define_meta(schema, "__type(name: String!): __Type",
                                resolve_type);
    schema->meta_type = field;
    if (field != NULL)
        field->owner = schema;
    schema->meta_typename =
        vb__gql_define_meta(schema, "__typename: String!", NULL);
}
