/*
 * Where redirects lead:
 *
 *     /old/{id}   moved: {to: /books/{id}}             301, or 308
 *     /today      moved: {to: /days/7, permanent: false}   307
 *     /latest     see-other: {to: https://example.org/{id}}   303
 *
 * The target's variables take the values of the path's own; the query goes
 * along as it came.
 */
#include "describe/read.h"

#include "describe/rules.h"
#include "http/uri.h"

/* Cuts "https://example.org" off the front of *to; false: it is no such
 * thing. What begins with a slash is ours. */
static bool take_origin(struct vb_span *to, struct vb_span *ret_origin)
{
    ssize_t slashes = vb_span_find(*to, ':', 0), end;
    struct vb_uri uri;

    *ret_origin = VB_SPAN("");
    if (vb_span_starts(*to, VB_SPAN("/")))
        return !vb_span_starts(*to, VB_SPAN("//"));
    if (slashes < 0 ||
        !vb_span_starts(vb_span_from(*to, (size_t)slashes), VB_SPAN("://")))
        return false;
    end = vb_span_find(*to, '/', (size_t)slashes + 3);
    *ret_origin = end < 0 ? *to : vb_span_head(*to, (size_t)end);
    *to = end < 0 ? VB_SPAN("/") : vb_span_from(*to, (size_t)end);
    return vb_uri_parse(*ret_origin, &uri) && vb_uri_is_http(&uri);
}

/* The path's template; ours has the base path before it. */
static bool read_path(struct vb__reader *r, struct vb_span path, bool ours,
                      yyjson_val *at, struct vb_redirect *redirect)
{
    struct vb_route like = {
        .path = vb_arena_printf(
            r->arena, "%.*s%.*s",
            VB_FMT(ours ? r->into->public.base_path : VB_SPAN("")),
            VB_FMT(path)),
    };

    if (!vb__template_read(r, &like, at)) {
        if (like.why_not.len > 0)
            vb__error(r, at, "%.*s", VB_FMT(like.why_not));
        return false;
    }
    redirect->template = like.template;
    return true;
}

static bool read_target(struct vb__reader *r, const struct vb_route *route,
                        yyjson_val *how, struct vb_redirect *redirect)
{
    yyjson_val *at = yyjson_obj_get(how, "to");
    struct vb_span to = vb__string_needed(r, how, "to");

    if (to.len == 0)
        return false;
    redirect->text = to;
    if (!vb__is_plain(to) || !take_origin(&to, &redirect->origin)) {
        vb__error(r, at,
                  "must be a path such as \"/books/{id}\", or an "
                  "http or https URI");
        return false;
    }
    if (!read_path(r, to, redirect->origin.len == 0, at, redirect))
        return false;
    if (redirect->origin.len == 0 &&
        vb__template_eq(&redirect->template, &route->template)) {
        vb__error(r, at, "it leads to itself");
        return false;
    }
    redirect->variables =
        vb__bind(r, route, &redirect->template, at, &redirect->variable_count);
    return redirect->variables != NULL;
}

/* The one of the two that is there, and what it says; NULL and a noted error
 * when it cannot be. */
static yyjson_val *read_kind(struct vb__reader *r, const struct vb_route *route,
                             enum vb_redirect_kind *ret_kind)
{
    static const char *const moved_names[] = {"to", "permanent"};
    yyjson_val *moved =
        vb__extension_get(r, route->source, VB__AT_PATH, "moved");
    yyjson_val *other =
        vb__extension_get(r, route->source, VB__AT_PATH, "see-other");

    if (moved && other) {
        vb__error(r, other, "a redirect is either \"moved\" or \"see-other\"");
        return NULL;
    }
    if (!moved && !other && route->archetype == VB_ARCHETYPE_REDIRECT)
        vb__error(r, route->source,
                  "x-verbatim.moved or x-verbatim.see-other "
                  "is missing: where it leads");
    if (moved) {
        vb__only(r, moved, "moved", moved_names, 2);
        *ret_kind = vb__bool(r, moved, "permanent", true) ? VB_REDIRECT_MOVED
                                                          : VB_REDIRECT_FOR_NOW;
        return moved;
    }
    if (other)
        vb__only(r, other, "see-other", moved_names, 1);
    *ret_kind = VB_REDIRECT_SEE_OTHER;
    return other;
}

static void read_redirect(struct vb__reader *r, struct vb_route *route)
{
    enum vb_redirect_kind kind;
    yyjson_val *how = read_kind(r, route, &kind);
    struct vb_redirect *redirect;

    if (!how)
        return;
    if (route->archetype != VB_ARCHETYPE_REDIRECT) {
        vb__error(r, how, "%.*s is a %s, which is not found elsewhere",
                  VB_FMT(route->path), vb_archetype_name(route->archetype));
        return;
    }
    redirect = VB__NEW(r, struct vb_redirect, 1);
    if (!redirect)
        return;
    redirect->kind = kind;
    if (read_target(r, route, how, redirect))
        route->redirect = redirect;
}

void vb__redirects(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_redirect(r, &r->routes[i]);
}
