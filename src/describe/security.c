/*
 * Security Requirement Objects (OpenAPI 3.1): a list of alternatives, each of
 * them schemes that are needed together. See security.h.
 */
#include "describe/security.h"

#include "describe/read.h"

/* What was read, so that it can be looked at again once it is known which
 * schemes are served. */
struct vb__secured {
    struct vb_security security;
    struct vb__secured *next;
};

/* --- reading ------------------------------------------------------------- */

/* OpenAPI 3.2 lets a scheme be named by a reference to it. */
static const struct vb_scheme *find_referred(struct vb__reader *r,
                                             yyjson_val *name)
{
    yyjson_val *val = vb__files_resolve(r->files, name);
    yyjson_val *schemes = yyjson_obj_get(yyjson_obj_get(r->root, "components"),
                                         "securitySchemes");
    yyjson_obj_iter iter;
    yyjson_val *key;

    yyjson_obj_iter_init(schemes, &iter);
    while (val && (key = yyjson_obj_iter_next(&iter)) != NULL) {
        if (yyjson_obj_iter_get_val(key) == val)
            return vb__scheme_find(r, vb_json_text(key));
    }
    if (val)
        vb__error(r, name,
                  "a scheme must be one of components.securitySchemes");
    return NULL;
}

static const struct vb_scheme *find_scheme(struct vb__reader *r,
                                           yyjson_val *name)
{
    struct vb_span text = vb_json_text(name);
    const struct vb_scheme *scheme = vb__scheme_find(r, text);

    if (scheme)
        return scheme;
    if (r->minor >= 2 && vb_span_find(text, '#', 0) >= 0)
        return find_referred(r, name);
    vb__error(r, name, "components.securitySchemes has no \"%.*s\"",
              VB_FMT(text));
    return NULL;
}

static void read_need(struct vb__reader *r, yyjson_val *name,
                      struct vb_need *need)
{
    yyjson_val *list = yyjson_obj_iter_get_val(name);
    struct vb_span *scopes = VB__NEW(r, struct vb_span, yyjson_arr_size(list));
    size_t i, max;
    yyjson_val *scope;

    need->scheme = find_scheme(r, name);
    if (!yyjson_is_arr(list)) {
        vb__error(r, list, "this must be a list of scopes or roles");
        return;
    }
    yyjson_arr_foreach(list, i, max, scope)
    {
        if (!yyjson_is_str(scope))
            vb__error(r, scope, "a scope or role is a string");
        else if (!vb__is_plain(vb_json_text(scope)))
            vb__error(r, scope, "a scope or role has no control characters");
        else if (scopes)
            scopes[need->scope_count++] = vb_json_text(scope);
    }
    need->scopes = scopes;
}

/* Do its credentials come in Authorization? */
static bool in_authorization(const struct vb_scheme *scheme)
{
    switch (scheme->kind) {
    case VB_SCHEME_BASIC:
    case VB_SCHEME_TOKEN:
    case VB_SCHEME_JWT:
        return true;
    case VB_SCHEME_KEY:
        return scheme->in == VB_KEY_IN_HEADER &&
               vb_span_ieq(scheme->name, VB_SPAN("Authorization"));
    default:
        return false;
    }
}

/* One token may be what two schemes of a kind ask for; a field has no room for
 * two of different kinds (RFC 9110 section 11.6.2). */
static void look_together(struct vb__reader *r, yyjson_val *val,
                          const struct vb_requirement *requirement)
{
    const struct vb_scheme *first = NULL;

    for (size_t i = 0; i < requirement->need_count; i++) {
        const struct vb_scheme *scheme = requirement->needs[i].scheme;
        struct vb_place place = vb__place(r, val);

        if (!scheme || !in_authorization(scheme))
            continue;
        if (first && first->kind != scheme->kind) {
            vb__warn(r, "together", &place, "\"%.*s\" and \"%.*s\"",
                     VB_FMT(first->id), VB_FMT(scheme->id));
            return;
        }
        first = scheme;
    }
}

static void read_requirement(struct vb__reader *r, yyjson_val *val,
                             struct vb_requirement *requirement)
{
    struct vb_need *needs;
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (!vb__must_be_object(r, val))
        return;
    needs = VB__NEW(r, struct vb_need, yyjson_obj_size(val));
    requirement->needs = needs;
    yyjson_obj_iter_init(val, &iter);
    while (needs && (name = yyjson_obj_iter_next(&iter)) != NULL)
        read_need(r, name, &needs[requirement->need_count++]);
    look_together(r, val, requirement);
}

const struct vb_security *vb__security_read(struct vb__reader *r,
                                            yyjson_val *holder)
{
    yyjson_val *list = vb__array(r, holder, "security");
    size_t count = yyjson_arr_size(list);
    struct vb__secured *secured = VB__NEW(r, struct vb__secured, 1);
    struct vb_requirement *all = VB__NEW(r, struct vb_requirement, count);
    size_t i, max;
    yyjson_val *val;

    if (!list || !secured || (count > 0 && !all))
        return NULL;
    yyjson_arr_foreach(list, i, max, val)
    {
        read_requirement(r, val, &all[i]);
        secured->security.optional |= all[i].need_count == 0;
    }
    secured->security.optional |= count == 0;
    secured->security.alternatives = all;
    secured->security.alternative_count = count;
    secured->next = r->secured;
    r->secured = secured;
    return &secured->security;
}

/* --- what is served ------------------------------------------------------ */

/* A scheme of it that is not served; NULL: all are. */
static const struct vb_scheme *unserved(const struct vb_requirement *all)
{
    for (size_t i = 0; i < all->need_count; i++) {
        const struct vb_scheme *scheme = all->needs[i].scheme;

        if (scheme && !scheme->served)
            return scheme;
    }
    return NULL;
}

static void keep_served(struct vb__reader *r, struct vb_security *security)
{
    struct vb_requirement *all =
        (struct vb_requirement *)security->alternatives;
    const struct vb_scheme *missing = NULL;
    size_t kept = 0;

    for (size_t i = 0; i < security->alternative_count; i++) {
        const struct vb_scheme *scheme = unserved(&all[i]);

        if (scheme)
            missing = scheme;
        else
            all[kept++] = all[i];
    }
    security->alternative_count = kept;
    if (kept == 0 && missing)
        security->why_not = vb_arena_printf(
            r->arena, "it wants \"%.*s\", which is not served: %.*s",
            VB_FMT(missing->id), VB_FMT(missing->why_not));
}

/* The root's security is that of operations, and files, redirects and gateways
 * do without any: nobody knows whether these are meant for all. */
static void ask_for_operation(struct vb__reader *r,
                              const struct vb_route *route)
{
    bool silent = route->archetype == VB_ARCHETYPE_FILES ||
                  route->archetype == VB_ARCHETYPE_REDIRECT;
    bool open =
        route->archetype == VB_ARCHETYPE_GATEWAY && route->operation_count == 0;

    if (open)
        vb__error(r, route->source,
                  "the root's security is for operations, and this path has "
                  "none: declare those that go on, with the security that "
                  "they are to have");
    if (silent && !route->by_method[VB_METHOD_GET])
        vb__error(r, route->source,
                  "the root's security is for operations, and this path has "
                  "none: declare get, with the security that it is to have");
}

void vb__securities_served(struct vb__reader *r)
{
    for (struct vb__secured *s = r->secured; s; s = s->next)
        keep_served(r, &s->security);
    for (size_t i = 0;
         r->security && !r->security->optional && i < r->route_count; i++)
        ask_for_operation(r, &r->routes[i]);
}
