/* Which pages may see the answer. See cors.h. */
#include "flow/cors.h"

#include "flow/reply.h"
#include "flow/resource.h"
#include "http/cors.h"
#include "http/field.h"
#include "http/origin.h"

/* What a client of ours sends beyond what browsers let any page send: the
 * fields that change what a request means. */
#define USUAL_HEADERS                                                          \
    "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, " \
    "If-Modified-Since, If-Unmodified-Since, If-Range, Range, Prefer, "        \
    "Idempotency-Key, Content-Digest, Repr-Digest, Want-Content-Digest, "      \
    "Want-Repr-Digest"
/* What it reads of a reply, and would not be shown otherwise. */
#define USUAL_EXPOSED                                                          \
    "ETag, Location, Link, Content-Location, Content-Range, Accept-Ranges, "   \
    "Allow, Accept-Patch, Accept-Post, Accept-Query, Preference-Applied, "     \
    "Total-Count, Retry-After, WWW-Authenticate, Content-Digest, Repr-Digest"
/* Seconds: browsers keep it no longer than two hours. */
#define USUAL_MAX_AGE "7200"

/* NULL: nobody's pages may do anything. */
static const struct vb_cors *policy_of(const struct vb_exchange *x)
{
    static const struct vb_cors nobody;

    if (x->resource != NULL && x->resource->cors != NULL)
        return x->resource->cors;
    if (x->site->cors != NULL)
        return x->site->cors;
    return vb__trust_of(x)->origin_count > 0 ? &nobody : NULL;
}

static bool is_trusted(const struct vb_exchange *x, struct vb_span origin)
{
    const struct vb_trust *trust = vb__trust_of(x);

    return vb_origin_listed(origin, trust->origins, trust->origin_count);
}

static bool is_described(const struct vb_cors *policy, struct vb_span origin)
{
    return vb_origin_listed(origin, policy->origins, policy->origin_count);
}

bool vb__cors_lists(const struct vb_exchange *x, struct vb_span origin)
{
    const struct vb_cors *policy = policy_of(x);

    return policy != NULL &&
           (is_described(policy, origin) || is_trusted(x, origin));
}

bool vb__cors_opens(const struct vb_exchange *x)
{
    return policy_of(x) != NULL;
}

/* May they with what a browser sends by itself: cookies, certificates, and
 * passwords that it remembers? */
static bool lists_with_credentials(const struct vb_exchange *x,
                                   struct vb_span origin)
{
    const struct vb_cors *policy = policy_of(x);

    return policy != NULL &&
           ((policy->credentials && is_described(policy, origin)) ||
            is_trusted(x, origin));
}

/* The usual names, and those of the policy. */
static void add_list(struct vb_exchange *x, enum vb_field_id id,
                     struct vb_span usual, struct vb_span more)
{
    if (more.len > 0)
        usual = vb_arena_printf(&x->arena, "%.*s, %.*s", VB_FMT(usual),
                                VB_FMT(more));
    vb_reply_field(x, id, usual);
}

static bool is_preflight(const struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_OPTIONS && x->resource != NULL &&
           vb_fields_first(&x->head.fields,
                           VB_FIELD_ACCESS_CONTROL_REQUEST_METHOD) != NULL;
}

static void say_preflight(struct vb_exchange *x, const struct vb_cors *policy)
{
    vb_reply_field(x, VB_FIELD_ACCESS_CONTROL_ALLOW_METHODS,
                   x->resource->allow_text);
    add_list(x, VB_FIELD_ACCESS_CONTROL_ALLOW_HEADERS, VB_SPAN(USUAL_HEADERS),
             policy->headers);
    vb_reply_field(x, VB_FIELD_ACCESS_CONTROL_MAX_AGE,
                   policy->max_age.len > 0 ? policy->max_age
                                           : VB_SPAN(USUAL_MAX_AGE));
}

/* What an origin gets: its own name back where it is listed, or "*". */
static void say_allowed(struct vb_exchange *x, const struct vb_cors *policy,
                        struct vb_span allowed, bool credentials)
{
    vb_reply_field(x, VB_FIELD_ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if (credentials)
        vb_reply_field(x, VB_FIELD_ACCESS_CONTROL_ALLOW_CREDENTIALS,
                       VB_SPAN("true"));
    if (is_preflight(x))
        say_preflight(x, policy);
    else
        add_list(x, VB_FIELD_ACCESS_CONTROL_EXPOSE_HEADERS,
                 VB_SPAN(USUAL_EXPOSED), policy->expose);
}

void vb__reply_cors(struct vb_exchange *x)
{
    const struct vb_cors *policy = policy_of(x);
    const struct vb_field *origin;
    bool same_for_all;

    if (policy == NULL)
        return;
    origin = vb_fields_first(&x->head.fields, VB_FIELD_ORIGIN);
    same_for_all = policy->any && policy->origin_count == 0 &&
                   vb__trust_of(x)->origin_count == 0;
    if (!same_for_all)
        vb_reply_field(x, VB_FIELD_VARY, VB_SPAN("Origin"));
    if (origin != NULL && vb__cors_lists(x, origin->value))
        say_allowed(x, policy, origin->value,
                    lists_with_credentials(x, origin->value));
    else if (policy->any && (origin != NULL || same_for_all))
        say_allowed(x, policy, VB_SPAN("*"), false);
}
