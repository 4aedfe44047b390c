/* A proxy, for whom and where to: rows `proxy` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"

enum vb_answer vb__q_proxies(struct vb_exchange *x)
{
    x->resource = x->site->proxy;
    if (x->resource != NULL)
        return VB_YES;
    vb_reply_detail(x, VB_SPAN("This server is not a proxy: it opens no "
                               "tunnels."));
    return VB_NO;
}

static enum vb_answer ask(vb_question *own, struct vb_exchange *x)
{
    return own != NULL ? own(x) : VB_YES;
}

enum vb_answer vb__q_admitted(struct vb_exchange *x)
{
    return ask(x->resource->forwarding->admitted, x);
}

enum vb_answer vb__q_leads(struct vb_exchange *x)
{
    return ask(x->resource->forwarding->leads, x);
}

enum vb_answer vb__q_digs(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_CONNECT ? VB_YES : VB_NO;
}

enum vb_answer vb__q_dug(struct vb_exchange *x)
{
    return x->resource->forwarding->dug(x);
}
