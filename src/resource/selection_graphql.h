/*
 * A listing asked with the arguments of a GraphQL field: one more form of what
 * selection.h reads.
 */
#ifndef VB_RESOURCE_SELECTION_GRAPHQL_H
#define VB_RESOURCE_SELECTION_GRAPHQL_H

#include "graphql/schema.h"
#include "resource/selection.h"

/*
 * Adds what the arguments that `inputs` are ask for: filter, sort, first and
 * after of a derived schema (graphql/derive.h). NULL, or what is wrong with the
 * one of `ret_name`: as the rest of a sentence, in the exchange's arena.
 */
const char *vb_selection_read_graphql(struct vb_selection_reading *reading,
                                      const struct vb_gql_input *inputs,
                                      const struct vb_gql_argument *arguments,
                                      struct vb_span *ret_name);

/* Adds that the property, a reference, is this text. NULL, or likewise. */
const char *vb_selection_only_referring(struct vb_selection_reading *reading,
                                        const struct vb_property *property,
                                        struct vb_span text);

#endif
