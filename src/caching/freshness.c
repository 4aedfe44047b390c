/* Freshness and age: see freshness.h. */
#include "caching/freshness.h"

#include "http/date.h"
#include "http/elements.h"
#include "http/status.h"

static uint32_t saturated(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds > VB_DELTA_SECONDS_MAX ? VB_DELTA_SECONDS_MAX
                                          : (uint32_t)seconds;
}

/* A date field's time, or VB_DATE_NONE when it is absent or none. */
static int64_t date_of(const struct vb_fields *fields, enum vb_field_id id,
                       int64_t now)
{
    int64_t date = VB_DATE_NONE;
    struct vb_span value;

    if (vb_fields_single(fields, id, &value))
        (void)vb_date_parse_any_case(value, now, &date);
    return date;
}

/* The first member, as section 5.1 has it; one that is invalid is ignored. */
static uint32_t age_value(const struct vb_fields *fields)
{
    struct vb_elements elements;
    struct vb_span member;
    struct vb_lines lines;
    uint32_t age = 0;

    vb_fields_lines(fields, VB_FIELD_AGE, &lines);
    vb_elements_init(&elements, lines.at, lines.count, VB_ELEMENTS_USUAL);
    if (vb_elements_next(&elements, &member))
        (void)vb_delta_seconds(member, &age);
    return age;
}

/* Section 4.2.3, with its names. */
static int64_t initial_age_ms(const struct vb_received *received, int64_t date)
{
    int64_t response_time = received->received_ms / 1000;
    int64_t apparent_age = response_time > date ? response_time - date : 0;
    int64_t response_delay = received->received_ms - received->requested_ms;
    int64_t corrected_age_value = (int64_t)age_value(received->fields) * 1000 +
                                  (response_delay > 0 ? response_delay : 0);

    return apparent_age * 1000 > corrected_age_value ? apparent_age * 1000
                                                     : corrected_age_value;
}

/* Section 4.2.2; where a status is an error, only as the operator says. */
static void guess(const struct vb_caching_policy *policy,
                  const struct vb_received *received,
                  const struct vb_directives *ruling, struct vb_freshness *f)
{
    bool heuristic = vb_status_is_heuristic(received->status);
    int64_t modified = date_of(received->fields, VB_FIELD_LAST_MODIFIED,
                               received->received_ms / 1000);
    int64_t seconds;

    if (received->status >= 400) {
        if (heuristic && policy->negative_s > 0) {
            f->source = VB_FRESHNESS_NEGATIVE;
            f->lifetime_s = policy->negative_s;
        }
        return;
    }
    if ((!heuristic && !vb_cc_has(&ruling->cc, VB_CC_PUBLIC)) ||
        modified == VB_DATE_NONE || modified >= f->date)
        return;
    seconds = (f->date - modified) * policy->heuristic_percent / 100;
    f->source = VB_FRESHNESS_HEURISTIC;
    f->lifetime_s = saturated(
        seconds < policy->heuristic_max_s ? seconds : policy->heuristic_max_s);
}

/* Section 4.2.1: the first that is there. */
static void read_lifetime(const struct vb_caching_policy *policy,
                          const struct vb_received *received,
                          const struct vb_directives *ruling,
                          struct vb_freshness *f)
{
    const struct vb_cache_control *cc = &ruling->cc;
    struct vb_lines lines = {.count = 0};

    if (!ruling->targeted)
        vb_fields_lines(received->fields, VB_FIELD_EXPIRES, &lines);
    if (vb_cc_has(cc, VB_CC_S_MAXAGE)) {
        f->source = VB_FRESHNESS_S_MAXAGE;
        f->lifetime_s = cc->seconds[VB_CC_S_MAXAGE];
    } else if (vb_cc_has(cc, VB_CC_MAX_AGE)) {
        f->source = VB_FRESHNESS_MAX_AGE;
        f->lifetime_s = cc->seconds[VB_CC_MAX_AGE];
    } else if (lines.count > 0) {
        int64_t expires = vb_expires_read(lines.at, lines.count,
                                          received->received_ms / 1000);

        f->source = VB_FRESHNESS_EXPIRES;
        f->lifetime_s = expires > f->date ? saturated(expires - f->date) : 0;
    } else {
        guess(policy, received, ruling, f);
    }
}

void vb_freshness_read(const struct vb_caching_policy *policy,
                       const struct vb_received *received,
                       const struct vb_directives *ruling,
                       struct vb_freshness *ret_freshness)
{
    const struct vb_cache_control *cc = &ruling->cc;
    int64_t now = received->received_ms / 1000;
    struct vb_freshness f = {
        .date = date_of(received->fields, VB_FIELD_DATE, now),
        .received_ms = received->received_ms,
        .no_cache = vb_cc_has(cc, VB_CC_NO_CACHE) && cc->no_cache.count == 0,
        .never_stale = vb_cc_has(cc, VB_CC_MUST_REVALIDATE) ||
                       vb_cc_has(cc, VB_CC_PROXY_REVALIDATE) ||
                       vb_cc_has(cc, VB_CC_S_MAXAGE),
        .immutable = vb_cc_has(cc, VB_CC_IMMUTABLE),
        .while_revalidate_s = cc->seconds[VB_CC_STALE_WHILE_REVALIDATE],
        .if_error_s = cc->seconds[VB_CC_STALE_IF_ERROR],
    };

    if (f.date == VB_DATE_NONE)
        f.date = now;
    f.initial_age_ms = initial_age_ms(received, f.date);
    read_lifetime(policy, received, ruling, &f);
    *ret_freshness = f;
}

int64_t vb_freshness_age_ms(const struct vb_freshness *f, int64_t now_ms)
{
    int64_t resident = now_ms - f->received_ms;

    return f->initial_age_ms + (resident > 0 ? resident : 0);
}

uint32_t vb_freshness_age(const struct vb_freshness *f, int64_t now_ms)
{
    return saturated(vb_freshness_age_ms(f, now_ms) / 1000);
}

int64_t vb_freshness_left_ms(const struct vb_freshness *f, int64_t now_ms)
{
    return (int64_t)f->lifetime_s * 1000 - vb_freshness_age_ms(f, now_ms);
}

int64_t vb_freshness_ttl(const struct vb_freshness *f, int64_t now_ms)
{
    int64_t left = vb_freshness_left_ms(f, now_ms);

    return left >= 0 ? left / 1000 : -((999 - left) / 1000);
}
