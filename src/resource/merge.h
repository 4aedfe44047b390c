/* Controllers that change a document by a merge patch: see merge.c. */
#ifndef VB_RESOURCE_MERGE_H
#define VB_RESOURCE_MERGE_H

#include "resource/stored.h"

/* What such a controller does for a method; NULL: nothing. */
const struct vb_slot *vb_merge_slot(enum vb_method method);

/* What a write of the route composes the state for (enum vb_compose_for): the
 * description's own patch may set what is read-only to clients. */
unsigned vb_merge_purpose(const struct vb_route *route);

/* Sets the questions that a controller answers itself. */
void vb_merge_init(struct vb_resource *resource);

#endif
