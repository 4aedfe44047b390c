/*
 * Executes an operation of a valid document (October 2021, section 6).
 *
 *     vb_gql_execute ──▶ ┌───────────┐ ──▶ vb_gql_execution_next      a call
 *                        │ execution │                                  │ host
 *     response  ◀─────── └───────────┘ ◀── vb_gql_execution_complete  results
 *
 * It is a queue of calls, resolve.h: what the host fetches it answers at once
 * or later, in any order, with as many open as it likes; completing one may
 * add more. One call is of one field of the document and all objects of one
 * type that it is asked of there, so a list of a thousand objects with ten
 * fields is ten calls, and what is below them again one call for each field.
 * Fields that the schema resolves itself (introspection) never come out of it.
 * The first fields of a mutation are one after the other: the next comes out
 * when all that is below the one before has been completed.
 *
 * Everything lies in the arena of the errors, and its limit bounds what a
 * response may become. Nothing is waited for and nothing is called back.
 */
#ifndef VB_GRAPHQL_EXECUTE_H
#define VB_GRAPHQL_EXECUTE_H

#include "base/buf.h"
#include "graphql/parse.h"
#include "graphql/schema.h"

/* Section 6.1. All of it must live as long as the execution. */
struct vb_gql_request {
    const struct vb_gql_schema *schema;
    const struct vb_gql_document *document; /* valid, validate.h */
    struct vb_span operation;               /* its name; ptr NULL: not said */
    yyjson_val *variables;                  /* an object; NULL: none */
    /* The object of which the first fields are asked; of a subscription: the
     * event (section 6.2.3.2). */
    const void *root;
    const struct vb_gql_limits *limits; /* for cost; NULL: the defaults */
};

struct vb_gql_execution;

/*
 * GetOperation(): the operation of a name, or the only one. NULL: there is
 * none, and `errors` says so.
 */
const struct vb_gql_operation *
vb_gql_operation_of(const struct vb_gql_document *document, struct vb_span name,
                    struct vb_gql_errors *errors);

/*
 * Begins. VB_ERR_INVALID: there is no such operation, or variables do not fit.
 * VB_ERR_LIMIT: it would cost too much (limits->cost). `errors` has more then;
 * they are errors of the request, of which the response has no data. NOMEM.
 *
 * A subscription has one first call. Whoever makes the stream of its events
 * (section 6.2.3.1) begins an execution, looks at the field and the arguments
 * of that call, and lets it be; each event is then executed by itself, with
 * that event as root, an arena of its own and the same request otherwise.
 */
enum vb_err vb_gql_execute(const struct vb_gql_request *request,
                           struct vb_gql_errors *errors,
                           struct vb_gql_execution **ret_execution);

/* What is executed: query, mutation or subscription. */
enum vb_gql_operation_kind
vb_gql_execution_kind(const struct vb_gql_execution *execution);

/*
 * A call that wants its results; NULL: there is none now. It stays where it is
 * as long as the arena does.
 */
struct vb_gql_call *vb_gql_execution_next(struct vb_gql_execution *execution);

/* The results of a call that came out, and was not completed before, are all
 * filled in. */
void vb_gql_execution_complete(struct vb_gql_execution *execution,
                               struct vb_gql_call *call);

/* No call is open and none will come. */
bool vb_gql_execution_is_over(const struct vb_gql_execution *execution);

/*
 * Ends it before it is over: its data is null, and the message says why. What
 * is open may be completed or forgotten.
 */
void vb_gql_execution_end(struct vb_gql_execution *execution,
                          const char *message);

/*
 * Appends the response (section 7.1): errors where there are any, then data.
 * `execution` NULL: there was none, errors are all that there is. What is not
 * completed is null. Check buf->err: its limit may be less than the response.
 */
void vb_gql_response_write(struct vb_buf *buf,
                           const struct vb_gql_errors *errors,
                           const struct vb_gql_execution *execution);

#endif
