/*
 * A type system of one object, with a field of each kind of scalar and list.
 */
#ifndef VB_TESTS_GRAPHQL_LEAVES_H
#define VB_TESTS_GRAPHQL_LEAVES_H

#include "graphql/schema.h"

struct vb_gql_schema *leaves_new(void);

#endif
