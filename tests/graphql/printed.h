/*
 * A document as text again, one way only to write each thing: what a test
 * compares.
 */
#ifndef VB_TESTS_GRAPHQL_PRINTED_H
#define VB_TESTS_GRAPHQL_PRINTED_H

#include "graphql/ast.h"

void print_document(struct vb_buf *buf, const struct vb_gql_document *document);

#endif
