/*
 * What a server says of its being a forward proxy: where it leads, for how
 * long (gateway/proxy.h), and for whom (access/users.h).
 */
#ifndef VB_SERVER_PROXYING_H
#define VB_SERVER_PROXYING_H

#include "access/users.h"
#include "gateway/gate_cache.h"
#include "gateway/proxy.h"

#define VB_PROXYING_RULES_MOST 64

struct vb_proxying {
    bool on;
    struct vb_allowance rules[VB_PROXYING_RULES_MOST]; /* texts are borrowed */
    size_t rule_count;
    uint32_t connect_ms;
    uint32_t response_ms; /* to the head of an answer, and without progress */
    uint32_t tunnel_idle_ms;
    const char *ca; /* whom it believes, as in tls/outward.h; borrowed */
    bool insecure;
    const char *users; /* the file of who may use it; NULL: those on this
                          machine, or where the server is open, all; borrowed */

    /* While it serves. */
    struct vb_tls_outward *tls;
    struct vb_proxy proxy;
    bool ready;
};

/* The defaults; it is none. */
void vb_proxying_init(struct vb_proxying *proxying);

/* Gets the proxy ready, if it is one. The pseudonym and the cache are borrowed.
 * VB_ERR_IO, VB_ERR_INVALID or VB_ERR_NOMEM, with one line in ret_why. */
enum vb_err vb_proxying_start(struct vb_proxying *proxying,
                              struct vb_span pseudonym,
                              const struct vb_gate_cache *cache,
                              struct vb_buf *ret_why);

/* Reads who may use it; NULL: nobody is asked. As vb_users_load. */
enum vb_err vb_proxying_users(const struct vb_proxying *proxying,
                              struct vb_users **ret_users,
                              struct vb_buf *ret_why);

/* The resource that sites have for it; NULL: it is none. */
const struct vb_resource *vb_proxying_resource(const struct vb_proxying *of);

/* When nothing is served any more. */
void vb_proxying_done(struct vb_proxying *proxying);

#endif
