/* What a QUERY asks with its content. Rows `query` of flow.tbl. The slot's
 * functions are those of the write rows: here the outcome is read, not made. */
#include "flow/flow.h"

enum vb_answer vb__q_queries(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_QUERY ? VB_YES : VB_NO;
}

enum vb_answer vb__q_query_received(struct vb_exchange *x)
{
    return vb__q_received(x);
}

enum vb_answer vb__q_query_parsed(struct vb_exchange *x)
{
    return vb__q_parsed(x);
}

enum vb_answer vb__q_query_valid(struct vb_exchange *x)
{
    return vb__q_valid(x);
}
