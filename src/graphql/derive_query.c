/* What can be asked of a description. See derive.h. */
#include "graphql/derive_inner.h"

/* --- operations ----------------------------------------------------------- */

const struct vb_operation *vb__gql_served(const struct vb_route *route,
                                          enum vb_method method)
{
    const struct vb_operation *operation =
        route == NULL ? NULL : route->by_method[method];

    return operation != NULL && operation->served ? operation : NULL;
}

static const struct vb_schema *json_schema(const struct vb_content *media,
                                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (media[i].kind == VB_MEDIA_JSON)
            return media[i].schema;
    return NULL;
}

const struct vb_schema *vb__gql_taken(const struct vb_operation *operation)
{
    return operation == NULL ? NULL
                             : json_schema(operation->request.media,
                                           operation->request.media_count);
}

const struct vb_schema *vb__gql_given(const struct vb_operation *operation)
{
    for (size_t i = 0; operation != NULL && i < operation->response_count;
         i++) {
        const struct vb_described_response *response = &operation->responses[i];
        const struct vb_schema *schema =
            json_schema(response->media, response->media_count);

        if ((response->status / 100 == 2 || response->status == 2) &&
            schema != NULL)
            return schema;
    }
    return NULL;
}

/* --- paths ---------------------------------------------------------------- */

struct vb_span vb__gql_path_name(struct vb__gql_deriver *d,
                                 const struct vb_route *route)
{
    struct vb_span name = {"", 0};

    for (size_t i = 0; i < route->template.segment_count; i++) {
        const struct vb_segment *segment = &route->template.segments[i];

        if (segment->kind != VB_SEGMENT_LITERAL)
            continue;
        name = vb__gql_joined(d->schema, name, VB_SPAN("-"));
        name = vb__gql_joined(d->schema, name, segment->text);
    }
    return vb__gql_camel(d->schema, name);
}

void vb__gql_add_variables(struct vb__gql_deriver *d,
                           struct vb_gql_input **list,
                           const struct vb_route *route, size_t from)
{
    const struct vb_gql_shape *id =
        vb_gql_non_null(d->schema, vb__gql_scalar(d, VB_SPAN("ID")));
    size_t variables = 0;

    for (size_t i = 0; i < route->template.segment_count; i++) {
        const struct vb_segment *segment = &route->template.segments[i];

        if (segment->kind == VB_SEGMENT_VARIABLE && variables++ >= from)
            vb_gql_add_input(
                d->schema, list,
                vb__gql_new_input_name(d->schema, *list, segment->text), id);
    }
}

/* --- resources ------------------------------------------------------------ */

struct vb__gql_resource *vb__gql_resource_of(const struct vb__gql_deriver *d,
                                             const struct vb_route *route)
{
    for (size_t i = 0; i < d->resource_count; i++)
        if (d->resources[i].route == route && d->resources[i].type != NULL)
            return &d->resources[i];
    return NULL;
}

/* --- filters -------------------------------------------------------------- */

/* What the values of a property can be asked for, by their type. */
static const struct {
    unsigned type;
    const char *name, *inputs;
} filters[VB__GQL_FILTERS] = {
    {VB_SCHEMA_STRING, "StringFilter",
     "eq: String, ne: String, lt: String, lte: String, gt: String, "
     "gte: String, in: [String!], contains: String, starts: String, "
     "ends: String, null: Boolean"},
    {VB_SCHEMA_INTEGER, "IntFilter",
     "eq: Long, ne: Long, lt: Long, lte: Long, gt: Long, gte: Long, "
     "in: [Long!], null: Boolean"},
    {VB_SCHEMA_INTEGER | VB_SCHEMA_NUMBER, "FloatFilter",
     "eq: Float, ne: Float, lt: Float, lte: Float, gt: Float, gte: Float, "
     "in: [Float!], null: Boolean"},
    {VB_SCHEMA_BOOLEAN, "BooleanFilter",
     "eq: Boolean, ne: Boolean, null: Boolean"},
    {VB_SCHEMA_ARRAY, "ListFilter", "contains: JSON, null: Boolean"},
    {0, "AnyFilter",
     "eq: JSON, ne: JSON, lt: JSON, lte: JSON, gt: JSON, gte: JSON, "
     "in: [JSON!], null: Boolean"},
};

/* Made when it is first needed. */
static const struct vb_gql_shape *filter_shape(struct vb__gql_deriver *d,
                                               unsigned types)
{
    size_t row = 0;

    types &= ~(unsigned)VB_SCHEMA_NULL;
    while (row < VB__GQL_FILTERS - 1 && filters[row].type != types)
        row++;
    if (d->filters[row] == NULL) {
        struct vb_gql_type *type = vb_gql_add_type(
            d->schema, VB_GQL_TYPE_INPUT,
            vb__gql_new_type_name(d->schema, vb_span_str(filters[row].name)));

        if (type == NULL)
            return NULL;
        type->description = VB_SPAN("All that is given must hold.");
        vb_gql_define_inputs(d->schema, &type->inputs, filters[row].inputs);
        d->filters[row] = type;
    }
    return &d->filters[row]->shape;
}

/* The names in the path of a property that can be asked for. */
static struct vb_span path_text(struct vb__gql_deriver *d,
                                const struct vb_property *property,
                                struct vb_span between)
{
    struct vb_span text = property->path[0];

    for (size_t i = 1; i < property->path_len; i++) {
        text = vb__gql_joined(d->schema, text, between);
        text = vb__gql_joined(d->schema, text, property->path[i]);
    }
    return text;
}

/* "author_name" for author.name. */
static struct vb_span field_name(struct vb__gql_deriver *d,
                                 const struct vb_property *property)
{
    return path_text(d, property, VB_SPAN("_"));
}

static struct vb_span dotted(struct vb__gql_deriver *d,
                             const struct vb_property *property)
{
    return path_text(d, property, VB_SPAN("."));
}

static bool can_be_asked(const struct vb_property *property)
{
    for (size_t i = 0; i < property->path_len; i++)
        if (property->path[i].ptr == NULL)
            return false;
    return !property->write_only &&
           (property->types & ~(unsigned)VB_SCHEMA_NULL) != VB_SCHEMA_OBJECT;
}

static struct vb_gql_type *new_type(struct vb__gql_deriver *d,
                                    enum vb_gql_type_kind kind,
                                    struct vb_span name, const char *end)
{
    return vb_gql_add_type(
        d->schema, kind,
        vb__gql_new_type_name(
            d->schema, vb__gql_joined(d->schema, name, vb_span_str(end))));
}

/* BookFilter, made when there is something to ask for. */
static void add_filter(struct vb__gql_deriver *d, struct vb__gql_resource *r,
                       struct vb_span name, const struct vb_property *property)
{
    struct vb_gql_input *input;

    if (r->filter == NULL)
        r->filter = new_type(d, VB_GQL_TYPE_INPUT, name, "Filter");
    if (r->filter == NULL)
        return;
    input =
        vb_gql_add_input(d->schema, &r->filter->inputs,
                         vb__gql_new_input_name(d->schema, r->filter->inputs,
                                                field_name(d, property)),
                         filter_shape(d, property->types));
    if (input != NULL)
        input->owner = property;
}

/* BookOrder, likewise. */
static void add_order(struct vb__gql_deriver *d, struct vb__gql_resource *r,
                      struct vb_span name, const struct vb_property *property)
{
    static const struct {
        const char *end, *means;
    } ways[] = {{"_ASC", ""}, {"_DESC", "-"}};
    struct vb_span path = dotted(d, property);

    if ((property->types & ~(unsigned)VB_SCHEMA_NULL) == VB_SCHEMA_ARRAY)
        return;
    if (r->order == NULL)
        r->order = new_type(d, VB_GQL_TYPE_ENUM, name, "Order");
    for (size_t i = 0; i < 2 && r->order != NULL; i++) {
        struct vb_gql_enum_value *value = vb_gql_add_value(
            d->schema, r->order,
            vb__gql_new_value_name(d->schema, r->order,
                                   vb__gql_joined(d->schema,
                                                  field_name(d, property),
                                                  vb_span_str(ways[i].end))));

        if (value != NULL)
            value->means =
                vb__gql_joined(d->schema, vb_span_str(ways[i].means), path);
    }
}

/* --- connections (the Relay specification) -------------------------------- */

static void add_part(struct vb__gql_deriver *d, struct vb_gql_type *type,
                     const char *name, const struct vb_gql_shape *shape,
                     enum vb_gql_source_kind kind)
{
    vb__gql_set_source(
        d, vb_gql_add_field(d->schema, type, vb_span_str(name), shape, NULL),
        (struct vb_gql_source){.kind = kind});
}

static void add_connection(struct vb__gql_deriver *d,
                           struct vb__gql_resource *r)
{
    struct vb_span name =
        r->type != NULL ? r->type->name : vb__gql_pascal(d->schema, r->one);
    struct vb_gql_type *edge = new_type(d, VB_GQL_TYPE_OBJECT, name, "Edge");

    r->connection = new_type(d, VB_GQL_TYPE_OBJECT, name, "Connection");
    if (edge == NULL || r->connection == NULL)
        return;
    add_part(d, edge, "cursor",
             vb_gql_non_null(d->schema, vb__gql_scalar(d, VB_SPAN("String"))),
             VB_GQL_SOURCE_CURSOR);
    add_part(d, edge, "node", r->shape, VB_GQL_SOURCE_NODE);
    add_part(d, r->connection, "edges",
             vb_gql_non_null(
                 d->schema,
                 vb_gql_list_of(d->schema,
                                vb_gql_non_null(d->schema, &edge->shape))),
             VB_GQL_SOURCE_EDGES);
    add_part(d, r->connection, "pageInfo",
             vb_gql_non_null(d->schema, vb__gql_scalar(d, VB_SPAN("PageInfo"))),
             VB_GQL_SOURCE_PAGE_INFO);
    add_part(d, r->connection, "totalCount", vb__gql_scalar(d, VB_SPAN("Int")),
             VB_GQL_SOURCE_TOTAL);
    for (size_t i = 0; r->state != NULL && i < r->state->field_count; i++) {
        if (!can_be_asked(&r->state->fields[i]))
            continue;
        add_filter(d, r, name, &r->state->fields[i]);
        add_order(d, r, name, &r->state->fields[i]);
    }
}

void vb__gql_add_listings(struct vb__gql_deriver *d)
{
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++)
        if (vb__gql_served(d->resources[i].listing, VB_METHOD_GET) != NULL)
            add_connection(d, &d->resources[i]);
}

static struct vb_gql_input *add_argument(struct vb__gql_deriver *d,
                                         struct vb_gql_field *field,
                                         const char *name,
                                         const struct vb_gql_shape *shape)
{
    return vb_gql_add_input(
        d->schema, &field->arguments,
        vb__gql_new_input_name(d->schema, field->arguments, vb_span_str(name)),
        shape);
}

/* Fewer than a page of GET has, since lists are nested here; and said in the
 * schema, as it is what an operation costs. */
static const struct vb_gql_value first_usual = {
    .kind = VB_GQL_INT,
    .text = VB_SPAN_INIT("20"),
};

static void add_paging(struct vb__gql_deriver *d, struct vb_gql_field *field,
                       const struct vb__gql_resource *r)
{
    struct vb_gql_input *first;

    if (r->filter != NULL)
        add_argument(d, field, "filter", &r->filter->shape);
    if (r->order != NULL)
        add_argument(
            d, field, "sort",
            vb_gql_list_of(d->schema,
                           vb_gql_non_null(d->schema, &r->order->shape)));
    first = add_argument(d, field, "first", vb__gql_scalar(d, VB_SPAN("Int")));
    if (first != NULL)
        first->preset = &first_usual;
    add_argument(d, field, "after", vb__gql_scalar(d, VB_SPAN("String")));
}

/* --- fields --------------------------------------------------------------- */

static struct vb_gql_field *add_field(struct vb__gql_deriver *d,
                                      struct vb_gql_type *type,
                                      struct vb_span name,
                                      const struct vb_gql_shape *shape,
                                      struct vb_span description)
{
    struct vb_gql_field *field;

    if (type == NULL)
        return NULL;
    field = vb_gql_add_field(d->schema, type,
                             vb__gql_new_field_name(d->schema, type, name),
                             shape, NULL);
    if (field != NULL)
        field->description = description;
    return field;
}

struct vb_span vb__gql_name_of_one(struct vb__gql_deriver *d,
                                   const struct vb__gql_resource *r)
{
    bool lists = vb__gql_served(r->listing, VB_METHOD_GET) != NULL;

    return lists && vb_span_eq(r->one, r->many)
               ? vb__gql_joined(d->schema, r->one, VB_SPAN("ByKey"))
               : r->one;
}

static void add_query(struct vb__gql_deriver *d,
                      const struct vb__gql_resource *r)
{
    const struct vb_operation *get = vb__gql_served(r->route, VB_METHOD_GET);
    const struct vb_operation *list = vb__gql_served(r->listing, VB_METHOD_GET);
    struct vb_gql_field *field;

    if (get != NULL) {
        field = add_field(d, d->query, vb__gql_name_of_one(d, r), r->shape,
                          get->summary);
        if (field != NULL) {
            vb__gql_add_variables(d, &field->arguments, r->route, 0);
            vb__gql_set_source(
                d, field,
                (struct vb_gql_source){.kind = VB_GQL_SOURCE_DOCUMENT,
                                       .route = r->route});
        }
    }
    if (list == NULL || r->connection == NULL)
        return;
    field =
        add_field(d, d->query, r->many, &r->connection->shape, list->summary);
    if (field != NULL) {
        vb__gql_add_variables(d, &field->arguments, r->listing, 0);
        add_paging(d, field, r);
        vb__gql_set_source(d, field,
                           (struct vb_gql_source){.kind = VB_GQL_SOURCE_LISTING,
                                                  .route = r->listing});
    }
}

/* A listing below something that has a type: /books/{id}/reviews. */
static void add_nested(struct vb__gql_deriver *d,
                       const struct vb__gql_resource *r)
{
    const struct vb__gql_resource *above;
    const struct vb_template *t;
    struct vb_gql_field *field;

    if (r->connection == NULL || r->listing->above == NULL)
        return;
    above = vb__gql_resource_of(d, r->listing->above);
    if (above == NULL)
        return;
    t = &r->listing->template;
    if (vb_template_variables(&r->listing->template) !=
        vb_template_variables(&above->route->template))
        return;
    field = add_field(
        d, above->type,
        vb__gql_camel(d->schema, t->segments[t->segment_count - 1].text),
        &r->connection->shape, (struct vb_span){NULL, 0});
    if (field == NULL)
        return;
    add_paging(d, field, r);
    vb__gql_set_source(d, field,
                       (struct vb_gql_source){.kind = VB_GQL_SOURCE_PART,
                                              .route = r->listing});
}

/* The field that a reference is, on who refers: it may be hidden from who
 * asks, so it may be null whatever the property is. */
static void add_forward(struct vb__gql_deriver *d,
                        const struct vb__gql_resource *from,
                        const struct vb_property *property,
                        const struct vb__gql_resource *to)
{
    const struct vb_gql_shape *shape = &to->type->shape;
    struct vb_gql_field *field;

    if (property->many)
        shape = vb_gql_list_of(d->schema, shape);
    field = add_field(d, from->type, property->path[0], shape,
                      (struct vb_span){NULL, 0});
    vb__gql_set_source(d, field,
                       (struct vb_gql_source){.kind = VB_GQL_SOURCE_REFERENCE,
                                              .route = to->route,
                                              .property = property});
}

/* And on what is referred to: those who refer. The second reference of the
 * same kind says which it is. */
static void add_backward(struct vb__gql_deriver *d,
                         const struct vb__gql_resource *from,
                         const struct vb_property *property,
                         const struct vb__gql_resource *to)
{
    struct vb_span name = from->many;
    struct vb_gql_field *field;

    if (from->connection == NULL ||
        vb_template_variables(&from->listing->template) > 0)
        return;
    if (vb_gql_find_field(d->schema, to->type, name) != NULL)
        name = vb__gql_joined(d->schema,
                              vb__gql_joined(d->schema, name, VB_SPAN("By")),
                              vb__gql_pascal(d->schema, property->path[0]));
    field = add_field(d, to->type, name, &from->connection->shape,
                      (struct vb_span){NULL, 0});
    if (field != NULL) {
        add_paging(d, field, from);
        vb__gql_set_source(
            d, field,
            (struct vb_gql_source){.kind = VB_GQL_SOURCE_REFERRERS,
                                   .route = from->listing,
                                   .property = property});
    }
}

static void add_relations(struct vb__gql_deriver *d,
                          const struct vb__gql_resource *r, bool forward)
{
    for (size_t i = 0;
         r->type != NULL && r->state != NULL && i < r->state->property_count;
         i++) {
        const struct vb_property *property = &r->state->properties[i];
        const struct vb__gql_resource *to;

        if (property->references == NULL || property->write_only ||
            !(property->path_len == 1 ||
              (property->path_len == 2 && property->many)))
            continue;
        to = vb__gql_resource_of(d, property->references);
        if (to == NULL)
            continue;
        if (forward)
            add_forward(d, r, property, to);
        else
            add_backward(d, r, property, to);
    }
}

/* Where a property has that name, this one is another. */
static void add_etag(struct vb__gql_deriver *d,
                     const struct vb__gql_resource *r)
{
    if (vb__gql_served(r->route, VB_METHOD_GET) != NULL)
        vb__gql_set_source(
            d,
            add_field(d, r->type, VB_SPAN("_etag"),
                      vb__gql_scalar(d, VB_SPAN("String")),
                      VB_SPAN("The entity tag of its state, for ifMatch.")),
            (struct vb_gql_source){.kind = VB_GQL_SOURCE_ETAG});
}

void vb__gql_add_queries(struct vb__gql_deriver *d)
{
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++)
        add_query(d, &d->resources[i]);
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++)
        add_relations(d, &d->resources[i], true);
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++)
        add_nested(d, &d->resources[i]);
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++)
        add_relations(d, &d->resources[i], false);
    for (size_t i = 0; i < d->resource_count && !d->schema->failed; i++)
        add_etag(d, &d->resources[i]);
}
