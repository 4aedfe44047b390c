/* Answering a safe request. Rows `read` of flow.tbl. */
#include "flow/flow.h"
#include "flow/partial.h"
#include "flow/reply.h"
#include "http/method.h"
#include "http/range.h"

enum vb_answer vb__q_read(struct vb_exchange *x)
{
    return vb_method_is_safe(x->head.method) ? VB_YES : VB_NO;
}

/* Reads the field, for the representation that is there. */
static enum vb_answer read_ranges(struct vb_exchange *x)
{
    struct vb_ranges *ranges = vb_arena_alloc(&x->arena, sizeof(*ranges));
    struct vb_span values[2];
    size_t count = vb_fields_values(&x->head.fields, VB_FIELD_RANGE, values, 2);

    if (ranges == NULL || x->current->length == VB_LENGTH_UNKNOWN)
        return VB_NO; /* it may always be ignored (section 14.2) */
    ranges->count = 0;
    switch (
        vb_ranges_parse(values, count, (int64_t)x->current->length, ranges)) {
    case VB_RANGES_ABUSIVE:
        vb_reply_detail(x, VB_SPAN("That many ranges, or ranges that overlap "
                                   "so often, are not served."));
        break;
    case VB_RANGES_SATISFIABLE:
        /* The coding would seem to be that of the multipart, which it is not:
         * nobody could read it. */
        if (x->current->coded && ranges->count > 1)
            return VB_NO;
        break;
    case VB_RANGES_UNSATISFIABLE:
        break;
    default:
        return VB_NO;
    }
    x->ranges = ranges;
    return VB_YES;
}

/* For GET (RFC 9110 section 14.2), and for QUERY, of whose result it is a part
 * (RFC 10008 section 2.8). */
static bool has_ranges(enum vb_method method)
{
    return method == VB_METHOD_GET || method == VB_METHOD_QUERY;
}

/* Where it would be 200. */
enum vb_answer vb__q_ranged(struct vb_exchange *x)
{
    if (vb_fields_first(&x->head.fields, VB_FIELD_RANGE) == NULL ||
        !has_ranges(x->head.method) || x->current == NULL ||
        !vb__range_is_meant(x))
        return VB_NO;
    return read_ranges(x);
}

enum vb_answer vb__q_satisfiable(struct vb_exchange *x)
{
    return x->ranges->count > 0 ? VB_YES : VB_NO;
}
