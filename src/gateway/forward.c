/* Asking the other server, and passing its answer on: the question `answered`.
 * See gate.h. */
#include "gateway/cached.h"

#include "base/assert.h"
#include "flow/flow.h"
#include "flow/reply.h"

static struct vb_forward *of_ask(struct vb_ask *ask)
{
    return ask->context;
}

/* --- what the ask tells -----------------------------------------------------
 */

static void on_interim(struct vb_ask *ask,
                       const struct vb_response_head *response)
{
    struct vb_forward *f = of_ask(ask);

    if (!f->replied)
        vb__forward_interim(f, response);
}

/* Nothing but the end of the response is to come, and it comes with its head or
 * right after: who is answered by then must not take it for one that breaks
 * off, and the connection with it. */
static bool is_near_its_end(const struct vb_call *call,
                            const struct vb_response_head *response)
{
    return response != NULL && !call->switched &&
           (!response->has_content || response->content_length == 0) &&
           (call->content == NULL || call->content_sent);
}

static enum vb_sink_want on_content(struct vb_ask *ask, struct vb_span bytes)
{
    struct vb_forward *f = of_ask(ask);
    struct vb_cached *c = vb__cached_of(f->x);

    if (f->audit != NULL)
        vb__audit_content(f->audit, bytes);
    return c != NULL ? vb__cached_content(c, bytes)
                     : vb__forward_take(f, bytes);
}

static void on_eof(struct vb_ask *ask)
{
    vb__forward_eof(of_ask(ask));
}

static void end(struct vb_forward *f, enum vb_failure_id failure)
{
    struct vb_cached *c = vb__cached_of(f->x);

    if (c != NULL && vb__cached_end(c, failure))
        return;
    if (!f->replied) {
        vb__forward_answer(f, vb__forward_why(f, failure));
        return;
    }
    f->x->reply.trailers = f->ask.call.trailers_in;
    vb__forward_end(f, failure == VB_FAILURE_NONE);
}

/* The exchange may be gone when this returns. */
static void be_over(struct vb_forward *f, enum vb_failure_id failure)
{
    struct vb_exchange *x = f->x;
    bool held = f->held;

    f->under_way = f->held = false;
    end(f, failure);
    if (held)
        vb_exchange_unhold(x);
}

static void on_end(struct vb_ask *ask, enum vb_failure_id failure)
{
    struct vb_forward *f = of_ask(ask);
    struct vb_cached *c = vb__cached_of(f->x);

    if (f->audit != NULL && failure == VB_FAILURE_NONE)
        vb__audit_end(f);
    f->under_way = false;
    if (c == NULL || !vb__cached_asks_again(c))
        be_over(f, failure);
}

/* What it says cannot even be read. */
static void break_off(struct vb_forward *f)
{
    vb_ask_cancel(&f->ask);
    be_over(f, VB_FAILURE_INTERNAL);
}

/* The exchange may be gone when this returns. */
static void take_head(struct vb_forward *f,
                      const struct vb_response_head *response)
{
    struct vb_cached *c = vb__cached_of(f->x);

    vb_assert(c == NULL || response != NULL); /* tunnels have none of either */
    if (is_near_its_end(&f->ask.call, response))
        vb__forward_hold(f);
    if (c != NULL && vb__cached_head(c, response))
        return;
    vb__forward_response(f, response);
    if (c != NULL)
        vb__cached_passed(c, response->status);
    vb__forward_answer(f, VB_HALT);
}

static void on_head(struct vb_ask *ask, const struct vb_response_head *response)
{
    struct vb_forward *f = of_ask(ask);
    const struct vb_response_head *placed =
        response != NULL ? vb__forward_placed(f, response) : NULL;

    if (f->gate->options.auditor != NULL && response != NULL)
        vb__audit_head(f, response);
    if (response != NULL && placed == NULL)
        break_off(f);
    else
        take_head(f, placed);
}

static bool on_rewind(struct vb_ask *ask)
{
    return vb__forward_rewind(of_ask(ask));
}

static const struct vb_ask_ops ask_ops = {
    .interim = on_interim,
    .head = on_head,
    .content = on_content,
    .eof = on_eof,
    .end = on_end,
    .rewind = on_rewind,
};

/* --- from its begin to its end ----------------------------------------------
 */

static struct vb_forward *forward_of(const struct vb_exchange *x)
{
    const struct vb_cached *c = vb__cached_of(x);

    return c != NULL ? c->forward : x->state;
}

void vb__forward_done(struct vb_exchange *x)
{
    struct vb_forward *f = forward_of(x);

    if (f == NULL)
        return;
    if (f->under_way) {
        f->under_way = false;
        vb_ask_cancel(&f->ask);
    }
    vb__forward_done_content(f);
}

/* The client has gone before there was an answer. */
static void call_off(struct vb_exchange *x)
{
    struct vb_cached *c = vb__cached_of(x);
    struct vb_forward *f = forward_of(x);

    x->call_off = NULL;
    if (f != NULL && f->replied)
        return;
    if ((c == NULL || !vb__cached_call_off(c)) && f != NULL) {
        vb__forward_cancel(f);
    }
    if (f != NULL)
        f->replied = true;
    x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE; /* which nobody sees */
    vb_flow_resume(x, VB_NO);
}

/* NULL: no memory, or nobody who connects. */
static struct vb_forward *new_forward(struct vb_exchange *x)
{
    bool connects = x->env->reaches != NULL && x->env->dialer != NULL;
    struct vb_forward *f =
        connects ? vb_arena_calloc(&x->arena, 1, sizeof(*f)) : NULL;

    if (f == NULL)
        return NULL;
    f->x = x;
    f->gate = vb__gate_of(x);
    vb__forward_init_content(f);
    f->ask.ops = &ask_ops;
    f->ask.context = f;
    if (vb__cached_of(x) != NULL) {
        vb__cached_of(x)->forward = f;
    } else {
        x->state = f;
        x->state_done = vb__forward_done;
    }
    return f;
}

bool vb__forward_new(struct vb_exchange *x)
{
    return new_forward(x) != NULL;
}

static struct vb_forward *prepared(struct vb_exchange *x)
{
    const struct vb_cached *c = vb__cached_of(x);

    return c != NULL && c->forward != NULL ? c->forward : new_forward(x);
}

static struct vb_reach *find_reach(struct vb_exchange *x,
                                   const struct vb_gate *gate)
{
    return gate->upstream != NULL ? vb_reach_of(x->env->reaches, gate->upstream)
                                  : gate->reach(x, gate);
}

static enum vb_failure_id start(struct vb_forward *f)
{
    enum vb_failure_id failure = VB_FAILURE_INTERNAL;

    f->ask.tried = 0;
    if (f->reach != NULL && vb__forward_request(f))
        failure = vb_ask_start(&f->ask, f->reach);
    f->under_way = failure == VB_FAILURE_NONE;
    return failure;
}

enum vb_answer vb__forward_begin(struct vb_exchange *x)
{
    struct vb_forward *f = prepared(x);
    struct vb_cached *c = vb__cached_of(x);
    enum vb_failure_id failure;
    enum vb_answer answer;

    if (f == NULL)
        return vb_reply_unavailable(x);
    f->reach = find_reach(x, f->gate);
    failure = start(f);
    if (failure == VB_FAILURE_NONE)
        return VB_PENDING;
    return c != NULL && vb__cached_unanswered(c, failure, &answer)
               ? answer
               : vb__forward_refuse(x, failure);
}

bool vb__forward_again(struct vb_forward *f)
{
    return vb__forward_rewind(f) && start(f) == VB_FAILURE_NONE;
}

bool vb__forward_behind(struct vb_exchange *x)
{
    struct vb_forward *f = prepared(x);

    if (f == NULL)
        return false;
    if (!f->is_whole) /* whose sink is closed with the exchange */
        x->sink = NULL;
    f->reach = find_reach(x, f->gate);
    f->replied = true;
    if (start(f) != VB_FAILURE_NONE)
        return false;
    vb__forward_hold(f);
    return true;
}

enum vb_answer vb__gate_answered(struct vb_exchange *x)
{
    struct vb_cached *c = vb__cached_of(x);
    enum vb_answer answer = c != NULL ? vb__cached_join(c) : VB_NO;

    x->call_off = call_off;
    return answer != VB_NO ? answer : vb__forward_begin(x);
}
