/*
 * The type system (October 2021, section 3), as it is served.
 *
 *     schema ─┬─ types ─┬─ fields ── arguments     of objects, interfaces
 *             │         ├─ members                 of unions, interfaces
 *             │         ├─ values                  of enums
 *             │         └─ inputs                  of input objects
 *             ├─ directives ── arguments
 *             └─ query, mutation, subscription     three of the types
 *
 * It is built by code, in an arena of its own, and read-only from then on:
 * threads share it. Texts that it is given must live as long as it does. Lists
 * are linked, in the order in which they were added.
 */
#ifndef VB_GRAPHQL_SCHEMA_H
#define VB_GRAPHQL_SCHEMA_H

#include "base/table.h"
#include "graphql/ast.h"
#include "graphql/resolve.h"

struct vb_gql_type;

/* A type as it is used: named, or a list of another; perhaps never null. */
struct vb_gql_shape {
    const struct vb_gql_type *type; /* what is at the bottom */
    const struct vb_gql_shape *of;  /* of a list; NULL: it is named */
    bool non_null;
    const struct vb_gql_shape
        *nullable; /* the same, itself if it may be null */
};

/* An argument, or a field of an input object. */
struct vb_gql_input {
    struct vb_span name, description;
    const struct vb_gql_shape *shape;
    const struct vb_gql_value *preset; /* the default; NULL: none */
    const void *owner;                 /* of who built it */
    struct vb_gql_input *next;
};

/* Must a value be given (section 5.4.2.1)? */
static inline bool vb_gql_input_required(const struct vb_gql_input *input)
{
    return input->shape->non_null && input->preset == NULL;
}

struct vb_gql_field {
    struct vb_table_node by_name;
    const struct vb_gql_type *type; /* whose it is */
    struct vb_span name, description;
    struct vb_span deprecated; /* why; ptr NULL: it is not */
    const struct vb_gql_shape *shape;
    struct vb_gql_input *arguments;
    vb_gql_resolve_fn *resolve; /* NULL: the executor's host is asked */
    const void *owner;          /* of who built it, for who resolves it */
    struct vb_gql_field *next;
};

struct vb_gql_enum_value {
    struct vb_span name, description;
    struct vb_span deprecated; /* why; ptr NULL: it is not */
    struct vb_span means;      /* of who built it; the name where not said */
    struct vb_gql_enum_value *next;
};

/* A type in a list of types. */
struct vb_gql_member {
    const struct vb_gql_type *type;
    struct vb_gql_member *next;
};

enum vb_gql_type_kind {
    VB_GQL_TYPE_SCALAR,
    VB_GQL_TYPE_OBJECT,
    VB_GQL_TYPE_INTERFACE,
    VB_GQL_TYPE_UNION,
    VB_GQL_TYPE_ENUM,
    VB_GQL_TYPE_INPUT,
};

/* Scalars that are more than text of their own (section 3.5). */
enum vb_gql_scalar {
    VB_GQL_SCALAR_OTHER, /* takes any value */
    VB_GQL_SCALAR_INT,   /* 32 bits */
    VB_GQL_SCALAR_LONG,  /* no bound; of ours */
    VB_GQL_SCALAR_FLOAT,
    VB_GQL_SCALAR_STRING,
    VB_GQL_SCALAR_BOOLEAN,
    VB_GQL_SCALAR_ID,
};

struct vb_gql_type {
    struct vb_table_node by_name;
    enum vb_gql_type_kind kind;
    struct vb_span name, description;
    struct vb_gql_shape shape;        /* the type itself, nullable */
    struct vb_gql_field *fields;      /* of objects and interfaces */
    struct vb_gql_member *interfaces; /* of objects and interfaces */
    /* The objects that it may be: of unions and interfaces. */
    struct vb_gql_member *members;
    struct vb_gql_enum_value *values; /* of enums */
    struct vb_gql_input *inputs;      /* of input objects */
    enum vb_gql_scalar scalar;
    struct vb_span specified_by; /* of scalars: a URL, or ptr NULL */
    bool builtin;                /* every schema has it */
    size_t index;                /* its place among the types */
    const void *owner;           /* of who built it */
    struct vb_gql_type *next;
};

/* Where a directive may stand (section 3.13), as bits. */
enum vb_gql_directive_place {
    VB_GQL_ON_QUERY = 1 << VB_GQL_QUERY,
    VB_GQL_ON_MUTATION = 1 << VB_GQL_MUTATION,
    VB_GQL_ON_SUBSCRIPTION = 1 << VB_GQL_SUBSCRIPTION,
    VB_GQL_ON_FIELD = 1 << 3,
    VB_GQL_ON_FRAGMENT_DEFINITION = 1 << 4,
    VB_GQL_ON_FRAGMENT_SPREAD = 1 << 5,
    VB_GQL_ON_INLINE_FRAGMENT = 1 << 6,
    VB_GQL_ON_VARIABLE_DEFINITION = 1 << 7,
    VB_GQL_ON_SCALAR = 1 << 9,
    VB_GQL_ON_FIELD_DEFINITION = 1 << 11,
    VB_GQL_ON_ENUM_VALUE = 1 << 16,
};
#define VB_GQL_DIRECTIVE_PLACES 19

/* "QUERY", ... by the number of the bit. */
extern const char *const vb_gql_directive_places[VB_GQL_DIRECTIVE_PLACES];

struct vb_gql_directive_type {
    struct vb_span name, description;
    unsigned places; /* enum vb_gql_directive_place */
    bool repeatable;
    struct vb_gql_input *arguments;
    struct vb_gql_directive_type *next;
};

struct vb_gql_schema {
    struct vb_arena arena;
    struct vb_table types_by_name, fields_by_name;
    struct vb_gql_type *types, *last_type;
    size_t type_count;
    struct vb_gql_directive_type *directives;
    const struct vb_gql_type *query, *mutation, *subscription; /* NULL: none */
    const struct vb_gql_field *meta_typename; /* __typename, of any */
    const struct vb_gql_field *meta_schema;   /* __schema, __type: of query */
    const struct vb_gql_field *meta_type;
    struct vb_span description; /* ptr NULL: none */
    bool failed;                /* some memory was refused */
};

/* --- building ------------------------------------------------------------- */

/*
 * A schema with the scalars, directives and introspection types that all have.
 * `memory`: bytes that it may hold. VB_ERR_NOMEM.
 */
enum vb_err vb_gql_schema_new(size_t memory, struct vb_gql_schema **ret_schema);

/* NULL is fine. */
void vb_gql_schema_free(struct vb_gql_schema *schema);

/*
 * The functions below give NULL for want of memory, and take NULL for what
 * they add to; schema->failed says so in the end. Names must be valid
 * (vb_gql_is_name), not begin with "__", and be new where they are added.
 */
struct vb_gql_type *vb_gql_add_type(struct vb_gql_schema *schema,
                                    enum vb_gql_type_kind kind,
                                    struct vb_span name);

struct vb_gql_field *vb_gql_add_field(struct vb_gql_schema *schema,
                                      struct vb_gql_type *type,
                                      struct vb_span name,
                                      const struct vb_gql_shape *shape,
                                      vb_gql_resolve_fn *resolve);

/* To the end of a list of arguments, or of a type's inputs. */
struct vb_gql_input *vb_gql_add_input(struct vb_gql_schema *schema,
                                      struct vb_gql_input **list,
                                      struct vb_span name,
                                      const struct vb_gql_shape *shape);

struct vb_gql_enum_value *vb_gql_add_value(struct vb_gql_schema *schema,
                                           struct vb_gql_type *type,
                                           struct vb_span name);

/* Says that an object may stand where a union or interface is; an interface
 * that implements another is one of its `interfaces` only. */
void vb_gql_add_member(struct vb_gql_schema *schema, struct vb_gql_type *type,
                       struct vb_gql_type *member);

const struct vb_gql_shape *vb_gql_non_null(struct vb_gql_schema *schema,
                                           const struct vb_gql_shape *shape);
const struct vb_gql_shape *vb_gql_list_of(struct vb_gql_schema *schema,
                                          const struct vb_gql_shape *shape);

/*
 * The same as text: a field as it stands in a definition of types, such as
 * "hero(episode: Episode = JEDI): [Character!]!". All types must be there
 * already; the text must be right.
 */
struct vb_gql_field *vb_gql_define_field(struct vb_gql_schema *schema,
                                         struct vb_gql_type *type,
                                         const char *text,
                                         vb_gql_resolve_fn *resolve);

/* Likewise arguments, or a type's inputs: "a: Int = 1, b: [String!]". */
void vb_gql_define_inputs(struct vb_gql_schema *schema,
                          struct vb_gql_input **list, const char *text);

/* --- look-ups ------------------------------------------------------------- */

/* /[_A-Za-z][_0-9A-Za-z]*\/ (section 2.1.9) */
bool vb_gql_is_name(struct vb_span name);

/* NULL: there is none. */
struct vb_gql_type *vb_gql_find_type(const struct vb_gql_schema *schema,
                                     struct vb_span name);

/* A field of an object or interface, the meta fields among them (section 4.1);
 * NULL: there is none. */
const struct vb_gql_field *vb_gql_find_field(const struct vb_gql_schema *schema,
                                             const struct vb_gql_type *type,
                                             struct vb_span name);

const struct vb_gql_input *vb_gql_find_input(const struct vb_gql_input *list,
                                             struct vb_span name);

const struct vb_gql_enum_value *
vb_gql_find_value(const struct vb_gql_type *type, struct vb_span name);

const struct vb_gql_directive_type *
vb_gql_find_directive(const struct vb_gql_schema *schema, struct vb_span name);

/* Is it an object, interface or union? */
bool vb_gql_is_composite(const struct vb_gql_type *type);

/* May it stand for an argument, a variable or an input field? */
bool vb_gql_is_input(const struct vb_gql_type *type);

/* May an object be of this type: is it, or is it a member of it? */
bool vb_gql_may_be(const struct vb_gql_type *type,
                   const struct vb_gql_type *object);

/* May some object be of both? */
bool vb_gql_overlap(const struct vb_gql_type *a, const struct vb_gql_type *b);

/* "query", ... */
const char *vb_gql_operation_name(enum vb_gql_operation_kind kind);

/* The type that an operation begins with, NULL: there are no such. */
const struct vb_gql_type *vb_gql_root(const struct vb_gql_schema *schema,
                                      enum vb_gql_operation_kind kind);

#endif
