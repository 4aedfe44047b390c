/* Is there a representation that the client accepts? Row `negotiate`. */
#include "content/coding.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/accept.h"
#include "http/method.h"

/* Lines of a list field that are looked at; more than that is not sincere. */
#define MAX_LINES 16

/* By Accept-Encoding (RFC 9110 section 12.5.3). The outcome of a write is shown
 * once and not kept, so that a coding is worth it only where it must be. */
static bool choose_coding(struct vb_exchange *x)
{
    struct vb_span values[MAX_LINES];
    size_t count = vb_fields_values(&x->head.fields, VB_FIELD_ACCEPT_ENCODING,
                                    values, MAX_LINES);
    struct vb_choice choice =
        vb_accept_coding(values, count, vb_coding_offers, VB_CODING_COUNT);

    x->identity_refused = choice.identity_refused;
    if (choice.offer < 0) {
        vb_reply_no_coding(x);
        return false;
    }
    if (vb_method_is_safe(x->head.method) || choice.identity_refused)
        x->coding = (uint8_t)vb_coding_of_offer(choice.offer);
    return true;
}

static bool choose_offer(struct vb_exchange *x)
{
    const struct vb_resource *resource = x->resource;
    struct vb_span values[MAX_LINES];
    size_t count =
        vb_fields_values(&x->head.fields, VB_FIELD_ACCEPT, values, MAX_LINES);

    x->offer = (int16_t)vb_accept_media(values, count, resource->medias,
                                        resource->offer_count)
                   .offer;
    if (x->offer >= 0 && resource->offers[x->offer].is_page)
        vb__reply_hint(x);
    return x->offer >= 0 || resource->mixed;
}

/*
 * Deleting has nothing to show, so there is nothing to accept. All other
 * methods show the outcome, and whoever could not read it must learn that
 * before anything is done.
 */
enum vb_answer vb__q_acceptable(struct vb_exchange *x)
{
    bool any = x->resource->offer_count > 0;

    if (any)
        x->offer = 0;
    if (x->head.method == VB_METHOD_DELETE)
        return VB_YES;
    if (any && vb_fields_first(&x->head.fields, VB_FIELD_ACCEPT) != NULL &&
        !choose_offer(x))
        return VB_NO;
    if (vb_fields_first(&x->head.fields, VB_FIELD_ACCEPT_ENCODING) == NULL)
        return VB_YES;
    return choose_coding(x) ? VB_YES : VB_NO;
}
