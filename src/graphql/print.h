/*
 * A type system as text, in the language of definitions (October 2021,
 * section 3).
 */
#ifndef VB_GRAPHQL_PRINT_H
#define VB_GRAPHQL_PRINT_H

#include "base/buf.h"
#include "graphql/schema.h"

/* A value as it would stand in a document; check buf->err. */
void vb_gql_print_value(struct vb_buf *buf, const struct vb_gql_value *value);

/* "[String!]!" */
void vb_gql_print_shape(struct vb_buf *buf, const struct vb_gql_shape *shape);

/* All types that are not in every schema, in the order in which they were
 * added. */
void vb_gql_print_schema(struct vb_buf *buf,
                         const struct vb_gql_schema *schema);

#endif
