/* Using what is stored: see reuse.h. */
#include "caching/reuse.h"

#include "http/etag.h"
#include "http/precondition.h"
#include "http/status.h"

static struct vb_reuse verdict(enum vb_reuse_act act,
                               enum vb_caching_reason reason)
{
    return (struct vb_reuse){act, reason};
}

static bool asks(const struct vb_asked *asked, enum vb_cc directive)
{
    return vb_cc_has(&asked->cc, directive);
}

bool vb_reuse_possible(const struct vb_asked *asked, struct vb_reuse *ret_reuse)
{
    switch (asked->head->method) {
    case VB_METHOD_GET:
    case VB_METHOD_HEAD:
    case VB_METHOD_QUERY:
        break;
    default:
        *ret_reuse = verdict(VB_REUSE_FORWARD, VB_CACHING_METHOD);
        return false;
    }
    if (vb_asked_has(asked, VB_FIELD_IF_MATCH) ||
        vb_asked_has(asked, VB_FIELD_IF_UNMODIFIED_SINCE)) {
        *ret_reuse = asks(asked, VB_CC_ONLY_IF_CACHED)
                         ? verdict(VB_REUSE_REFUSE, VB_CACHING_ONLY_IF_CACHED)
                         : verdict(VB_REUSE_FORWARD, VB_CACHING_FOR_ORIGIN);
        return false;
    }
    return true;
}

static struct vb_reuse judge_fresh(const struct vb_asked *asked,
                                   const struct vb_freshness *f, int64_t now_ms)
{
    int64_t age = vb_freshness_age_ms(f, now_ms);
    int64_t left = vb_freshness_left_ms(f, now_ms);

    if (asks(asked, VB_CC_MIN_FRESH) &&
        left < (int64_t)asked->cc.seconds[VB_CC_MIN_FRESH] * 1000)
        return verdict(VB_REUSE_VALIDATE, VB_CACHING_REQUEST_MIN_FRESH);
    if (asks(asked, VB_CC_MAX_AGE) &&
        age > (int64_t)asked->cc.seconds[VB_CC_MAX_AGE] * 1000)
        return f->immutable
                   ? verdict(VB_REUSE_SERVE, VB_CACHING_IMMUTABLE)
                   : verdict(VB_REUSE_VALIDATE, VB_CACHING_REQUEST_MAX_AGE);
    return verdict(VB_REUSE_SERVE, VB_CACHING_FRESH);
}

/* Is it not stale for longer than so many seconds? */
static bool stale_within(const struct vb_freshness *f, int64_t now_ms,
                         uint32_t seconds)
{
    return vb_freshness_left_ms(f, now_ms) + (int64_t)seconds * 1000 >= 0;
}

static bool takes_stale(const struct vb_asked *asked,
                        const struct vb_freshness *f, int64_t now_ms)
{
    uint32_t most = asked->cc.seconds[VB_CC_MAX_STALE];

    if (!asks(asked, VB_CC_MAX_STALE) || asks(asked, VB_CC_MIN_FRESH))
        return false;
    if (asks(asked, VB_CC_MAX_AGE) &&
        vb_freshness_age_ms(f, now_ms) >
            (int64_t)asked->cc.seconds[VB_CC_MAX_AGE] * 1000)
        return false;
    return most == VB_CC_ANY || stale_within(f, now_ms, most);
}

/* Does the request itself set a bound on what is used for it? */
static bool is_particular(const struct vb_asked *asked)
{
    return asked->pragma || asks(asked, VB_CC_NO_CACHE) ||
           asks(asked, VB_CC_MAX_AGE) || asks(asked, VB_CC_MIN_FRESH);
}

static struct vb_reuse judge_stale(const struct vb_asked *asked,
                                   const struct vb_freshness *f, int64_t now_ms)
{
    if (f->never_stale)
        return verdict(VB_REUSE_VALIDATE, VB_CACHING_MUST_REVALIDATE);
    if (takes_stale(asked, f, now_ms))
        return verdict(VB_REUSE_SERVE, VB_CACHING_MAX_STALE);
    if (!is_particular(asked) && f->while_revalidate_s > 0 &&
        stale_within(f, now_ms, f->while_revalidate_s))
        return verdict(VB_REUSE_SERVE_STALE, VB_CACHING_WHILE_REVALIDATE);
    return verdict(VB_REUSE_VALIDATE, VB_CACHING_STALE);
}

static struct vb_reuse judge_one(const struct vb_asked *asked,
                                 const struct vb_freshness *f, int64_t now_ms)
{
    if (asks(asked, VB_CC_NO_CACHE))
        return verdict(VB_REUSE_VALIDATE, VB_CACHING_REQUEST_NO_CACHE);
    if (asked->pragma)
        return verdict(VB_REUSE_VALIDATE, VB_CACHING_REQUEST_PRAGMA);
    if (f->no_cache)
        return verdict(VB_REUSE_VALIDATE, VB_CACHING_NO_CACHE);
    return vb_freshness_left_ms(f, now_ms) > 0 ? judge_fresh(asked, f, now_ms)
                                               : judge_stale(asked, f, now_ms);
}

struct vb_reuse vb_reuse_judge(const struct vb_asked *asked,
                               enum vb_found found,
                               const struct vb_freshness *f, int64_t now_ms)
{
    struct vb_reuse reuse;

    if (!vb_reuse_possible(asked, &reuse))
        return reuse;
    if (found == VB_FOUND_ONE)
        reuse = judge_one(asked, f, now_ms);
    else
        reuse = verdict(VB_REUSE_FORWARD, found == VB_FOUND_NOTHING
                                              ? VB_CACHING_URI_MISS
                                              : VB_CACHING_VARY_MISS);
    if (asks(asked, VB_CC_ONLY_IF_CACHED) &&
        (reuse.act == VB_REUSE_VALIDATE || reuse.act == VB_REUSE_FORWARD))
        return verdict(VB_REUSE_REFUSE, VB_CACHING_ONLY_IF_CACHED);
    return reuse;
}

static bool is_failure(unsigned status)
{
    return status == 0 || status == VB_STATUS_INTERNAL_SERVER_ERROR ||
           status == VB_STATUS_BAD_GATEWAY ||
           status == VB_STATUS_SERVICE_UNAVAILABLE ||
           status == VB_STATUS_GATEWAY_TIMEOUT;
}

struct vb_reuse vb_reuse_on_error(const struct vb_caching_policy *policy,
                                  const struct vb_asked *asked,
                                  const struct vb_freshness *f, int64_t now_ms,
                                  unsigned status)
{
    bool stale = vb_freshness_left_ms(f, now_ms) <= 0;

    if (f->no_cache || (stale && f->never_stale))
        return status == 0
                   ? verdict(VB_REUSE_REFUSE, VB_CACHING_MUST_REVALIDATE)
                   : verdict(VB_REUSE_FORWARD, VB_CACHING_ERROR);
    if (is_particular(asked) || !is_failure(status))
        return verdict(VB_REUSE_FORWARD, VB_CACHING_ERROR);
    if (f->if_error_s > 0 && stale_within(f, now_ms, f->if_error_s))
        return verdict(VB_REUSE_SERVE, VB_CACHING_STALE_IF_ERROR);
    if (status == 0 && policy->unreachable_s > 0 &&
        stale_within(f, now_ms, policy->unreachable_s))
        return verdict(VB_REUSE_SERVE, VB_CACHING_UNREACHABLE);
    return verdict(VB_REUSE_FORWARD, VB_CACHING_ERROR);
}

enum vb_reuse_condition vb_reuse_condition(const struct vb_asked *asked,
                                           struct vb_span tag, int64_t modified,
                                           const struct vb_freshness *f)
{
    const struct vb_fields *fields = &asked->head->fields;
    struct vb_etag etag;
    struct vb_current current = {
        .exists = true,
        .modified = modified == VB_DATE_NONE ? f->date : modified,
    };
    struct vb_lines lines;

    if (vb_etag_parse(tag, &etag)) {
        current.known = vb_etag_known_one;
        current.context = &etag;
    }
    vb_fields_lines(fields, VB_FIELD_IF_NONE_MATCH, &lines);
    if (lines.count > 0)
        return vb_if_none_match(lines.at, lines.count, &current) ==
                       VB_CONDITION_FALSE
                   ? VB_REUSE_NOT_MODIFIED
                   : VB_REUSE_WHOLE;
    vb_fields_lines(fields, VB_FIELD_IF_MODIFIED_SINCE, &lines);
    return lines.count > 0 &&
                   vb_if_modified_since(lines.at, lines.count, f->date,
                                        &current) == VB_CONDITION_FALSE
               ? VB_REUSE_NOT_MODIFIED
               : VB_REUSE_WHOLE;
}
