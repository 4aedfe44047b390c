/* The next hop fails: who leads and who follows are told once, or what is
 * stored is better than that (RFC 5861 section 4). See filling.h. */
#include "gateway/filling.h"

#include "http/status.h"

static struct vb_reuse judge(const struct vb_cached *c, unsigned status)
{
    return vb_reuse_on_error(c->policy, &c->asked, &c->stored->freshness,
                             c->x->env->now.unix_ms, status);
}

bool vb__cached_instead(struct vb_cached *c, unsigned status, bool collapsed,
                        enum vb_answer *ret_answer)
{
    struct vb_cache_status said = vb__cached_forwarded(c, status);
    enum vb_reuse_act act;

    if (c->stored == NULL)
        return false;
    act = judge(c, status).act;
    if (act != VB_REUSE_SERVE && act != VB_REUSE_SERVE_STALE)
        return false;
    said.collapsed = collapsed;
    *ret_answer = vb__cached_serve(c, c->stored, &said);
    return true;
}

/* Memory of ours that is short says nothing of the next hop: somebody else may
 * have more. */
void vb__cached_tell_failure(struct vb_cached *c, unsigned status,
                             enum vb_failure_id why)
{
    const struct vb_fill_failure failure = {(uint16_t)status, (uint16_t)why};

    if (why == VB_FAILURE_INTERNAL)
        vb_fill_release(c->fill, VB_FILL_BROKEN);
    else
        vb_fill_fail(c->fill, failure);
    vb__cached_close_fill(c);
    vb__cached_stop_reading(c);
}

bool vb__cached_unanswered(struct vb_cached *c, enum vb_failure_id why,
                           enum vb_answer *ret_answer)
{
    if (c->phase == VB_CACHED_ASKS && c->fill != NULL)
        vb__cached_tell_failure(c, 0, why);
    c->phase = VB_CACHED_RESTS;
    return !c->forward->replied && vb__cached_instead(c, 0, false, ret_answer);
}

uint16_t vb__cached_failure_status(const struct vb_cached *c, uint16_t usual)
{
    return usual == VB_STATUS_BAD_GATEWAY && c->stored != NULL &&
                   judge(c, 0).act == VB_REUSE_REFUSE
               ? VB_STATUS_GATEWAY_TIMEOUT
               : usual;
}
