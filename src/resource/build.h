/*
 * From a description's route to a resource: which slots it has, what it offers
 * and what it takes.
 */
#ifndef VB_RESOURCE_BUILD_H
#define VB_RESOURCE_BUILD_H

#include <stdatomic.h>

#include "access/guard.h"
#include "describe/describe.h"
#include "flow/resource.h"

struct vb_plugged;
struct vb_gateway_built;

/* A resource with what it was made of. */
struct vb_built {
    struct vb_resource resource; /* its data points back here */
    const struct vb_route *route;
    /* What the description says of content that resource.takes[i] covers. */
    const struct vb_content **contents;
    struct vb_offer *offers;
    struct vb_take *takes;
    vb_question *exists;   /* behind what the description says of it */
    vb_question *granted;  /* of one value, where many may come; or NULL */
    struct vb_guard guard; /* resource.guard, where there is one */
    atomic_uint running;   /* programs of this controller, on all workers */
    struct vb_plugged *plugged;       /* NULL: no plugin is loaded (plugin.h) */
    struct vb_gateway_built *gateway; /* NULL: it is none (gateway.h) */
    struct vb_gateway_built *onward;  /* likewise: where its work is done */
    /* What answers in its place: the GraphQL endpoint, which needs all others;
     * or NULL. */
    const struct vb_resource *instead;
};

/* Makes the resource of a route, which must live as long. VB_ERR_NOMEM. */
enum vb_err vb_build(const struct vb_route *route, struct vb_built *built);

/* What the exchange's resource was made of, where vb_build or its like has made
 * it (vb_tree_build, vb_job_build). */
static inline struct vb_built *vb_built_of(const struct vb_exchange *x)
{
    return x->resource->data;
}

/* What the description says of the request's method; NULL: it does not. */
static inline const struct vb_operation *
vb_built_operation(const struct vb_exchange *x)
{
    return vb_built_of(x)->route->by_method[x->head.method];
}

/* What the description says of content of the type that was taken; NULL: there
 * is none. */
static inline const struct vb_content *
vb_built_content(const struct vb_exchange *x)
{
    return x->accept < 0 ? NULL : vb_built_of(x)->contents[x->accept];
}

/* Of a resource that vb_build made for a document; NULL for any other. */
const struct vb_built *vb_built_document(const struct vb_resource *resource);

/* What the reply to a write says. */
struct vb_telling {
    unsigned status; /* 200, 201, 204 or 303 */
    bool content;    /* it shows what was made */
};

/*
 * That, for a write that succeeds (RFC 9110 section 15.3): within what the
 * description declares as the client prefers, which Preference-Applied says
 * then. `showable`: there is something that can be shown.
 */
struct vb_telling vb_tell(struct vb_exchange *x,
                          const struct vb_operation *operation, bool created,
                          bool showable);

/*
 * The status that this request will have if it succeeds, as far as the flow has
 * come before it asks `commit`. Its resource is one of a catalog's.
 */
unsigned vb_built_success(struct vb_exchange *x);

/* Frees what vb_build made. */
void vb_build_done(struct vb_built *built);

#endif
