/* Completing the reply, once its status is known. See reply.h. */
#include "flow/reply.h"

#include "base/assert.h"
#include "content/coding.h"
#include "flow/cors.h"
#include "flow/digests.h"
#include "flow/explain.h"
#include "flow/partial.h"
#include "flow/secret.h"
#include "http/field.h"
#include "http/method.h"
#include "http/status.h"

/* Seconds after which a client may try again. */
#define RETRY_AFTER "1"
/* What some resource of a server may have. */
#define SERVER_METHODS "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, QUERY"

void vb_reply_field(struct vb_exchange *x, enum vb_field_id id,
                    struct vb_span value)
{
    if (value.len > 0)
        vb_reply_add(x, vb_field_name(id), value);
}

void vb_reply_current(struct vb_exchange *x, struct vb_rep *rep)
{
    vb_rep_unref(x->current);
    x->current = rep;
}

static bool is_personal(const struct vb_exchange *x)
{
    return x->personal ||
           (x->resource != NULL &&
            vb_method_set_has(x->resource->personal, x->head.method));
}

struct vb_span vb_reply_caching(const struct vb_exchange *x)
{
    return is_personal(x) ? VB_SPAN("private, no-cache") : VB_SPAN("no-cache");
}

struct vb_prefer vb_reply_prefer(const struct vb_exchange *x)
{
    struct vb_lines lines;

    if (vb_fields_first(&x->head.fields, VB_FIELD_PREFER) == NULL)
        return (struct vb_prefer){.has_wait = false};
    vb_fields_lines(&x->head.fields, VB_FIELD_PREFER, &lines);
    return vb_prefer_parse(lines.at, lines.count);
}

void vb_reply_applied(struct vb_exchange *x, const char *preference)
{
    vb_reply_field(x, VB_FIELD_PREFERENCE_APPLIED, vb_span_str(preference));
}

bool vb_reply_wants_content(struct vb_exchange *x, bool usual, bool may_have,
                            bool may_lack)
{
    struct vb_prefer prefer = vb_reply_prefer(x);

    if (prefer.returns == VB_PREFER_RETURN_REPRESENTATION && may_have) {
        vb_reply_applied(x, "return=representation");
        return true;
    }
    if (prefer.returns == VB_PREFER_RETURN_MINIMAL && may_lack) {
        vb_reply_applied(x, "return=minimal");
        return false;
    }
    return usual;
}

/* --- What goes with which status ----------------------------------------- */

static void say_location(struct vb_exchange *x)
{
    vb_reply_field(x, VB_FIELD_LOCATION, x->outcome.location);
}

static void say_see_other(struct vb_exchange *x)
{
    vb_reply_field(x, VB_FIELD_LOCATION, x->outcome.see_other);
}

/* The methods of the resource (RFC 9110 section 10.2.1), as they are told. */
static struct vb_span say_allow(struct vb_exchange *x)
{
    struct vb_span allow = x->resource->allow_text;

    if (x->site != NULL && x->site->trace)
        allow = vb_arena_printf(&x->arena, "%.*s, TRACE", VB_FMT(allow));
    vb_reply_field(x, VB_FIELD_ALLOW, allow);
    return allow;
}

static void say_not_allowed(struct vb_exchange *x)
{
    struct vb_span allow = say_allow(x);

    vb_reply_detail(x, vb_arena_printf(&x->arena,
                                       "The methods of this resource are "
                                       "%.*s.",
                                       VB_FMT(allow)));
}

static void say_retry(struct vb_exchange *x)
{
    struct vb_span seconds = VB_SPAN(RETRY_AFTER);

    if (x->retry_after_s > 0)
        seconds = vb_arena_printf(&x->arena, "%u", (unsigned)x->retry_after_s);
    vb_reply_field(x, VB_FIELD_RETRY_AFTER, seconds);
}

/* What would have been taken instead: the field for this method (RFC 9110
 * sections 12.5.1 and 15.5.16, RFC 5789 section 3.1). Accept-Encoding only
 * where the coding was the reason (section 12.5.3). */
static void say_accept(struct vb_exchange *x)
{
    struct vb_span accept = vb_resource_accept(x->resource, x->head.method);

    if (x->coding_refused) {
        vb_reply_field(x, VB_FIELD_ACCEPT_ENCODING, vb_coding_list());
        return;
    }
    if (x->head.method == VB_METHOD_PATCH)
        vb_reply_field(x, VB_FIELD_ACCEPT_PATCH, accept);
    else if (x->head.method == VB_METHOD_POST)
        vb_reply_field(x, VB_FIELD_ACCEPT_POST, accept);
    else if (x->head.method == VB_METHOD_QUERY)
        vb_reply_field(x, VB_FIELD_ACCEPT_QUERY, accept);
    if (x->head.method != VB_METHOD_QUERY)
        vb_reply_field(x, VB_FIELD_ACCEPT, accept);
}

/* OPTIONS (RFC 9110 section 9.3.7): of the server, or of one resource. */
static void say_options(struct vb_exchange *x)
{
    const struct vb_resource *resource = x->resource;

    vb_reply_field(x, VB_FIELD_LINK, x->site->service_desc);
    if (resource == NULL) {
        vb_reply_field(x, VB_FIELD_ALLOW,
                       x->site->trace ? VB_SPAN(SERVER_METHODS ", TRACE")
                                      : VB_SPAN(SERVER_METHODS));
        return;
    }
    say_allow(x);
    vb_reply_field(x, VB_FIELD_ACCEPT_PATCH, resource->accept_patch);
    vb_reply_field(x, VB_FIELD_ACCEPT_POST, resource->accept_post);
    vb_reply_field(x, VB_FIELD_ACCEPT_QUERY, resource->accept_query);
    if (resource->slots[VB_METHOD_GET] != NULL)
        vb_reply_field(x, VB_FIELD_ACCEPT_RANGES, VB_SPAN("bytes"));
    if (resource->describe != NULL)
        resource->describe(x);
}

static void say_no_content(struct vb_exchange *x)
{
    if (x->head.method == VB_METHOD_OPTIONS)
        say_options(x);
}

/* The representation's fields without its content (RFC 9110 15.4.5). */
static void say_not_modified(struct vb_exchange *x)
{
    vb_assert(x->current != NULL);
    x->reply.rep = vb_rep_ref(x->current);
    x->reply.rep_head = VB_HEAD_304;
}

void vb__reply_hint(struct vb_exchange *x)
{
    struct vb_field_out link = {VB_SPAN("Link"), x->resource->hints};

    if (link.value.len == 0 || x->hinted || !x->head.interim_ok ||
        x->head.method != VB_METHOD_GET ||
        vb_fields_first(&x->head.fields, VB_FIELD_SEC_FETCH_MODE) == NULL)
        return;
    x->hinted = true;
    x->carrier->interim(x, VB_STATUS_EARLY_HINTS, &link, 1);
}

/* What was hinted at holds for the final reply as well (RFC 8297 section 2). */
static void say_hints(struct vb_exchange *x)
{
    if (x->resource->hints.len > 0 && vb_method_is_safe(x->head.method))
        vb_reply_field(x, VB_FIELD_LINK, x->resource->hints);
}

static bool is_stream(const struct vb_exchange *x)
{
    return x->offer >= 0 && x->resource->offers[x->offer].is_stream &&
           x->current == NULL;
}

/* It has no representation, and no length; nobody keeps it. */
static void say_stream(struct vb_exchange *x)
{
    vb_assert(x->reply.source != NULL);
    vb_reply_field(x, VB_FIELD_CONTENT_TYPE,
                   x->resource->offers[x->offer].media_type);
    vb_reply_field(x, VB_FIELD_CACHE_CONTROL, VB_SPAN("no-store"));
    vb_reply_field(x, VB_FIELD_VARY, VB_SPAN("Accept"));
    if (!vb_exchange_is_head(x))
        x->reply.content = VB_CONTENT_SOURCE;
}

static void say_content(struct vb_exchange *x)
{
    say_hints(x);
    if (is_stream(x)) {
        say_stream(x);
        return;
    }
    if (x->reply.content != VB_CONTENT_NONE || x->current == NULL)
        return; /* prepared already, or nothing to say */
    x->reply.rep = vb_rep_ref(x->current);
    x->reply.rep_head = VB_HEAD_FULL;
    x->reply.content = VB_CONTENT_REP;
    if (x->current->streamed && !vb_exchange_is_head(x))
        vb__reply_whole_stream(x);
}

static void say_created(struct vb_exchange *x)
{
    say_location(x);
    say_content(x);
}

static void say_not_acceptable(struct vb_exchange *x)
{
    struct vb_buf list;

    if (x->resource->offer_count == 0)
        return; /* only `exists` knew what is there, and has told it */
    vb_buf_init(&list, 4096);
    vb_buf_str(&list, "There are representations of these media types:");
    for (size_t i = 0; i < vb_resource_offers(x); i++) {
        vb_buf_str(&list, i == 0 ? " " : ", ");
        vb_buf_append(&list, x->resource->offers[i].media_type);
    }
    vb_reply_detail(x, vb_arena_dup(&x->arena, vb_buf_span(&list)));
    vb_buf_done(&list);
}

/* Sorted by nothing: there are few, and a hot reply is found first. */
static const struct {
    uint16_t status;
    void (*say)(struct vb_exchange *x);
} sayings[] = {
    {VB_STATUS_OK, say_content},
    {VB_STATUS_NOT_MODIFIED, say_not_modified},
    {VB_STATUS_NO_CONTENT, say_no_content},
    {VB_STATUS_PARTIAL_CONTENT, vb__reply_partial},
    {VB_STATUS_CREATED, say_created},
    {VB_STATUS_ACCEPTED, say_created},
    {VB_STATUS_MOVED_PERMANENTLY, say_location},
    {VB_STATUS_SEE_OTHER, say_see_other},
    {VB_STATUS_TEMPORARY_REDIRECT, say_location},
    {VB_STATUS_PERMANENT_REDIRECT, say_location},
    {VB_STATUS_METHOD_NOT_ALLOWED, say_not_allowed},
    {VB_STATUS_NOT_ACCEPTABLE, say_not_acceptable},
    {VB_STATUS_UNSUPPORTED_MEDIA_TYPE, say_accept},
    {VB_STATUS_RANGE_NOT_SATISFIABLE, vb__reply_unsatisfiable},
    {VB_STATUS_TOO_MANY_REQUESTS, say_retry},
    {VB_STATUS_SERVICE_UNAVAILABLE, say_retry},
};

static void say(struct vb_exchange *x, unsigned status)
{
    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
        if (sayings[i].status == status) {
            sayings[i].say(x);
            break;
        }
    }
}

/* --- What depends on who asks --------------------------------------------- */

static bool has_field(const struct vb_field_out *fields, size_t count,
                      struct vb_span name)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_ieq(fields[i].name, name))
            return true;
    return false;
}

/* Unless it has been said, or the representation says it itself. */
static void say_once(struct vb_exchange *x, enum vb_field_id id,
                     struct vb_span value)
{
    const struct vb_reply *reply = &x->reply;
    const struct vb_rep *rep =
        reply->rep_head == VB_HEAD_NONE ? NULL : reply->rep;
    struct vb_span name = vb_field_name(id);

    if (!has_field(reply->fields, reply->field_count, name) &&
        (rep == NULL || !has_field(rep->fields, rep->field_count, name)))
        vb_reply_field(x, id, value);
}

/*
 * What a browser gets since it sends cookies, or is on the right machine, is
 * for pages of its own origin: no other may have it as an image or a script,
 * where CORS is not asked (Fetch, "cross-origin resource policy check"). Where
 * a policy of CORS lets others in, it is for them to embed, too. And nothing is
 * taken for more than its type says.
 */
static void say_personal(struct vb_exchange *x)
{
    say_once(x, VB_FIELD_CACHE_CONTROL, vb_reply_caching(x));
    say_once(x, VB_FIELD_X_CONTENT_TYPE_OPTIONS, VB_SPAN("nosniff"));
    if (!vb__cors_opens(x))
        say_once(x, VB_FIELD_CROSS_ORIGIN_RESOURCE_POLICY,
                 VB_SPAN("same-origin"));
}

/* What goes with each reply where TLS is spoken. */
static void say_secure(struct vb_exchange *x)
{
    const struct vb_site *site = x->site;

    vb_assert(site != NULL);
    say_once(x, VB_FIELD_STRICT_TRANSPORT_SECURITY, site->hsts);
    for (size_t i = 0; i < site->alternative_count; i++)
        if (site->alternatives[i].port == x->peer->h3_port)
            vb_reply_field(x, VB_FIELD_ALT_SVC,
                           vb_span_str(site->alternatives[i].alt_svc));
}

/* What another server has said is not ours to change, but for what is said of
 * the connection. */
static void pass_on(struct vb_exchange *x)
{
    if (x->env->explainer != NULL)
        vb__explain_reply(x);
    if (x->peer != NULL && x->peer->secure && x->outer == NULL)
        say_secure(x);
    x->carrier->reply(x);
}

/* It is complete but for what follows from its status. */
static void send(struct vb_exchange *x)
{
    struct vb_reply *reply = &x->reply;
    unsigned status = reply->status;

    if (x->abandoned) {
        vb_exchange_release(x);
        return;
    }
    reply->head_only = vb_exchange_is_head(x);
    if (reply->foreign) {
        pass_on(x);
        return;
    }
    say(x, status);
    if (reply->status != status) /* it could not be said, and 503 is left */
        say(x, reply->status);
    if (reply->status >= 400)
        vb__reply_problem(x);
    if (is_personal(x))
        say_personal(x);
    if (vb_fields_first(&x->head.fields, VB_FIELD_WANT_CONTENT_DIGEST) ||
        vb_fields_first(&x->head.fields, VB_FIELD_WANT_REPR_DIGEST))
        vb__reply_digests(x);
    vb__secret_hide(x);
    if (x->env->explainer != NULL)
        vb__explain_reply(x);
    /* What a browser or a connection is told is told by the outer one. */
    if (x->site != NULL && x->outer == NULL)
        vb__reply_cors(x);
    if (x->peer != NULL && x->peer->secure && x->outer == NULL)
        say_secure(x);
    x->carrier->reply(x);
}

void vb__reply_finish(struct vb_exchange *x, unsigned status)
{
    vb_assert((status >= 200 && status <= 599) || x->reply.switched);
    x->reply.status = (uint16_t)status;
    if (x->once == NULL || x->once->settled(x, status))
        send(x);
    else
        x->walk.waiting = true;
}

void vb_reply_settled(struct vb_exchange *x)
{
    vb_assert(x->walk.waiting && x->walk.finished);
    x->walk.waiting = false;
    send(x);
}

/* --- TRACE -----------------------------------------------------------------
 */

static void trace_field(struct vb_buf *text, struct vb_span name,
                        struct vb_span value)
{
    vb_buf_append(text, name);
    vb_buf_str(text, ": ");
    vb_buf_append(text, value);
    vb_buf_str(text, "\r\n");
}

/* What came, as HTTP/1.1 says it: the other versions have :authority for Host
 * (RFC 9113 section 8.3.1). */
void vb__reply_trace(struct vb_exchange *x)
{
    const struct vb_head *head = &x->head;
    bool has_host = false;
    struct vb_buf text;

    vb__secret_hide(x);
    vb_buf_init(&text, 256 * 1024);
    vb_buf_append(&text, head->method_text);
    vb_buf_char(&text, ' ');
    vb_buf_append(&text, head->target);
    vb_buf_str(&text, " HTTP/1.1\r\n");
    for (unsigned i = 0; i < head->fields.count; i++) {
        const struct vb_field *field = &head->fields.at[i];

        has_host = has_host || field->id == VB_FIELD_HOST;
        if (vb__secret_field(x, field))
            continue;
        trace_field(&text, field->name, field->value);
    }
    if (!has_host && head->authority.len > 0)
        trace_field(&text, VB_SPAN("Host"), head->authority);
    vb_buf_str(&text, "\r\n");
    x->reply.bytes = vb_arena_dup(&x->arena, vb_buf_span(&text));
    x->reply.content = VB_CONTENT_BYTES;
    vb_reply_field(x, VB_FIELD_CONTENT_TYPE, VB_SPAN("message/http"));
    vb_buf_done(&text);
}
