/* Origins. See origin.h. */
#include "http/origin.h"

#include "http/uri.h"

bool vb_origin_parse(struct vb_span text, struct vb_origin *ret_origin)
{
    struct vb_origin origin = {.authority.port = VB_PORT_NONE};
    struct vb_uri uri;

    if (vb_span_eq(text, VB_SPAN("null"))) {
        *ret_origin = origin;
        return true;
    }
    if (!vb_uri_parse(text, &uri) || uri.scheme.ptr == NULL ||
        uri.authority.ptr == NULL || uri.path.len > 0 ||
        uri.query.ptr != NULL || uri.fragment.ptr != NULL)
        return false;
    if (!vb_authority_parse_host(uri.authority, &origin.authority) ||
        origin.authority.kind == VB_HOST_EMPTY)
        return false;
    origin.scheme = uri.scheme;
    *ret_origin = origin;
    return true;
}

bool vb_origin_same(const struct vb_origin *a, const struct vb_origin *b)
{
    return a->scheme.len > 0 && vb_span_ieq(a->scheme, b->scheme) &&
           vb_authority_same(&a->authority, &b->authority, a->scheme);
}

bool vb_origin_valid(struct vb_span text)
{
    struct vb_origin origin;

    return vb_origin_parse(text, &origin) && origin.scheme.len > 0;
}

bool vb_origin_listed(struct vb_span text, const struct vb_span *list,
                      size_t count)
{
    struct vb_origin own, listed;

    if (count == 0 || !vb_origin_parse(text, &own))
        return false;
    for (size_t i = 0; i < count; i++)
        if (vb_origin_parse(list[i], &listed) && vb_origin_same(&listed, &own))
            return true;
    return false;
}
