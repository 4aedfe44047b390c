/*
 * How the value of a field is found (October 2021, section 6.4.2): one call
 * for all objects of which it is asked at a time, so that whatever stands
 * behind is read once and not for each of them.
 *
 * A field with a resolver of its own (what a schema tells of itself has some)
 * is asked by the executor; all others are calls for its host, execute.h.
 */
#ifndef VB_GRAPHQL_RESOLVE_H
#define VB_GRAPHQL_RESOLVE_H

#include <yyjson.h>

#include "base/arena.h"
#include "graphql/ast.h"

struct vb_gql_field;
struct vb_gql_type;

enum vb_gql_result_kind {
    VB_GQL_RESULT_NULL,
    VB_GQL_RESULT_TEXT,   /* text: of a string, an ID or an enum's value */
    VB_GQL_RESULT_JSON,   /* text: a JSON value, as it is to be shown */
    VB_GQL_RESULT_VALUE,  /* value: whatever it is */
    VB_GQL_RESULT_OBJECT, /* object, type */
    VB_GQL_RESULT_LIST,   /* items */
    VB_GQL_RESULT_ERROR,  /* text: a message; extensions */
};

/*
 * All that it points to lives as long as the execution.
 *
 * A VALUE is taken for what its field is: an array is a list, in an object's
 * place the yyjson_val is that object (but for null), and scalars are what
 * section 3.5 makes of them. An enum's value is what its `means` says
 * (schema.h), not its name.
 */
struct vb_gql_result {
    enum vb_gql_result_kind kind;
    struct vb_span text;
    union {
        yyjson_val *value;
        struct {
            const void *object; /* whatever the resolvers make of it */
            const struct vb_gql_type *type; /* NULL: the field says */
        };
        struct {
            struct vb_gql_result *items;
            size_t count;
        };
        /* A JSON object, as text: what else there is to say of an error
         * (section 7.1.2); ptr NULL: nothing. */
        struct vb_span extensions;
    };
};

struct vb_gql_call {
    const struct vb_gql_field *field; /* of an object type */
    /* All values that were given or are defaults; no variables in them. */
    const struct vb_gql_argument *arguments;
    struct vb_arena *arena;
    const void *const *objects;    /* of whom the field is asked */
    struct vb_gql_result *results; /* all null; one for each of them */
    size_t count;                  /* not 0 */
    void *owner;                   /* of who answers it; NULL first */
};

/* Fills in the results, at once. What is wrong with one of them is a result,
 * too. */
typedef void vb_gql_resolve_fn(const struct vb_gql_call *call);

/* The value of the argument of a name; NULL: it is not there. */
const struct vb_gql_value *
vb_gql_argument_of(const struct vb_gql_argument *arguments,
                   struct vb_span name);

/* Likewise, of a call's. */
const struct vb_gql_value *vb_gql_argument_value(const struct vb_gql_call *call,
                                                 const char *name);

#endif
