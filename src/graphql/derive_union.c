/* Alternatives as unions. See derive.h. */
#include "content/json.h"
#include "graphql/derive_inner.h"

/* How many alternatives of a schema are looked at. */
#define BRANCHES_MOST 64

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
    yyjson_val *ref = vb__gql_own(branch, "$ref"), *key, *target;
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
    b->list = vb__gql_own(schema, "oneOf");
    if (b->list == NULL)
        b->list = vb__gql_own(schema, "anyOf");
    b->count = 0;
    b->many = false;
    if (yyjson_is_arr(b->list))
        vb_schema_inner(schema, note_branch, b);
}

/* Objects that a discriminator tells apart; only what is shown can be such. */
static bool makes_union(const struct vb_schema *schema,
                        const struct branches *b, enum vb__gql_use use)
{
    if (use != VB__GQL_OUTPUT || b->count < 2 || b->many ||
        vb__gql_own(schema, "discriminator") == NULL)
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
    struct vb__gql_made *made =
        vb__gql_find_made(d, schema, NULL, VB__GQL_OUTPUT);

    if (made != NULL)
        return &made->type->shape;
    made =
        vb__gql_make(d, schema, NULL, VB__GQL_OUTPUT, VB_GQL_TYPE_UNION, name);
    if (made != NULL) {
        made->type->description = vb__gql_description(schema);
        made->type->owner = NULL;
    }
    for (size_t i = 0; made != NULL && i < b->count; i++) {
        const struct vb_gql_shape *shape = vb__gql_shape_at(
            d, b->at[i], NULL, VB__GQL_OUTPUT, name, VB__GQL_LEVEL_MOST - 1);
        struct vb_gql_type *member =
            shape == NULL ? NULL
                          : vb_gql_find_type(d->schema, shape->type->name);

        if (member == NULL)
            continue;
        if (!vb_gql_may_be(made->type, member))
            vb_gql_add_member(d->schema, made->type, member);
        add_choices(d, made->type, vb__gql_own(schema, "discriminator"),
                    b->at[i], member);
    }
    return made == NULL ? NULL : &made->type->shape;
}

const struct vb_gql_shape *
vb__gql_alternatives_shape(struct vb__gql_deriver *d,
                           const struct vb_schema *schema, enum vb__gql_use use,
                           struct vb_span name, unsigned level)
{
    struct branches b;

    find_branches(schema, &b);
    if (b.count == 1 && !b.many)
        return vb__gql_shape_at(d, b.at[0], NULL, use, name, level + 1);
    if (makes_union(schema, &b, use))
        return union_shape(d, schema, &b, name);
    return vb__gql_scalar(d, VB__GQL_JSON);
}
