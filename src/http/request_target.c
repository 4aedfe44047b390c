/* Request targets. See request_target.h. */
#include "http/request_target.h"

#include "http/uri.h"
#include "http/uri_char.h"

/* origin-form = absolute-path [ "?" query ] (RFC 9112 section 3.2.1) */
static bool parse_origin(struct vb_span text, struct vb_target *target)
{
    size_t path = vb__uri_run(text, VB__URI_PATH);

    target->form = VB_TARGET_ORIGIN;
    target->path = vb_span_head(text, path);
    if (path == text.len)
        return true;
    target->query = vb_span_from(text, path + 1);
    return text.ptr[path] == '?' && vb__uri_only(target->query, VB__URI_QUERY);
}

/* authority-form = uri-host ":" port (RFC 9112 section 3.2.3) */
static bool parse_authority(struct vb_span text, struct vb_target *target)
{
    target->form = VB_TARGET_AUTHORITY;
    return vb_authority_parse_host(text, &target->authority) &&
           target->authority.kind != VB_HOST_EMPTY &&
           target->authority.port > 0;
}

/* absolute-form = absolute-URI (RFC 9112 section 3.2.2), here one with an
 * authority: HTTP asks no other resource, and "h:80", which is one of scheme
 * "h", was meant as an authority-form, which only CONNECT has. */
static bool parse_absolute(struct vb_span text, struct vb_target *target)
{
    struct vb_uri uri;

    if (!vb_uri_parse(text, &uri) || uri.scheme.ptr == NULL ||
        uri.authority.ptr == NULL || uri.fragment.ptr != NULL)
        return false;
    if (vb_scheme_port(uri.scheme) == VB_PORT_NONE) {
        if (!vb_authority_parse(uri.authority, &target->authority))
            return false;
    } else if (!vb_authority_parse_host(uri.authority, &target->authority) ||
               target->authority.kind == VB_HOST_EMPTY) {
        return false;
    }
    target->form = VB_TARGET_ABSOLUTE;
    target->scheme = uri.scheme;
    target->path = uri.path;
    target->query = uri.query;
    return true;
}

static bool parse_form(enum vb_method method, struct vb_span text,
                       struct vb_target *target)
{
    if (method == VB_METHOD_CONNECT)
        return parse_authority(text, target);
    if (text.len == 0)
        return false;
    if (text.ptr[0] == '/')
        return parse_origin(text, target);
    if (!vb_span_eq(text, VB_SPAN("*")))
        return parse_absolute(text, target);
    target->form = VB_TARGET_ASTERISK;
    return method == VB_METHOD_OPTIONS;
}

bool vb_target_parse(enum vb_method method, struct vb_span text,
                     struct vb_target *ret_target)
{
    struct vb_target target = {.authority.port = VB_PORT_NONE};

    if (!parse_form(method, text, &target))
        return false;
    target.server_wide = method == VB_METHOD_OPTIONS &&
                         (target.form == VB_TARGET_ASTERISK ||
                          (target.form == VB_TARGET_ABSOLUTE &&
                           target.path.len == 0 && target.query.ptr == NULL));
    *ret_target = target;
    return true;
}
