/* Sessions as resources: which question is whose. See session.h. */
#include "resource/session.h"

#include <sodium.h>

#include "flow/reply.h"
#include "http/method.h"
#include "resource/session_part.h"

bool vb__session_counts(const struct vb_exchange *x,
                        const struct vb_session *session,
                        struct vb_span account, const char *mark)
{
    const struct vb_scheme *scheme = vb__session_description(x)->session;

    return vb_span_eq(session->account, account) &&
           sodium_memcmp(session->mark, mark, sizeof(session->mark)) == 0 &&
           vb_session_expires(session, &scheme->session) > x->env->now.unix_ms;
}

static void show_time(struct vb_buf *text, const char *name, int64_t unix_ms)
{
    vb_buf_printf(text, ",\"%s\":", name);
    vb_json_write_time(text, unix_ms);
}

void vb__session_show(struct vb_buf *text, const struct vb_exchange *x,
                      const struct vb_session *session, struct vb_span current)
{
    const struct vb_scheme *scheme = vb__session_description(x)->session;
    bool is_current = vb_span_eq(vb_session_id(session), current);

    vb_buf_str(text, "{\"id\":");
    vb_json_write_string(text, vb_session_id(session));
    vb_buf_str(text, ",\"account\":");
    if (session->account.len > 0)
        vb_json_write_string(text, session->account);
    else
        vb_buf_str(text, "null");
    vb_buf_str(text, is_current ? ",\"current\":true" : ",\"current\":false");
    show_time(text, "created", session->created_ms);
    show_time(text, "seen", session->seen_ms);
    show_time(text, "expires", vb_session_expires(session, &scheme->session));
    vb_buf_char(text, '}');
}

/* --- slots -----------------------------------------------------------------
 */

const struct vb_slot *vb_session_slot(enum vb_method method)
{
    static const struct vb_slot get_slot = {.content_ignored = true};
    static const struct vb_slot post_slot = {
        .parsed = vb__session_parsed,
        .valid = vb__session_valid,
        .consistent = vb__session_known,
        .commit = vb__session_commit,
    };
    static const struct vb_slot delete_slot = {
        .content_ignored = true,
        .commit = vb__session_end,
    };

    switch (method) {
    case VB_METHOD_GET:
        return &get_slot;
    case VB_METHOD_POST:
        return &post_slot;
    case VB_METHOD_DELETE:
        return &delete_slot;
    default:
        return NULL;
    }
}

/* A note of the reply (Idempotency-Key) would hold the secret: none is kept.
 */
void vb_session_init(struct vb_resource *resource, const struct vb_route *route)
{
    resource->fresh_key = NULL;
    resource->personal = VB_ALL_METHODS;
    resource->exists = route->member != NULL ? vb__session_list_exists
                                             : vb__session_one_exists;
    resource->offers = vb_unkept_offers;
    resource->offer_count = VB_UNKEPT_OFFERS;
}
