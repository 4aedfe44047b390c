/*
 * Who may ask a resource for what, as its description says. Made once, with the
 * catalog; read-only, shared by all workers.
 */
#ifndef VB_ACCESS_GUARD_H
#define VB_ACCESS_GUARD_H

#include "access/access.h"
#include "flow/resource.h"

/* What rules look at, of the resource that is asked. */
struct vb_guard_look {
    /* What is there; NULL: nothing, or no JSON. `exists` has been asked. */
    yyjson_val *(*state)(struct vb_exchange *x);
    /* What it is to become; NULL likewise. `valid` has been asked. False: out
     * of memory. */
    bool (*content)(struct vb_exchange *x, yyjson_val **ret_content);
};

struct vb_guard {
    const struct vb_access *access;
    /* By the request's method; NULL: nothing is said, or it is not served. */
    const struct vb_security *by_method[VB_METHOD_COUNT];
    /* Which rules hold beyond that; NULL likewise. */
    const struct vb_allow *allow[VB_METHOD_COUNT];
    const struct vb_guard_look *look;
    vb_question *permitted; /* what the resource would have said; or NULL */
};

/*
 * Puts a guard before the resource of a route, if the description says who may
 * do something there: `authentic`, `permitted` and the rows of rules (rule.h)
 * are answered by it. All must live as long as the resource.
 */
void vb_guard_put(struct vb_guard *guard, const struct vb_access *access,
                  const struct vb_route *route,
                  const struct vb_guard_look *look,
                  struct vb_resource *resource);

/*
 * Puts a guard before a resource that shows others, or answers by inner
 * exchanges (flow/inner.h): for these methods (a set), it is found out who
 * asks, whatever counts for what is asked of these; what they may there is
 * judged for each. Of the resource itself nothing is asked for but what `route`
 * says; NULL: it is described nowhere.
 */
void vb_guard_introduce(struct vb_guard *guard, const struct vb_access *access,
                        uint32_t methods, const struct vb_route *route,
                        struct vb_resource *resource);

/* Does who asks decide what such an operation answers? Not where all are let
 * in, and nothing more is said. */
bool vb_guard_is_personal(const struct vb_operation *operation);

/* What is said of the exchange's method; NULL: nothing. */
static inline const struct vb_security *
vb_guard_security(const struct vb_exchange *x)
{
    return x->resource->guard == NULL
               ? NULL
               : x->resource->guard->by_method[x->head.method];
}

#endif
