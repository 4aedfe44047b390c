/* Rules that the wires share. See message.h. */
#include "wire/message.h"

#include "base/assert.h"
#include "http/elements.h"
#include "http/scan.h"
#include "http/status.h"

static const struct {
    struct vb_span name;
    enum vb_role role;
} roles[] = {
    {VB_SPAN_INIT("Date"), VB_ROLE_DATE},
    {VB_SPAN_INIT("Upgrade"), VB_ROLE_UPGRADE},
    {VB_SPAN_INIT("Connection"), VB_ROLE_FRAMING},
    {VB_SPAN_INIT("Keep-Alive"), VB_ROLE_FRAMING},
    {VB_SPAN_INIT("Content-Length"), VB_ROLE_FRAMING},
    {VB_SPAN_INIT("Proxy-Connection"), VB_ROLE_FRAMING},
    {VB_SPAN_INIT("Transfer-Encoding"), VB_ROLE_FRAMING},
};

static enum vb_role known_role(struct vb_span name)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (name.len == roles[i].name.len && vb_span_ieq(name, roles[i].name))
            return roles[i].role;
    return VB_ROLE_NONE;
}

enum vb_role vb_role_of(struct vb_span name)
{
    const char *end = name.ptr + name.len;

    if (name.len == 0 || vb_scan->token(name.ptr, end) != end)
        return VB_ROLE_FRAMING;
    return known_role(name);
}

static void look_at_fields(struct vb_plan *plan)
{
    for (size_t i = 0; i < plan->reply->field_count; i++) {
        enum vb_role role = known_role(plan->reply->fields[i].name);

        plan->own_date |= role == VB_ROLE_DATE;
        plan->upgrade |= role == VB_ROLE_UPGRADE;
    }
}

static int64_t content_length(const struct vb_reply *reply)
{
    switch (reply->content) {
    case VB_CONTENT_REP:
        return (int64_t)reply->rep->length;
    case VB_CONTENT_BYTES:
        return (int64_t)reply->bytes.len;
    case VB_CONTENT_SOURCE:
        return reply->source->length;
    case VB_CONTENT_NONE:
        break;
    }
    return 0;
}

/* May the text that the representation keeps be sent as it is? It tells a
 * length, which must be that of this reply's content, or of GET's. */
static bool rep_text_fits(const struct vb_plan *plan)
{
    const struct vb_reply *reply = plan->reply;

    if (reply->rep_head != VB_HEAD_FULL)
        return false;
    return plan->length == (int64_t)reply->rep->length ||
           (reply->head_only && reply->content == VB_CONTENT_NONE);
}

static enum vb_extent extent_of(const struct vb_plan *plan)
{
    const struct vb_reply *reply = plan->reply;

    /* To HEAD no length may be told but that of GET's content: none if we do
     * not know it. */
    if (reply->head_only && reply->content == VB_CONTENT_NONE &&
        !plan->rep_text)
        return VB_EXTENT_NONE;
    return plan->length >= 0 ? VB_EXTENT_LENGTH : VB_EXTENT_OPEN;
}

static bool is_tunnel(const struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_CONNECT &&
           vb_status_class(x->reply.status) == VB_STATUS_CLASS_SUCCESSFUL;
}

bool vb_reply_goes_both_ways(const struct vb_exchange *x)
{
    const struct vb_reply *reply = &x->reply;

    if (x->sink == NULL || reply->content != VB_CONTENT_SOURCE)
        return false;
    if (!reply->switched)
        return true;
    if (x->head.method == VB_METHOD_CONNECT)
        return vb_status_class(reply->status) == VB_STATUS_CLASS_SUCCESSFUL;
    return reply->status == VB_STATUS_SWITCHING_PROTOCOLS &&
           x->head.protocol.len > 0;
}

void vb_plan_reply(struct vb_plan *plan, const struct vb_exchange *x)
{
    const struct vb_reply *reply = &x->reply;

    vb_assert(reply->status >= 101 && reply->status <= 599);
    vb_assert(reply->rep != NULL || (reply->rep_head == VB_HEAD_NONE &&
                                     reply->content != VB_CONTENT_REP));
    *plan = (struct vb_plan){.reply = reply};
    look_at_fields(plan);
    plan->length = content_length(reply);
    if (!vb_status_has_content(reply->status)) {
        vb_assert(reply->status >= 200 || reply->switched);
        return;
    }
    plan->rep_text = rep_text_fits(plan);
    if (plan->rep_text)
        plan->length = (int64_t)reply->rep->length;
    if (!is_tunnel(x))
        plan->extent = extent_of(plan);
}

bool vb_trailers_go(const struct vb_exchange *x)
{
    return x->reply.trailers != NULL &&
           vb_fields_have(&x->head.fields, VB_FIELD_TE, VB_SPAN("trailers"));
}

bool vb_trailer_passes(const struct vb_field *line)
{
    return !vb_field_is((enum vb_field_id)line->id, VB_FIELD_IS_NO_TRAILER) &&
           vb_role_of(line->name) == VB_ROLE_NONE;
}

enum vb_pull vb_pull_owed(struct vb_source *source, int64_t *owed,
                          struct vb_span *ret_bytes)
{
    enum vb_pull pulled = source->pull(source, ret_bytes);
    uint64_t length = 0;

    if (pulled == VB_PULL_BYTES)
        length = ret_bytes->len;
    else if (pulled == VB_PULL_FILE)
        length = source->file.length;
    vb_assert(length > 0 ||
              (pulled != VB_PULL_BYTES && pulled != VB_PULL_FILE));
    if (*owed < 0)
        return pulled;
    if (length > (uint64_t)*owed || (pulled == VB_PULL_END && *owed > 0))
        return VB_PULL_FAILED;
    *owed -= (int64_t)length;
    return pulled;
}

bool vb_fields_have(const struct vb_fields *fields, enum vb_field_id id,
                    struct vb_span option)
{
    const struct vb_field *field = vb_fields_first(fields, id);

    for (; field != NULL; field = vb_fields_next(fields, field))
        if (vb_elements_have(&field->value, 1, option))
            return true;
    return false;
}

struct vb_verdict vb_trailer_add(struct vb_fields *fields,
                                 struct vb_arena *arena,
                                 const struct vb_head_limits *limits,
                                 struct vb_span name, struct vb_span value)
{
    struct vb_verdict verdict = {0, NULL};

    if (!vb_field_is(vb_field_find(name), VB_FIELD_IS_NO_TRAILER))
        verdict.status =
            vb_fields_add(fields, arena, limits, name, value, &verdict.reason);
    return verdict;
}

struct vb_verdict vb_trailer_take(struct vb_exchange *x, struct vb_span name,
                                  struct vb_span value)
{
    return vb_trailer_add(x->trailers, &x->arena, &x->env->limits->head, name,
                          value);
}

const struct vb_verdict vb_trailers_too_large = {
    VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The trailers are larger than this server takes."};

const struct vb_failure vb_content_cut_short = {
    VB_ERR_CLOSED,
    {VB_STATUS_BAD_REQUEST, "The content ended before its announced end."}};

const struct vb_failure vb_content_late = {
    VB_ERR_TIMEOUT,
    {VB_STATUS_REQUEST_TIMEOUT, "The content did not arrive in time."}};

const struct vb_failure vb_content_too_large = {
    VB_ERR_LIMIT,
    {VB_STATUS_CONTENT_TOO_LARGE,
     "The content is larger than this server takes."}};

const struct vb_failure vb_content_no_memory = {
    VB_ERR_NOMEM, {VB_STATUS_SERVICE_UNAVAILABLE, "There is no memory left."}};

void vb_content_lost(struct vb_exchange *x)
{
    x->verdict = vb_content_cut_short.verdict;
    x->sink->end(x->sink, vb_content_cut_short.err);
}
