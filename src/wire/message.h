/*
 * What messages mean in every version, so that no wire says it differently:
 * a reply's content and length, which of its fields are the wire's own, what a
 * request's trailers may be, and why its content is given up.
 */
#ifndef VB_WIRE_MESSAGE_H
#define VB_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "exchange/exchange.h"

/* What a field of a reply is to a wire. */
enum vb_role {
    VB_ROLE_NONE,
    VB_ROLE_FRAMING, /* the wire's alone, or no name: passed over */
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

/* What the head of x->reply, which is complete and a final one, has to say. */
void vb_plan_reply(struct vb_plan *plan, const struct vb_exchange *x);

/* Has it what a `duplex` reply must have, and if it switches, was that asked
 * for (RFC 9110 sections 7.8, 9.3.6)? What does not, is a bug. */
bool vb_reply_goes_both_ways(const struct vb_exchange *x);

/* Has the client said that trailers are welcome, and are there any (RFC 9110
 * section 10.1.4)? */
bool vb_trailers_go(const struct vb_exchange *x);

/* May this line be sent as a trailer (section 6.5.1)? */
bool vb_trailer_passes(const struct vb_field *line);

/*
 * Pulls the next piece of a source, which owes *owed bytes (-1: nobody knows):
 * VB_PULL_FAILED also where it ends before that, or gives more.
 */
enum vb_pull vb_pull_owed(struct vb_source *source, int64_t *owed,
                          struct vb_span *ret_bytes);

/* Does the list field have this option, in any of its lines? */
bool vb_fields_have(const struct vb_fields *fields, enum vb_field_id id,
                    struct vb_span option);

/*
 * A line of trailers, added to `fields` or dropped, if it could mean something
 * to framing, routing, authentication or content (RFC 9110 section 6.5.1). Name
 * and value live as long as the arena. What is wrong with it; status 0:
 * nothing.
 */
struct vb_verdict vb_trailer_add(struct vb_fields *fields,
                                 struct vb_arena *arena,
                                 const struct vb_head_limits *limits,
                                 struct vb_span name, struct vb_span value);

/* The same of a request's: to x->trailers, which is there. */
struct vb_verdict vb_trailer_take(struct vb_exchange *x, struct vb_span name,
                                  struct vb_span value);

extern const struct vb_verdict vb_trailers_too_large;

/* Why a request's content is given up: what its sink is told, and x->verdict.
 */
struct vb_failure {
    enum vb_err err;
    struct vb_verdict verdict;
};

extern const struct vb_failure vb_content_cut_short;
extern const struct vb_failure vb_content_late;
extern const struct vb_failure vb_content_too_large;
extern const struct vb_failure vb_content_no_memory;

/* The connection is gone: the sink learns that no more will come, since the
 * flow may be waiting for just that. It may even answer, which nobody sees. */
void vb_content_lost(struct vb_exchange *x);

#endif
