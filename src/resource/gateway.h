/*
 * Archetype `gateway`: a path and all below it, that another server answers
 * for (gateway/gate.h). It is built closed, and opened when it is known how the
 * server goes about it.
 */
#ifndef VB_RESOURCE_GATEWAY_H
#define VB_RESOURCE_GATEWAY_H

#include "gateway/gate.h"
#include "resource/build.h"

/* What holds for all gateways of a server. */
struct vb_gateway_setup {
    struct vb_span pseudonym; /* by which Via knows us; borrowed for their life,
                                 as is this: */
    const struct vb_network *trusted; /* where they do not say themselves */
    size_t trusted_count;
    const struct vb_gate_cache *cache; /* borrowed as well */
    struct vb_auditor *auditor;        /* likewise; NULL: none */
    /* Makes how TLS is spoken with their servers; NULL, with one line in
     * ret_why: it cannot be. */
    const struct vb_tls_outward *(*secure)(const struct vb_gateway_tls *tls,
                                           struct vb_buf *ret_why);
    void (*release)(const struct vb_tls_outward *tls);
};

/* Makes built->gateway, and has its resource ask it. VB_ERR_NOMEM. */
enum vb_err vb_gateway_build(struct vb_built *built);

/* Makes built->onward, of a controller that another server does. VB_ERR_NOMEM.
 */
enum vb_err vb_gateway_build_onward(struct vb_built *built);

/* The way to that, for the exchange's controller; NULL: it is not open. */
const struct vb_gate *vb_gateway_onward(const struct vb_exchange *x);

/* Asks the same servers as another one, whose connections both use then. Before
 * either is opened. */
void vb_gateway_join(struct vb_built *built, const struct vb_built *other);

/* Opens what it has of either kind: once, before it is shared. VB_ERR_INVALID,
 * and an error is noted; VB_ERR_NOMEM. */
enum vb_err vb_gateway_open(struct vb_built *built,
                            const struct vb_gateway_setup *setup,
                            struct vb_notes *notes);

/* NULL is fine. */
void vb_gateway_free(struct vb_gateway_built *gateway);

#endif
