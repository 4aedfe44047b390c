/* Is this a request that we take at all? Rows `serve` of flow.tbl. */
#include "flow/flow.h"
#include "flow/rate.h"
#include "flow/reply.h"

/* Does the connection meet what the scheme of the target asks for (RFC 9110
 * section 7.4)? Else x->verdict says so. */
static __attribute__((noinline)) bool is_directed(struct vb_exchange *x)
{
    const struct vb_peer *peer = x->peer;

    if (peer->bare) {
        x->reply.close = true;
        x->verdict = (struct vb_verdict){
            VB_STATUS_BAD_REQUEST,
            "This port speaks HTTPS, and the request came without TLS."};
        return false;
    }
    if (x->head.authority.len == 0 || peer->certified(peer, x->head.authority))
        return true;
    x->verdict = (struct vb_verdict){
        VB_STATUS_MISDIRECTED_REQUEST,
        "The certificate of this connection is not valid for that host."};
    return false;
}

enum vb_answer vb__q_well_formed(struct vb_exchange *x)
{
    if (x->verdict.status == 0 &&
        (x->peer == NULL || x->peer->certified == NULL ||
         x->site->proxy != NULL || is_directed(x)))
        return VB_YES;
    return vb_reply_verdict(x);
}

enum vb_answer vb__q_available(struct vb_exchange *x)
{
    if (!x->env->unavailable)
        return VB_YES;
    vb_reply_detail(x, VB_SPAN("The server has more requests under way than "
                               "it takes at once."));
    return VB_NO;
}

/* RFC 6585 section 4. */
enum vb_answer vb__q_within_rate(struct vb_exchange *x)
{
    int64_t wait_ms;

    if (x->env->rates == NULL || x->peer == NULL)
        return VB_YES;
    wait_ms = vb_rates_take(x->env->rates, x->peer, x->env->now.mono_ms);
    if (wait_ms == 0)
        return VB_YES;
    x->retry_after_s = (uint32_t)((wait_ms + 999) / 1000);
    vb_reply_detail(x, VB_SPAN("More requests come from this address than the "
                               "server takes from one."));
    return VB_NO;
}

enum vb_answer vb__q_known(struct vb_exchange *x)
{
    if (x->head.method != VB_METHOD_UNKNOWN || x->site->forwards)
        return VB_YES;
    vb_reply_detail(x, VB_SPAN("This method is not known here; names of "
                               "methods are case-sensitive."));
    return VB_NO;
}

/* That for another protocol is to a resource (RFC 8441 section 4). */
enum vb_answer vb__q_tunnel(struct vb_exchange *x)
{
    bool extended = x->head.protocol.len > 0 && x->site->forwards;

    return x->head.method == VB_METHOD_CONNECT && !extended ? VB_YES : VB_NO;
}

/* What a proxy is asked for names the server: whichever that is, the proxy's
 * rules say whether it leads there. */
enum vb_answer vb__q_aimed(struct vb_exchange *x)
{
    return x->site->proxy != NULL && x->head.form == VB_TARGET_ABSOLUTE ? VB_YES
                                                                        : VB_NO;
}

enum vb_answer vb__q_server_wide(struct vb_exchange *x)
{
    return x->head.server_wide ? VB_YES : VB_NO;
}
