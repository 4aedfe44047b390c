/* What another server answers for: rows `gateway` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/cache_control.h"

bool vb__is_last_hop(const struct vb_exchange *x)
{
    struct vb_span value;
    int64_t hops;

    return vb_fields_single(&x->head.fields, VB_FIELD_MAX_FORWARDS, &value) &&
           vb_span_i64(value, &hops) && hops == 0;
}

enum vb_answer vb__q_last(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_OPTIONS && vb__is_last_hop(x) ? VB_YES
                                                                     : VB_NO;
}

static enum vb_answer ask(vb_question *own, struct vb_exchange *x)
{
    return own != NULL ? own(x) : VB_NO;
}

enum vb_answer vb__q_returning(struct vb_exchange *x)
{
    enum vb_answer answer = ask(x->resource->forwarding->returning, x);

    if (answer == VB_YES)
        vb_reply_detail(x, VB_SPAN("It has come through this server before, "
                                   "and would come again."));
    return answer;
}

enum vb_answer vb__q_held(struct vb_exchange *x)
{
    return ask(x->resource->forwarding->held, x);
}

enum vb_answer vb__q_fits(struct vb_exchange *x)
{
    return x->resource->forwarding->fits(x);
}

enum vb_answer vb__q_sent_bounded(struct vb_exchange *x)
{
    return vb__q_bounded(x);
}

enum vb_answer vb__q_judged(struct vb_exchange *x)
{
    return x->resource->forwarding->judged(x);
}

/* The slot's functions are those of the write rows: here nothing is done but to
 * look. */
enum vb_answer vb__q_sent_received(struct vb_exchange *x)
{
    return vb__q_received(x);
}

enum vb_answer vb__q_sent_parsed(struct vb_exchange *x)
{
    return vb__q_parsed(x);
}

enum vb_answer vb__q_sent_valid(struct vb_exchange *x)
{
    return vb__q_valid(x);
}

enum vb_answer vb__q_kept(struct vb_exchange *x)
{
    return ask(x->resource->forwarding->kept, x);
}

enum vb_answer vb__q_usable(struct vb_exchange *x)
{
    return ask(x->resource->forwarding->usable, x);
}

enum vb_answer vb__q_only_kept(struct vb_exchange *x)
{
    struct vb_cache_control asked;
    struct vb_lines lines;

    if (vb_fields_first(&x->head.fields, VB_FIELD_CACHE_CONTROL) == NULL)
        return VB_NO;
    vb_fields_lines(&x->head.fields, VB_FIELD_CACHE_CONTROL, &lines);
    vb_cache_control_parse(lines.at, lines.count, &asked);
    if (!vb_cc_has(&asked, VB_CC_ONLY_IF_CACHED))
        return VB_NO;
    vb_reply_detail(x, VB_SPAN("Nothing that may be used is stored here."));
    return VB_YES;
}

enum vb_answer vb__q_answered(struct vb_exchange *x)
{
    return x->resource->forwarding->answered(x);
}
