/*
 * Ranges of what is not stored whole (RFC 9111 sections 3.3 and 3.4): they are
 * answered from a part that has them, and what comes for others is kept with
 * it. See cached.h.
 */
#include "gateway/filling.h"

#include "caching/partial.h"
#include "http/etag.h"
#include "http/range.h"

bool vb__cached_brings_content(const struct vb_cached *c)
{
    return c->x->head.method == VB_METHOD_GET ||
           c->x->head.method == VB_METHOD_QUERY;
}

bool vb__cached_wants_part(const struct vb_cached *c)
{
    return c->found != VB_FOUND_ONE && vb__cached_brings_content(c) &&
           vb_asked_has(&c->asked, VB_FIELD_RANGE);
}

/* --- answering from it ------------------------------------------------------
 */

/* If-Range by the strong tag that parts have; by a date, the next hop is asked
 * (RFC 9110 section 13.1.5). */
static bool if_range_holds(const struct vb_cached *c)
{
    struct vb_etag said, own;
    struct vb_span value;

    if (!vb_asked_has(&c->asked, VB_FIELD_IF_RANGE))
        return true;
    return vb_fields_single(&c->x->head.fields, VB_FIELD_IF_RANGE, &value) &&
           vb_etag_parse(value, &said) &&
           vb_etag_parse(c->part->rep->etag, &own) &&
           vb_etag_strong_eq(&said, &own);
}

/* All that the flow would send: it takes the part for the whole. */
static bool has_all(const struct vb_stored_response *part,
                    const struct vb_ranges *ranges)
{
    if (ranges->count > 1 && part->rep->coded)
        return false;
    for (unsigned i = 0; i < ranges->count; i++)
        if (vb_part_bytes(part, &ranges->at[i]).ptr == NULL)
            return false;
    return true;
}

static bool has_what_is_asked_for(const struct vb_cached *c)
{
    struct vb_ranges ranges;
    struct vb_span values[2];
    size_t count =
        vb_fields_values(&c->x->head.fields, VB_FIELD_RANGE, values, 2);

    return vb_ranges_parse(values, count, (int64_t)c->part->part.complete,
                           &ranges) == VB_RANGES_SATISFIABLE &&
           has_all(c->part, &ranges) && if_range_holds(c);
}

/* What is stale is not asked about: the range that is wanted comes anew, and
 * the rest is freshened by it. */
static void judge(struct vb_cached *c)
{
    struct vb_reuse reuse = {VB_REUSE_FORWARD, VB_CACHING_INCOMPLETE};

    if (has_what_is_asked_for(c))
        reuse = vb_reuse_judge(&c->asked, VB_FOUND_ONE, &c->part->freshness,
                               c->x->env->now.unix_ms);
    c->reuse = reuse;
    if (reuse.act == VB_REUSE_SERVE) {
        c->stored = c->part;
        c->found = VB_FOUND_ONE;
        c->part = NULL;
    } else {
        c->reuse.act = VB_REUSE_FORWARD;
    }
}

void vb__cached_look_for_part(struct vb_cached *c)
{
    struct vb_caching_key key;

    vb_stored_response_unref(c->part);
    c->part = NULL;
    if (vb__cached_wants_part(c) && vb_part_key(&c->x->arena, &c->key, &key) &&
        vb_memory_find(c->cache->tier, &key, &c->x->head.fields, &c->part) ==
            VB_FOUND_ONE)
        judge(c);
}

/* --- what comes -------------------------------------------------------------
 */

static bool is_of_same_state(const struct vb_stored_response *part,
                             const struct vb_received *received,
                             uint64_t complete)
{
    struct vb_etag own, come;
    struct vb_span value;

    return part != NULL && part->part.complete == complete &&
           vb_fields_single(received->fields, VB_FIELD_ETAG, &value) &&
           vb_etag_parse(value, &come) &&
           vb_etag_parse(part->rep->etag, &own) &&
           vb_etag_strong_eq(&come, &own);
}

bool vb__cached_read_part(struct vb_cached *c,
                          const struct vb_response_head *response,
                          struct vb_come *come)
{
    if (!c->copies ||
        !vb_part_read(&come->received, &come->part, &come->length) ||
        (response->content_length >= 0 &&
         (uint64_t)response->content_length != come->length))
        return false;
    if (is_of_same_state(c->part, &come->received, come->part.complete)) {
        come->has_via =
            vb_fields_first(come->received.fields, VB_FIELD_VIA) == NULL;
        come->received.fields =
            vb_validation_merge(&c->x->arena, c->part, come->received.fields);
        return come->received.fields != NULL;
    }
    /* It need not say what its client has (RFC 9110 section 15.3.7). */
    return !vb_asked_has(&c->asked, VB_FIELD_IF_RANGE);
}
