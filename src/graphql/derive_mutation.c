/* What can be changed through GraphQL. See derive.h. */
#include "content/json.h"
#include "graphql/derive_inner.h"

static struct vb_gql_field *add_field(struct vb__gql_deriver *d,
                                      struct vb_span name,
                                      const struct vb_gql_shape *shape,
                                      const struct vb_route *route,
                                      const struct vb_operation *operation)
{
    struct vb_gql_field *field;

    if (shape == NULL)
        return NULL;
    if (d->mutation == NULL)
        d->mutation = vb_gql_add_type(
            d->schema, VB_GQL_TYPE_OBJECT,
            vb__gql_new_type_name(d->schema, VB_SPAN("Mutation")));
    if (d->mutation == NULL)
        return NULL;
    field = vb_gql_add_field(
        d->schema, d->mutation,
        vb__gql_new_field_name(d->schema, d->mutation, name), shape, NULL);
    if (field != NULL) {
        field->description = operation->summary;
        vb__gql_set_source(d, field,
                           (struct vb_gql_source){.kind = VB_GQL_SOURCE_CHANGE,
                                                  .route = route,
                                                  .operation = operation});
    }
    return field;
}

const struct vb_gql_input_source vb_gql_input_content, vb_gql_input_if_match;

/* An argument of a change; NULL is nobody's. */
static void set_owner(struct vb_gql_input *input,
                      const struct vb_gql_input_source *owner)
{
    if (input != NULL)
        input->owner = owner;
}

/* The argument that has what is to be. */
static void add_content(struct vb__gql_deriver *d, struct vb_gql_field *field,
                        const char *argument, const struct vb_gql_shape *shape)
{
    if (field != NULL)
        set_owner(
            vb_gql_add_input(d->schema, &field->arguments,
                             vb__gql_new_input_name(d->schema, field->arguments,
                                                    vb_span_str(argument)),
                             shape == NULL
                                 ? NULL
                                 : vb_gql_non_null(d->schema, shape->nullable)),
            &vb_gql_input_content);
}

static void add_if_match(struct vb__gql_deriver *d, struct vb_gql_field *field)
{
    set_owner(
        vb_gql_add_input(d->schema, &field->arguments,
                         vb__gql_new_input_name(d->schema, field->arguments,
                                                VB_SPAN("ifMatch")),
                         vb__gql_scalar(d, VB_SPAN("String"))),
        &vb_gql_input_if_match);
}

static struct vb_span verb(struct vb__gql_deriver *d, const char *verb,
                           const struct vb__gql_resource *r)
{
    return vb__gql_joined(d->schema, vb_span_str(verb),
                          vb__gql_pascal(d->schema, r->one));
}

static const struct vb_gql_shape *input_shape(struct vb__gql_deriver *d,
                                              const struct vb__gql_resource *r,
                                              const struct vb_schema *schema,
                                              enum vb__gql_use use)
{
    if (schema == NULL)
        return vb__gql_scalar(d, VB__GQL_JSON);
    return vb__gql_shape_of(d, schema, r->state, use, r->one);
}

static void add_create(struct vb__gql_deriver *d,
                       const struct vb__gql_resource *r)
{
    const struct vb_operation *post =
        vb__gql_served(r->listing, VB_METHOD_POST);
    struct vb_gql_field *field;

    if (post == NULL || vb__gql_taken(post) == NULL)
        return;
    field = add_field(d, verb(d, "create", r), r->shape, r->listing, post);
    if (field == NULL)
        return;
    vb__gql_add_variables(d, &field->arguments, r->listing, 0);
    add_content(d, field, "input",
                input_shape(d, r, vb__gql_taken(post), VB__GQL_INPUT));
}

static void add_change(struct vb__gql_deriver *d,
                       const struct vb__gql_resource *r, enum vb_method method)
{
    const struct vb_operation *operation = vb__gql_served(r->route, method);
    bool patches = method == VB_METHOD_PATCH;
    const struct vb_schema *schema = patches && r->state != NULL
                                         ? r->state->schema
                                         : vb__gql_taken(operation);
    struct vb_gql_field *field;

    if (operation == NULL || (!patches && schema == NULL))
        return;
    field = add_field(d, verb(d, patches ? "update" : "replace", r), r->shape,
                      r->route, operation);
    if (field == NULL)
        return;
    vb__gql_add_variables(d, &field->arguments, r->route, 0);
    add_content(
        d, field, patches ? "patch" : "input",
        input_shape(d, r, schema, patches ? VB__GQL_PATCH : VB__GQL_INPUT));
    add_if_match(d, field);
}

/* Whether it was there. */
static void add_delete(struct vb__gql_deriver *d,
                       const struct vb__gql_resource *r)
{
    const struct vb_operation *operation =
        vb__gql_served(r->route, VB_METHOD_DELETE);
    struct vb_gql_field *field;

    if (operation == NULL)
        return;
    field =
        add_field(d, verb(d, "delete", r),
                  vb__gql_scalar(d, VB_SPAN("Boolean")), r->route, operation);
    if (field == NULL)
        return;
    vb__gql_add_variables(d, &field->arguments, r->route, 0);
    add_if_match(d, field);
}

/* What a controller answers with: what it has changed, if that is it. */
static const struct vb_gql_shape *result_shape(struct vb__gql_deriver *d,
                                               const struct vb_route *route,
                                               const struct vb_schema *schema,
                                               struct vb_span name)
{
    const struct vb_gql_shape *shape;

    if (schema == NULL)
        return vb__gql_scalar(d, VB__GQL_JSON);
    if (route->action != NULL && route->action->target != NULL) {
        const struct vb__gql_resource *target =
            vb__gql_resource_of(d, route->action->target);

        if (target != NULL && vb__gql_same_schema(schema, target->schema))
            return target->shape;
    }
    shape =
        vb__gql_shape_of(d, schema, NULL, VB__GQL_OUTPUT,
                         vb__gql_joined(d->schema, name, VB_SPAN("Result")));
    return shape == NULL ? NULL : shape->nullable;
}

/* A controller is called as its operation is; where that has no name, as its
 * path says. */
static void add_controller(struct vb__gql_deriver *d,
                           const struct vb_route *route)
{
    const struct vb_operation *post = vb__gql_served(route, VB_METHOD_POST);
    const struct vb_schema *schema;
    struct vb_gql_field *field;
    struct vb_span name;

    if (post == NULL)
        return;
    name = post->operation_id.len > 0
               ? vb__gql_camel(d->schema, post->operation_id)
               : vb__gql_path_name(d, route);
    field =
        add_field(d, name, result_shape(d, route, vb__gql_given(post), name),
                  route, post);
    if (field == NULL)
        return;
    vb__gql_add_variables(d, &field->arguments, route, 0);
    schema = vb__gql_taken(post);
    if (schema != NULL)
        add_content(d, field, "input",
                    vb__gql_shape_of(d, schema, NULL, VB__GQL_INPUT, name));
}

void vb__gql_add_mutations(struct vb__gql_deriver *d)
{
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++) {
        const struct vb__gql_resource *r = &d->resources[i];

        add_create(d, r);
        add_change(d, r, VB_METHOD_PUT);
        add_change(d, r, VB_METHOD_PATCH);
        add_delete(d, r);
    }
    for (size_t i = 0; i < d->description->route_count && !d->schema->failed;
         i++)
        if (d->description->routes[i]->archetype == VB_ARCHETYPE_CONTROLLER)
            add_controller(d, d->description->routes[i]);
}
