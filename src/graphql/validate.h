/*
 * May a document be executed: is it valid against a schema (October 2021,
 * section 5), and does it stay within its bounds?
 */
#ifndef VB_GRAPHQL_VALIDATE_H
#define VB_GRAPHQL_VALIDATE_H

#include "graphql/parse.h"
#include "graphql/schema.h"

/*
 * VB_ERR_INVALID: it is not valid; `errors` has more, with their places.
 * VB_ERR_LIMIT: it is nested too deep, or has too many fields, all fragments
 * counted where they are used; or it would take too long to find out. One error
 * says so. VB_ERR_NOMEM: the arena, which is that of `errors`, refused.
 * `limits` NULL: the defaults.
 */
enum vb_err vb_gql_validate(const struct vb_gql_schema *schema,
                            const struct vb_gql_document *document,
                            const struct vb_gql_limits *limits,
                            struct vb_gql_errors *errors);

/* The fragment of a name, NULL: there is none. It looks at all of them. */
const struct vb_gql_fragment *
vb_gql_find_fragment(const struct vb_gql_document *document,
                     struct vb_span name);

#endif
