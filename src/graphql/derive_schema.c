/* What a schema is, before it becomes anything. See derive.h. */
#include "content/json.h"
#include "graphql/derive_inner.h"

static void note_itself(void *context, const struct vb_schema *inner,
                        enum vb_schema_reach reach)
{
    const struct vb_schema **target = context;

    if (reach == VB_SCHEMA_REACH_ITSELF)
        *target = inner;
}

yyjson_val *vb__gql_own(const struct vb_schema *schema, const char *name)
{
    return vb_json_member(vb_schema_value(schema), vb_span_str(name));
}

/* What a schema that is nothing but a reference refers to; itself otherwise.
 * Compiling has refused references that go round. */
const struct vb_schema *vb__gql_followed(const struct vb_schema *schema)
{
    while (vb__gql_own(schema, "$ref") != NULL &&
           vb__gql_own(schema, "allOf") == NULL &&
           vb__gql_own(schema, "properties") == NULL) {
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
    yyjson_val *ref = vb__gql_own(schema, "$ref");
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

yyjson_val *vb__gql_enum_of(const struct vb_schema *schema)
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
unsigned vb__gql_types_of(const struct vb_schema *schema)
{
    unsigned types = vb_schema_facts(schema).types & ~(unsigned)VB_SCHEMA_NULL;

    if (types != (VB_SCHEMA_ANY & ~(unsigned)VB_SCHEMA_NULL))
        return types;
    if (vb__gql_enum_of(schema) != NULL)
        return VB_SCHEMA_STRING;
    if (vb_schema_items(schema) != NULL)
        return VB_SCHEMA_ARRAY;
    return property_count(schema) > 0 ? VB_SCHEMA_OBJECT : types;
}

bool vb__gql_may_be_null(const struct vb_schema *schema)
{
    return (vb_schema_facts(schema).types & VB_SCHEMA_NULL) != 0;
}

bool vb__gql_same_schema(const struct vb_schema *a, const struct vb_schema *b)
{
    return a != NULL && b != NULL && vb__gql_followed(a) == vb__gql_followed(b);
}
