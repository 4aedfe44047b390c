/*
 * Redirects: nothing is here, and everybody is told where it is.
 */
#ifndef VB_RESOURCE_REDIRECT_H
#define VB_RESOURCE_REDIRECT_H

#include "describe/describe.h"
#include "flow/resource.h"

/* What it does for a method; NULL: nothing. */
const struct vb_slot *vb_redirect_slot(enum vb_method method);

/* Sets questions, and slots where the description has no operations;
 * resource->data is a struct vb_built whose route has `redirect`. */
void vb_redirect_init(struct vb_resource *resource,
                      const struct vb_route *route);

#endif
