/*
 * Sending part of a representation (RFC 9110 section 14), or one that is not
 * in memory: what belongs to a 206 and a 416.
 */
#ifndef VB_FLOW_PARTIAL_H
#define VB_FLOW_PARTIAL_H

#include "flow/resource.h"

/* If-Range (RFC 9110 section 13.1.5): is the Range field to be looked at? */
bool vb__range_is_meant(const struct vb_exchange *x);

/* The reply with status 206: x->ranges, one or more, of x->current. Content
 * that is in memory is sent from where it lies. 503 when out of memory. */
void vb__reply_partial(struct vb_exchange *x);

/* What a 416 tells: how long the representation is. */
void vb__reply_unsatisfiable(struct vb_exchange *x);

/* Content of the reply: all of x->current, which is streamed. 503 when out of
 * memory. */
void vb__reply_whole_stream(struct vb_exchange *x);

#endif
