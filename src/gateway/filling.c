/*
 * Who leads: a request that has gone on, and whose answer others may have. See
 * cached.h.
 */
#include "gateway/filling.h"

#include "flow/flow.h"
#include "http/status.h"

/* --- leading ----------------------------------------------------------------
 */

void vb__cached_close_fill(struct vb_cached *c)
{
    struct vb_alarms *alarms = c->x->env->alarms;

    alarms->cancel(alarms, &c->patience);
    vb_fill_close(c->fill);
    c->fill = NULL;
}

void vb__cached_release(struct vb_cached *c, enum vb_fill_state state)
{
    vb_fill_release(c->fill, state);
    vb__cached_close_fill(c);
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

void vb__cached_answer(struct vb_cached *c,
                       const struct vb_stored_response *response,
                       const struct vb_cache_status *status)
{
    if (!c->forward->replied)
        vb__forward_answer(c->forward, vb__cached_serve(c, response, status));
}

/* --- what a head means ------------------------------------------------------
 */

static struct vb_stored_response *make_stored(struct vb_cached *c,
                                              const struct vb_come *come,
                                              const struct vb_storing *storing)
{
    struct vb_exchange *x = c->x;
    struct vb_field_list via;
    struct vb_stored_draft draft = {
        .asked = &c->asked,
        .received = &come->received,
        .storing = storing,
        .streamed = true,
        .length = come->length,
        .part = come->part,
    };

    vb_field_list_init(&via, &x->arena, 1);
    if (!come->has_via)
        vb_add_via(&via, vb_via_version(c->forward->ask.client->protocol),
                   c->forward->gate->options.pseudonym);
    if (via.failed)
        return NULL;
    draft.more = via.at;
    draft.more_count = via.count;
    return vb_stored_response_new(&x->arena, &draft);
}

static uint64_t length_of(const struct vb_response_head *response)
{
    if (!response->has_content)
        return 0;
    return response->content_length >= 0 ? (uint64_t)response->content_length
                                         : VB_LENGTH_UNKNOWN;
}

bool vb__cached_open(struct vb_cached *c,
                     const struct vb_response_head *response,
                     struct vb_storing *ret_storing)
{
    struct vb_come come = {.received = vb__cached_received(c, response),
                           .length = length_of(response)};

    if (response->status == VB_STATUS_PARTIAL_CONTENT &&
        !vb__cached_read_part(c, response, &come))
        return false;
    vb_storing_judge(c->policy, &c->x->arena, &c->asked, c->key.uri,
                     &come.received, ret_storing);
    if (ret_storing->reason != VB_CACHING_STORABLE ||
        !vb__cached_is_shared(c->x, &response->fields))
        return false;
    c->fresh = make_stored(c, &come, ret_storing);
    return c->fresh != NULL && vb_fill_open(c->fill, c->fresh);
}

/* What others may not have, is for this client all the same (RFC 9111 sections
 * 5.2.2.4 and 5.2.2.7). */
static void give_its_own(struct vb_cached *c,
                         const struct vb_response_head *response,
                         const struct vb_storing *storing)
{
    const struct vb_fields *fields = &response->fields;

    for (size_t i = 0; i < fields->count && !c->forward->replied; i++)
        if (vb_storing_withholds(storing, fields->at[i].name) &&
            vb_goes_on(fields, &fields->at[i]))
            vb_reply_add(c->x, fields->at[i].name, fields->at[i].value);
}

/* It arrives in the fill, for this client too. */
static bool open_fill(struct vb_cached *c,
                      const struct vb_response_head *response)
{
    struct vb_cache_status status = vb__cached_forwarded(c, response->status);
    struct vb_storing storing;

    if (!vb__cached_open(c, response, &storing))
        return false;
    give_its_own(c, response, &storing);
    c->phase = VB_CACHED_FILLS;
    vb__forward_hold(c->forward);
    status.stored = true;
    vb__cached_answer(c, c->fresh, &status);
    if (!vb__cached_is_read(c)) /* a 304, or the client has gone */
        vb__cached_stop_reading(c);
    return true;
}

/* It fails, and what is stored answers in its place. */
static bool stands_in(struct vb_cached *c, unsigned status)
{
    enum vb_answer answer;

    if (status < VB_STATUS_INTERNAL_SERVER_ERROR || c->forward->replied ||
        !vb__cached_instead(c, status, false, &answer))
        return false;
    vb__cached_tell_failure(c, status, VB_FAILURE_NONE);
    c->phase = VB_CACHED_DROPS;
    vb__forward_answer(c->forward, answer);
    return true;
}

/* It is for this client alone. */
static void release_others(struct vb_cached *c, unsigned status)
{
    if (status >= VB_STATUS_INTERNAL_SERVER_ERROR) {
        vb__cached_tell_failure(c, status, VB_FAILURE_NONE);
        return;
    }
    if (c->stored != NULL)
        vb_memory_drop(c->cache->tier, &c->key, c->stored);
    vb__cached_release(c, VB_FILL_ALONE);
}

static bool take_head(struct vb_cached *c,
                      const struct vb_response_head *response)
{
    if (response->status == VB_STATUS_NOT_MODIFIED
            ? vb__cached_not_modified(c, response)
            : stands_in(c, response->status) || open_fill(c, response))
        return true;
    if (c->fill != NULL)
        release_others(c, response->status);
    c->phase = c->forward->replied ? VB_CACHED_DROPS : VB_CACHED_PASSES;
    return c->forward->replied; /* nobody is there who wants it */
}

bool vb__cached_head(struct vb_cached *c,
                     const struct vb_response_head *response)
{
    if (c->phase == VB_CACHED_ASKS && !c->copies)
        return take_head(c, response);
    if (c->copies)
        vb__cached_copy_head(c, response);
    else
        vb__cached_heed(c, response);
    return false;
}

/* --- content, and its end ---------------------------------------------------
 */

/* Somebody holds up the others: who does is cut off. */
static void out_of_patience(struct vb_alarm *alarm)
{
    struct vb_cached *c = VB_CONTAINER(alarm, struct vb_cached, patience);
    struct vb_alarms *alarms = c->x->env->alarms;

    if (c->fill != NULL && !vb_fill_shed(c->fill))
        alarms->set(alarms, &c->patience, VB_FILL_PATIENCE_MS);
}

void vb__cached_on_resume(void *context)
{
    struct vb_cached *c = context;
    struct vb_alarms *alarms = c->x->env->alarms;

    alarms->cancel(alarms, &c->patience);
    if (c->forward != NULL && c->forward->under_way)
        vb_ask_resume(&c->forward->ask);
}

static enum vb_sink_want fill(struct vb_cached *c, struct vb_span bytes)
{
    struct vb_alarms *alarms = c->x->env->alarms;
    enum vb_sink_want want = vb_fill_append(c->fill, bytes);

    if (want == VB_SINK_PAUSE && c->patience.own == NULL) {
        c->patience.ring = out_of_patience;
        alarms->set(alarms, &c->patience, VB_FILL_PATIENCE_MS);
    }
    if (want == VB_SINK_DONE) {
        c->phase = VB_CACHED_RESTS;
        vb__cached_close_fill(c);
        vb__forward_cancel(c->forward);
    }
    return want;
}

enum vb_sink_want vb__cached_content(struct vb_cached *c, struct vb_span bytes)
{
    switch (c->phase) {
    case VB_CACHED_FILLS:
        return fill(c, bytes);
    case VB_CACHED_COPIES:
        return vb__cached_copy(c, bytes);
    case VB_CACHED_PASSES:
        return vb__forward_take(c->forward, bytes);
    default:
        return VB_SINK_MORE;
    }
}

bool vb__cached_asks_again(struct vb_cached *c)
{
    if (c->phase != VB_CACHED_REPEATS)
        return false;
    c->phase = VB_CACHED_ASKS;
    c->whole = false;
    c->conditions.count = 0;
    return vb__forward_again(c->forward);
}

/* There is no answer. */
static bool end_unanswered(struct vb_cached *c, enum vb_failure_id failure)
{
    bool wanted = !c->forward->replied;
    enum vb_answer answer;

    if (!vb__cached_unanswered(c, failure, &answer))
        return !wanted;
    vb__forward_answer(c->forward, answer);
    return true;
}

static void end_fill(struct vb_cached *c, enum vb_failure_id failure)
{
    if (failure == VB_FAILURE_NONE)
        (void)vb_fill_finish(c->fill);
    vb__cached_close_fill(c);
    c->phase = VB_CACHED_RESTS;
}

bool vb__cached_end(struct vb_cached *c, enum vb_failure_id failure)
{
    switch (c->phase) {
    case VB_CACHED_PASSES:
        return false;
    case VB_CACHED_ASKS:
        return end_unanswered(c, failure);
    case VB_CACHED_FILLS:
        end_fill(c, failure);
        return true;
    case VB_CACHED_COPIES:
        end_fill(c, failure);
        return false;
    default:
        return true;
    }
}

bool vb__cached_call_off(struct vb_cached *c)
{
    bool followed = c->phase == VB_CACHED_ASKS && c->fill != NULL &&
                    vb_fill_readers(c->fill) > 1;

    if (c->phase == VB_CACHED_FOLLOWS)
        c->phase = VB_CACHED_RESTS;
    vb__cached_stop_reading(c);
    if (followed)
        vb__forward_hold(c->forward);
    return followed;
}
