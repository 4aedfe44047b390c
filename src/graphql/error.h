/*
 * Errors of a GraphQL request, as its response shows them (October 2021,
 * section 7.1.2): a message, the places in the document that it is about, and,
 * while executing, the path in the response.
 *
 * A list of them lies in the arena of the request and is bounded: a document
 * that is wrong everywhere is told so a limited number of times.
 */
#ifndef VB_GRAPHQL_ERROR_H
#define VB_GRAPHQL_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* No more errors than this are kept of one request. */
#define VB_GQL_ERRORS_MOST 64

/* The beginning of something in a document. */
struct vb_gql_place {
    uint32_t line;   /* from 1; a line ends with LF, CR LF or CR */
    uint32_t column; /* characters, from 1 */
};

/* A step of the path to a value in the response, seen from its end. */
struct vb_gql_path {
    const struct vb_gql_path *above; /* NULL: this is the first one */
    struct vb_span key;              /* ptr NULL: the element `index` */
    size_t index;
};

struct vb_gql_error {
    struct vb_span message;
    struct vb_gql_place places[2];
    unsigned place_count;
    const struct vb_gql_path *path; /* NULL: not of a value */
    struct vb_span extensions;      /* a JSON object; ptr NULL: none */
    struct vb_gql_error *next;
};

/* In the order in which they were found. */
struct vb_gql_errors {
    struct vb_arena *arena;
    struct vb_gql_error *first, *last;
    size_t count;
    bool more; /* some were left out */
};

void vb_gql_errors_init(struct vb_gql_errors *errors, struct vb_arena *arena);

/* Adds one; `at` may be NULL. NULL: it was left out, for there are enough, or
 * for want of memory (then the arena has failed). */
struct vb_gql_error *vb_gql_errors_add(struct vb_gql_errors *errors,
                                       const struct vb_gql_place *at,
                                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says that it is about another place, too; `error` may be NULL. */
void vb_gql_error_also(struct vb_gql_error *error, struct vb_gql_place at);

/* Appends the JSON array of section 7.1.2. Where some were left out, one more
 * says so. */
void vb_gql_errors_write(struct vb_buf *buf,
                         const struct vb_gql_errors *errors);

#endif
