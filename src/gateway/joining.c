/*
 * Who asks, and who waits for whom: a request joins those that want the same.
 * See cached.h.
 */
#include "gateway/filling.h"

#include "flow/flow.h"

/* --- following --------------------------------------------------------------
 */

/* By itself, whatever came of those that were before it. */
static void go_alone(struct vb_cached *c)
{
    enum vb_answer how;

    c->waiting = false;
    vb__cached_stop_reading(c);
    how = vb__forward_begin(c->x);
    if (how != VB_PENDING)
        vb_flow_resume(c->x, how);
}

static void look_again(struct vb_cached *c)
{
    struct vb_cache_status status = {.collapsed = true};

    vb__cached_look(c);
    if (c->reuse.act != VB_REUSE_SERVE &&
        c->reuse.act != VB_REUSE_SERVE_STALE) {
        go_alone(c);
        return;
    }
    status.hit = true;
    c->waiting = false;
    vb__cached_stop_reading(c);
    vb_flow_resume(c->x, vb__cached_serve(c, c->stored, &status));
}

static void follow(struct vb_cached *c, const struct vb_stored_response *head)
{
    struct vb_cache_status status = vb__cached_forwarded(c, head->status);
    enum vb_answer how;

    status.collapsed = true;
    c->waiting = false;
    how = vb__cached_serve(c, head, &status);
    vb_flow_resume(c->x, how);
}

/* The exchange may be gone when this returns. */
static void on_news(void *context)
{
    struct vb_cached *c = context;
    const struct vb_stored_response *head;

    if (c->streaming) {
        if (c->pending) {
            c->pending = false;
            c->x->carrier->output_ready(c->x);
        }
        return;
    }
    if (!c->waiting)
        return;
    switch (vb_fill_reader_state(c->reader, &c->x->head.fields, &head)) {
    case VB_FILL_WAITING:
        return;
    case VB_FILL_OPEN:
        follow(c, head);
        return;
    case VB_FILL_AGAIN:
        look_again(c);
        return;
    case VB_FILL_ALONE:
    case VB_FILL_BROKEN:
        go_alone(c);
        return;
    }
}

/* --- joining ----------------------------------------------------------------
 */

/* May it be asked for with and for others? Parts are asked for alone. */
static bool can_share(const struct vb_cached *c)
{
    return c->keyed && c->x->head.method == VB_METHOD_GET &&
           !vb_cc_has(&c->asked.cc, VB_CC_NO_STORE) &&
           (c->found == VB_FOUND_ONE ||
            vb_fields_first(&c->x->head.fields, VB_FIELD_RANGE) == NULL);
}

/* What is stored is asked about; what is not, for the whole. */
static bool set_conditions(struct vb_cached *c)
{
    struct vb_validated *v = &c->validated;

    c->whole = true;
    if (c->found == VB_FOUND_NOTHING)
        return true;
    v->selects = c->stored != NULL;
    if (v->selects)
        v->at[v->count++] = vb_stored_response_ref(c->stored);
    else
        v->count =
            vb_memory_collect(c->cache->tier, &c->key, v->at, VB_VALIDATED_MAX);
    return vb_validation_fields(&c->x->arena, &c->asked, v, &c->conditions);
}

static void note_time(struct vb_cached *c)
{
    c->requested_ms = c->x->env->now.unix_ms;
    c->moment = vb_memory_moment(c->cache->tier);
}

static bool wants_newer(const struct vb_cached *c)
{
    return c->reuse.reason == VB_CACHING_REQUEST_NO_CACHE ||
           c->reuse.reason == VB_CACHING_REQUEST_PRAGMA ||
           c->reuse.reason == VB_CACHING_REQUEST_MAX_AGE;
}

enum vb_answer vb__cached_join(struct vb_cached *c)
{
    struct vb_exchange *x = c->x;
    const struct vb_fill_party party = {.mailbox = x->env->mailbox,
                                        .news = on_news,
                                        .resume = vb__cached_on_resume,
                                        .context = c};
    enum vb_flight_part part;

    note_time(c);
    if (!can_share(c))
        return VB_NO;
    part = vb_flights_join(c->cache->flights, &c->key, wants_newer(c), &party,
                           x->env->now.mono_ms, &c->fill, &c->reader);
    if (part == VB_FLIGHT_FOLLOW) {
        c->waiting = true;
        on_news(c);
        return VB_PENDING;
    }
    if (part == VB_FLIGHT_NOMEM)
        return VB_NO;
    if ((part == VB_FLIGHT_LEAD || c->found == VB_FOUND_ONE) &&
        !set_conditions(c))
        vb__cached_release(c, VB_FILL_ALONE);
    return VB_NO;
}

void vb__cached_refresh(struct vb_cached *c)
{
    struct vb_exchange *x = c->x;
    const struct vb_fill_party party = {.mailbox = x->env->mailbox,
                                        .resume = vb__cached_on_resume,
                                        .context = c};

    /* What is inside of another does not outlive it; and HEAD brings no content
     * to put in the place of what is stored. */
    if (x->outer != NULL || x->head.method != VB_METHOD_GET)
        return;
    c->fill = vb_flights_lead(c->cache->flights, &c->key, &party);
    if (c->fill == NULL) /* somebody is at it */
        return;
    note_time(c);
    vb__cached_hold(c);
    if (set_conditions(c) && vb__forward_behind(x))
        return;
    vb__cached_release(c, VB_FILL_BROKEN);
    vb__cached_let_go(c);
}
