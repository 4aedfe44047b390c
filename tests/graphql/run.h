/*
 * A request of a test, from its text to its response.
 */
#ifndef VB_TESTS_GRAPHQL_RUN_H
#define VB_TESTS_GRAPHQL_RUN_H

#include "content/json.h"
#include "graphql/execute.h"

struct run {
    struct vb_arena arena;
    struct vb_gql_errors errors;
    const struct vb_gql_document *document;
    struct vb_json *variables, *root;
    struct vb_gql_execution *execution; /* NULL: it did not begin */
    enum vb_err err;
};

/* A JSON text; NULL of NULL. */
struct vb_json *json_of(const char *text);

/* Reads and validates, which must succeed. */
void run_read(struct run *r, const struct vb_gql_schema *schema,
              const char *text);

/* The same, then begins to execute; `variables` and `root` are JSON or NULL. */
void run_begin(struct run *r, const struct vb_gql_schema *schema,
               const char *text, const char *variables, const char *root);

/* The response into a fresh buffer, which is the caller's. */
void run_write(struct vb_buf *buf, const struct run *r);

void run_responds(const struct run *r, const char *wanted);

void run_done(struct run *r);

/* --- what responses are made of ------------------------------------------- */

#define DATA(data)       "{\"data\":" data "}"
#define ERRORS(errors)   "{\"errors\":[" errors "]"
#define REFUSED(message) ERRORS("{\"message\":\"" message "\"}") "}"
#define AT(column)       "{\"line\":1,\"column\":" column "}"
#define ERROR(message, places, path)                                           \
    "{\"message\":\"" message "\",\"locations\":[" places "],\"path\":[" path  \
    "]}"
#define FAILED(errors, data) ERRORS(errors) ",\"data\":" data "}"

#endif
