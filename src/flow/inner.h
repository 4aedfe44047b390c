/*
 * An exchange inside of another one: a request that the server makes of itself
 * to answer what a client has asked, such as a part of a batch. It goes through
 * the same flow, to the same resources, under the same rules.
 *
 *     outer ── question says PENDING ─┐
 *                                     ├─ vb_inner_begin ─▶ flow ─▶ resource
 *     outer ◀── vb_flow_resume ◀── done ◀── reply ◀─────────┘
 *
 * It is asked by whoever asks the outer one: peer, host, origin, cookies and
 * what was found out of credentials are the outer's, and it has none of its
 * own. It counts as a request of its client's. There are no interim replies.
 * What is for the browser itself (Set-Cookie) goes to the outer reply. No log
 * tells of it: the outer's line does.
 *
 * The outer exchange has to wait (PENDING) until `done` has been called for
 * each, so that none of them outlives it, and to call them off when its client
 * has gone (x->call_off).
 */
#ifndef VB_FLOW_INNER_H
#define VB_FLOW_INNER_H

#include "flow/flow.h"

/* What is asked. All of it must live until `done`. */
struct vb_inner_request {
    struct vb_span method;
    struct vb_span target; /* "/books?limit=3" */
    const struct vb_field_out *fields;
    size_t field_count;
    struct vb_span content;
    /* A request that could not even be read: what its reply is to say, a status
     * of the row `well_formed`; 0: it was. The rest need not be filled in. */
    struct vb_verdict verdict;
};

struct vb_inner {
    /* What follows is the caller's to fill in, the rest zero. */
    struct vb_exchange *outer;
    struct vb_joint *joint; /* what its changes are made with; NULL: alone */
    size_t most;            /* bytes of reply content to take; beyond: none */
    /* Here is the reply, for this call; not called where it was called off. */
    void (*reply)(struct vb_inner *inner);
    /* It is over, and nothing of it is left. Called exactly once, last. As the
     * other, on the worker's thread, perhaps within vb_inner_begin. */
    void (*done)(struct vb_inner *inner);
    void *context;

    /* The reply. */
    unsigned status;
    const struct vb_field_out *fields; /* without any about framing */
    size_t field_count;
    struct vb_span content;
    struct vb_span etag; /* of the state that was made: x->outcome.etag */
    bool cut; /* there was content, and more than `most`, or it broke off: it
                 is left out */

    struct vb_exchange *x; /* inner, from here on; NULL: replied or gone */
    struct vb_span left;   /* of the request's content */
    struct vb_buf pulled;  /* the reply's, from a source */
    bool delivering, resumed, pulling, ready;
};

/* Asks. False: out of memory, and nothing is called. */
bool vb_inner_begin(struct vb_inner *inner,
                    const struct vb_inner_request *request);

/* Nobody wants to know any more: it ends as soon as what it waits for has
 * answered. `done` is called then, perhaps in this call. */
void vb_inner_call_off(struct vb_inner *inner);

/* The value of a field of the reply; "": there is none. */
struct vb_span vb_inner_field(const struct vb_inner *inner,
                              enum vb_field_id name);

#endif
