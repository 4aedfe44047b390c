/* What resolvers ask of a call. See resolve.h. */
#include "graphql/resolve.h"

const struct vb_gql_value *vb_gql_argument_value(const struct vb_gql_call *call,
                                                 const char *name)
{
    const struct vb_gql_argument *argument = call->arguments;

    while (argument != NULL && !vb_span_eq(argument->name, vb_span_str(name)))
        argument = argument->next;
    return argument == NULL ? NULL : argument->value;
}
