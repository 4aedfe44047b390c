/* May this client do this? Rows `who` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/method.h"

/* Nothing needs credentials yet: the row answers its default. */
enum vb_answer vb__q_authentic(struct vb_exchange *x)
{
    (void)x;
    return VB_YES;
}

/* Secure by default: who is not known may read, and write only from this very
 * machine, unless the operator has said --open. */
static enum vb_answer permitted_by_default(struct vb_exchange *x)
{
    if (vb_method_is_safe(x->head.method) || x->site->open)
        return VB_YES;
    if (x->peer != NULL && x->peer->loopback)
        return VB_YES;
    x->reply.status = VB_STATUS_FORBIDDEN;
    vb_reply_detail(x, VB_SPAN("Without credentials, only clients on the "
                               "server's own machine may write here."));
    return VB_NO;
}

enum vb_answer vb__q_permitted(struct vb_exchange *x)
{
    if (x->resource->permitted != NULL)
        return x->resource->permitted(x);
    return permitted_by_default(x);
}

enum vb_answer vb__q_described(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_OPTIONS ? VB_YES : VB_NO;
}
