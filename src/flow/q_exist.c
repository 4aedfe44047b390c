/* Is there something? Rows `exist` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/method.h"

/* The resource's own answer, or the default where it has none. */
static enum vb_answer ask(vb_question *own, enum vb_answer usual,
                          struct vb_exchange *x)
{
    return own != NULL ? own(x) : usual;
}

enum vb_answer vb__q_exists(struct vb_exchange *x)
{
    if (x->resource->exists != NULL)
        return x->resource->exists(x);
    x->selected.exists = true;
    x->selected.modified = VB_DATE_NONE;
    return VB_YES;
}

/* What is there, and what is not, is told to whom the resource lets know. */
enum vb_answer vb__q_accessible(struct vb_exchange *x)
{
    return ask(x->resource->accessible, VB_YES, x);
}

enum vb_answer vb__q_disclosed(struct vb_exchange *x)
{
    return ask(x->resource->disclosed, VB_YES, x);
}

/* What was moved may be moved back: who keeps this has to ask again. */
static enum vb_answer moved_by_client(struct vb_exchange *x)
{
    if (x->selected.moved_to.len == 0)
        return VB_NO;
    x->outcome.location = x->selected.moved_to;
    x->reply.status = (uint16_t)vb_moved_status(x);
    vb_reply_field(x, VB_FIELD_CACHE_CONTROL, vb_reply_caching(x));
    return VB_YES;
}

enum vb_answer vb__q_moved(struct vb_exchange *x)
{
    return x->resource->moved != NULL ? x->resource->moved(x)
                                      : moved_by_client(x);
}

/* What is done somewhere else is not done by asking there: 303 is for who
 * reads. */
enum vb_answer vb__q_elsewhere(struct vb_exchange *x)
{
    return vb_method_is_safe(x->head.method)
               ? ask(x->resource->elsewhere, VB_NO, x)
               : VB_NO;
}

enum vb_answer vb__q_gone(struct vb_exchange *x)
{
    return ask(x->resource->gone, x->selected.gone ? VB_YES : VB_NO, x);
}

enum vb_answer vb__q_creates(struct vb_exchange *x)
{
    const struct vb_slot *slot = vb_resource_slot(x);

    if (slot != NULL && slot->creates)
        return VB_YES;
    slot = x->resource->slots[VB_METHOD_PUT];
    vb_reply_detail(x, slot != NULL && slot->creates
                           ? VB_SPAN("There is nothing here; PUT creates it.")
                           : VB_SPAN("There is nothing here."));
    return VB_NO;
}
