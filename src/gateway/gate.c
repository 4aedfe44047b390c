/* What the flow asks of a gate. See gate.h. */
#include "gateway/gate.h"

/* A request that has come through here before would come again (RFC 9110
 * section 7.6.3). */
static enum vb_answer returning(struct vb_exchange *x)
{
    const struct vb_gate *gate =
        VB_CONTAINER(x->resource->forwarding, const struct vb_gate, forwarding);

    return vb_via_has(&x->head.fields, gate->options.pseudonym) ? VB_YES
                                                                : VB_NO;
}

void vb_gate_init(struct vb_gate *gate, struct vb_upstream *upstream,
                  const struct vb_gate_options *options)
{
    *gate = (struct vb_gate){
        .forwarding = {.returning = returning,
                       .kept = vb__gate_kept,
                       .usable = vb__gate_usable,
                       .answered = vb__gate_answered},
        .upstream = upstream != NULL ? vb_upstream_ref(upstream) : NULL,
        .options = *options,
    };
    if (upstream != NULL)
        atomic_fetch_add(&upstream->askers, 1);
}

void vb_gate_done(struct vb_gate *gate)
{
    if (gate->upstream != NULL)
        atomic_fetch_sub(&gate->upstream->askers, 1);
    vb_upstream_unref(gate->upstream);
    gate->upstream = NULL;
}

void vb_gate_ask(struct vb_gate *gate, struct vb_upstream *upstream)
{
    vb_upstream_ref(upstream);
    atomic_fetch_add(&upstream->askers, 1);
    vb_gate_done(gate);
    gate->upstream = upstream;
}

struct vb_hop vb_gate_hop(const struct vb_gate *gate,
                          const struct vb_exchange *x)
{
    return (struct vb_hop){
        .forwarded = !gate->options.hides,
        .x_forwarded = !gate->options.hides,
        .trusted = vb__gate_trusts(gate, x->peer),
    };
}

/* Who may do what is for the other server to say, unless there is a guard. */
static enum vb_answer permitted(struct vb_exchange *x)
{
    (void)x;
    return VB_YES;
}

void vb_gate_open(struct vb_resource *resource, const struct vb_gate *gate)
{
    resource->forwarding = &gate->forwarding;
    resource->stream = vb__cached_stream;
    resource->permitted = permitted;
}
