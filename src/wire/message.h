/*
 * What messages mean in every version, so that no wire says it differently:
 * a reply's content and length, which of its fields are the wire's own, and
 * what a request's trailers may be.
 */
#ifndef VB_WIRE_MESSAGE_H
#define VB_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"

/* What a field of a reply is to a wire. */
enum vb_role {
    VB_ROLE_NONE,
    VB_ROLE_FRAMING, /* the wire's alone: passed over, whoever set it */
    VB_ROLE_DATE,
    VB_ROLE_UPGRADE
};

enum vb_role vb_role_of(struct vb_span name);

/* How a reply's content is delimited (RFC 9112 section 6.3, RFC 9110 8.6). */
enum vb_extent {
    VB_EXTENT_NONE,   /* there is none, and no length to tell */
    VB_EXTENT_LENGTH, /* `length` is told */
    VB_EXTENT_OPEN    /* it ends where it ends */
};

struct vb_plan {
    const struct vb_reply *reply;
    int64_t length; /* of the content, or of GET's; -1: not known */
    enum vb_extent extent;
    bool rep_text; /* the representation's text may be sent as it is */
    bool own_date; /* the reply has a Date of its own */
    bool upgrade;  /* and an Upgrade field */
};

/* What the head of x->reply, which is complete, has to say. */
void vb_plan_reply(struct vb_plan *plan, const struct vb_exchange *x);

/* Does the list field have this option, in any of its lines? */
bool vb_fields_have(const struct vb_fields *fields, enum vb_field_id id,
                    struct vb_span option);

/*
 * A line of a request's trailers, added to x->trailers (which is there) or
 * dropped, if it could mean something to framing, routing, authentication or
 * content (RFC 9110 section 6.5.1). Name and value live as long as x. What is
 * wrong with it; status 0: nothing.
 */
struct vb_verdict vb_trailer_take(struct vb_exchange *x, struct vb_span name,
                                  struct vb_span value);

#endif
