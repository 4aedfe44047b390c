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

/* The same, and with its codings, as it came, into `raw`, which stays until the
 * exchange is over or `received` has been answered; up to the same limit. */
enum vb_answer vb_intake_buffer_both(struct vb_exchange *x, uint64_t limit,
                                     struct vb_buf *raw);

/* Has the content been asked for, if there is any? Then it comes no more. */
static inline bool vb_intake_has_begun(const struct vb_exchange *x)
{
    return x->sink != NULL;
}

/*
 * Asks the wire for the content, which goes to `sink` (past x->once, if there
 * is such) without its content codings, and is ended with VB_ERR_INVALID where
 * it is not what its digest says. PENDING, also where there is none: then the
 * sink is ended at once. NO, with 400 or 503 set, for a malformed digest or out
 * of memory. The sink tells the flow.
 */
enum vb_answer vb_intake_begin(struct vb_exchange *x, struct vb_sink *sink);

/* After the sink said PAUSE: it can go on. The exchange may be gone then. */
void vb_intake_resume(struct vb_exchange *x);

/*
 * What a broken-off content means for the reply: sets x->reply.status and a
 * detail, those of the wire where it was the wire that broke it off, and gives
 * NO; YES for VB_OK. For sinks of their own.
 */
enum vb_answer vb_intake_verdict(struct vb_exchange *x, enum vb_err err);

/* Bytes of content that this resource takes at most. */
uint64_t vb_intake_limit(const struct vb_exchange *x);

#endif
