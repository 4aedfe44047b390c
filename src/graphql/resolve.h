/*
 * How the value of a field is found (October 2021, section 6.4.2): one call
 * for all objects of which it is asked at a time, so that whatever stands
 * behind is read once and not for each of them.
 */
#ifndef VB_GRAPHQL_RESOLVE_H
#define VB_GRAPHQL_RESOLVE_H

#include "base/arena.h"
#include "base/err.h"
#include "graphql/ast.h"

struct vb_gql_field;
struct vb_gql_type;

enum vb_gql_result_kind {
    VB_GQL_RESULT_NULL,
    VB_GQL_RESULT_TEXT,   /* text: of a string, an ID or an enum's value */
    VB_GQL_RESULT_JSON,   /* text: a JSON value, as it is to be shown */
    VB_GQL_RESULT_OBJECT, /* object, type */
    VB_GQL_RESULT_LIST,   /* items */
    VB_GQL_RESULT_ERROR,  /* text: a message */
};

/* All that it points to lives as long as the execution. */
struct vb_gql_result {
    enum vb_gql_result_kind kind;
    struct vb_span text;
    const void *object;             /* whatever the resolvers make of it */
    const struct vb_gql_type *type; /* an object type; NULL: the field says */
    struct vb_gql_result *items;
    size_t count;
};

struct vb_gql_call {
    const struct vb_gql_field *field;
    /* All values that were given or are defaults; no variables in them. */
    const struct vb_gql_argument *arguments;
    struct vb_arena *arena;
    const void *const *objects;    /* of whom the field is asked */
    struct vb_gql_result *results; /* all null; one for each of them */
    size_t count;
};

/*
 * Fills in the results. What is wrong with one of them is a result as well; an
 * error here ends the execution.
 */
typedef enum vb_err vb_gql_resolve_fn(void *context,
                                      const struct vb_gql_call *call);

/* The value of an argument; NULL: it is not there. */
const struct vb_gql_value *vb_gql_argument_value(const struct vb_gql_call *call,
                                                 const char *name);

#endif
