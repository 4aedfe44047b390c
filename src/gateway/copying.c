/*
 * What is passed on as it comes, and kept besides: the answer to a request that
 * asks for itself (a POST, a range), whose head tells whether others may have
 * something of it. See cached.h.
 */
#include "gateway/filling.h"

#include "http/method.h"
#include "http/status.h"

/* The content of a POST is in no key; but its answer may be what GET would have
 * brought, and says so (RFC 9110 section 9.3.3). Only where it was asked for by
 * what the key has: else it could be another resource's. */
static bool may_stand_for_target(struct vb_cached *c)
{
    const struct vb_head *head = &c->x->head;

    return head->method == VB_METHOD_POST && head->protocol.len == 0 &&
           vb_caching_key_of(&c->x->arena, head, VB_SPAN(""), &c->key) &&
           vb__cached_is_written_so(c);
}

bool vb__cached_may_copy(struct vb_cached *c)
{
    return !vb_cc_has(&c->asked.cc, VB_CC_NO_STORE) &&
           (c->key.uri.len > 0 ? vb__cached_wants_part(c)
                               : may_stand_for_target(c));
}

static bool can_be_kept(const struct vb_cached *c,
                        const struct vb_response_head *response)
{
    return response->status == VB_STATUS_OK ||
           vb_method_is_safe(c->x->head.method);
}

void vb__cached_copy_head(struct vb_cached *c,
                          const struct vb_response_head *response)
{
    struct vb_storing storing;

    vb__cached_heed(c, response);
    if (can_be_kept(c, response) && vb__cached_open(c, response, &storing)) {
        c->phase = VB_CACHED_COPIES;
        vb__forward_hold(c->forward);
        return;
    }
    vb__cached_close_fill(c);
    c->phase = VB_CACHED_PASSES;
}

enum vb_sink_want vb__cached_copy(struct vb_cached *c, struct vb_span bytes)
{
    struct vb_forward *f = c->forward;
    bool too_large = vb_fill_append(c->fill, bytes) == VB_SINK_DONE;

    if (too_large) {
        vb__cached_close_fill(c);
        c->phase = VB_CACHED_PASSES;
        vb__forward_let_go(f); /* the client still has it */
    }
    return vb__forward_take(f, bytes);
}

bool vb__cached_left(struct vb_cached *c)
{
    if (c->phase != VB_CACHED_COPIES)
        return false;
    c->phase = VB_CACHED_FILLS;
    return true;
}
