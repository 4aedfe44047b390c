/* What the files that build a schema share. */
#ifndef VB_GRAPHQL_SCHEMA_INNER_H
#define VB_GRAPHQL_SCHEMA_INNER_H

#include "graphql/schema.h"

/* schema_builtin.c: scalars and directives (sections 3.5 and 3.13). */
void vb__gql_add_builtins(struct vb_gql_schema *schema);

/* introspect.c: the types of section 4.2, and the meta fields. */
void vb__gql_add_introspection(struct vb_gql_schema *schema);

/* A field that is in no list of a type. */
struct vb_gql_field *vb__gql_new_field(struct vb_gql_schema *schema,
                                       const struct vb_gql_type *type,
                                       struct vb_span name,
                                       const struct vb_gql_shape *shape,
                                       vb_gql_resolve_fn *resolve);

/* define.c: the same as text. */
struct vb_gql_field *vb__gql_define_meta(struct vb_gql_schema *schema,
                                         const char *text,
                                         vb_gql_resolve_fn *resolve);

#endif
