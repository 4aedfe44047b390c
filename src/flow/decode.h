/*
 * Request content that came in content codings, on its way to a sink.
 *
 *     wire ─▶ [coding applied last] ─▶ [the one before] ─▶ sink
 */
#ifndef VB_FLOW_DECODE_H
#define VB_FLOW_DECODE_H

#include "flow/resource.h"

/*
 * A sink that decodes x->codings and gives the content to `inner`; to be had
 * once for an exchange. Damage is told as VB_ERR_CORRUPT; content that grows
 * beyond reason as VB_ERR_LIMIT, also when it never gets to the inner sink.
 * NULL: out of memory.
 */
struct vb_sink *vb__decode_sink(struct vb_exchange *x, struct vb_sink *inner);

/* The inner sink can go on. The exchange may be gone afterwards. */
void vb__decode_resume(struct vb_exchange *x);

#endif
