/*
 * Which operations are served, why the others are not, and which status a
 * success has. What an archetype can honour is the table of `methods` below.
 */
#include "describe/read.h"

/* --- what each archetype honours ----------------------------------------- */

#define NOT_YET        " is not served yet"
#define FILES_ARE_READ "files are read here, and changed in their directory"
#define SESSIONS_STAY  "a session is made with POST, and ended with DELETE"
#define GRAPHQL_ASKS   "GraphQL is asked with POST, GET or QUERY"
#define TOKENS_STAY    "a token is issued with POST, and revoked with DELETE"

static const struct {
    enum vb_archetype archetype;
    enum vb_method method;
    const char *why_not;
} refused[] = {
    {VB_ARCHETYPE_DOCUMENT, VB_METHOD_POST,
     "a document is replaced with PUT and changed with PATCH; POST is for "
     "collections and controllers"},
    {VB_ARCHETYPE_DOCUMENT, VB_METHOD_QUERY, "QUERY is for collections"},
    {VB_ARCHETYPE_COLLECTION, VB_METHOD_PUT,
     "the members of a collection are replaced one by one, at their own URIs"},
    {VB_ARCHETYPE_COLLECTION, VB_METHOD_PATCH,
     "the members of a collection are changed one by one, at their own URIs"},
    {VB_ARCHETYPE_STORE, VB_METHOD_POST,
     "the members of a store are created with PUT, at URIs that clients pick"},
    {VB_ARCHETYPE_STORE, VB_METHOD_PUT,
     "the members of a store are replaced one by one, at their own URIs"},
    {VB_ARCHETYPE_STORE, VB_METHOD_PATCH,
     "the members of a store are changed one by one, at their own URIs"},
    {VB_ARCHETYPE_STORE, VB_METHOD_DELETE,
     "the members of a store are deleted one by one, at their own URIs"},
    {VB_ARCHETYPE_CONTROLLER, VB_METHOD_PUT, "a controller takes POST only"},
    {VB_ARCHETYPE_CONTROLLER, VB_METHOD_PATCH, "a controller takes POST only"},
    {VB_ARCHETYPE_CONTROLLER, VB_METHOD_DELETE, "a controller takes POST only"},
    {VB_ARCHETYPE_FILES, VB_METHOD_POST, FILES_ARE_READ},
    {VB_ARCHETYPE_FILES, VB_METHOD_PUT, FILES_ARE_READ},
    {VB_ARCHETYPE_FILES, VB_METHOD_PATCH, FILES_ARE_READ},
    {VB_ARCHETYPE_FILES, VB_METHOD_DELETE, FILES_ARE_READ},
    {VB_ARCHETYPE_FILES, VB_METHOD_QUERY, "QUERY is for collections"},
    {VB_ARCHETYPE_TOKEN, VB_METHOD_PUT, TOKENS_STAY},
    {VB_ARCHETYPE_TOKEN, VB_METHOD_PATCH, TOKENS_STAY},
    {VB_ARCHETYPE_TOKEN, VB_METHOD_QUERY, "QUERY is for collections"},
    {VB_ARCHETYPE_SESSION, VB_METHOD_PUT, SESSIONS_STAY},
    {VB_ARCHETYPE_SESSION, VB_METHOD_PATCH, SESSIONS_STAY},
    {VB_ARCHETYPE_SESSION, VB_METHOD_QUERY, "QUERY is for collections"},
    {VB_ARCHETYPE_GRAPHQL, VB_METHOD_PUT, GRAPHQL_ASKS},
    {VB_ARCHETYPE_GRAPHQL, VB_METHOD_PATCH, GRAPHQL_ASKS},
    {VB_ARCHETYPE_GRAPHQL, VB_METHOD_DELETE, GRAPHQL_ASKS},
};

static bool does(const struct vb_route *route, enum vb_action_kind kind)
{
    return route->action && route->action->kind == kind;
}

static const char *why_not_archetype(const struct vb_route *route,
                                     enum vb_method method)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (refused[i].archetype == route->archetype &&
            refused[i].method == method)
            return refused[i].why_not;
    }
    return NULL;
}

static const char *why_not_controller(const struct vb_route *route,
                                      enum vb_method method)
{
    if (!route->action)
        return "nothing says what it does: x-verbatim.do is missing";
    if (route->action->why_not.len > 0)
        return route->action->why_not.ptr;
    if (vb_method_is_safe(method) && route->action->target)
        return "it changes state, which a safe method must not";
    return method == VB_METHOD_QUERY && !does(route, VB_ACTION_RUN) &&
                   !does(route, VB_ACTION_FORWARD)
               ? "QUERY is for collections, programs (x-verbatim.do.run) and "
                 "other servers (x-verbatim.do.forward)"
               : NULL;
}

/* 303 answers what is asked; what is to be done somewhere else is not done by
 * asking there (RFC 9110 section 15.4.4). */
static const char *why_not_redirect(const struct vb_route *route,
                                    enum vb_method method)
{
    if (route->redirect && route->redirect->kind == VB_REDIRECT_SEE_OTHER &&
        method != VB_METHOD_GET && method != VB_METHOD_HEAD)
        return "x-verbatim.see-other is for GET; x-verbatim.moved takes every "
               "method along";
    return NULL;
}

static const char *why_not_token(const struct vb_route *route,
                                 enum vb_method method)
{
    if (route->collection && method == VB_METHOD_POST)
        return "tokens are issued at the path above";
    if (!route->collection && method == VB_METHOD_DELETE)
        return "tokens are revoked one by one, at their own URIs";
    return NULL;
}

static const char *why_not_method(const struct vb_route *route,
                                  enum vb_method method)
{
    const char *why;

    if (method == VB_METHOD_UNKNOWN)
        return "no such method is known";
    if (method == VB_METHOD_CONNECT)
        return "CONNECT asks for a tunnel, not for a resource";
    if (method == VB_METHOD_OPTIONS || method == VB_METHOD_TRACE)
        return NULL; /* the server answers these for every resource */
    if (method == VB_METHOD_HEAD && !route->by_method[VB_METHOD_GET])
        return "HEAD comes with GET, which is not declared";
    why = why_not_archetype(route, method);
    if (!why && route->archetype == VB_ARCHETYPE_CONTROLLER)
        why = why_not_controller(route, method);
    if (!why && route->archetype == VB_ARCHETYPE_REDIRECT)
        why = why_not_redirect(route, method);
    if (!why && route->archetype == VB_ARCHETYPE_TOKEN)
        why = why_not_token(route, method);
    if (!why && route->lists && !vb_method_is_safe(method))
        why = "it lists members of another collection, where they are made and "
              "deleted";
    return why;
}

/* --- content ------------------------------------------------------------- */

/*
 * The media types of a PATCH are those of patches: application/json says
 * nothing of how to change something (RFC 5789 section 2). Where none is
 * declared, both that we know are taken.
 */
static void amend_patch(struct vb__reader *r, struct vb_operation *op)
{
    static const struct {
        struct vb_span type;
        enum vb_media_kind kind;
    } ours[] = {
        {VB_SPAN_INIT("application/merge-patch+json"), VB_MEDIA_MERGE_PATCH},
        {VB_SPAN_INIT("application/json-patch+json"), VB_MEDIA_JSON_PATCH},
    };
    size_t count = op->request.media_count;
    struct vb_content *list = VB__NEW(r, struct vb_content, count + 2);
    bool found = false;

    if (!list)
        return;
    for (size_t i = 0; i < count; i++) {
        list[i] = op->request.media[i];
        if (list[i].kind == VB_MEDIA_MERGE_PATCH ||
            list[i].kind == VB_MEDIA_JSON_PATCH) {
            found = true;
        } else if (list[i].served) {
            list[i].served = false;
            list[i].why_not = VB_SPAN("it does not say how to change anything");
        }
    }
    for (size_t i = 0; !found && i < 2; i++)
        list[count++] = (struct vb_content){.type = ours[i].type,
                                            .text = ours[i].type,
                                            .kind = ours[i].kind,
                                            .served = true};
    op->request.media = list;
    op->request.media_count = count;
}

#define CONTENT(text_, kind_)                                                  \
    {                                                                          \
        .type = VB_SPAN_INIT(text_), .text = VB_SPAN_INIT(text_),              \
        .kind = (kind_), .served = true                                        \
    }
const struct vb_content vb_query_contents[VB_QUERY_CONTENTS] = {
    CONTENT("application/json", VB_MEDIA_JSON),
    CONTENT("application/x-www-form-urlencoded", VB_MEDIA_FORM),
};
#undef CONTENT

/* What is wanted is said in the first `count` of vb_query_contents, declared or
 * not. */
static void amend_said(struct vb_operation *op, size_t count,
                       const char *why_not_others)
{
    struct vb_content *list = (struct vb_content *)op->request.media;

    if (op->request.media_count == 0) {
        op->request.media = vb_query_contents;
        op->request.media_count = count;
        return;
    }
    for (size_t i = 0; i < op->request.media_count; i++) {
        bool form = vb_span_eq(list[i].type, vb_query_contents[1].type);

        list[i].served = list[i].kind == VB_MEDIA_JSON || (form && count > 1);
        list[i].why_not = vb_span_str(list[i].served ? "" : why_not_others);
    }
}

/* Requests in JSON, or documents by themselves. */
static void amend_graphql(struct vb_operation *op)
{
    struct vb_content *list = (struct vb_content *)op->request.media;

    for (size_t i = 0; i < op->request.media_count; i++) {
        list[i].served =
            list[i].kind == VB_MEDIA_JSON ||
            vb_span_eq(list[i].type, VB_SPAN("application/graphql"));
        list[i].why_not = list[i].served
                              ? VB_SPAN("")
                              : VB_SPAN("GraphQL is asked in JSON, or as "
                                        "application/graphql");
    }
}

/* Whatever it is, another server looks at it. */
static void amend_gateway(struct vb_operation *op)
{
    struct vb_content *list = (struct vb_content *)op->request.media;

    for (size_t i = 0; i < op->request.media_count; i++) {
        list[i].served = true;
        list[i].why_not = VB_SPAN("");
    }
}

/* Accounts are made one by one: each has a password to be hashed. */
static bool takes_many(const struct vb_route *route,
                       const struct vb_operation *op)
{
    return op->method == VB_METHOD_POST &&
           route->archetype == VB_ARCHETYPE_COLLECTION &&
           (route->member == NULL || route->member->accounts == NULL);
}

/* Patches are for PATCH: elsewhere they are content that nothing converts. And
 * many at once are for collections. */
static void amend_others(const struct vb_route *route, struct vb_operation *op)
{
    struct vb_content *list = (struct vb_content *)op->request.media;

    for (size_t i = 0; i < op->request.media_count; i++) {
        if (list[i].kind == VB_MEDIA_MERGE_PATCH ||
            list[i].kind == VB_MEDIA_JSON_PATCH) {
            list[i].served = false;
            list[i].why_not = VB_SPAN("patches are for PATCH");
        } else if (vb_media_is_many(list[i].kind) && takes_many(route, op)) {
            list[i].served = true;
            list[i].why_not = VB_SPAN("");
        }
    }
}

static struct vb_span why_not_content(struct vb__reader *r,
                                      const struct vb_route *route,
                                      const struct vb_operation *op)
{
    const struct vb_request_body *request = &op->request;

    if (route->archetype == VB_ARCHETYPE_REDIRECT ||
        route->archetype == VB_ARCHETYPE_GATEWAY)
        return VB_SPAN(""); /* whoever it leads to will look at it */
    if (op->method == VB_METHOD_PATCH && route->state && !route->state->json)
        return VB_SPAN("only JSON can be changed in parts");
    if (op->method == VB_METHOD_PUT && request->media_count == 0)
        return VB_SPAN("no requestBody is declared: there is nothing to store");
    for (size_t i = 0; i < request->media_count; i++) {
        if (request->media[i].served)
            return VB_SPAN("");
    }
    if (request->media_count == 0)
        return VB_SPAN("");
    return vb_arena_printf(r->arena, "%.*s: %.*s",
                           VB_FMT(request->media[0].text),
                           VB_FMT(request->media[0].why_not));
}

/* --- statuses ------------------------------------------------------------ */

static bool declares_exactly(const struct vb_operation *op, int status)
{
    for (size_t i = 0; i < op->response_count; i++) {
        if (op->responses[i].status == status)
            return true;
    }
    return false;
}

/* Exactly, or as one of "2XX". */
static bool declares(const struct vb_operation *op, int status)
{
    return declares_exactly(op, status) || declares_exactly(op, status / 100);
}

/* The first of `statuses` (ends with 0) that is declared, or `otherwise`. */
static int first_declared(const struct vb_operation *op, const int *statuses,
                          int otherwise)
{
    for (; *statuses; statuses++) {
        if (declares(op, *statuses))
            return *statuses;
    }
    return otherwise;
}

/* In order of preference, where the RFC leaves the choice: RFC 9110 sections
 * 9.3.3 (POST), 9.3.4 (PUT), 9.3.5 (DELETE), RFC 5789 section 2 (PATCH). */
static const int created_by_post[] = {201, 200, 204, 303, 0};
static const int created_by_login[] = {201, 303, 0}; /* after a form: 303 */
static const int done_by_write[] = {200, 204, 0};
static const int done_by_delete[] = {204, 200, 0};
static const int done_silently[] = {204, 0};
static const int done_by_controller[] = {200, 204, 303, 0};
static const int done_by_others[] = {200, 204, 0}; /* they name no URI */
static const int done_full[] = {200, 0};

/* Programs can run after the reply; all else is done at once. */
static bool may_be_put_off(const struct vb_route *route,
                           const struct vb_operation *op)
{
    return op->method == VB_METHOD_POST && does(route, VB_ACTION_RUN) &&
           declares_exactly(op, 202);
}

/* A plugin's thread is a worker's, which answers others as well; and what
 * another server puts off, it says itself. */
static bool only_puts_off(const struct vb_route *route,
                          const struct vb_operation *op)
{
    static const int at_once[] = {200, 201, 204, 0};

    return op->method == VB_METHOD_POST &&
           (does(route, VB_ACTION_PLUGIN) || does(route, VB_ACTION_FORWARD)) &&
           declares_exactly(op, 202) && first_declared(op, at_once, 0) == 0;
}

/* What is deleted is shown once more where that is declared as JSON: there is
 * nothing else to say of it (RFC 9110 section 9.3.5). */
static bool shows_deleted(const struct vb_route *route,
                          const struct vb_operation *op)
{
    const struct vb_described_response *r = vb_response_find(op, 200);

    if (route->archetype != VB_ARCHETYPE_DOCUMENT || !route->state ||
        !route->state->json || !r || r->status == 0)
        return false;
    for (size_t i = 0; i < r->media_count; i++) {
        if (r->media[i].kind == VB_MEDIA_JSON)
            return true;
    }
    return false;
}

/* With Prefer: return (RFC 7240 section 4.2), where that is declared too. */
static void set_preferred(struct vb_success *s, const struct vb_operation *op)
{
    int usual = s->done ? s->done : s->created;

    s->minimal = s->full = usual;
    if (usual == 201 || vb_method_is_safe(op->method))
        return; /* 201 has content or not */
    s->minimal = first_declared(op, done_silently, usual);
    s->full = first_declared(op, done_full, usual);
}

static struct vb_success success_of(const struct vb_route *route,
                                    const struct vb_operation *op)
{
    struct vb_success s = {.async = may_be_put_off(route, op)};

    switch (op->method) {
    case VB_METHOD_PUT:
    case VB_METHOD_PATCH:
        /* A new resource is 201 whatever is declared (9110-9.3.4-01). */
        s.created = op->creates ? 201 : 0;
        s.done = first_declared(op, done_by_write, 204);
        break;
    case VB_METHOD_DELETE:
        s.done = first_declared(
            op, shows_deleted(route, op) ? done_by_delete : done_silently, 204);
        break;
    case VB_METHOD_POST:
        if (route->archetype == VB_ARCHETYPE_COLLECTION)
            s.created = first_declared(op, created_by_post, 201);
        else if (route->archetype == VB_ARCHETYPE_TOKEN)
            s.created = 201;
        else if (route->archetype == VB_ARCHETYPE_SESSION)
            s.created = first_declared(op, created_by_login, 201);
        else if (does(route, VB_ACTION_MOVE))
            s.created = 201;
        else if (route->action && !does(route, VB_ACTION_MERGE))
            s.done = first_declared(op, done_by_others, 200);
        else
            s.done = first_declared(op, done_by_controller, 200);
        break;
    default:
        s.done = 200;
        break;
    }
    s.always_async = s.async && first_declared(op, done_by_others, 0) == 0;
    set_preferred(&s, op);
    if (op->method == VB_METHOD_DELETE && !shows_deleted(route, op))
        s.full = s.done;
    return s;
}

/* 422 unless only 400 is declared (product rule; RFC 9110 section 15.5.21). */
static int invalid_of(const struct vb_operation *op)
{
    return declares(op, 422) || !declares(op, 400) ? 422 : 400;
}

/* PUT names a new document where nobody else names documents; for members of
 * a collection it must be declared. PATCH must always be (RFC 5789, 2). */
static bool creates(const struct vb_route *route, const struct vb_operation *op)
{
    if (route->archetype != VB_ARCHETYPE_DOCUMENT)
        return false;
    if (op->method == VB_METHOD_PUT)
        return route->membership != VB_MEMBER_OF_COLLECTION ||
               declares(op, 201);
    return op->method == VB_METHOD_PATCH && declares(op, 201);
}

/* --- all together -------------------------------------------------------- */

/* Is something else described where jobs would be? */
static bool jobs_are_taken(const struct vb__reader *r)
{
    const struct vb_span name = vb_span_from(VB_SPAN(VB_JOBS_BASE), 1);

    for (size_t i = 0; i < r->route_count; i++) {
        const struct vb_template *t = &r->routes[i].template;

        if (t->segment_count > 0 && t->segments[0].kind == VB_SEGMENT_LITERAL &&
            vb_span_eq(t->segments[0].text, name))
            return true;
    }
    return false;
}

/* There is one, at a path of its own. */
static const char *why_no_graph(const struct vb__reader *r,
                                const struct vb_route *route)
{
    const struct vb_route *first = r->into->public.graph;

    if (vb_template_variables(&route->template) > 0)
        return "GraphQL is asked at one path, which has no variables";
    return first && first != route ? "another path has the archetype graphql"
                                   : NULL;
}

/* Whose tokens they would be. */
static const char *why_no_tokens(const struct vb__reader *r,
                                 const struct vb_operation *op)
{
    if (!r->into->public.accounts)
        return "tokens are an account's, and nobody has one "
               "(x-verbatim.accounts)";
    if (!op->security || op->security->optional)
        return "tokens are an account's: security must say how one is known";
    return NULL;
}

/* Which of the media types declared are taken. */
static void amend(struct vb__reader *r, const struct vb_route *route,
                  struct vb_operation *op)
{
    if (op->method == VB_METHOD_PATCH)
        amend_patch(r, op);
    else if (op->method == VB_METHOD_QUERY &&
             vb_archetype_lists(route->archetype))
        amend_said(op, 2, "a query is JSON or a form");
    else if (op->method == VB_METHOD_POST && does(route, VB_ACTION_MOVE))
        amend_said(op, 1, "where it is moved to is said in JSON");
    else if (op->method == VB_METHOD_POST &&
             route->archetype == VB_ARCHETYPE_TOKEN)
        amend_said(op, 1, "what a token is for is said in JSON");
    else if (op->method == VB_METHOD_POST &&
             route->archetype == VB_ARCHETYPE_SESSION)
        amend_said(op, 2, "who logs in says so in JSON or a form");
    else if (route->archetype == VB_ARCHETYPE_GRAPHQL)
        amend_graphql(op);
    else if (route->archetype == VB_ARCHETYPE_GATEWAY)
        amend_gateway(op);
    else
        amend_others(route, op);
}

static void serve_operation(struct vb__reader *r, const struct vb_route *route,
                            struct vb_operation *op)
{
    const char *why = why_not_method(route, op->method);

    if (!why && may_be_put_off(route, op) && jobs_are_taken(r))
        why = "202 makes a job below " VB_JOBS_BASE
              ", where something else is described";
    if (!why && route->archetype == VB_ARCHETYPE_TOKEN &&
        op->method != VB_METHOD_OPTIONS)
        why = why_no_tokens(r, op);
    if (!why)
        why = vb__session_why_not(r, route, op);
    if (!why && route->archetype == VB_ARCHETYPE_GRAPHQL)
        why = why_no_graph(r, route);
    if (!why && only_puts_off(route, op))
        why =
            does(route, VB_ACTION_PLUGIN)
                ? "a plugin answers at once; 202 is for what runs as a program "
                  "(x-verbatim.do.run)"
                : "another server answers at once; 202 is for what runs as a "
                  "program (x-verbatim.do.run)";

    amend(r, route, op);
    if (route->why_not.len > 0)
        op->why_not = route->why_not;
    else if (route->archetype == VB_ARCHETYPE_ACCOUNT)
        op->why_not = vb_arena_printf(r->arena, "%s" NOT_YET,
                                      vb_archetype_name(route->archetype));
    else if (why)
        op->why_not = vb_span_str(why);
    else
        op->why_not = why_not_content(r, route, op);
    if (op->why_not.len == 0 && op->security)
        op->why_not = op->security->why_not;
    op->served = op->why_not.len == 0;
    if (op->served && route->archetype == VB_ARCHETYPE_GRAPHQL)
        r->into->public.graph = route;
    /* Where it leads elsewhere, they are looked at there. */
    op->demands &= route->archetype != VB_ARCHETYPE_REDIRECT;
    op->creates = creates(route, op);
    op->success = success_of(route, op);
    r->into->public.has_jobs |= op->served && op->success.async;
    op->invalid = invalid_of(op);
}

static void serve_route(struct vb__reader *r, struct vb_route *route)
{
    for (size_t i = 0; i < route->operation_count; i++) {
        struct vb_operation *op = (struct vb_operation *)&route->operations[i];

        serve_operation(r, route, op);
        route->served |= op->served;
    }
    route->served |= route->from != NULL || route->redirect != NULL ||
                     (route->gateway != NULL && route->operation_count == 0 &&
                      route->why_not.len == 0);
    if (route->served || route->why_not.len > 0)
        return;
    route->why_not = route->operation_count > 0
                         ? route->operations[0].why_not
                         : VB_SPAN("no operation is declared");
}

void vb__service(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        serve_route(r, &r->routes[i]);
}
