/* The URL of a server that is asked in our place. See gateway.h. */
#include "describe/gateway.h"

#include "base/arena.h"
#include "http/chars.h"
#include "http/path.h"
#include "http/uri.h"

/* A path is put before others, so it must be what it looks like. */
static bool is_normal(struct vb_span path)
{
    struct vb_span normal;
    struct vb_arena arena;
    bool same;

    vb_arena_init(&arena, 1024, 65536);
    same = vb_path_normalise(&arena, path, &normal) == VB_OK &&
           vb_span_eq(normal, path);
    vb_arena_done(&arena);
    return same;
}

static const char *cut_local(struct vb_span url, struct vb_span path,
                             struct vb_span *ret_origin,
                             struct vb_span *ret_base)
{
    if (path.len == 0 || path.len > 107 || !vb_chars_none(path, VB_CHAR_CTL))
        return "is no socket: unix:PATH has a path of 1 to 107 bytes";
    *ret_origin = url;
    *ret_base = VB_SPAN("");
    return NULL;
}

const char *vb_gateway_cut(struct vb_span url, struct vb_span *ret_origin,
                           struct vb_span *ret_base)
{
    static const struct vb_span local = VB_SPAN_INIT("unix:");
    struct vb_span path;
    struct vb_uri uri;

    if (vb_span_starts(url, local))
        return cut_local(url, vb_span_from(url, local.len), ret_origin,
                         ret_base);
    if (!vb_uri_parse(url, &uri) || !vb_uri_is_http(&uri))
        return "is no http or https URL of a server";
    if (uri.query.ptr != NULL || uri.fragment.ptr != NULL)
        return "has a query or a fragment, which no path begins with";
    path = uri.path;
    if (path.len > 0 && !is_normal(path))
        return "has a path that is not in its normal form";
    *ret_origin = vb_span_head(url, url.len - path.len);
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    *ret_base = path;
    return NULL;
}
