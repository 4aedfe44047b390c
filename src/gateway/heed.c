/* What others learn of an answer that is not stored: what has changed is
 * forgotten. See cached.h. */
#include "gateway/filling.h"

#include "http/method.h"

/* RFC 9111 section 4.4: before who asked knows of the change. */
static void invalidate(struct vb_cached *c, const struct vb_received *received)
{
    struct vb_invalidation invalidation;

    if (c->key.uri.len == 0 &&
        !vb_caching_key_of(&c->x->arena, &c->x->head, VB_SPAN(""), &c->key))
        return;
    vb_invalidation_read(&c->x->arena, &c->asked, c->key.uri, received,
                         &invalidation);
    if (invalidation.uri_count > 0 || invalidation.groups.count > 0)
        vb_memory_invalidate(c->cache->tier, &invalidation);
}

/* RFC 9111 section 4.3.5. */
static void heed_head(struct vb_cached *c, const struct vb_received *received)
{
    const struct vb_validation verdict = {.freshen = 1, .answer = 1};

    if (c->stored == NULL || received->status != VB_STATUS_OK)
        return;
    if (!vb_validation_head_agrees(received, c->stored)) {
        vb_memory_drop(c->cache->tier, &c->key, c->stored);
        return;
    }
    c->validated.at[0] = vb_stored_response_ref(c->stored);
    c->validated.count = 1;
    c->validated.selects = true;
    vb__cached_freshen(c, received, &verdict, c->moment);
}

void vb__cached_heed(struct vb_cached *c,
                     const struct vb_response_head *response)
{
    const struct vb_received received = vb__cached_received(c, response);
    struct vb_cache_status status = vb__cached_forwarded(c, response->status);

    if (!vb_method_is_safe(c->x->head.method))
        invalidate(c, &received);
    else if (vb_exchange_is_head(c->x))
        heed_head(c, &received);
    vb__cached_say(c, &status);
}
