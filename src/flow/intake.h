/*
 * Taking request content in, for methods that want it whole.
 */
#ifndef VB_FLOW_INTAKE_H
#define VB_FLOW_INTAKE_H

#include "flow/resource.h"

/*
 * For `received`: buffers the content into x->content, up to `limit` bytes,
 * then goes on. Answers YES, NO (400, 408, 413 set) or PENDING.
 */
enum vb_answer vb_intake_buffer(struct vb_exchange *x, uint64_t limit);

/*
 * What a broken-off content means for the reply: sets x->reply.status and a
 * detail, and gives NO; YES for VB_OK. For sinks of their own.
 */
enum vb_answer vb_intake_verdict(struct vb_exchange *x, enum vb_err err);

/* Bytes of content that this resource takes at most. */
uint64_t vb_intake_limit(const struct vb_exchange *x);

#endif
