/*
 * What is given as what is wanted: values that fit their types, with defaults
 * filled in (October 2021, sections 3.5 to 3.12, 6.1.2 and 6.4.1).
 *
 * Given and coerced values have one form (ast.h), wherever they come from: a
 * document, or the JSON of variables. What is coerced has no variables in it.
 */
#ifndef VB_GRAPHQL_COERCE_H
#define VB_GRAPHQL_COERCE_H

#include <yyjson.h>

#include "graphql/names.h"
#include "graphql/schema.h"

/* The variables of an operation, coerced: struct vb_gql_value by name. One
 * that was not given, and has no default, is not there. */
struct vb_gql_variables {
    struct vb__gql_names by_name;
};

/*
 * CoerceVariableValues(). `given` is an object, or NULL; its texts must live as
 * long as the arena. Names that no variable has are passed over.
 * VB_ERR_INVALID: some do not fit, `errors` says which. VB_ERR_NOMEM.
 */
enum vb_err vb_gql_coerce_variables(const struct vb_gql_schema *schema,
                                    const struct vb_gql_operation *operation,
                                    yyjson_val *given,
                                    struct vb_gql_errors *errors,
                                    struct vb_gql_variables *ret_variables);

/*
 * CoerceArgumentValues(), of a field or a directive of a valid document.
 * VB_ERR_INVALID: a variable is null or missing where it must not; `errors` has
 * one error, with a place and without a path. VB_ERR_NOMEM.
 */
enum vb_err vb_gql_coerce_arguments(const struct vb_gql_variables *variables,
                                    const struct vb_gql_input *wanted,
                                    const struct vb_gql_argument *given,
                                    struct vb_gql_place at,
                                    struct vb_gql_errors *errors,
                                    const struct vb_gql_argument **ret);

#endif
