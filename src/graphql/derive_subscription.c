/* What can be listened to through GraphQL. See derive.h. */
#include "graphql/derive_inner.h"

/* --- changes as types ----------------------------------------------------- */

static const struct {
    const char *name, *about;
} kinds[] = {
    [VB_GQL_CHANGE_CREATED] = {"CREATED", "It was not among what is listened "
                                          "to, and is now."},
    [VB_GQL_CHANGE_CHANGED] = {"CHANGED", "It is another one now."},
    [VB_GQL_CHANGE_REMOVED] = {"REMOVED", "It is not among it any more, "
                                          "whether it is gone or not."},
};

struct vb_span vb_gql_change_name(enum vb_gql_change change)
{
    return vb_span_str(kinds[change].name);
}

/* Made when something can be listened to. */
static bool add_kinds(struct vb__gql_deriver *d)
{
    struct vb_gql_type *type;

    if (d->kinds != NULL)
        return true;
    type = vb_gql_add_type(
        d->schema, VB_GQL_TYPE_ENUM,
        vb__gql_new_type_name(d->schema, VB_SPAN("ChangeKind")));
    if (type == NULL)
        return false;
    type->description = VB_SPAN("What has happened to a resource.");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct vb_gql_enum_value *value =
            vb_gql_add_value(d->schema, type, vb_span_str(kinds[i].name));

        if (value != NULL)
            value->description = vb_span_str(kinds[i].about);
    }
    d->kinds = type;
    return true;
}

static void add_part(struct vb__gql_deriver *d, struct vb_gql_type *type,
                     const char *name, const struct vb_gql_shape *shape,
                     struct vb_gql_source source)
{
    vb__gql_set_source(
        d, vb_gql_add_field(d->schema, type, vb_span_str(name), shape, NULL),
        source);
}

/* BookChange. What there is one of only has no id to be told. */
static const struct vb_gql_shape *change_shape(struct vb__gql_deriver *d,
                                               struct vb__gql_resource *r)
{
    struct vb_span name =
        r->type != NULL ? r->type->name : vb__gql_pascal(d->schema, r->one);
    const struct vb_route *member = r->route != NULL ? r->route : r->listing;

    if (r->change != NULL)
        return &r->change->shape;
    if (!add_kinds(d))
        return NULL;
    r->change = vb_gql_add_type(
        d->schema, VB_GQL_TYPE_OBJECT,
        vb__gql_new_type_name(
            d->schema, vb__gql_joined(d->schema, name, VB_SPAN("Change"))));
    if (r->change == NULL)
        return NULL;
    add_part(d, r->change, "kind", vb_gql_non_null(d->schema, &d->kinds->shape),
             (struct vb_gql_source){.kind = VB_GQL_SOURCE_EVENT_KIND});
    if (r->listing != NULL || vb_template_variables(&member->template) > 0)
        add_part(d, r->change, "id",
                 vb_gql_non_null(d->schema, vb__gql_scalar(d, VB_SPAN("ID"))),
                 (struct vb_gql_source){.kind = VB_GQL_SOURCE_EVENT_ID});
    add_part(d, r->change, "node", r->shape,
             (struct vb_gql_source){.kind = VB_GQL_SOURCE_EVENT_NODE,
                                    .route = member});
    return &r->change->shape;
}

/* --- what is listened to -------------------------------------------------- */

/* "bookChanged", of one or of many. */
static struct vb_gql_field *add_field(struct vb__gql_deriver *d,
                                      struct vb__gql_resource *r,
                                      struct vb_span name,
                                      const struct vb_route *route)
{
    const struct vb_gql_shape *shape = change_shape(d, r);
    struct vb_gql_field *field;

    if (shape == NULL)
        return NULL;
    if (d->subscription == NULL)
        d->subscription = vb_gql_add_type(
            d->schema, VB_GQL_TYPE_OBJECT,
            vb__gql_new_type_name(d->schema, VB_SPAN("Subscription")));
    if (d->subscription == NULL)
        return NULL;
    name = vb__gql_joined(d->schema, name, VB_SPAN("Changed"));
    field = vb_gql_add_field(
        d->schema, d->subscription,
        vb__gql_new_field_name(d->schema, d->subscription, name), shape, NULL);
    if (field == NULL)
        return NULL;
    vb__gql_add_variables(d, &field->arguments, route, 0);
    vb__gql_set_source(
        d, field,
        (struct vb_gql_source){.kind = VB_GQL_SOURCE_CHANGES, .route = route});
    return field;
}

static void add_one(struct vb__gql_deriver *d, struct vb__gql_resource *r)
{
    struct vb_gql_field *field;

    if (vb__gql_served(r->route, VB_METHOD_GET) == NULL)
        return;
    field = add_field(d, r, vb__gql_name_of_one(d, r), r->route);
    if (field != NULL)
        field->description = VB_SPAN("What happens to it from now on.");
}

/* The members of a view are another listing's, where they can be listened to
 * with a filter. */
static void add_many(struct vb__gql_deriver *d, struct vb__gql_resource *r)
{
    struct vb_gql_field *field;

    if (vb__gql_served(r->listing, VB_METHOD_GET) == NULL ||
        r->connection == NULL || r->listing->lists != NULL)
        return;
    field = add_field(d, r, r->many, r->listing);
    if (field == NULL)
        return;
    field->description = VB_SPAN("What happens to them from now on.");
    if (r->filter != NULL)
        vb_gql_add_input(d->schema, &field->arguments,
                         vb__gql_new_input_name(d->schema, field->arguments,
                                                VB_SPAN("filter")),
                         &r->filter->shape);
}

void vb__gql_add_subscriptions(struct vb__gql_deriver *d)
{
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++) {
        add_one(d, &d->resources[i]);
        add_many(d, &d->resources[i]);
    }
}
