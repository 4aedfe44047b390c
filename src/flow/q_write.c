/* Doing what an unsafe request asks for. Rows `write` of flow.tbl. */
#include "flow/flow.h"
#include "flow/intake.h"
#include "flow/reply.h"

/* The slot's own answer, or the default where it has none. */
static enum vb_answer ask(vb_question *own, enum vb_answer usual,
                          struct vb_exchange *x)
{
    return own != NULL ? own(x) : usual;
}

enum vb_answer vb__q_received(struct vb_exchange *x)
{
    const struct vb_slot *slot = vb_resource_slot(x);

    if (slot->content_ignored)
        return VB_YES;
    return slot->received != NULL ? slot->received(x)
                                  : vb_intake_buffer(x, vb_intake_limit(x));
}

enum vb_answer vb__q_parsed(struct vb_exchange *x)
{
    return ask(vb_resource_slot(x)->parsed, VB_YES, x);
}

enum vb_answer vb__q_valid(struct vb_exchange *x)
{
    return ask(vb_resource_slot(x)->valid, VB_YES, x);
}

enum vb_answer vb__q_granted(struct vb_exchange *x)
{
    return ask(x->resource->granted, VB_YES, x);
}

enum vb_answer vb__q_consistent(struct vb_exchange *x)
{
    return ask(vb_resource_slot(x)->consistent, VB_YES, x);
}

/* What is done beyond the store cannot wait for others, nor be taken back. */
enum vb_answer vb__q_deferred(struct vb_exchange *x)
{
    if (x->joint != NULL && !x->resource->joins)
        return vb_reply_refuse(
            x, VB_STATUS_UNPROCESSABLE_CONTENT,
            VB_SPAN("What this does cannot be done together with others, all "
                    "or none."));
    return ask(vb_resource_slot(x)->deferred, VB_NO, x);
}

enum vb_answer vb__q_commit(struct vb_exchange *x)
{
    return ask(vb_resource_slot(x)->commit, VB_YES, x);
}
