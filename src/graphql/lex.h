/*
 * Cuts a document into tokens (October 2021, section 2.1.6).
 */
#ifndef VB_GRAPHQL_LEX_H
#define VB_GRAPHQL_LEX_H

#include "graphql/error.h"

enum vb__gql_token_kind {
    VB__GQL_END,
    VB__GQL_PUNCTUATOR, /* text: ! $ & ( ) ... : = @ [ ] { | } */
    VB__GQL_NAME,
    VB__GQL_INT,
    VB__GQL_FLOAT,
    VB__GQL_STRING, /* text: what it means */
};

struct vb__gql_token {
    enum vb__gql_token_kind kind;
    struct vb_span text;
    struct vb_gql_place at;
};

struct vb__gql_lexer {
    struct vb_arena *arena;
    struct vb_gql_errors *errors;
    struct vb_span text;
    size_t offset;
    uint32_t line;
    size_t counted;  /* up to here the columns of the line are counted */
    uint32_t column; /* of `counted` */
    size_t tokens;   /* read so far */
    size_t most;
    enum vb_err err; /* the first failure stays */
};

/* The text must be UTF-8. */
void vb__gql_lexer_init(struct vb__gql_lexer *lexer, struct vb_arena *arena,
                        struct vb_span text, size_t most,
                        struct vb_gql_errors *errors);

/* Reads the next token; VB__GQL_END at the end, and after a failure. */
struct vb__gql_token vb__gql_next(struct vb__gql_lexer *lexer);

/* Notes a failure at a place, unless there is one already. */
void vb__gql_fail(struct vb__gql_lexer *lexer, enum vb_err err,
                  struct vb_gql_place at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The place of an offset that is not before what was counted last, on the
 * same line. */
struct vb_gql_place vb__gql_place(struct vb__gql_lexer *lexer, size_t offset);

/* Says that a line begins at an offset. */
void vb__gql_new_line(struct vb__gql_lexer *lexer, size_t offset);

/* Characters behind the offset; '\0' at the end. */
static inline char vb__gql_peek(const struct vb__gql_lexer *lexer, size_t ahead)
{
    size_t at = lexer->offset + ahead;

    return at < lexer->text.len ? lexer->text.ptr[at] : '\0';
}

/* lex_string.c: reads the string whose quote stands here, in quotes or as a
 * block. Its meaning; {NULL, 0} after a failure. */
struct vb_span vb__gql_string(struct vb__gql_lexer *lexer);

/*
 * BlockStringValue() of section 2.9.4: without the indentation that all lines
 * but the first have in common, and without blank lines around it. `raw` is
 * what stands between the quotes, escapes replaced.
 */
struct vb_span vb__gql_block_value(struct vb_arena *arena, struct vb_span raw);

#endif
