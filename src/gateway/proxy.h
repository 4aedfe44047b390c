/*
 * A forward proxy: a gate to wherever its rules lead, for http resources by
 * their URI, and as tunnels by CONNECT (RFC 9110 sections 3.7 and 9.3.6).
 */
#ifndef VB_GATEWAY_PROXY_H
#define VB_GATEWAY_PROXY_H

#include "gateway/gate.h"
#include "gateway/reachable.h"

struct vb_proxy_options {
    struct vb_allowances allowances;     /* nothing is allowed but these */
    struct vb_upstream_options upstream; /* for resources */
    uint32_t tunnel_idle_ms;             /* a tunnel in which nothing moves */
    const struct vb_tls_outward *tls;    /* for https resources, or NULL */
    struct vb_span pseudonym;            /* by which Via knows us */
    /* Where answers are stored that may be given to others, as of gates. */
    const struct vb_gate_cache *cache;
    /* May this client use it? 407 where it has to say who it is. NULL: those
     * on this machine, or where the server is open, all. */
    vb_question *admitted;
};

/* Shared by all workers, read-only. */
struct vb_proxy {
    struct vb_gate gate; /* first */
    struct vb_resource resource;
    struct vb_proxy_options options; /* its texts are borrowed */
};

/* VB_ERR_NOMEM. It must stay where it is. */
enum vb_err vb_proxy_init(struct vb_proxy *proxy,
                          const struct vb_proxy_options *options);

void vb_proxy_done(struct vb_proxy *proxy);

#endif
