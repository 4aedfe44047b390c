/* What is stored, anew with what has come about it: 304, and 200 to HEAD. See
 * filling.h. */
#include "gateway/filling.h"

/* Those of `validated` that the verdict says are stored anew; what answers is
 * c->fresh then. */
static void freshen(struct vb_cached *c, const struct vb_received *received,
                    const struct vb_validation *verdict, uint64_t moment)
{
    for (size_t i = 0; i < c->validated.count; i++) {
        const struct vb_freshening freshening = {
            .asked = &c->asked,
            .uri = c->key.uri,
            .stored = c->validated.at[i],
            .received = received,
            .here = i == verdict->answer && !(c->validated.selects && i == 0),
        };
        struct vb_stored_response *response;
        struct vb_storing storing;

        if ((verdict->freshen >> i & 1) == 0 ||
            vb_validation_freshen(c->policy, &c->x->arena, &freshening,
                                  &storing, &response) != VB_OK)
            continue;
        if (storing.reason == VB_CACHING_STORABLE)
            (void)vb_memory_put(c->cache->tier, &c->key, moment, response);
        else
            vb_memory_drop(c->cache->tier, &c->key, c->validated.at[i]);
        if (i == verdict->answer && c->fresh == NULL)
            c->fresh = response;
        else
            vb_stored_response_unref(response);
    }
}

bool vb__cached_not_modified(struct vb_cached *c,
                             const struct vb_response_head *response)
{
    const struct vb_received received = vb__cached_received(c, response);
    struct vb_cache_status status = vb__cached_forwarded(c, response->status);
    struct vb_validation verdict;

    vb_validation_judge(&c->asked, &c->validated, &received, &verdict);
    if (verdict.outcome == VB_VALIDATION_NOTHING && c->whole) {
        c->phase = VB_CACHED_REPEATS;
        return true;
    }
    if (verdict.outcome != VB_VALIDATION_STORED) { /* the client's own */
        vb__cached_release(c, VB_FILL_AGAIN);
        return false;
    }
    freshen(c, &received, &verdict, vb_fill_moment(c->fill));
    vb__cached_release(c, VB_FILL_AGAIN);
    c->phase = VB_CACHED_DROPS;
    status.stored = true;
    vb__cached_answer(
        c, c->fresh != NULL ? c->fresh : c->validated.at[verdict.answer],
        &status);
    return true;
}

void vb__cached_head_only(struct vb_cached *c,
                          const struct vb_received *received)
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
    freshen(c, received, &verdict, c->moment);
}
