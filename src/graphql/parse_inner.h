/*
 * What the files parse*.c share.
 *
 * A failure ends the tokens: whoever reads on sees the end, and its complaint
 * is not kept. So functions need not ask whether those they called failed, as
 * long as they do not loop.
 */
#ifndef VB_GRAPHQL_PARSE_INNER_H
#define VB_GRAPHQL_PARSE_INNER_H

#include <stdio.h>

#include "graphql/lex.h"
#include "graphql/parse.h"

struct vb__gql_parser {
    struct vb__gql_lexer lexer;
    struct vb__gql_token token; /* the next one */
    struct vb_gql_limits limits;
    unsigned depth;
    struct vb_gql_document *document;
    const struct vb_gql_operation **operations_end;
    const struct vb_gql_fragment **fragments_end;
};

bool vb__gql_failed(const struct vb__gql_parser *p);

/* Goes on to the token behind. */
void vb__gql_take(struct vb__gql_parser *p);

/* Is the token this punctuator or name? */
bool vb__gql_is(const struct vb__gql_parser *p, const char *text);

/* The same, and it is taken if it is. */
bool vb__gql_takes(struct vb__gql_parser *p, const char *text);

/* Fails: something else should stand here. */
void vb__gql_unexpected(struct vb__gql_parser *p, const char *wanted);

/* Takes this punctuator or name, or fails. */
void vb__gql_expect(struct vb__gql_parser *p, const char *text);

/* Takes a name, or fails; *at: where it is. */
struct vb_span vb__gql_name(struct vb__gql_parser *p, struct vb_gql_place *at);

/* One level more, or a failure. Whoever comes back up says depth--. */
bool vb__gql_deeper(struct vb__gql_parser *p);

/* --- parse_value.c -------------------------------------------------------- */

/* Section 2.9; `constant`: without variables. NULL after a failure. */
const struct vb_gql_value *vb__gql_value(struct vb__gql_parser *p,
                                         bool constant);

/* Section 2.6; NULL: there are none. */
const struct vb_gql_argument *vb__gql_arguments(struct vb__gql_parser *p,
                                                bool constant);

/* Section 2.12; NULL: there are none. */
const struct vb_gql_directive *vb__gql_directives(struct vb__gql_parser *p,
                                                  bool constant);

/* Section 2.11; NULL after a failure. */
const struct vb_gql_type_ref *vb__gql_type_ref(struct vb__gql_parser *p);

#endif
