/*
 * Reads an executable document (October 2021, sections 2 and 2.2; appendix B)
 * into a tree, ast.h.
 */
#ifndef VB_GRAPHQL_PARSE_H
#define VB_GRAPHQL_PARSE_H

#include "graphql/ast.h"

/* What one document may have. */
struct vb_gql_limits {
    size_t tokens;
    unsigned depth; /* of what is nested: selections, values, types */
    size_t aliases; /* fields that have one */
    size_t fields;  /* of an operation, fragments counted where they are used */
    size_t cost;    /* of it: fields, as often as lists may have them */
};

/* No document is nested deeper, whatever its limits say: functions that
 * recurse over it may rely on that. */
#define VB_GQL_DEPTH_MOST 128

/* 10 000 tokens, depth 64, 200 aliases, 10 000 fields, cost 200 000. */
extern const struct vb_gql_limits vb_gql_limits_default;

/*
 * The text must be there as long as the document is; it need not be UTF-8, but
 * is refused then. `limits` NULL: the defaults. VB_ERR_SYNTAX, VB_ERR_LIMIT: it
 * is none, or too large a one; `errors` has one error more (the first that
 * there is, with its place). VB_ERR_NOMEM: the arena refused.
 *
 * Definitions of types (section 3) are no executable ones (section 5.1.1) and
 * refused here. Strings may have the escape \u{...} of the September 2025
 * edition; an escape that is half of a surrogate pair means nothing, and is
 * refused.
 */
enum vb_err vb_gql_parse(struct vb_arena *arena, struct vb_span text,
                         const struct vb_gql_limits *limits,
                         struct vb_gql_errors *errors,
                         const struct vb_gql_document **ret_document);

#endif
