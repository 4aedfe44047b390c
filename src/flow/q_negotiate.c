/* Is there a representation that the client accepts? Row `negotiate`. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/accept.h"
#include "http/method.h"

/* Lines of a list field that are looked at; more than that is not sincere. */
#define MAX_LINES 16

/*
 * Deleting has nothing to show, so there is nothing to accept. All other
 * methods show the outcome, and whoever could not read it must learn that
 * before anything is done.
 */
enum vb_answer vb__q_acceptable(struct vb_exchange *x)
{
    const struct vb_resource *resource = x->resource;
    struct vb_span values[MAX_LINES];
    size_t count;

    if (resource->offer_count == 0)
        return VB_YES;
    x->offer = 0;
    if (x->head.method == VB_METHOD_DELETE ||
        vb_fields_first(&x->head.fields, VB_FIELD_ACCEPT) == NULL)
        return VB_YES;
    count =
        vb_fields_values(&x->head.fields, VB_FIELD_ACCEPT, values, MAX_LINES);
    x->offer = (int16_t)vb_accept_media(values, count, resource->medias,
                                        resource->offer_count)
                   .offer;
    if (x->offer >= 0 && resource->offers[x->offer].is_page)
        vb__reply_hint(x);
    return x->offer >= 0 || resource->mixed ? VB_YES : VB_NO;
}
