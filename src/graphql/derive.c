/*
 * A description as a type system. See derive.h.
 *
 * Types that refer to each other need names before they have parts: first all
 * resources get their types, then these their fields, then the roots theirs.
 */
#include "graphql/derive.h"

#include "graphql/derive_inner.h"

/* A schema may hold so much; the largest descriptions there are need a tenth.
 */
#define MEMORY_MOST ((size_t)256 << 20)

/* --- resources ------------------------------------------------------------ */

static bool is_json(const struct vb_route *route)
{
    return route != NULL && route->state != NULL && route->state->json;
}

/* Is the state of this route something that can be asked for? A listing
 * stands for its members where they are not described. */
static bool is_resource(const struct vb_route *route)
{
    if (!is_json(route))
        return false;
    if (vb_archetype_lists(route->archetype))
        return route->member == NULL &&
               vb__gql_served(route, VB_METHOD_GET) != NULL;
    return route->archetype == VB_ARCHETYPE_DOCUMENT &&
           (vb__gql_served(route, VB_METHOD_GET) != NULL ||
            vb__gql_served(route->collection, VB_METHOD_GET) != NULL);
}

static void name_resource(struct vb__gql_deriver *d, struct vb__gql_resource *r)
{
    const struct vb_route *route = r->listing != NULL ? r->listing : r->route;
    struct vb_span name = vb__gql_path_name(d, route);

    r->many = name;
    r->one = r->listing != NULL ? vb__gql_singular(d->schema, name) : name;
}

static void set_up_resource(struct vb__gql_deriver *d,
                            struct vb__gql_resource *r,
                            const struct vb_route *route)
{
    bool lists = vb_archetype_lists(route->archetype);

    r->route = lists ? NULL : route;
    r->listing = lists ? route : route->collection;
    r->state = route->state;
    r->schema = vb__gql_given(vb__gql_served(r->route, VB_METHOD_GET));
    if (r->schema == NULL)
        r->schema = route->state->schema;
    name_resource(d, r);
}

/* The owner of all of these. */
static const char resource_types;

/* A type of its own, even where others are of the same schema: what refers to
 * one does not refer to the other. */
static void make_type(struct vb__gql_deriver *d, struct vb__gql_resource *r)
{
    struct vb_span path = vb__gql_pascal(d->schema, r->one), name;

    if (r->schema == NULL ||
        !vb__gql_is_object(r->schema, r->state, VB__GQL_OUTPUT))
        return;
    name = vb__gql_pascal(d->schema, vb__gql_schema_name(r->schema, path));
    if (vb_gql_find_type(d->schema, name) != NULL)
        name = path;
    r->type = vb_gql_add_type(d->schema, VB_GQL_TYPE_OBJECT,
                              vb__gql_new_type_name(d->schema, name));
    if (r->type == NULL)
        return;
    r->type->owner = &resource_types;
    r->shape = &r->type->shape;
}

bool vb_gql_is_resource(const struct vb_gql_type *type)
{
    return type->kind == VB_GQL_TYPE_OBJECT && type->owner == &resource_types;
}

static void find_resources(struct vb__gql_deriver *d)
{
    size_t count = d->description->route_count;

    d->resources =
        vb_arena_calloc(&d->schema->arena, count, sizeof(*d->resources));
    if (d->resources == NULL && count > 0)
        d->schema->failed = true;
    for (size_t i = 0; i < count && !d->schema->failed; i++) {
        const struct vb_route *route = d->description->routes[i];

        if (!is_resource(route))
            continue;
        set_up_resource(d, &d->resources[d->resource_count], route);
        make_type(d, &d->resources[d->resource_count++]);
    }
}

static void fill_resources(struct vb__gql_deriver *d)
{
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++) {
        struct vb__gql_resource *r = &d->resources[i];
        const struct vb_gql_shape *shape;

        if (r->type != NULL) {
            vb__gql_fill_type(d, r->type, r->schema, r->state, VB__GQL_OUTPUT);
            continue;
        }
        shape = r->schema == NULL ? vb__gql_scalar(d, VB__GQL_JSON)
                                  : vb__gql_shape_of(d, r->schema, NULL,
                                                     VB__GQL_OUTPUT, r->one);
        r->shape = shape == NULL ? NULL : shape->nullable;
    }
}

/* --- what all have -------------------------------------------------------- */

static void add_scalar(struct vb__gql_deriver *d, struct vb_span name,
                       struct vb_span description, enum vb_gql_scalar scalar)
{
    struct vb_gql_type *type =
        vb_gql_add_type(d->schema, VB_GQL_TYPE_SCALAR, name);

    if (type == NULL)
        return;
    type->description = description;
    type->scalar = scalar;
}

void vb__gql_set_source(struct vb__gql_deriver *d, struct vb_gql_field *field,
                        struct vb_gql_source source)
{
    struct vb_gql_source *kept =
        vb_arena_alloc(&d->schema->arena, sizeof(*kept));

    if (kept == NULL || field == NULL) {
        d->schema->failed |= kept == NULL;
        return;
    }
    *kept = source;
    field->owner = kept;
}

static const struct {
    const char *text;
    enum vb_gql_source_kind kind;
} page_info[] = {
    {"hasNextPage: Boolean!", VB_GQL_SOURCE_HAS_NEXT},
    {"hasPreviousPage: Boolean!", VB_GQL_SOURCE_HAS_PREVIOUS},
    {"startCursor: String", VB_GQL_SOURCE_START},
    {"endCursor: String", VB_GQL_SOURCE_END},
};

static void add_common(struct vb__gql_deriver *d)
{
    struct vb_gql_type *page;

    add_scalar(d, VB__GQL_JSON, VB_SPAN("Any value, as it is in JSON."),
               VB_GQL_SCALAR_OTHER);
    add_scalar(d, VB_SPAN("Long"),
               VB_SPAN("An integer that may need more than 32 bits."),
               VB_GQL_SCALAR_LONG);
    add_scalar(d, VB_SPAN("DateTime"),
               VB_SPAN("An instant, as RFC 3339 writes it."),
               VB_GQL_SCALAR_STRING);
    page = vb_gql_add_type(d->schema, VB_GQL_TYPE_OBJECT, VB_SPAN("PageInfo"));
    for (size_t i = 0; i < sizeof(page_info) / sizeof(page_info[0]); i++)
        vb__gql_set_source(
            d, vb_gql_define_field(d->schema, page, page_info[i].text, NULL),
            (struct vb_gql_source){.kind = page_info[i].kind});
}

static enum vb_err derive(struct vb__gql_deriver *d)
{
    d->query = vb_gql_add_type(d->schema, VB_GQL_TYPE_OBJECT, VB_SPAN("Query"));
    d->schema->query = d->query;
    add_common(d);
    find_resources(d);
    fill_resources(d);
    vb__gql_add_listings(d);
    if (!d->schema->failed)
        vb__gql_add_queries(d);
    if (!d->schema->failed)
        vb__gql_add_mutations(d);
    if (!d->schema->failed)
        vb__gql_add_subscriptions(d);
    d->schema->mutation = d->mutation;
    d->schema->subscription = d->subscription;
    if (d->schema->failed)
        return VB_ERR_NOMEM;
    return d->query->fields == NULL ? VB_ERR_NOTFOUND : VB_OK;
}

enum vb_err vb_gql_derive(const struct vb_description *description,
                          struct vb_gql_schema **ret_schema)
{
    struct vb__gql_deriver d = {.description = description};
    enum vb_err err = vb_gql_schema_new(MEMORY_MOST, &d.schema);

    if (err != VB_OK)
        return err;
    vb_table_init(&d.made);
    err = derive(&d);
    vb_table_done(&d.made);
    if (err == VB_OK)
        *ret_schema = d.schema;
    else
        vb_gql_schema_free(d.schema);
    return err;
}
