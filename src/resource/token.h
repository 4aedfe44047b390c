/* Tokens that accounts issue to themselves: see token.c. */
#ifndef VB_RESOURCE_TOKEN_H
#define VB_RESOURCE_TOKEN_H

#include "describe/describe.h"
#include "flow/resource.h"

/* What the listing of one's tokens does for a method, or a token of it; NULL:
 * nothing. */
const struct vb_slot *vb_token_slot(const struct vb_route *route,
                                    enum vb_method method);

/* Sets the questions that it answers itself, and what it offers. */
void vb_token_init(struct vb_resource *resource, const struct vb_route *route);

#endif
