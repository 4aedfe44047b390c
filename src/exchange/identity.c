/* Who a request comes from. See identity.h. */
#include "exchange/identity.h"

static bool has(const struct vb_span *list, size_t count, struct vb_span word)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_eq(list[i], word))
            return true;
    return false;
}

bool vb_identity_has_role(const struct vb_identity *identity,
                          struct vb_span role)
{
    return identity != NULL && has(identity->roles, identity->role_count, role);
}

bool vb_identity_has_scope(const struct vb_identity *identity,
                           struct vb_span scope)
{
    return identity != NULL &&
           (identity->unscoped ||
            has(identity->scopes, identity->scope_count, scope));
}
