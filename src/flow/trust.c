/* Who may write without credentials. See trust.h. */
#include "flow/trust.h"

#include "exchange/identity.h"
#include "flow/cors.h"
#include "flow/reply.h"
#include "flow/resource.h"
#include "http/origin.h"

/* Bytes of a client's text that are told back. */
#define SHOWN_MOST 200

const struct vb_trust *vb__trust_of(const struct vb_exchange *x)
{
    static const struct vb_trust usual;

    return x->site->trust != NULL ? x->site->trust : &usual;
}

static bool refuse(struct vb_exchange *x, struct vb_span detail)
{
    vb_reply_detail(x, detail);
    return false;
}

/* --- Pages of other origins ------------------------------------------------
 */

/* Does the origin name the host and port that the request is for? Its scheme
 * counts for the default port only: behind a gateway that ends TLS, ours is
 * another one. */
static bool is_own(const struct vb_exchange *x, struct vb_span origin)
{
    struct vb_authority own;
    struct vb_origin its;

    return vb_origin_parse(origin, &its) &&
           (vb_span_ieq(its.scheme, VB_SPAN("https")) ||
            vb_span_ieq(its.scheme, VB_SPAN("http"))) &&
           vb_authority_parse_host(x->head.authority, &own) &&
           vb_authority_same(&own, &its.authority, its.scheme);
}

/* Was it a page of another origin that sent this? Browsers say so themselves
 * where the connection is trustworthy; `none` is the user (Fetch Metadata). */
static bool is_cross_origin(const struct vb_exchange *x,
                            const struct vb_field *origin)
{
    const struct vb_field *site =
        vb_fields_first(&x->head.fields, VB_FIELD_SEC_FETCH_SITE);

    if (site != NULL)
        return !vb_span_eq(site->value, VB_SPAN("same-origin")) &&
               !vb_span_eq(site->value, VB_SPAN("none"));
    return origin != NULL && !is_own(x, origin->value);
}

static bool refuse_origin(struct vb_exchange *x, const struct vb_field *origin)
{
    struct vb_span shown =
        origin != NULL ? origin->value : VB_SPAN("which it does not name");

    return refuse(
        x, vb_arena_printf(&x->arena,
                           "A page of another origin (%.*s) has sent this; it "
                           "may not write here. The operator can let an origin "
                           "write with --origin, and the description with "
                           "x-verbatim.cors.",
                           VB_FMT(vb_span_head(shown, SHOWN_MOST))));
}

/* A cookie comes along with whatever a browser sends. All browsers say of an
 * unsafe request where it is from, so who says nothing is no page of ours. */
static bool hides_origin(const struct vb_exchange *x,
                         const struct vb_field *origin)
{
    return x->identity != NULL && x->identity->session.len > 0 &&
           !x->identity->deliberate && origin == NULL &&
           vb_fields_first(&x->head.fields, VB_FIELD_SEC_FETCH_SITE) == NULL;
}

bool vb__trusts_origin(struct vb_exchange *x)
{
    const struct vb_field *origin =
        vb_fields_first(&x->head.fields, VB_FIELD_ORIGIN);

    if (hides_origin(x, origin))
        return refuse(x, VB_SPAN("With a session's cookie, a request that "
                                 "changes something must say which page sent "
                                 "it, as browsers do: its Origin is missing."));
    if (!is_cross_origin(x, origin) ||
        (x->identity != NULL && x->identity->deliberate) ||
        (origin != NULL && vb__cors_lists(x, origin->value)))
        return true;
    return refuse_origin(x, origin);
}

/* --- Hosts ------------------------------------------------------------------
 */

bool vb_trust_host_valid(struct vb_span text)
{
    struct vb_authority host;

    return vb_authority_parse_host(text, &host) && host.kind == VB_HOST_NAME &&
           host.host.len == text.len;
}

/* No DNS can make these another machine's (RFC 6761 section 6.3). */
static bool is_localhost(struct vb_span name)
{
    const struct vb_span localhost = VB_SPAN("localhost");
    size_t above;

    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    if (name.len < localhost.len)
        return false;
    above = name.len - localhost.len;
    return vb_span_ieq(vb_span_from(name, above), localhost) &&
           (above == 0 || name.ptr[above - 1] == '.');
}

static bool is_own_host(const struct vb_exchange *x,
                        const struct vb_trust *trust)
{
    struct vb_authority host;

    if (!vb_authority_parse_host(x->head.authority, &host))
        return false;
    /* Every browser names a host; who names none is none. */
    if (host.kind != VB_HOST_NAME || is_localhost(host.host))
        return true;
    for (size_t i = 0; i < trust->host_count; i++)
        if (vb_span_ieq(host.host, trust->hosts[i]))
            return true;
    return false;
}

static bool refuse_host(struct vb_exchange *x)
{
    return refuse(
        x,
        vb_arena_printf(
            &x->arena,
            "This server does not know itself as %.*s: whoever made that name "
            "lead here is not trusted to write. The operator can give the "
            "server's names with --server-name.",
            VB_FMT(vb_span_head(x->head.authority, SHOWN_MOST))));
}

bool vb__trusts_client(struct vb_exchange *x)
{
    const struct vb_trust *trust = vb__trust_of(x);
    bool loopback = x->peer != NULL && x->peer->loopback;

    if (!trust->open && !loopback)
        return refuse(x, VB_SPAN("Without credentials, only clients on the "
                                 "server's own machine may write here."));
    if (trust->open && trust->host_count == 0)
        return true;
    /* DNS leads nobody to a Unix socket. */
    if ((loopback && x->peer->local) || is_own_host(x, trust))
        return true;
    return refuse_host(x);
}

/* --- Connections ------------------------------------------------------------
 */

bool vb_is_protected(const struct vb_exchange *x)
{
    return x->peer == NULL || x->peer->secure ||
           vb__trust_of(x)->plain_credentials;
}

bool vb_trusts_connection(const struct vb_exchange *x)
{
    return vb_is_protected(x) || x->peer->loopback;
}
