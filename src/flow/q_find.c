/* Whose request is it? Rows `find` of flow.tbl. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/authority.h"
#include "http/method.h"

enum vb_answer vb__q_routed(struct vb_exchange *x)
{
    if (x->site->route(x->site, x))
        return VB_YES;
    vb_reply_detail(x, vb_arena_printf(&x->arena,
                                       "There is no resource at %.*s here.",
                                       VB_FMT(x->head.path)));
    return VB_NO;
}

/* The same URI, but for its scheme and port (RFC 6797 section 8.3); "" where
 * the client names no host. */
static struct vb_span secured_uri(struct vb_exchange *x)
{
    const struct vb_head *head = &x->head;
    unsigned port = x->site->https_port;
    struct vb_authority host;
    struct vb_buf buf;
    struct vb_span uri;

    if (!vb_authority_parse_host(head->authority, &host) || host.host.len == 0)
        return VB_SPAN("");
    vb_buf_init(&buf, 1024 * 1024);
    vb_buf_printf(&buf, "https://%.*s", VB_FMT(host.host));
    if (port != (unsigned)vb_scheme_port(VB_SPAN("https")))
        vb_buf_printf(&buf, ":%u", port);
    vb_buf_append(&buf, head->path);
    if (head->has_query)
        vb_buf_printf(&buf, "?%.*s", VB_FMT(head->query));
    uri = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return uri;
}

/* Only over a network: what a Unix socket leads to is a gateway of our own. */
static bool is_to_be_secured(const struct vb_exchange *x)
{
    return x->peer != NULL && !x->peer->secure && !x->peer->local;
}

static __attribute__((noinline)) enum vb_answer
send_to_https(struct vb_exchange *x)
{
    x->outcome.location = secured_uri(x);
    x->reply.status = (uint16_t)vb_moved_status(x);
    if (x->outcome.location.len > 0)
        return VB_NO;
    x->reply.status = VB_STATUS_MISDIRECTED_REQUEST;
    vb_reply_detail(x, VB_SPAN("This is answered only over HTTPS."));
    return VB_NO;
}

enum vb_answer vb__q_canonical(struct vb_exchange *x)
{
    if (x->site->https_port != 0 && is_to_be_secured(x))
        return send_to_https(x);
    if (x->canonical.len == 0)
        return VB_YES;
    x->outcome.location = x->canonical;
    x->reply.status = (uint16_t)vb_moved_status(x);
    return VB_NO;
}

/* Without slots, whatever a gateway is asked for goes on. */
static bool takes_any(const struct vb_resource *resource)
{
    return resource->forwarding != NULL && resource->any_method;
}

enum vb_answer vb__q_allowed(struct vb_exchange *x)
{
    x->reply.status = x->head.method == VB_METHOD_UNKNOWN
                          ? VB_STATUS_NOT_IMPLEMENTED
                          : VB_STATUS_METHOD_NOT_ALLOWED;
    if (x->head.method == VB_METHOD_TRACE)
        return x->site->trace ? VB_YES : VB_NO;
    return takes_any(x->resource) ||
                   vb_method_set_has(x->resource->allow, x->head.method)
               ? VB_YES
               : VB_NO;
}

/* TRACE is answered by who is the last to see it (RFC 9110 section 9.3.8). */
static bool goes_further(const struct vb_exchange *x)
{
    return x->resource->forwarding != NULL && !vb__is_last_hop(x);
}

/* A TRACE request has no content (RFC 9110 section 9.3.8). */
enum vb_answer vb__q_looped(struct vb_exchange *x)
{
    if (x->head.method != VB_METHOD_TRACE)
        return VB_NO;
    if (goes_further(x) && !x->head.has_content)
        return VB_NO;
    if (x->head.has_content) {
        x->reply.status = VB_STATUS_BAD_REQUEST;
        vb_reply_detail(x, VB_SPAN("A TRACE request has no content."));
        return VB_YES;
    }
    x->reply.status = VB_STATUS_OK;
    vb__reply_trace(x);
    return VB_YES;
}
