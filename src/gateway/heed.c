/* What others learn of an answer that is passed on: what has changed is
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
    if (invalidation.uri_count == 0 && invalidation.groups.count == 0)
        return;
    if (c->fill != NULL) /* of its own */
        vb_fill_invalidate(c->fill, &invalidation);
    else
        vb_memory_invalidate(c->cache->tier, &invalidation);
}

void vb__cached_heed(struct vb_cached *c,
                     const struct vb_response_head *response)
{
    const struct vb_received received = vb__cached_received(c, response);

    if (!vb_method_is_safe(c->x->head.method))
        invalidate(c, &received);
    else if (vb_exchange_is_head(c->x))
        vb__cached_head_only(c, &received);
}

void vb__cached_passed(struct vb_cached *c, unsigned status)
{
    struct vb_cache_status said = vb__cached_forwarded(c, status);

    said.stored = c->phase == VB_CACHED_COPIES;
    vb__cached_say(c, &said);
}
