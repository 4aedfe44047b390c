/* Answering a safe request. Rows `read` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/method.h"

enum vb_answer vb__q_read(struct vb_exchange *x)
{
    return vb_method_is_safe(x->head.method) ? VB_YES : VB_NO;
}

/* Ranges are not served yet: a server may ignore Range (RFC 9110 section
 * 14.2), and the row answers its default. */
enum vb_answer vb__q_ranged(struct vb_exchange *x)
{
    (void)x;
    return VB_NO;
}

/* Reached through `ranged` only. */
enum vb_answer vb__q_satisfiable(struct vb_exchange *x)
{
    (void)x;
    return VB_NO;
}
