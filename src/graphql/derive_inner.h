/* What the files derive*.c share. */
#ifndef VB_GRAPHQL_DERIVE_INNER_H
#define VB_GRAPHQL_DERIVE_INNER_H

#include "graphql/derive.h"
#include "graphql/schema.h"

/* What a type is for: the same schema makes another one for each. */
enum vb__gql_use {
    VB__GQL_OUTPUT,
    VB__GQL_INPUT, /* all of it is given */
    VB__GQL_PATCH, /* some of it is given: a merge patch */
};

/* A document, or the members of a collection or store, as a type. */
struct vb__gql_resource {
    const struct vb_route *route;   /* of the document; NULL: not described */
    const struct vb_route *listing; /* of the collection or store; or NULL */
    const struct vb_state *state;
    const struct vb_schema *schema; /* of what is shown */
    struct vb_gql_type *type;       /* NULL: it is no object */
    const struct vb_gql_shape *shape;
    /* Of listings; NULL where there is nothing of the kind. */
    struct vb_gql_type *connection, *filter, *order;
    struct vb_gql_type *change; /* NULL: nobody can listen to it */
    struct vb_span one, many;   /* "book", "books" */
};

/* A type that was made of a schema. */
struct vb__gql_made {
    struct vb_table_node by_schema;
    const struct vb_schema *schema;
    const struct vb_state *state;
    enum vb__gql_use use;
    struct vb_gql_type *type;
    bool open; /* its parts are not all there yet */
};

/* How many kinds of values can be filtered by: derive_query.c. */
#define VB__GQL_FILTERS 6

struct vb__gql_deriver {
    const struct vb_description *description;
    struct vb_gql_schema *schema;
    struct vb_gql_type *query, *mutation, *subscription;
    struct vb_gql_type *kinds; /* of changes; NULL: not needed yet */
    struct vb_gql_type *filters[VB__GQL_FILTERS]; /* NULL: not needed yet */
    struct vb_table made;
    struct vb__gql_resource *resources;
    size_t resource_count;
};

/* Says where a field's values come from; of NULL, nothing. */
void vb__gql_set_source(struct vb__gql_deriver *d, struct vb_gql_field *field,
                        struct vb_gql_source source);

/* Types that all derived schemas share. */
#define VB__GQL_JSON VB_SPAN("JSON")

/* --- derive_name.c -------------------------------------------------------- */

/* "book-shelf" as "BookShelf" or "bookShelf"; ptr NULL: no memory. */
struct vb_span vb__gql_pascal(struct vb_gql_schema *schema,
                              struct vb_span text);
struct vb_span vb__gql_camel(struct vb_gql_schema *schema, struct vb_span text);

/* "book" of "books". */
struct vb_span vb__gql_singular(struct vb_gql_schema *schema,
                                struct vb_span text);

/* `a` and `b`, one behind the other. */
struct vb_span vb__gql_joined(struct vb_gql_schema *schema, struct vb_span a,
                              struct vb_span b);

/* A valid name that is nearest to the text, and that no type has yet; no field
 * of the type; no input of the list; no value of the enum. */
struct vb_span vb__gql_new_type_name(struct vb_gql_schema *schema,
                                     struct vb_span text);
struct vb_span vb__gql_new_field_name(struct vb_gql_schema *schema,
                                      const struct vb_gql_type *type,
                                      struct vb_span text);
struct vb_span vb__gql_new_input_name(struct vb_gql_schema *schema,
                                      const struct vb_gql_input *list,
                                      struct vb_span text);
struct vb_span vb__gql_new_value_name(struct vb_gql_schema *schema,
                                      const struct vb_gql_type *type,
                                      struct vb_span text);

/* --- derive_schema.c ------------------------------------------------------ */

/* A keyword of the schema itself, not of what it refers to; NULL: none. */
yyjson_val *vb__gql_own(const struct vb_schema *schema, const char *name);

/* What a schema that is nothing but a reference refers to; itself otherwise. */
const struct vb_schema *vb__gql_followed(const struct vb_schema *schema);

/* Are they one schema, but for references? */
bool vb__gql_same_schema(const struct vb_schema *a, const struct vb_schema *b);

/* The name that a schema goes by; `other` where it has none. */
struct vb_span vb__gql_schema_name(const struct vb_schema *schema,
                                   struct vb_span other);

/* The description of a schema, or ptr NULL. */
struct vb_span vb__gql_description(const struct vb_schema *schema);

/* The types of its values, without null. */
unsigned vb__gql_types_of(const struct vb_schema *schema);
bool vb__gql_may_be_null(const struct vb_schema *schema);

/* The strings that its values are, and perhaps null; NULL: not only these. */
yyjson_val *vb__gql_enum_of(const struct vb_schema *schema);

/* --- derive_property.c ---------------------------------------------------- */

/* Would it be an object type? */
bool vb__gql_is_object(const struct vb_schema *schema,
                       const struct vb_state *state, enum vb__gql_use use);

/* Makes the schema the type's, which is empty, and adds its fields. */
void vb__gql_fill_type(struct vb__gql_deriver *d, struct vb_gql_type *type,
                       const struct vb_schema *schema,
                       const struct vb_state *state, enum vb__gql_use use);

/* --- derive_type.c -------------------------------------------------------- */

/* The shape of a schema's values; `name` is for a type that has none of its
 * own, `state` is what the values are the state of, NULL: of nothing. */
const struct vb_gql_shape *vb__gql_shape_of(struct vb__gql_deriver *d,
                                            const struct vb_schema *schema,
                                            const struct vb_state *state,
                                            enum vb__gql_use use,
                                            struct vb_span name);

/* Arrays of arrays, and alternatives in alternatives: what is deeper is taken
 * as it comes. Objects in objects are types of their own, and have no bound. */
#define VB__GQL_LEVEL_MOST 8

/* The same so many levels down. */
const struct vb_gql_shape *
vb__gql_shape_at(struct vb__gql_deriver *d, const struct vb_schema *schema,
                 const struct vb_state *state, enum vb__gql_use use,
                 struct vb_span name, unsigned level);

/* A scalar by name, nullable. */
const struct vb_gql_shape *vb__gql_scalar(struct vb__gql_deriver *d,
                                          struct vb_span name);

/* The type that was made of a schema for this; NULL: none yet. */
struct vb__gql_made *vb__gql_find_made(struct vb__gql_deriver *d,
                                       const struct vb_schema *schema,
                                       const struct vb_state *state,
                                       enum vb__gql_use use);

/* Makes one, which has nothing in it, with a name like this. NULL: no memory,
 * which the schema knows. */
struct vb__gql_made *
vb__gql_make(struct vb__gql_deriver *d, const struct vb_schema *schema,
             const struct vb_state *state, enum vb__gql_use use,
             enum vb_gql_type_kind kind, struct vb_span name);

/* --- derive_union.c ------------------------------------------------------- */

/* The shape of a schema with oneOf or anyOf. */
const struct vb_gql_shape *
vb__gql_alternatives_shape(struct vb__gql_deriver *d,
                           const struct vb_schema *schema, enum vb__gql_use use,
                           struct vb_span name, unsigned level);

/* --- derive_query.c ------------------------------------------------------- */

/* The resource that a member's route is of; NULL: none. */
struct vb__gql_resource *vb__gql_resource_of(const struct vb__gql_deriver *d,
                                             const struct vb_route *route);

/* The types of listings: filters, orders, connections. */
void vb__gql_add_listings(struct vb__gql_deriver *d);

/* One, and many: the fields of Query, and those of what refers. */
void vb__gql_add_queries(struct vb__gql_deriver *d);

/* What the field for one of them is called: "book". */
struct vb_span vb__gql_name_of_one(struct vb__gql_deriver *d,
                                   const struct vb__gql_resource *r);

/* Arguments for the variables in a path from the `from`-th on. */
void vb__gql_add_variables(struct vb__gql_deriver *d,
                           struct vb_gql_input **list,
                           const struct vb_route *route, size_t from);

/* The words of a path, "booksLend". */
struct vb_span vb__gql_path_name(struct vb__gql_deriver *d,
                                 const struct vb_route *route);

/* The schema of JSON that an operation takes, or gives; NULL: none. */
const struct vb_schema *vb__gql_taken(const struct vb_operation *operation);
const struct vb_schema *vb__gql_given(const struct vb_operation *operation);

/* Is there an operation that is served? NULL: no. */
const struct vb_operation *vb__gql_served(const struct vb_route *route,
                                          enum vb_method method);

/* --- derive_mutation.c ---------------------------------------------------- */

void vb__gql_add_mutations(struct vb__gql_deriver *d);

/* --- derive_subscription.c ------------------------------------------------ */

void vb__gql_add_subscriptions(struct vb__gql_deriver *d);

#endif
