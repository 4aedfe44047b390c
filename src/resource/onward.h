/* Controllers whose work another server does: see onward.c. */
#ifndef VB_RESOURCE_ONWARD_H
#define VB_RESOURCE_ONWARD_H

#include "flow/resource.h"

/* What such a controller does for a method; NULL: nothing. */
const struct vb_slot *vb_onward_slot(enum vb_method method);

/* Sets the questions that it answers itself. */
void vb_onward_init(struct vb_resource *resource);

#endif
