/*
 * The type system of a description: what REST serves of it, as GraphQL.
 *
 *     /books, /books/{id}   Book, and what it is made of   its schemas
 *                           book(id: ID!): Book            GET of a member
 *                           books(filter, sort, first, after): BookConnection
 *                           createBook, replaceBook, updateBook, deleteBook
 *     /settings             settings: Settings             GET of a document
 *                           bookChanged, booksChanged      what happens to them
 *     /books/{id}/lend      booksLend(id: ID!, ...)        a controller
 *     x-verbatim references author: Author; Author.books   both ways
 *
 * README.md says how schemas become types, and how all of it is named.
 */
#ifndef VB_GRAPHQL_DERIVE_H
#define VB_GRAPHQL_DERIVE_H

#include "describe/describe.h"
#include "graphql/schema.h"

/* Where the value of a field is found. */
enum vb_gql_source_kind {
    VB_GQL_SOURCE_MEMBER,   /* a member of the object's JSON: `name` */
    VB_GQL_SOURCE_DOCUMENT, /* the state of `route`; its path's variables are
                               the first arguments, in their order */
    VB_GQL_SOURCE_LISTING,  /* a page of the listing `route`; likewise */
    VB_GQL_SOURCE_PART,     /* a page of the listing `route` below the object */
    VB_GQL_SOURCE_REFERENCE, /* what the object's `property` refers to */
    VB_GQL_SOURCE_REFERRERS, /* a page of those members of the listing `route`
                                whose `property` refers to the object */
    VB_GQL_SOURCE_CHANGE,    /* `operation` of `route`; first arguments as those
                                of a document */
    VB_GQL_SOURCE_ETAG,      /* the object's entity tag, as GET tells it */
    VB_GQL_SOURCE_CHANGES, /* what happens to `route`, or to its members; first
                              arguments likewise */
    /* The parts of what has happened: to a member that is a state of `route`.
     */
    VB_GQL_SOURCE_EVENT_KIND,
    VB_GQL_SOURCE_EVENT_ID,
    VB_GQL_SOURCE_EVENT_NODE,
    /* The parts of a page, as Relay has them; of an edge; of pageInfo. */
    VB_GQL_SOURCE_EDGES,
    VB_GQL_SOURCE_PAGE_INFO,
    VB_GQL_SOURCE_TOTAL,
    VB_GQL_SOURCE_NODE,
    VB_GQL_SOURCE_CURSOR,
    VB_GQL_SOURCE_HAS_NEXT,
    VB_GQL_SOURCE_HAS_PREVIOUS,
    VB_GQL_SOURCE_START,
    VB_GQL_SOURCE_END,
};

/* What VB_GQL_SOURCE_EVENT_KIND may be, and its name in the schema. */
enum vb_gql_change {
    VB_GQL_CHANGE_CREATED,
    VB_GQL_CHANGE_CHANGED,
    VB_GQL_CHANGE_REMOVED
};
struct vb_span vb_gql_change_name(enum vb_gql_change change);

/*
 * The `owner` of each field of a derived schema. Of an argument `filter`, the
 * owner of each of the inputs is a struct vb_property; of other inputs, and of
 * what a change takes, a struct vb_gql_input_source. A value of an
 * order means "year" or "-author.name", as sort= has it.
 */
struct vb_gql_source {
    enum vb_gql_source_kind kind;
    struct vb_span name;
    const struct vb_route *route;
    const struct vb_property *property;
    const struct vb_operation *operation;
};

/* What an input is in the JSON of a request. */
struct vb_gql_input_source {
    struct vb_span name; /* of the member */
    bool numeric;        /* an ID that is a number there */
};

/* The owners of those arguments of a change that are no variables: its content,
 * and the tag that it depends on. */
extern const struct vb_gql_input_source vb_gql_input_content,
    vb_gql_input_if_match;

/*
 * The description must live as long as the schema, which is the caller's:
 * vb_gql_schema_free. VB_ERR_NOTFOUND: nothing of it could be asked for.
 * VB_ERR_NOMEM.
 */
enum vb_err vb_gql_derive(const struct vb_description *description,
                          struct vb_gql_schema **ret_schema);

/* Is it the type of a resource's state, and not of some value in one? */
bool vb_gql_is_resource(const struct vb_gql_type *type);

/* Which of a derived union's objects a value is, by its discriminator; NULL: it
 * says none of them. */
const struct vb_gql_type *vb_gql_union_member(const struct vb_gql_type *type,
                                              yyjson_val *value);

#endif
