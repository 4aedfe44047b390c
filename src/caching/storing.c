/* What may be stored: see storing.h. */
#include "caching/storing.h"

#include "base/assert.h"
#include "caching/key.h"
#include "caching/vary.h"
#include "http/elements.h"
#include "http/method.h"
#include "http/status.h"

/* What is judged. */
struct matter {
    const struct vb_caching_policy *policy;
    struct vb_arena *arena;
    const struct vb_asked *asked;
    struct vb_span uri;
    const struct vb_received *received;
    const struct vb_storing *storing; /* its ruling and freshness are read */
};

/* VB_CACHING_STORABLE: nothing against it. */
typedef enum vb_caching_reason rule(const struct matter *m);

static bool says(const struct matter *m, enum vb_cc directive)
{
    return vb_cc_has(&m->storing->ruling.cc, directive);
}

static bool has_field(const struct matter *m, enum vb_field_id id)
{
    return vb_fields_first(m->received->fields, id) != NULL;
}

/* RFC 9110 section 9.3.3: a 2xx whose content is what a GET would have. */
static bool stands_for_target(const struct matter *m)
{
    struct vb_span location, uri;

    return vb_status_class(m->received->status) == VB_STATUS_CLASS_SUCCESSFUL &&
           vb_freshness_is_explicit(&m->storing->freshness) &&
           m->storing->freshness.lifetime_s > 0 &&
           vb_fields_single(m->received->fields, VB_FIELD_CONTENT_LOCATION,
                            &location) &&
           vb_caching_uri_beside(m->arena, m->uri, location, &uri) &&
           vb_span_eq(uri, m->uri);
}

static enum vb_caching_reason method_permits(const struct matter *m)
{
    enum vb_method method = m->asked->head->method;

    if (method == VB_METHOD_HEAD)
        return VB_CACHING_HEAD_UPDATES;
    switch (vb_method_info(method)->cacheable) {
    case VB_METHOD_CACHEABLE_YES:
        return VB_CACHING_STORABLE;
    case VB_METHOD_CACHEABLE_EXPLICIT:
        return stands_for_target(m) ? VB_CACHING_STORABLE
                                    : VB_CACHING_POST_NOT_EXPLICIT;
    case VB_METHOD_CACHEABLE_NO:
        break;
    }
    return VB_CACHING_METHOD_UNCACHED;
}

static bool is_personal(unsigned status)
{
    switch (status) {
#define VB_PERSONAL(status) case VB_STATUS_##status:
#include "caching/personal_status.tbl"
#undef VB_PERSONAL
        return true;
    default:
        return false;
    }
}

static bool is_understood(const struct matter *m)
{
    return vb_status_info(m->received->status) != NULL;
}

static enum vb_caching_reason status_permits(const struct matter *m)
{
    unsigned status = m->received->status;

    switch (vb_status_class((int)status)) {
    case VB_STATUS_CLASS_INVALID:
        return VB_CACHING_NOT_UNDERSTOOD;
    case VB_STATUS_CLASS_INFORMATIONAL:
        return VB_CACHING_INTERIM;
    default:
        break;
    }
    if (status == VB_STATUS_NOT_MODIFIED)
        return VB_CACHING_NOT_MODIFIED;
    if (status == VB_STATUS_PARTIAL_CONTENT && !m->policy->partial)
        return VB_CACHING_PART_ONLY;
    if (is_personal(status))
        return VB_CACHING_PERSONAL_STATUS;
    if (says(m, VB_CC_MUST_UNDERSTAND) && !is_understood(m))
        return VB_CACHING_NOT_UNDERSTOOD;
    return VB_CACHING_STORABLE;
}

/* Section 5.2.2.3: must-understand is there for who does not know it to see
 * the no-store beside it. */
static enum vb_caching_reason nobody_says_no_store(const struct matter *m)
{
    if (vb_cc_has(&m->asked->cc, VB_CC_NO_STORE))
        return VB_CACHING_REQUEST_NO_STORE;
    if (says(m, VB_CC_NO_STORE) && !says(m, VB_CC_MUST_UNDERSTAND))
        return VB_CACHING_NO_STORE;
    return VB_CACHING_STORABLE;
}

/* Of what these say the content depends; without them it would be another
 * response. */
static bool is_vital(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_CACHE_CONTROL:
    case VB_FIELD_CONTENT_ENCODING:
    case VB_FIELD_CONTENT_LENGTH:
    case VB_FIELD_CONTENT_LOCATION:
    case VB_FIELD_CONTENT_RANGE:
    case VB_FIELD_CONTENT_SECURITY_POLICY:
    case VB_FIELD_CONTENT_TYPE:
    case VB_FIELD_DATE:
    case VB_FIELD_ETAG:
    case VB_FIELD_EXPIRES:
    case VB_FIELD_LAST_MODIFIED:
    case VB_FIELD_LOCATION:
    case VB_FIELD_VARY:
        return true;
    default:
        return false;
    }
}

static bool names_vital(const struct vb_cc_fields *fields)
{
    struct vb_elements elements;
    struct vb_span name;

    vb_elements_init(&elements, fields->lists, fields->count,
                     VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &name))
        if (is_vital(vb_field_find(name)))
            return true;
    return false;
}

static enum vb_caching_reason is_for_all(const struct matter *m)
{
    const struct vb_cc_fields *fields = &m->storing->ruling.cc.private_;

    if (says(m, VB_CC_PRIVATE) && (fields->count == 0 || names_vital(fields)))
        return VB_CACHING_PRIVATE;
    /* Section 3.5. */
    if (vb_asked_has(m->asked, VB_FIELD_AUTHORIZATION) &&
        !says(m, VB_CC_MUST_REVALIDATE) && !says(m, VB_CC_PUBLIC) &&
        !says(m, VB_CC_S_MAXAGE))
        return VB_CACHING_AUTHORIZATION;
    return VB_CACHING_STORABLE;
}

static enum vb_caching_reason is_selectable(const struct matter *m)
{
    struct vb_vary vary;

    if (!vb_vary_read(m->received->fields, &vary))
        return VB_CACHING_VARY_LIMIT;
    return vary.any ? VB_CACHING_VARY_ANY : VB_CACHING_STORABLE;
}

static bool listed(const struct vb_cc_fields *fields, struct vb_span name)
{
    return vb_elements_have(fields->lists, fields->count, name);
}

bool vb_storing_withholds(const struct vb_storing *storing, struct vb_span name)
{
    return listed(&storing->ruling.cc.private_, name) ||
           listed(&storing->ruling.cc.no_cache, name);
}

/* A cookie is mostly one person's. Section 7.3 leaves it to the origin to say
 * so; origins forget, and the harm is great. */
static enum vb_caching_reason sets_no_cookie(const struct matter *m)
{
    if (has_field(m, VB_FIELD_SET_COOKIE) &&
        !vb_storing_withholds(m->storing, VB_SPAN("Set-Cookie")) &&
        !says(m, VB_CC_PUBLIC) && !says(m, VB_CC_S_MAXAGE))
        return VB_CACHING_SET_COOKIE;
    return VB_CACHING_STORABLE;
}

static enum vb_caching_reason is_permitted(const struct matter *m)
{
    const struct vb_freshness *f = &m->storing->freshness;

    if (vb_freshness_is_explicit(f) || f->source == VB_FRESHNESS_NEGATIVE)
        return VB_CACHING_STORABLE;
    if (m->received->status >= 400)
        return VB_CACHING_NEGATIVE;
    return says(m, VB_CC_PUBLIC) || vb_status_is_heuristic(m->received->status)
               ? VB_CACHING_STORABLE
               : VB_CACHING_NOT_EXPLICIT;
}

/* What is stale when it comes is kept for its validators' sake. */
static enum vb_caching_reason is_useful(const struct matter *m)
{
    const struct vb_freshness *f = &m->storing->freshness;
    bool used_unasked =
        !f->no_cache &&
        (vb_freshness_left_ms(f, m->received->received_ms) > 0 ||
         (!f->never_stale && (f->while_revalidate_s > 0 || f->if_error_s > 0)));

    return used_unasked || has_field(m, VB_FIELD_ETAG) ||
                   has_field(m, VB_FIELD_LAST_MODIFIED)
               ? VB_CACHING_STORABLE
               : VB_CACHING_USELESS;
}

/* The first that objects says why. */
static rule *const rules[] = {
    method_permits, status_permits, nobody_says_no_store, is_for_all,
    is_selectable,  sets_no_cookie, is_permitted,         is_useful,
};

/* no-cache with fields that cannot be spared is meant for all of it. */
static void make_unqualified(struct vb_directives *ruling)
{
    if (names_vital(&ruling->cc.no_cache))
        ruling->cc.no_cache.count = 0;
}

void vb_storing_judge(const struct vb_caching_policy *policy,
                      struct vb_arena *arena, const struct vb_asked *asked,
                      struct vb_span uri, const struct vb_received *received,
                      struct vb_storing *ret_storing)
{
    struct matter m = {policy, arena, asked, uri, received, ret_storing};

    vb_directives_read(policy, arena, received->fields, &ret_storing->ruling);
    make_unqualified(&ret_storing->ruling);
    vb_freshness_read(policy, received, &ret_storing->ruling,
                      &ret_storing->freshness);
    ret_storing->reason = VB_CACHING_STORABLE;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) &&
                       ret_storing->reason == VB_CACHING_STORABLE;
         i++)
        ret_storing->reason = rules[i](&m);
}

static bool is_made_anew(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_AGE:
    case VB_FIELD_CACHE_STATUS:
    case VB_FIELD_CONTENT_LENGTH:
    case VB_FIELD_CONTENT_RANGE: /* what is sent is whole, or a part of it */
    case VB_FIELD_DATE:
    case VB_FIELD_PROXY_AUTHENTICATE: /* section 3.1 */
    case VB_FIELD_PROXY_AUTHENTICATION_INFO:
    case VB_FIELD_PROXY_AUTHORIZATION:
    case VB_FIELD_TRAILER: /* trailers are not kept (section 3.1) */
        return true;
    default:
        return false;
    }
}

bool vb_storing_keeps(const struct vb_storing *storing,
                      const struct vb_fields *fields,
                      const struct vb_field *field)
{
    enum vb_field_id id = (enum vb_field_id)field->id;
    struct vb_lines connection;

    if (is_made_anew(id) || vb_field_is(id, VB_FIELD_IS_HOP))
        return false;
    vb_fields_lines(fields, VB_FIELD_CONNECTION, &connection);
    return !vb_elements_have(connection.at, connection.count, field->name) &&
           !vb_storing_withholds(storing, field->name);
}
