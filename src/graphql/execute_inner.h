/*
 * What the parts of the executor share.
 *
 *     set ── groups ── sets ── ...     what is asked for: fields by the name
 *      │        │                      that they have in the response, of
 *      │        └──── call             one object type, all fragments in place
 *      └───── rows                     the objects that it is asked of
 *
 *     data ── values ── items ── ...   what came of it, as the response will
 *                                      show it; linked upwards, too
 *
 * A group has a set for each object type that is found below it. All objects
 * of that type are gathered while the group's call is completed, so that a set
 * is asked for once, and never again.
 */
#ifndef VB_GRAPHQL_EXECUTE_INNER_H
#define VB_GRAPHQL_EXECUTE_INNER_H

#include "graphql/coerce.h"
#include "graphql/execute.h"

enum vb__gql_value_kind {
    VB__GQL_PENDING,
    VB__GQL_NULL,
    VB__GQL_TEXT,   /* text: a string */
    VB__GQL_JSON,   /* text: as it is */
    VB__GQL_TREE,   /* tree */
    VB__GQL_OBJECT, /* one value for each group of the set */
    VB__GQL_LIST,   /* count items */
};

/* A place in the response. */
struct vb__gql_value {
    struct vb__gql_value *above; /* NULL: it is the data */
    uint32_t index;              /* in what is above */
    enum vb__gql_value_kind kind;
    union {
        struct vb_span text;
        yyjson_val *tree;
        struct {
            struct vb__gql_value *values; /* of an object, of a list */
            union {
                const struct vb__gql_set *set;
                size_t count;
            };
        };
    };
};

/* One of the selections that ask for a field. */
struct vb__gql_asked {
    const struct vb_gql_selection *selection;
    struct vb__gql_asked *next;
};

/* Fields that have one name in the response, and so are one. */
struct vb__gql_group {
    struct vb_gql_call call; /* what it is for the host */
    struct vb_span key;
    struct vb__gql_asked *asked, **end;
    uint32_t index;           /* in its set */
    struct vb__gql_set *sets; /* below it, by type */
    /* The objects that it is asked of, in the response. */
    struct vb__gql_value *const *of;
    struct vb__gql_group *next;   /* in the set */
    struct vb__gql_group *queued; /* next in the queue */
};

/* An object of a set. */
struct vb__gql_row {
    struct vb__gql_value *value;
    const void *object;
    struct vb__gql_row *next;
};

/* CollectFields() of all selections of a group, for one type. */
struct vb__gql_set {
    const struct vb_gql_type *type;
    struct vb__gql_group *first, **end;
    struct vb__gql_group **groups; /* the same, by index */
    size_t group_count;
    struct vb__gql_row *rows, **rows_end;
    size_t row_count;
    /* Directives that cannot be said yes or no to; NULL: none. */
    const struct vb_gql_error *fault;
    struct vb__gql_set *next; /* of the same group, of another type */
};

struct vb_gql_execution {
    const struct vb_gql_schema *schema;
    const struct vb_gql_operation *operation;
    struct vb_arena *arena;
    struct vb_gql_errors *errors;
    struct vb_gql_variables variables;
    struct vb__gql_names fragments; /* struct vb_gql_fragment */
    size_t *seen; /* by their index: the search that saw them last */
    size_t search;
    struct vb__gql_value data;
    struct vb__gql_group *queue, **queue_end;
    struct vb__gql_group *serial; /* fields of a mutation that are to come */
    size_t open;                  /* calls that the host has */
    bool nulled;                  /* something above a place became null */
    const char *ended;            /* why, before it was over; NULL: not */
};

/* --- execute_collect.c ---------------------------------------------------- */

/* Of an operation. NULL: no memory. */
struct vb__gql_set *vb__gql_collect_root(struct vb_gql_execution *e,
                                         const struct vb_gql_type *type);

/* Of what is below a group, once for each type. NULL: no memory. */
struct vb__gql_set *vb__gql_collect_below(struct vb_gql_execution *e,
                                          struct vb__gql_group *group,
                                          const struct vb_gql_type *type);

/* May a selection be, by its @skip and @include? false, and *ret_fault:
 * it cannot be told. */
bool vb__gql_is_included(struct vb_gql_execution *e,
                         const struct vb_gql_selection *selection,
                         const struct vb_gql_error **ret_fault);

/* --- execute.c ------------------------------------------------------------ */

/* Makes calls of the rows that were gathered. */
void vb__gql_ask(struct vb_gql_execution *e, struct vb__gql_set *set);

/* --- execute_value.c ------------------------------------------------------ */

/* CompleteValue(), of all results of a call. */
void vb__gql_complete_values(struct vb_gql_execution *e,
                             struct vb__gql_group *group);

/* Makes an object of a value, and a row of it. false: no memory. */
bool vb__gql_make_object(struct vb_gql_execution *e,
                         struct vb__gql_value *value, struct vb__gql_set *set,
                         const void *object);

/* The value is null, for there is an error that is to be told with its path; so
 * is what it must not be null in. `like` without places: those of its field. */
void vb__gql_fail_value(struct vb_gql_execution *e, struct vb__gql_value *value,
                        const struct vb_gql_error *like);

/* Is it, and all that it is in, still to be shown? */
bool vb__gql_is_alive(const struct vb__gql_value *value);

/* --- execute_leaf.c ------------------------------------------------------- */

/* Result coercion (sections 3.5 and 3.9): fills in the value. What is wrong
 * with the result, or NULL. */
const char *vb__gql_coerce_result(struct vb_gql_execution *e,
                                  const struct vb_gql_type *type,
                                  const struct vb_gql_result *result,
                                  struct vb__gql_value *value);

/* --- execute_cost.c ------------------------------------------------------- */

/* What the operation costs, at most SIZE_MAX. */
size_t vb__gql_cost(struct vb_gql_execution *e);

#endif
