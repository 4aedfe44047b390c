/* What resolvers ask of a call. See resolve.h. */
#include "graphql/resolve.h"

const struct vb_gql_value *
vb_gql_argument_of(const struct vb_gql_argument *arguments, struct vb_span name)
{
    while (arguments != NULL && !vb_span_eq(arguments->name, name))
        arguments = arguments->next;
    return arguments == NULL ? NULL : arguments->value;
}

const struct vb_gql_value *vb_gql_argument_value(const struct vb_gql_call *call,
                                                 const char *name)
{
    return vb_gql_argument_of(call->arguments, vb_span_str(name));
}
