/*
 * CORS (Fetch, "CORS protocol"): which answers a page of another origin may
 * see, and what it may send. The policy is the resource's, else the site's
 * (http/cors.h); the origins that the operator trusts are part of each.
 *
 * A preflight is an OPTIONS like any other, answered from the same slots: the
 * methods are those of Allow.
 */
#ifndef VB_FLOW_CORS_H
#define VB_FLOW_CORS_H

#include <stdbool.h>

#include "exchange/exchange.h"

/* May pages of this origin, an Origin field's value, read and write what the
 * request is for? Not by being anybody: it is named. */
bool vb__cors_lists(const struct vb_exchange *x, struct vb_span origin);

/* May pages of any other origin see what the request is for? */
bool vb__cors_opens(const struct vb_exchange *x);

/* Says to the browser what it wants to know, once the reply is decided. */
void vb__reply_cors(struct vb_exchange *x);

#endif
