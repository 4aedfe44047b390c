/*
 * A gate: the part of the URIs that another server answers for. The rows
 * `gateway` of the flow ask it; it asks the upstream, and passes the answer on.
 *
 *     client ─▶ sink ─▶ pipe ─▶ call ─▶ the other server
 *     client ◀─ source ◀─ pipe ◀─ call ◀─┘
 *
 * Nothing is read faster than the other side takes it. What a gate is made of
 * is read-only and shared by all workers.
 */
#ifndef VB_GATEWAY_GATE_H
#define VB_GATEWAY_GATE_H

#include "flow/resource.h"
#include "gateway/fields.h"
#include "gateway/upstream.h"
#include "http/network.h"
#include "http/uri.h"

struct vb_reach;
struct vb_gate_cache;     /* gateway/gate_cache.h */
struct vb_caching_policy; /* caching/policy.h */
struct vb_auditor;        /* gateway/audit.h */
struct vb_audit_described;

struct vb_gate_options {
    size_t depth; /* how many segments of paths here are not passed on; */
    struct vb_span base; /* in their place is this there, "" or "/v1" */
    bool keeps_host;     /* Host is what the client says, not the server's */
    bool hides;          /* nothing is told of who asks */
    const struct vb_network *trusted; /* peers whose Forwarded is believed */
    size_t trusted_count;
    struct vb_span pseudonym; /* by which Via knows us */
    /* Where answers are stored that may be given to others; NULL: nowhere.
     * Borrowed. */
    const struct vb_gate_cache *cache;
    const struct vb_caching_policy *policy; /* NULL: the cache's; borrowed */
    /* Who is told what is wrong with answers; NULL: nobody. Borrowed. */
    struct vb_auditor *auditor;
};

struct vb_gate {
    struct vb_forwarding forwarding; /* first: resource->forwarding */
    struct vb_upstream *upstream; /* a reference; NULL: the request says whom */
    /* Then this finds out; NULL: out of memory. */
    struct vb_reach *(*reach)(struct vb_exchange *x,
                              const struct vb_gate *gate);
    struct vb_gate_options options;             /* its texts are borrowed */
    const struct vb_audit_described *described; /* what else answers are held
                                                   against; NULL: nothing */
};

/* Takes a reference on the upstream. */
void vb_gate_init(struct vb_gate *gate, struct vb_upstream *upstream,
                  const struct vb_gate_options *options);

void vb_gate_done(struct vb_gate *gate);

/* Asks this upstream instead of its own; takes a reference. */
void vb_gate_ask(struct vb_gate *gate, struct vb_upstream *upstream);

/* What is told to the gate's servers of who asks. */
struct vb_hop vb_gate_hop(const struct vb_gate *gate,
                          const struct vb_exchange *x);

/* Makes a resource one that the gate answers for. */
void vb_gate_open(struct vb_resource *resource, const struct vb_gate *gate);

/* --- of the room's own: where.c ------------------------------------------- */

/* The path and query that the upstream is asked for; in the exchange's arena:
 * those of `by`, or, where that is NULL, raw as they came, but for what the
 * gate replaces. ptr NULL: out of memory. */
struct vb_span vb__gate_target(struct vb_exchange *x,
                               const struct vb_gate *gate,
                               const struct vb_uri *by);

/* A URI reference of an upstream's server (Location), as clients know it.
 * `scheme` is the upstream's. */
struct vb_span vb__gate_location(struct vb_exchange *x,
                                 const struct vb_gate *gate,
                                 const struct vb_upstream_server *server,
                                 struct vb_span scheme,
                                 struct vb_span location);

/* Does it believe this peer? */
bool vb__gate_trusts(const struct vb_gate *gate, const struct vb_peer *peer);

/* The gate that the exchange's resource has. */
static inline const struct vb_gate *vb__gate_of(const struct vb_exchange *x)
{
    return VB_CONTAINER(x->resource->forwarding, const struct vb_gate,
                        forwarding);
}

/* cached.c: the questions `kept` and `usable`. */
enum vb_answer vb__gate_kept(struct vb_exchange *x);
enum vb_answer vb__gate_usable(struct vb_exchange *x);

/* forward.c: the question `answered`, and `dug`: asks the upstream. */
enum vb_answer vb__gate_answered(struct vb_exchange *x);

/* reading.c: the resource's `stream`. */
struct vb_source *vb__cached_stream(struct vb_exchange *x, uint64_t first,
                                    uint64_t length);

#endif
