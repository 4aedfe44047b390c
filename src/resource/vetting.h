/*
 * What goes on to another server, held against what is described of it before:
 * the rows `held` to `sent_valid` of the flow (vetting.c); and what that server
 * answers, likewise (auditing.c).
 */
#ifndef VB_RESOURCE_VETTING_H
#define VB_RESOURCE_VETTING_H

#include "describe/describe.h"
#include "flow/resource.h"
#include "gateway/audit.h"

/* Its questions about what goes on; for resources that vb_build has made. */
void vb_vetting_put(struct vb_forwarding *forwarding);

/* What is done about the content of any method. */
extern const struct vb_slot vb_vetting_slot;

/* What is described of the request; HEAD is asked as GET is. NULL: nothing. */
const struct vb_operation *vb_vetting_operation(const struct vb_exchange *x);

extern const struct vb_audit_described vb_vetting_audit;

#endif
