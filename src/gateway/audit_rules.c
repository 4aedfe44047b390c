/* What HTTP says of answers: the checks of audit.tbl. Each gives whether its
 * rule is broken, and names the field that it is about. */
#include "exchange/call.h"
#include "gateway/audit.h"
#include "http/date.h"
#include "http/elements.h"
#include "http/etag.h"
#include "http/media.h"
#include "http/range.h"
#include "http/status.h"
#include "http/uri.h"

/* An answer, and what was asked. */
struct answer {
    const struct vb_call *call;
    const struct vb_response_head *response;
    int64_t now; /* Unix seconds */
    struct vb_span where;
    struct vb_span detail;
};

/* --- what there is ----------------------------------------------------------
 */

static bool is(const struct answer *a, unsigned status)
{
    return a->response->status == status;
}

static bool has(const struct answer *a, enum vb_field_id id)
{
    return vb_fields_first(&a->response->fields, id) != NULL;
}

/* The first line; and is it the only one? */
static bool is_single(const struct answer *a, enum vb_field_id id,
                      struct vb_span *ret_value)
{
    const struct vb_field *field = vb_fields_first(&a->response->fields, id);

    *ret_value = field->value;
    return vb_fields_next(&a->response->fields, field) == NULL;
}

static bool asks(const struct answer *a, enum vb_field_id id)
{
    for (size_t i = 0; i < a->call->field_count; i++)
        if (vb_span_ieq(a->call->fields[i].name, vb_field_name(id)))
            return true;
    return false;
}

static bool broken(struct answer *a, enum vb_field_id id, struct vb_span value)
{
    a->where = vb_field_name(id);
    a->detail = value;
    return true;
}

static bool lacks(struct answer *a, unsigned status, enum vb_field_id id)
{
    return is(a, status) && !has(a, id) && broken(a, id, VB_SPAN(""));
}

/* --- content that is not there ----------------------------------------------
 */

static bool length_of_nothing(struct answer *a)
{
    return is(a, VB_STATUS_NO_CONTENT) && has(a, VB_FIELD_CONTENT_LENGTH);
}

static bool coded_nothing(struct answer *a)
{
    return is(a, VB_STATUS_NO_CONTENT) && has(a, VB_FIELD_TRANSFER_ENCODING);
}

static bool reset_content(struct answer *a)
{
    return is(a, VB_STATUS_RESET_CONTENT) && a->response->content_length > 0;
}

/* --- parts ------------------------------------------------------------------
 */

static bool is_in_parts(const struct answer *a)
{
    struct vb_media media;
    struct vb_span type;

    return has(a, VB_FIELD_CONTENT_TYPE) &&
           is_single(a, VB_FIELD_CONTENT_TYPE, &type) &&
           vb_media_parse(type, &media) &&
           vb_media_is(&media, VB_SPAN("multipart/byteranges"));
}

static bool unasked_part(struct answer *a)
{
    return is(a, VB_STATUS_PARTIAL_CONTENT) && !asks(a, VB_FIELD_RANGE);
}

static bool nameless_part(struct answer *a)
{
    return !is_in_parts(a) &&
           lacks(a, VB_STATUS_PARTIAL_CONTENT, VB_FIELD_CONTENT_RANGE);
}

static bool range_of_parts(struct answer *a)
{
    return is(a, VB_STATUS_PARTIAL_CONTENT) && is_in_parts(a) &&
           has(a, VB_FIELD_CONTENT_RANGE);
}

static bool bad_range(struct answer *a)
{
    struct vb_content_range range;
    struct vb_span value;

    if (!has(a, VB_FIELD_CONTENT_RANGE) ||
        (!is(a, VB_STATUS_PARTIAL_CONTENT) &&
         !is(a, VB_STATUS_RANGE_NOT_SATISFIABLE)))
        return false;
    return (!is_single(a, VB_FIELD_CONTENT_RANGE, &value) ||
            !vb_content_range_parse(value, &range)) &&
           broken(a, VB_FIELD_CONTENT_RANGE, value);
}

static bool no_length_of_it(struct answer *a)
{
    return lacks(a, VB_STATUS_RANGE_NOT_SATISFIABLE, VB_FIELD_CONTENT_RANGE);
}

/* --- conditions -------------------------------------------------------------
 */

static bool unasked_304(struct answer *a)
{
    bool reads = a->call->method == VB_METHOD_GET ||
                 a->call->method == VB_METHOD_HEAD ||
                 a->call->method == VB_METHOD_QUERY;

    return is(a, VB_STATUS_NOT_MODIFIED) &&
           (!reads || (!asks(a, VB_FIELD_IF_NONE_MATCH) &&
                       !asks(a, VB_FIELD_IF_MODIFIED_SINCE)));
}

static bool unasked_412(struct answer *a)
{
    return is(a, VB_STATUS_PRECONDITION_FAILED) &&
           !asks(a, VB_FIELD_IF_MATCH) && !asks(a, VB_FIELD_IF_NONE_MATCH) &&
           !asks(a, VB_FIELD_IF_UNMODIFIED_SINCE) &&
           !asks(a, VB_FIELD_IF_MODIFIED_SINCE);
}

/* --- what goes with a status ------------------------------------------------
 */

static bool no_location(struct answer *a)
{
    return lacks(a, VB_STATUS_MOVED_PERMANENTLY, VB_FIELD_LOCATION) ||
           lacks(a, VB_STATUS_FOUND, VB_FIELD_LOCATION) ||
           lacks(a, VB_STATUS_SEE_OTHER, VB_FIELD_LOCATION) ||
           lacks(a, VB_STATUS_TEMPORARY_REDIRECT, VB_FIELD_LOCATION) ||
           lacks(a, VB_STATUS_PERMANENT_REDIRECT, VB_FIELD_LOCATION);
}

static bool no_challenge(struct answer *a)
{
    return lacks(a, VB_STATUS_UNAUTHORIZED, VB_FIELD_WWW_AUTHENTICATE);
}

static bool no_allow(struct answer *a)
{
    return lacks(a, VB_STATUS_METHOD_NOT_ALLOWED, VB_FIELD_ALLOW);
}

static bool contrary_allow(struct answer *a)
{
    struct vb_lines lines;

    if (!is(a, VB_STATUS_METHOD_NOT_ALLOWED))
        return false;
    vb_fields_lines(&a->response->fields, VB_FIELD_ALLOW, &lines);
    return vb_elements_have(lines.at, lines.count, a->call->method_text) &&
           broken(a, VB_FIELD_ALLOW, a->call->method_text);
}

static bool no_upgrade(struct answer *a)
{
    return lacks(a, VB_STATUS_UPGRADE_REQUIRED, VB_FIELD_UPGRADE);
}

/* --- dates ------------------------------------------------------------------
 */

static bool no_date(struct answer *a)
{
    return a->response->status >= 200 && a->response->status < 500 &&
           !has(a, VB_FIELD_DATE);
}

/* The obsolete forms are to be read, and not to be sent. */
static bool is_bad_date(struct answer *a, enum vb_field_id id)
{
    struct vb_span value;
    int64_t seconds;

    if (!has(a, id))
        return false;
    return (!is_single(a, id, &value) || value.len != VB_DATE_LEN ||
            !vb_date_parse(value, a->now, &seconds)) &&
           broken(a, id, value);
}

static bool bad_date(struct answer *a)
{
    return is_bad_date(a, VB_FIELD_DATE) ||
           is_bad_date(a, VB_FIELD_LAST_MODIFIED);
}

static bool future_modified(struct answer *a)
{
    struct vb_span date, modified;
    int64_t then, now;

    if (!has(a, VB_FIELD_DATE) || !has(a, VB_FIELD_LAST_MODIFIED))
        return false;
    (void)is_single(a, VB_FIELD_DATE, &date);
    (void)is_single(a, VB_FIELD_LAST_MODIFIED, &modified);
    return vb_date_parse(date, a->now, &now) &&
           vb_date_parse(modified, a->now, &then) && then > now &&
           broken(a, VB_FIELD_LAST_MODIFIED, modified);
}

/* --- others -----------------------------------------------------------------
 */

static bool bad_tag(struct answer *a)
{
    struct vb_span value;
    struct vb_etag tag;

    if (!has(a, VB_FIELD_ETAG))
        return false;
    return (!is_single(a, VB_FIELD_ETAG, &value) ||
            !vb_etag_parse(value, &tag)) &&
           broken(a, VB_FIELD_ETAG, value);
}

static bool no_type(struct answer *a)
{
    return a->response->has_content && a->response->content_length != 0 &&
           !a->call->switched && !has(a, VB_FIELD_CONTENT_TYPE);
}

static bool bad_type(struct answer *a)
{
    struct vb_media media;
    struct vb_span value;

    if (!has(a, VB_FIELD_CONTENT_TYPE))
        return false;
    return (!is_single(a, VB_FIELD_CONTENT_TYPE, &value) ||
            !vb_media_parse(value, &media)) &&
           broken(a, VB_FIELD_CONTENT_TYPE, value);
}

static bool is_bad_place(struct answer *a, enum vb_field_id id)
{
    struct vb_span value;
    struct vb_uri uri;

    if (!has(a, id))
        return false;
    return (!is_single(a, id, &value) || !vb_uri_parse(value, &uri)) &&
           broken(a, id, value);
}

static bool bad_place(struct answer *a)
{
    return is_bad_place(a, VB_FIELD_LOCATION) ||
           is_bad_place(a, VB_FIELD_CONTENT_LOCATION);
}

static bool bad_retry(struct answer *a)
{
    struct vb_span value;
    int64_t n;

    if (!has(a, VB_FIELD_RETRY_AFTER))
        return false;
    if (is_single(a, VB_FIELD_RETRY_AFTER, &value) &&
        ((vb_span_i64(value, &n) && n >= 0) ||
         vb_date_parse(value, a->now, &n)))
        return false;
    return broken(a, VB_FIELD_RETRY_AFTER, value);
}

/* --- all of them ------------------------------------------------------------
 */

static bool (*const checks[VB_AUDIT_COUNT])(struct answer *a) = {
#define VB_AUDIT(id, check, section, ledger, text) check,
#include "gateway/audit.tbl"
#undef VB_AUDIT
};

const struct vb_audit_rule vb_audit_rules[VB_AUDIT_COUNT] = {
#define VB_AUDIT(id, check, section, ledger, text) {section, text},
#include "gateway/audit.tbl"
#undef VB_AUDIT
};

void vb__audit_rules(struct vb_exchange *x, const struct vb_call *call,
                     const struct vb_response_head *response,
                     struct vb_auditor *auditor)
{
    for (unsigned rule = 0; rule < VB_AUDIT_COUNT; rule++) {
        struct answer a = {.call = call,
                           .response = response,
                           .now = x->env->now.unix_ms / 1000};

        if (checks[rule] != NULL && checks[rule](&a))
            auditor->tell(auditor, x,
                          &(struct vb_audit_finding){
                              .rule = (enum vb_audit_rule_id)rule,
                              .status = response->status,
                              .where = a.where,
                              .detail = a.detail,
                          });
    }
}
