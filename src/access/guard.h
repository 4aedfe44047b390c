/*
 * Who may ask a resource for what, as its description says. Made once, with the
 * catalog; read-only, shared by all workers.
 */
#ifndef VB_ACCESS_GUARD_H
#define VB_ACCESS_GUARD_H

#include "access/access.h"
#include "flow/resource.h"

struct vb_guard {
    const struct vb_access *access;
    /* By the request's method; NULL: nothing is said, or it is not served. */
    const struct vb_security *by_method[VB_METHOD_COUNT];
    vb_question *permitted; /* what the resource would have said; or NULL */
};

/*
 * Puts a guard before the resource of a route, if the description says who may
 * do something there: `authentic` and `permitted` are answered by it. `guard`
 * and `access` must live as long as the resource.
 */
void vb_guard_put(struct vb_guard *guard, const struct vb_access *access,
                  const struct vb_route *route, struct vb_resource *resource);

/* What is said of the exchange's method; NULL: nothing. */
static inline const struct vb_security *
vb_guard_security(const struct vb_exchange *x)
{
    return x->resource->guard == NULL
               ? NULL
               : x->resource->guard->by_method[x->head.method];
}

#endif
