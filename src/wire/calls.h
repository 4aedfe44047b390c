/*
 * What is so of a request of ours in every version, so that no client says it
 * differently: what may be said at all, what the client says itself, and how
 * long it waits for what.
 */
#ifndef VB_WIRE_CALLS_H
#define VB_WIRE_CALLS_H

#include <stdbool.h>

#include "exchange/call.h"

/* Is this a request to go on with other bytes, both ways? */
bool vb_call_switches(const struct vb_call *call);

/* Can its method, target, authority and protocol be said: have they no
 * characters of which lines are made (RFC 9112 section 11.1)? */
bool vb_call_is_sayable(const struct vb_call *call);

/* The length that is to be said: of its content, or 0, where it has none and
 * its method gives content a meaning (RFC 9110 section 8.6); -1: none. */
int64_t vb_call_length(const struct vb_call *call);

/* Is this field said by the client itself, or by nobody? Beside those of
 * vb_role_of. */
bool vb_call_passes_over(const struct vb_call *call, struct vb_span name);

/* What it waits for, and since when. */
enum vb_call_wait {
    VB_CALL_FOR_HEAD,   /* since the request was sent, or an interim reply */
    VB_CALL_FOR_CALLER, /* as long as that takes */
    VB_CALL_FOR_PROGRESS
};

/* When it has waited too long, in env->now.mono_ms. */
int64_t vb_call_deadline(const struct vb_call *call, enum vb_call_wait wait,
                         int64_t since);

/* When it has been idle for too long, while it is. */
int64_t vb_client_idle_deadline(const struct vb_client *client);

#endif
