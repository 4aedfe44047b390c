/* Building a type system. See schema.h. */
#include "graphql/schema.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "graphql/schema_inner.h"

#define ARENA_BLOCK ((size_t)16 * 1024)

enum vb_err vb_gql_schema_new(size_t memory, struct vb_gql_schema **ret_schema)
{
    struct vb_gql_schema *schema = calloc(1, sizeof(*schema));

    if (schema == NULL)
        return VB_ERR_NOMEM;
    vb_arena_init(&schema->arena, ARENA_BLOCK, memory);
    vb_table_init(&schema->types_by_name);
    vb_table_init(&schema->fields_by_name);
    vb__gql_add_builtins(schema);
    vb__gql_add_introspection(schema);
    if (schema->failed) {
        vb_gql_schema_free(schema);
        return VB_ERR_NOMEM;
    }
    *ret_schema = schema;
    return VB_OK;
}

void vb_gql_schema_free(struct vb_gql_schema *schema)
{
    if (schema == NULL)
        return;
    vb_table_done(&schema->types_by_name);
    vb_table_done(&schema->fields_by_name);
    vb_arena_done(&schema->arena);
    free(schema);
}

/* --- what it is made of --------------------------------------------------- */

static void *new_part(struct vb_gql_schema *schema, size_t size)
{
    void *part = vb_arena_calloc(&schema->arena, 1, size);

    if (part == NULL)
        schema->failed = true;
    return part;
}

static uint64_t type_hash(struct vb_span name)
{
    return vb_hash(vb_hash_key_shared(), name);
}

/* Fields of all types are in one table. */
static uint64_t field_hash(const struct vb_gql_type *type, struct vb_span name)
{
    return type_hash(name) ^ (type->index + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

struct vb_gql_type *vb_gql_add_type(struct vb_gql_schema *schema,
                                    enum vb_gql_type_kind kind,
                                    struct vb_span name)
{
    struct vb_gql_type *type = new_part(schema, sizeof(*type));

    if (type == NULL)
        return NULL;
    vb_assert(vb_gql_is_name(name) && vb_gql_find_type(schema, name) == NULL);
    type->kind = kind;
    type->name = name;
    type->shape.type = type;
    type->shape.nullable = &type->shape;
    type->index = schema->type_count++;
    if (schema->last_type == NULL)
        schema->types = type;
    else
        schema->last_type->next = type;
    schema->last_type = type;
    if (!vb_table_insert(&schema->types_by_name, &type->by_name,
                         type_hash(name)))
        schema->failed = true;
    return type;
}

struct vb_gql_field *vb__gql_new_field(struct vb_gql_schema *schema,
                                       const struct vb_gql_type *type,
                                       struct vb_span name,
                                       const struct vb_gql_shape *shape,
                                       vb_gql_resolve_fn *resolve)
{
    struct vb_gql_field *field = new_part(schema, sizeof(*field));

    if (field == NULL || shape == NULL)
        return NULL;
    vb_assert(vb_gql_is_name(name));
    field->type = type;
    field->name = name;
    field->shape = shape;
    field->resolve = resolve;
    return field;
}

struct vb_gql_field *vb_gql_add_field(struct vb_gql_schema *schema,
                                      struct vb_gql_type *type,
                                      struct vb_span name,
                                      const struct vb_gql_shape *shape,
                                      vb_gql_resolve_fn *resolve)
{
    struct vb_gql_field *field, **end;

    if (type == NULL)
        return NULL;
    vb_assert(vb_gql_find_field(schema, type, name) == NULL);
    field = vb__gql_new_field(schema, type, name, shape, resolve);
    if (field == NULL)
        return NULL;
    for (end = &type->fields; *end != NULL; end = &(*end)->next)
        ;
    *end = field;
    if (!vb_table_insert(&schema->fields_by_name, &field->by_name,
                         field_hash(type, name)))
        schema->failed = true;
    return field;
}

struct vb_gql_input *vb_gql_add_input(struct vb_gql_schema *schema,
                                      struct vb_gql_input **list,
                                      struct vb_span name,
                                      const struct vb_gql_shape *shape)
{
    struct vb_gql_input *input = new_part(schema, sizeof(*input));

    if (input == NULL || shape == NULL)
        return NULL;
    vb_assert(vb_gql_is_name(name) && vb_gql_is_input(shape->type));
    input->name = name;
    input->shape = shape;
    for (; *list != NULL; list = &(*list)->next)
        vb_assert(!vb_span_eq((*list)->name, name));
    *list = input;
    return input;
}

struct vb_gql_enum_value *vb_gql_add_value(struct vb_gql_schema *schema,
                                           struct vb_gql_type *type,
                                           struct vb_span name)
{
    struct vb_gql_enum_value *value = new_part(schema, sizeof(*value));
    struct vb_gql_enum_value **end;

    if (type == NULL || value == NULL)
        return NULL;
    vb_assert(vb_gql_is_name(name) && type->kind == VB_GQL_TYPE_ENUM);
    value->name = value->means = name;
    for (end = &type->values; *end != NULL; end = &(*end)->next)
        vb_assert(!vb_span_eq((*end)->name, name));
    *end = value;
    return value;
}

static void append_member(struct vb_gql_schema *schema,
                          struct vb_gql_member **list,
                          const struct vb_gql_type *type)
{
    struct vb_gql_member *member = new_part(schema, sizeof(*member));

    if (member == NULL)
        return;
    member->type = type;
    while (*list != NULL)
        list = &(*list)->next;
    *list = member;
}

void vb_gql_add_member(struct vb_gql_schema *schema, struct vb_gql_type *type,
                       struct vb_gql_type *member)
{
    if (type == NULL || member == NULL)
        return;
    if (member->kind == VB_GQL_TYPE_OBJECT)
        append_member(schema, &type->members, member);
    if (type->kind == VB_GQL_TYPE_INTERFACE)
        append_member(schema, &member->interfaces, type);
}

/* --- shapes --------------------------------------------------------------- */

const struct vb_gql_shape *vb_gql_non_null(struct vb_gql_schema *schema,
                                           const struct vb_gql_shape *shape)
{
    struct vb_gql_shape *other;

    if (shape == NULL || shape->non_null)
        return shape;
    other = new_part(schema, sizeof(*other));
    if (other == NULL)
        return NULL;
    *other = *shape;
    other->non_null = true;
    return other;
}

const struct vb_gql_shape *vb_gql_list_of(struct vb_gql_schema *schema,
                                          const struct vb_gql_shape *shape)
{
    struct vb_gql_shape *list = new_part(schema, sizeof(*list));

    if (list == NULL || shape == NULL)
        return NULL;
    list->type = shape->type;
    list->of = shape;
    list->nullable = list;
    return list;
}

/* --- look-ups ------------------------------------------------------------- */

bool vb_gql_is_name(struct vb_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = vb_ascii_lower(name.ptr[i]);

        if ((c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0;
}

struct vb_gql_type *vb_gql_find_type(const struct vb_gql_schema *schema,
                                     struct vb_span name)
{
    struct vb_table_node *node =
        vb_table_first(&schema->types_by_name, type_hash(name));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb_gql_type *type =
            VB_CONTAINER(node, struct vb_gql_type, by_name);

        if (vb_span_eq(type->name, name))
            return type;
    }
    return NULL;
}

/* The fields that are there without being any type's (section 4.1). */
static const struct vb_gql_field *find_meta(const struct vb_gql_schema *schema,
                                            const struct vb_gql_type *type,
                                            struct vb_span name)
{
    const struct vb_gql_field *const roots[] = {schema->meta_schema,
                                                schema->meta_type};

    if (schema->meta_typename != NULL &&
        vb_span_eq(name, schema->meta_typename->name))
        return schema->meta_typename;
    for (size_t i = 0; type == schema->query && i < 2; i++)
        if (roots[i] != NULL && vb_span_eq(name, roots[i]->name))
            return roots[i];
    return NULL;
}

const struct vb_gql_field *vb_gql_find_field(const struct vb_gql_schema *schema,
                                             const struct vb_gql_type *type,
                                             struct vb_span name)
{
    struct vb_table_node *node =
        vb_table_first(&schema->fields_by_name, field_hash(type, name));

    for (; node != NULL; node = vb_table_next(node)) {
        const struct vb_gql_field *field =
            VB_CONTAINER(node, struct vb_gql_field, by_name);

        if (field->type == type && vb_span_eq(field->name, name))
            return field;
    }
    return find_meta(schema, type, name);
}

const struct vb_gql_input *vb_gql_find_input(const struct vb_gql_input *list,
                                             struct vb_span name)
{
    while (list != NULL && !vb_span_eq(list->name, name))
        list = list->next;
    return list;
}

const struct vb_gql_enum_value *
vb_gql_find_value(const struct vb_gql_type *type, struct vb_span name)
{
    const struct vb_gql_enum_value *value = type->values;

    while (value != NULL && !vb_span_eq(value->name, name))
        value = value->next;
    return value;
}

const struct vb_gql_directive_type *
vb_gql_find_directive(const struct vb_gql_schema *schema, struct vb_span name)
{
    const struct vb_gql_directive_type *directive = schema->directives;

    while (directive != NULL && !vb_span_eq(directive->name, name))
        directive = directive->next;
    return directive;
}

bool vb_gql_is_composite(const struct vb_gql_type *type)
{
    return type->kind == VB_GQL_TYPE_OBJECT ||
           type->kind == VB_GQL_TYPE_INTERFACE ||
           type->kind == VB_GQL_TYPE_UNION;
}

bool vb_gql_is_input(const struct vb_gql_type *type)
{
    return !vb_gql_is_composite(type);
}

static bool has_member(const struct vb_gql_type *type,
                       const struct vb_gql_type *object)
{
    const struct vb_gql_member *member = type->members;

    while (member != NULL && member->type != object)
        member = member->next;
    return member != NULL;
}

bool vb_gql_may_be(const struct vb_gql_type *type,
                   const struct vb_gql_type *object)
{
    return type == object || has_member(type, object);
}

bool vb_gql_overlap(const struct vb_gql_type *a, const struct vb_gql_type *b)
{
    if (a == b || has_member(a, b) || has_member(b, a))
        return true;
    for (const struct vb_gql_member *member = a->members; member != NULL;
         member = member->next)
        if (has_member(b, member->type))
            return true;
    return false;
}

const char *vb_gql_operation_name(enum vb_gql_operation_kind kind)
{
    static const char *const names[] = {"query", "mutation", "subscription"};

    return names[kind];
}

const struct vb_gql_type *vb_gql_root(const struct vb_gql_schema *schema,
                                      enum vb_gql_operation_kind kind)
{
    switch (kind) {
    case VB_GQL_QUERY:
        return schema->query;
    case VB_GQL_MUTATION:
        return schema->mutation;
    case VB_GQL_SUBSCRIPTION:
        return schema->subscription;
    }
    return NULL;
}
