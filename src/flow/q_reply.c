/* What to say of what was done. Rows `reply` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"

enum vb_answer vb__q_created(struct vb_exchange *x)
{
    return x->outcome.created ? VB_YES : VB_NO;
}

enum vb_answer vb__q_see_other(struct vb_exchange *x)
{
    return x->outcome.see_other.len > 0 ? VB_YES : VB_NO;
}

/* Where the description declares only one of 200 and 204, that one it is. */
enum vb_answer vb__q_has_content(struct vb_exchange *x)
{
    if (x->outcome.status == VB_STATUS_NO_CONTENT)
        return VB_NO;
    return x->current != NULL || x->reply.bytes.len > 0 ||
                   x->reply.source != NULL
               ? VB_YES
               : VB_NO;
}
