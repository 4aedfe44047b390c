/*
 * Digest fields (RFC 9530): those of a request are verified, and those that
 * it wants are told.
 */
#ifndef VB_FLOW_DIGESTS_H
#define VB_FLOW_DIGESTS_H

#include "flow/resource.h"

/*
 * When the request says what digest its content or representation has, or will
 * say so behind it, puts a sink before *sink that verifies it: the sink is
 * then ended with VB_ERR_INVALID where it is another. VB_ERR_INVALID: a field
 * is malformed, which the reply's problem says. VB_ERR_NOMEM.
 */
enum vb_err vb__verify_digests(struct vb_exchange *x, struct vb_sink **sink);

/* Adds what Want-Content-Digest and Want-Repr-Digest ask for to the reply,
 * which is otherwise complete. */
void vb__reply_digests(struct vb_exchange *x);

#endif
