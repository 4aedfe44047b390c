/* May this client do this? Rows `who` of flow.tbl. */
#include "flow/flow.h"
#include "flow/secret.h"
#include "flow/trust.h"
#include "http/method.h"

enum vb_answer vb__q_authentic(struct vb_exchange *x)
{
    return x->resource->authentic != NULL ? x->resource->authentic(x) : VB_YES;
}

/* Status 403, unless the resource says otherwise. Secure by default: who is not
 * known may read, and write only from this very machine, unless the operator
 * has said --open. A browser's user may not know of what a page of somebody
 * else's sends, whatever the resource permits. What another server answers for
 * is for that to say, unless a guard here knows clients. */
enum vb_answer vb__q_permitted(struct vb_exchange *x)
{
    bool safe = vb_method_is_safe(x->head.method);

    vb__secret_hide(x); /* they have been looked at */
    x->reply.status = VB_STATUS_FORBIDDEN;
    if (x->resource->forwarding != NULL && x->resource->guard == NULL)
        return VB_YES;
    if (!safe && !vb__trusts_origin(x))
        return VB_NO;
    if (x->resource->permitted != NULL)
        return x->resource->permitted(x);
    return safe || vb__trusts_client(x) ? VB_YES : VB_NO;
}

enum vb_answer vb__q_described(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_OPTIONS ? VB_YES : VB_NO;
}

enum vb_answer vb__q_forwarded(struct vb_exchange *x)
{
    return x->resource->forwarding != NULL ? VB_YES : VB_NO;
}
