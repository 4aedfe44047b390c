/*
 * Sessions: which paths make them, what each has one of, and the cookie that
 * names them. That is the one apiKey in a cookie of a description that has
 * archetype `session` or `per: session`; without these it is a token's.
 */
#include "describe/read.h"

/* --- what makes sessions --------------------------------------------------
 */

/* Why there cannot be one for each session; NULL: there can. */
static const char *why_not_per_session(const struct vb_route *route)
{
    if (route->archetype != VB_ARCHETYPE_DOCUMENT)
        return "per is for a document: each session has one of its own";
    if (vb_template_variables(&route->template) ||
        route->membership != VB_MEMBER_OF_NONE)
        return "a session has one document here: its path has no variables";
    if (!route->state || !route->state->json)
        return "what a session has of its own is JSON";
    return route->tombstones || route->moves
               ? "what a session has of its own is gone with it: nothing tells "
                 "of it, and nothing moves it"
               : NULL;
}

static void read_per(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *said = vb__extension_get(r, route->source, VB__AT_PATH, "per");
    const char *why = said ? why_not_per_session(route) : NULL;

    route->per_session = said && !why;
    if (why)
        vb__error(r, said, "%s", why);
}

/* A controller does something to one document, not to one of each session. */
static void refuse_target(struct vb__reader *r, const struct vb_route *route)
{
    if (route->action && route->action->target &&
        route->action->target->per_session)
        vb__error(r, route->source,
                  "%.*s is one for each session: a controller cannot change it",
                  VB_FMT(route->action->target->path));
}

/* --- their cookie ---------------------------------------------------------
 */

static void take_cookie(struct vb__reader *r, struct vb_scheme *scheme)
{
    if (r->into->public.session) {
        vb_note(r->notes, VB_NOTE_ERROR, VB_SPAN(""), &scheme->place,
                "\"%.*s\" names the sessions of this description already: "
                "there is one cookie of them",
                VB_FMT(r->into->public.session->id));
        return;
    }
    scheme->kind = VB_SCHEME_SESSION;
    r->into->public.session = scheme;
}

void vb__sessions(struct vb__reader *r)
{
    bool made = false;

    for (size_t i = 0; i < r->route_count; i++) {
        read_per(r, &r->routes[i]);
        made |= r->routes[i].archetype == VB_ARCHETYPE_SESSION ||
                r->routes[i].per_session;
    }
    for (size_t i = 0; i < r->route_count; i++)
        refuse_target(r, &r->routes[i]);
    for (size_t i = 0; made && i < r->into->public.scheme_count; i++) {
        struct vb_scheme *scheme = &r->schemes[i];

        if (scheme->kind == VB_SCHEME_KEY && scheme->in == VB_KEY_IN_COOKIE)
            take_cookie(r, scheme);
    }
}

/* --- what is served -------------------------------------------------------
 */

/* Does the session's cookie alone meet one of the alternatives? */
static bool lets_in_sessions(const struct vb_security *security)
{
    for (size_t i = 0; security && i < security->alternative_count; i++) {
        const struct vb_requirement *one = &security->alternatives[i];

        if (one->need_count == 1 && one->needs[0].scheme &&
            one->needs[0].scheme->kind == VB_SCHEME_SESSION)
            return true;
    }
    return false;
}

static const char *why_no_login(const struct vb__reader *r,
                                const struct vb_route *route,
                                const struct vb_operation *op)
{
    if (route->collection)
        return "sessions are made at the path above";
    if (!r->into->public.accounts)
        return "who logs in has an account, and nobody has one "
               "(x-verbatim.accounts)";
    return !op->security || !op->security->optional
               ? "who logs in has no credentials yet: its security must be []"
               : NULL;
}

const char *vb__session_why_not(const struct vb__reader *r,
                                const struct vb_route *route,
                                const struct vb_operation *op)
{
    if (!route->per_session && route->archetype != VB_ARCHETYPE_SESSION)
        return NULL;
    if (op->method == VB_METHOD_OPTIONS || op->method == VB_METHOD_TRACE)
        return NULL;
    if (!r->into->public.session)
        return "a session is known by its cookie, and no security scheme is "
               "an apiKey in a cookie";
    if (op->method == VB_METHOD_POST)
        return why_no_login(r, route, op);
    if (op->method == VB_METHOD_DELETE && route->member &&
        route->archetype == VB_ARCHETYPE_SESSION)
        return "sessions are ended one by one, at their own URIs";
    return lets_in_sessions(op->security)
               ? NULL
               : "whose session it is must be known: its security needs the "
                 "cookie of sessions, as in [{NAME: []}], or [{NAME: []}, {}] "
                 "where an anonymous one will do";
}
