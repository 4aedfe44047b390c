/* What clients share. See calls.h. */
#include "wire/calls.h"

#include "base/clock.h"
#include "http/chars.h"
#include "http/method.h"
#include "http/scan.h"

bool vb_call_switches(const struct vb_call *call)
{
    return call->method == VB_METHOD_CONNECT || call->protocol.len > 0;
}

static bool has_no_space(struct vb_span part)
{
    const char *end = part.ptr + part.len;

    return vb_scan->text(part.ptr, end) == end &&
           vb_chars_none(part, VB_CHAR_WS);
}

bool vb_call_is_sayable(const struct vb_call *call)
{
    return vb_token_valid(call->method_text) && call->target.len > 0 &&
           has_no_space(call->target) && has_no_space(call->authority) &&
           (call->protocol.len == 0 || has_no_space(call->protocol));
}

int64_t vb_call_length(const struct vb_call *call)
{
    if (vb_call_switches(call))
        return -1;
    if (call->content != NULL)
        return call->content->length;
    return call->method != VB_METHOD_UNKNOWN &&
                   vb_method_info(call->method)->content ==
                       VB_METHOD_CONTENT_DEFINED
               ? 0
               : -1;
}

bool vb_call_passes_over(const struct vb_call *call, struct vb_span name)
{
    switch (vb_field_find(name)) {
    case VB_FIELD_HOST:
    case VB_FIELD_TE:
    case VB_FIELD_UPGRADE:
        return true;
    case VB_FIELD_EXPECT: /* RFC 9110 section 10.1.1 */
        return call->content == NULL || vb_call_switches(call);
    default:
        return false;
    }
}

static int64_t within(int64_t from, uint32_t ms)
{
    return ms == 0 ? VB_TIME_NEVER : from + ms;
}

int64_t vb_call_deadline(const struct vb_call *call, enum vb_call_wait wait,
                         int64_t since)
{
    const struct vb_call_limits *limits = call->limits;
    int64_t total = within(call->begun_ms, limits->total_timeout_ms);
    int64_t at = VB_TIME_NEVER;

    if (wait == VB_CALL_FOR_HEAD)
        at = within(since, limits->head_timeout_ms);
    else if (wait == VB_CALL_FOR_PROGRESS)
        at = within(since, limits->idle_timeout_ms);
    return at < total ? at : total;
}

int64_t vb_client_idle_deadline(const struct vb_client *client)
{
    return within(client->idle_since, client->idle_ms);
}
