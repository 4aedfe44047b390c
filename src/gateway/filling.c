/*
 * Who leads: a request that goes on, and whose answer others may have. See
 * cached.h.
 */
#include "gateway/filling.h"

#include "flow/flow.h"
#include "flow/reply.h"

/* --- room to go on ----------------------------------------------------------
 */

void vb__cached_on_resume(void *context)
{
    struct vb_cached *c = context;
    struct vb_alarms *alarms = c->x->env->alarms;

    alarms->cancel(alarms, &c->patience);
    if (c->forward != NULL && c->forward->under_way)
        vb_ask_resume(&c->forward->ask);
}

/* Somebody holds up the others: who does is cut off. */
static void out_of_patience(struct vb_alarm *alarm)
{
    struct vb_cached *c = VB_CONTAINER(alarm, struct vb_cached, patience);
    struct vb_alarms *alarms = c->x->env->alarms;

    if (c->fill != NULL && !vb_fill_shed(c->fill))
        alarms->set(alarms, &c->patience, VB_FILL_PATIENCE_MS);
}

/* --- reading what arrives ---------------------------------------------------
 */

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct vb_cached *c = VB_CONTAINER(source, struct vb_cached, source);
    enum vb_pull pulled = vb_fill_read(c->reader, ret_bytes);

    c->pending = pulled == VB_PULL_PENDING;
    return pulled;
}

void vb__cached_stop_reading(struct vb_cached *c)
{
    vb_fill_reader_close(c->reader);
    c->reader = NULL;
    c->streaming = c->pending = false;
}

static void close_source(struct vb_source *source)
{
    vb__cached_stop_reading(VB_CONTAINER(source, struct vb_cached, source));
}

struct vb_source *vb__cached_stream(struct vb_exchange *x, uint64_t first,
                                    uint64_t length)
{
    struct vb_cached *c = x->state;

    if (first != 0 || c->reader == NULL)
        return NULL;
    c->streaming = true;
    c->source = (struct vb_source){
        .pull = pull,
        .close = close_source,
        .length = length == VB_LENGTH_UNKNOWN ? -1 : (int64_t)length,
    };
    return &c->source;
}

/* --- leading ----------------------------------------------------------------
 */

void vb__cached_hold(struct vb_cached *c)
{
    if (!c->held)
        vb_exchange_hold(c->x);
    c->held = true;
}

/* The exchange may be gone when this returns. */
void vb__cached_let_go(struct vb_cached *c)
{
    struct vb_alarms *alarms = c->x->env->alarms;
    bool held = c->held;

    alarms->cancel(alarms, &c->patience);
    vb_fill_close(c->fill);
    c->fill = NULL;
    c->held = false;
    if (held)
        vb_exchange_unhold(c->x);
}

void vb__cached_release(struct vb_cached *c, enum vb_fill_state state)
{
    if (c->fill != NULL)
        vb_fill_release(c->fill, state);
    vb_fill_close(c->fill);
    c->fill = NULL;
    vb__cached_stop_reading(c);
}

struct vb_cache_status vb__cached_forwarded(const struct vb_cached *c,
                                            unsigned status)
{
    return (struct vb_cache_status){
        .cache = vb__gate_of(c->x)->options.pseudonym,
        .fwd = vb_caching_reason_info(c->reuse.reason)->fwd,
        .fwd_status = (uint16_t)status,
    };
}

struct vb_received vb__cached_received(const struct vb_cached *c,
                                       const struct vb_response_head *response)
{
    return (struct vb_received){
        .status = response->status,
        .fields = &response->fields,
        .requested_ms = c->requested_ms,
        .received_ms = c->x->env->now.unix_ms,
    };
}

/* The flow goes on: with what is stored (YES), or it is told (HALT). The
 * exchange may be gone when this returns, unless it is held. */
static void answer(struct vb_cached *c, enum vb_answer answer)
{
    struct vb_forward *f = c->forward;

    if (f->replied)
        return;
    f->replied = true;
    vb_flow_resume(c->x, answer);
}

static void serve(struct vb_cached *c,
                  const struct vb_stored_response *response,
                  const struct vb_cache_status *status)
{
    if (!c->forward->replied)
        answer(c, vb__cached_serve(c, response, status));
}

/* --- what a head means ------------------------------------------------------
 */

void vb__cached_freshen(struct vb_cached *c, const struct vb_received *received,
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
            vb_validation_freshen(&c->cache->policy, &c->x->arena, &freshening,
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

/* 304: it still holds. */
static bool take_not_modified(struct vb_cached *c,
                              const struct vb_response_head *response)
{
    const struct vb_received received = vb__cached_received(c, response);
    struct vb_cache_status status = vb__cached_forwarded(c, response->status);
    struct vb_validation verdict;

    vb_validation_judge(&c->asked, &c->validated, &received, &verdict);
    if (verdict.outcome == VB_VALIDATION_NOTHING && c->whole) {
        c->again = true;
        return true;
    }
    if (verdict.outcome != VB_VALIDATION_STORED) { /* the client's own */
        vb__cached_release(c, VB_FILL_AGAIN);
        return false;
    }
    vb__cached_freshen(c, &received, &verdict, vb_fill_moment(c->fill));
    vb__cached_release(c, VB_FILL_AGAIN);
    status.stored = true;
    serve(c, c->fresh != NULL ? c->fresh : c->validated.at[verdict.answer],
          &status);
    return true;
}

/* It fails: what is stored may be better than that (RFC 5861 section 4). */
static bool serve_on_error(struct vb_cached *c, unsigned failed)
{
    struct vb_cache_status status = vb__cached_forwarded(c, failed);
    struct vb_reuse reuse;

    if (c->stored == NULL)
        return false;
    reuse =
        vb_reuse_on_error(&c->cache->policy, &c->asked, &c->stored->freshness,
                          c->x->env->now.unix_ms, failed);
    if (reuse.act != VB_REUSE_SERVE && reuse.act != VB_REUSE_SERVE_STALE)
        return false;
    serve(c, c->stored, &status);
    return true;
}

static struct vb_stored_response *
make_stored(struct vb_cached *c, const struct vb_response_head *response,
            const struct vb_received *received,
            const struct vb_storing *storing)
{
    struct vb_exchange *x = c->x;
    struct vb_field_list via;
    struct vb_stored_draft draft = {
        .asked = &c->asked,
        .received = received,
        .storing = storing,
        .streamed = true,
        .length = response->content_length >= 0
                      ? (uint64_t)response->content_length
                      : VB_LENGTH_UNKNOWN,
    };

    vb_field_list_init(&via, &x->arena, 1);
    vb_add_via(&via, vb_via_version(c->forward->ask.client->protocol),
               c->forward->gate->options.pseudonym);
    if (via.failed)
        return NULL;
    if (!response->has_content)
        draft.length = 0;
    draft.more = via.at;
    draft.more_count = via.count;
    return vb_stored_response_new(&x->arena, &draft);
}

/* May others have it? Then it arrives in the fill, for this client too. */
static bool open_fill(struct vb_cached *c,
                      const struct vb_response_head *response)
{
    const struct vb_received received = vb__cached_received(c, response);
    struct vb_cache_status status = vb__cached_forwarded(c, response->status);
    struct vb_storing storing;

    vb_storing_judge(&c->cache->policy, &c->x->arena, &c->asked, c->key.uri,
                     &received, &storing);
    if (storing.reason != VB_CACHING_STORABLE ||
        !vb__cached_is_shared(c->x, &response->fields))
        return false;
    c->fresh = make_stored(c, response, &received, &storing);
    if (c->fresh == NULL || !vb_fill_open(c->fill, c->fresh))
        return false;
    c->opened = true;
    vb__cached_hold(c);
    status.stored = true;
    serve(c, c->fresh, &status);
    if (!c->streaming) /* a 304, or the client has gone */
        vb__cached_stop_reading(c);
    return true;
}

bool vb__cached_head(struct vb_cached *c,
                     const struct vb_response_head *response)
{
    if (c->fill == NULL)
        return false;
    if (response->status == VB_STATUS_NOT_MODIFIED)
        return take_not_modified(c, response);
    if (response->status >= VB_STATUS_INTERNAL_SERVER_ERROR &&
        serve_on_error(c, response->status)) {
        vb__cached_release(c, VB_FILL_BROKEN);
        return true;
    }
    if (open_fill(c, response))
        return true;
    if (c->stored != NULL && response->status < VB_STATUS_INTERNAL_SERVER_ERROR)
        vb_memory_drop(c->cache->tier, &c->key, c->stored);
    vb__cached_release(c, VB_FILL_ALONE);
    return c->forward->replied; /* nobody is there who wants it */
}

enum vb_sink_want vb__cached_content(struct vb_cached *c, struct vb_span bytes)
{
    struct vb_alarms *alarms = c->x->env->alarms;
    enum vb_sink_want want;

    if (c->fill == NULL || !c->opened)
        return VB_SINK_MORE;
    want = vb_fill_append(c->fill, bytes);
    if (want == VB_SINK_PAUSE && c->patience.own == NULL) {
        c->patience.ring = out_of_patience;
        alarms->set(alarms, &c->patience, VB_FILL_PATIENCE_MS);
    }
    if (want == VB_SINK_DONE) {
        c->forward->under_way = false;
        vb_ask_cancel(&c->forward->ask);
        vb__cached_let_go(c);
    }
    return want;
}

bool vb__cached_end(struct vb_cached *c, enum vb_failure_id failure)
{
    if (c->again) {
        c->again = false;
        c->whole = false;
        c->conditions.count = 0;
        if (vb__forward_again(c->forward))
            return true;
        failure = VB_FAILURE_INTERNAL;
    }
    if (c->opened) {
        if (failure == VB_FAILURE_NONE)
            (void)vb_fill_finish(c->fill);
        vb__cached_let_go(c);
        return true;
    }
    if (!c->forward->replied && c->fill != NULL && serve_on_error(c, 0)) {
        vb__cached_release(c, VB_FILL_BROKEN);
        vb__cached_let_go(c);
        return true;
    }
    if (c->fill != NULL)
        vb__cached_release(c, VB_FILL_BROKEN);
    if (c->forward->replied && !c->forward->passes) {
        vb__cached_let_go(c);
        return true;
    }
    return false;
}

bool vb__cached_call_off(struct vb_cached *c)
{
    if (c->waiting) {
        c->waiting = false;
        vb__cached_stop_reading(c);
        return false;
    }
    if (c->fill == NULL || vb_fill_readers(c->fill) < 2)
        return false;
    vb__cached_stop_reading(c);
    vb__cached_hold(c);
    return true;
}
