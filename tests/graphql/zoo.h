/*
 * The type system that section 5 of the specification speaks of, with a little
 * more of what can be said.
 */
#ifndef VB_TESTS_GRAPHQL_ZOO_H
#define VB_TESTS_GRAPHQL_ZOO_H

#include "graphql/schema.h"

/* All fields are found with one function. */
struct vb_gql_schema *zoo_new(vb_gql_resolve_fn *resolve);

#endif
