/* Whose request is it? Rows `find` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/method.h"

enum vb_answer vb__q_routed(struct vb_exchange *x)
{
    if (x->site->route(x->site, x))
        return VB_YES;
    vb_reply_detail(x, vb_arena_printf(&x->arena,
                                       "There is no resource at %.*s here.",
                                       VB_FMT(x->head.path)));
    return VB_NO;
}

enum vb_answer vb__q_canonical(struct vb_exchange *x)
{
    if (x->canonical.len == 0)
        return VB_YES;
    x->outcome.location = x->canonical;
    x->reply.status = (uint16_t)vb_moved_status(x);
    return VB_NO;
}

enum vb_answer vb__q_allowed(struct vb_exchange *x)
{
    if (x->head.method == VB_METHOD_TRACE)
        return x->site->trace ? VB_YES : VB_NO;
    return vb_method_set_has(x->resource->allow, x->head.method) ? VB_YES
                                                                 : VB_NO;
}

/* A TRACE request has no content (RFC 9110 section 9.3.8). */
enum vb_answer vb__q_looped(struct vb_exchange *x)
{
    if (x->head.method != VB_METHOD_TRACE)
        return VB_NO;
    if (x->head.has_content) {
        x->reply.status = VB_STATUS_BAD_REQUEST;
        vb_reply_detail(x, VB_SPAN("A TRACE request has no content."));
        return VB_YES;
    }
    x->reply.status = VB_STATUS_OK;
    vb__reply_trace(x);
    return VB_YES;
}
