/*
 * A host of executions whose objects are those of a JSON text.
 */
#ifndef VB_TESTS_GRAPHQL_ANSWER_H
#define VB_TESTS_GRAPHQL_ANSWER_H

#include "graphql/execute.h"

/*
 * A field's value is the object's member of its name. An object in the place
 * of an interface or union says its type as "__typename"; a string that begins
 * with "!" is an error with the rest as its message.
 */
void answer(const struct vb_gql_schema *schema, struct vb_gql_call *call);

/* Executes to the end, one call after another. */
void answer_all(const struct vb_gql_schema *schema,
                struct vb_gql_execution *execution);

#endif
