/*
 * Credentials that a request has in places of its own, as a description says:
 * fields and parameters of the query. Once they have been looked at, nobody
 * needs them: they are no filters, and belong in no link, log or explanation.
 */
#ifndef VB_FLOW_SECRET_H
#define VB_FLOW_SECRET_H

#include "exchange/exchange.h"

/* Takes those in the query away, from the target as well. Where there are none,
 * it costs nothing, and a second time neither. */
void vb__secret_hide(struct vb_exchange *x);

/* Is the field one that is not told to anyone (RFC 9110 section 9.3.8)? */
bool vb__secret_field(const struct vb_exchange *x,
                      const struct vb_field *field);

#endif
