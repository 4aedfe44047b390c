/*
 * What goes on to another server, held against what is described of it before:
 * the rows `held` to `sent_valid` of the flow (vetting.c).
 */
#ifndef VB_RESOURCE_VETTING_H
#define VB_RESOURCE_VETTING_H

#include "flow/resource.h"

/* Its questions about what goes on; for resources that vb_build has made. */
void vb_vetting_put(struct vb_forwarding *forwarding);

/* What is done about the content of any method. */
extern const struct vb_slot vb_vetting_slot;

#endif
