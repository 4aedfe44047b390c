/*
 * Who asks, and who waits for whom: a request joins those that want the same.
 * See cached.h.
 */
#include "gateway/filling.h"

#include "flow/flow.h"

/* --- following --------------------------------------------------------------
 */

static void stop_following(struct vb_cached *c)
{
    vb__cached_stop_reading(c);
    c->phase = VB_CACHED_RESTS;
}

static void go_on(struct vb_cached *c)
{
    enum vb_answer how = vb__forward_begin(c->x);

    if (how != VB_PENDING)
        vb_flow_resume(c->x, how);
}

/* By itself, whatever came of those that were before it. */
static void go_alone(struct vb_cached *c)
{
    stop_following(c);
    c->phase = VB_CACHED_PASSES;
    go_on(c);
}

/* Whoever led has not come so far, for reasons of its own: one of those who
 * followed leads in its place, and the others follow; but not time after time.
 */
static void go_in_its_place(struct vb_cached *c)
{
    if (c->rejoined) {
        go_alone(c);
        return;
    }
    c->rejoined = true;
    stop_following(c);
    if (vb__cached_join(c) == VB_NO)
        go_on(c);
}

/* The same would be told to all of them, and the next hop has trouble enough;
 * but its own answer is for who has asked. */
static void fail_too(struct vb_cached *c)
{
    struct vb_fill_failure failure = vb_fill_reader_failure(c->reader);
    enum vb_answer answer;

    if (!vb__cached_instead(c, failure.status, true, &answer)) {
        if (failure.status != 0) {
            go_alone(c);
            return;
        }
        answer = vb__forward_refuse(c->x, (enum vb_failure_id)failure.why);
    }
    stop_following(c);
    vb_flow_resume(c->x, answer);
}

static void look_again(struct vb_cached *c)
{
    const struct vb_cache_status status = {.hit = true, .collapsed = true};

    vb__cached_look(c);
    if (c->reuse.act != VB_REUSE_SERVE &&
        c->reuse.act != VB_REUSE_SERVE_STALE) {
        go_alone(c);
        return;
    }
    stop_following(c);
    vb_flow_resume(c->x, vb__cached_serve(c, c->stored, &status));
}

static void follow(struct vb_cached *c, const struct vb_stored_response *head)
{
    struct vb_cache_status status = vb__cached_forwarded(c, head->status);

    status.collapsed = true;
    c->phase = VB_CACHED_RESTS;
    vb_flow_resume(c->x, vb__cached_serve(c, head, &status));
}

/* The exchange may be gone when this returns. */
static void look_at_leader(struct vb_cached *c)
{
    const struct vb_stored_response *head;

    switch (vb_fill_reader_state(c->reader, &c->x->head.fields, &head)) {
    case VB_FILL_WAITING:
        return;
    case VB_FILL_OPEN:
        follow(c, head);
        return;
    case VB_FILL_AGAIN:
        look_again(c);
        return;
    case VB_FILL_FAILED:
        fail_too(c);
        return;
    case VB_FILL_BROKEN:
        go_in_its_place(c);
        return;
    case VB_FILL_ALONE:
        go_alone(c);
        return;
    }
}

static void on_news(void *context)
{
    struct vb_cached *c = context;

    if (c->phase == VB_CACHED_FOLLOWS)
        look_at_leader(c);
    else
        vb__cached_read_on(c);
}

/* --- joining ----------------------------------------------------------------
 */

/* May it be asked for with and for others? Parts are asked for alone. */
static bool can_share(const struct vb_cached *c)
{
    return c->key.uri.len > 0 && vb__cached_brings_content(c) &&
           !vb_cc_has(&c->asked.cc, VB_CC_NO_STORE) &&
           !vb__cached_wants_part(c);
}

/* What is stored is asked about; what is not, for the whole. */
static void set_conditions(struct vb_cached *c)
{
    struct vb_validated *v = &c->validated;

    c->whole = true;
    if (c->found == VB_FOUND_NOTHING)
        return;
    v->selects = c->stored != NULL;
    if (v->selects)
        v->at[v->count++] = vb_stored_response_ref(c->stored);
    else
        v->count =
            vb_memory_collect(c->cache->tier, &c->key, v->at, VB_VALIDATED_MAX);
    (void)vb_validation_fields(&c->x->arena, &c->asked, v, &c->conditions);
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

static enum vb_flight_part find_part(struct vb_cached *c)
{
    struct vb_exchange *x = c->x;
    const struct vb_fill_party party = {.mailbox = x->env->mailbox,
                                        .news = on_news,
                                        .resume = vb__cached_on_resume,
                                        .context = c};

    c->copies = vb__cached_may_copy(c);
    if (c->copies) {
        c->fill = vb_flights_alone(c->cache->flights, &c->key, &party);
        return c->fill != NULL ? VB_FLIGHT_ALONE : VB_FLIGHT_NOMEM;
    }
    if (!can_share(c))
        return VB_FLIGHT_NOMEM;
    return vb_flights_join(c->cache->flights, &c->key, wants_newer(c), &party,
                           x->env->now.mono_ms, &c->fill, &c->reader);
}

enum vb_answer vb__cached_join(struct vb_cached *c)
{
    enum vb_flight_part part;

    note_time(c);
    part = find_part(c);
    if (part == VB_FLIGHT_FOLLOW) {
        c->phase = VB_CACHED_FOLLOWS;
        look_at_leader(c);
        return VB_PENDING;
    }
    c->phase = part == VB_FLIGHT_NOMEM ? VB_CACHED_PASSES : VB_CACHED_ASKS;
    if (part == VB_FLIGHT_LEAD ||
        (part == VB_FLIGHT_ALONE && c->found == VB_FOUND_ONE))
        set_conditions(c);
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
    if (x->outer != NULL || !vb__cached_brings_content(c))
        return;
    c->fill = vb_flights_lead(c->cache->flights, &c->key, &party);
    if (c->fill == NULL) /* somebody is at it */
        return;
    note_time(c);
    c->phase = VB_CACHED_ASKS;
    set_conditions(c);
    if (vb__forward_behind(x))
        return;
    c->phase = VB_CACHED_RESTS;
    vb__cached_close_fill(c);
}
