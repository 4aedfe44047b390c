/*
 * Controllers of the kind `run`: a program gets the request's content on stdin,
 * and what it writes to stdout is the reply's. For a safe method it runs where
 * the flow asks what there is, for POST where the flow commits.
 *
 *     received, parsed, valid ─▶ commit ─▶ run ─▶ PENDING ... done ─▶ judge
 */
#include "resource/run.h"

#include "flow/flow.h"
#include "flow/reply.h"
#include "http/prefer.h"
#include "resource/build.h"
#include "resource/controller.h"
#include "resource/jobs.h"

/* The state of one exchange with a program: x->state. */
struct running {
    struct vb_exchange *x;
    const struct vb_route *route;
    struct vb_built *built;
    struct vb_run run;
    struct vb_run_limits limits;
    bool started; /* the output is ours to give back */
    bool counted; /* among those of its controller */
    struct vb_deferral deferral;
};

/* --- running ----------------------------------------------------------------
 */

static void leave(struct running *running)
{
    if (running->counted)
        atomic_fetch_sub(&running->built->running, 1);
    running->counted = false;
}

static void running_done(struct vb_exchange *x)
{
    struct running *running = x->state;

    leave(running);
    if (running->started)
        vb_buf_done(&running->run.output);
    vb_record_unref(running->deferral.result);
}

static void run_done(struct vb_run *run)
{
    struct running *running = run->context;
    struct vb_exchange *x = running->x;
    struct vb_run_outcome outcome =
        vb_run_judge(run, vb_controller_writes_json(x));
    enum vb_answer answer;

    x->call_off = NULL;
    leave(running);
    if (outcome.is_problem)
        answer =
            vb_controller_problem(x, outcome.status, vb_buf_span(&run->output));
    else if (outcome.status != VB_STATUS_OK)
        answer = vb_reply_refuse(x, outcome.status, outcome.detail);
    else
        answer = vb_controller_succeed(x, vb_buf_span(&run->output));
    vb_flow_resume(x, answer);
}

static void call_off(struct vb_exchange *x)
{
    struct running *running = x->state;

    x->env->runner->cancel(x->env->runner, &running->run);
}

/* Made on first use; NULL when out of memory. */
static struct running *running_of(struct vb_exchange *x)
{
    struct vb_built *built = vb_built_of(x);
    const struct vb_program *program = built->route->action->program;
    struct running *running = x->state;

    if (running != NULL)
        return running;
    running = vb_arena_calloc(&x->arena, 1, sizeof(*running));
    if (running == NULL)
        return NULL;
    running->x = x;
    running->built = built;
    running->route = built->route;
    running->limits = vb_run_limits_of(program);
    running->run = (struct vb_run){
        .argv = vb_run_words(&x->arena, program),
        .envp = vb_run_environment(x, built->route),
        .directory = program->directory,
        .input = vb_buf_span(&x->content),
        .limits = &running->limits,
        .label = program->words[0],
        .done = run_done,
        .context = running,
    };
    if (running->run.argv == NULL || running->run.envp == NULL)
        return NULL;
    x->state = running;
    x->state_done = running_done;
    return running;
}

/* Takes one of the controller's places. */
static bool enter(struct running *running)
{
    running->counted = true;
    if (atomic_fetch_add(&running->built->running, 1) <
        running->route->action->program->concurrent)
        return true;
    leave(running);
    return false;
}

static enum vb_answer start(struct vb_exchange *x)
{
    struct vb_runner *runner = x->env->runner;
    struct running *running = running_of(x);

    if (runner == NULL)
        return vb_reply_refuse(x, VB_STATUS_NOT_IMPLEMENTED,
                               VB_SPAN("No programs are run here."));
    if (running == NULL)
        return vb_reply_unavailable(x);
    if (!enter(running) || runner->start(runner, &running->run) != VB_OK)
        return vb_reply_refuse(
            x, VB_STATUS_SERVICE_UNAVAILABLE,
            VB_SPAN("As many programs as may run at once do."));
    running->started = true;
    x->call_off = call_off;
    return VB_PENDING;
}

/* --- answering later --------------------------------------------------------
 */

static void deferral_call_off(struct vb_exchange *x)
{
    struct running *running = x->state;

    vb_defer_call_off(&running->deferral);
}

bool vb_run_is_put_off(struct vb_exchange *x)
{
    const struct vb_operation *operation = vb_built_operation(x);
    struct vb_prefer prefer = vb_reply_prefer(x);

    return operation->success.async &&
           (operation->success.always_async || prefer.respond_async ||
            prefer.has_wait);
}

/* RFC 7240 sections 3, 4.1 and 4.3. */
static void say_applied(struct vb_exchange *x, const struct vb_prefer *prefer)
{
    struct vb_buf text;

    vb_buf_init(&text, 256);
    if (prefer->respond_async)
        vb_preference_applied(&text, VB_SPAN("respond-async"), VB_SPAN(""));
    if (prefer->has_wait)
        vb_preference_applied(
            &text, VB_SPAN("wait"),
            vb_arena_printf(&x->arena, "%lld", (long long)prefer->wait));
    vb_reply_field(x, VB_FIELD_PREFERENCE_APPLIED,
                   vb_arena_dup(&x->arena, vb_buf_span(&text)));
    vb_buf_done(&text);
}

/* A wait that is too long is not waited for to its end, and not applied. */
static enum vb_answer run_deferred(struct vb_exchange *x)
{
    struct vb_prefer prefer = vb_reply_prefer(x);
    const struct vb_program *program = vb_built_of(x)->route->action->program;
    struct running *running;

    if (!vb_run_is_put_off(x) || x->env->jobs == NULL)
        return VB_NO;
    running = running_of(x);
    if (running == NULL)
        return vb_reply_unavailable(x);
    prefer.has_wait = prefer.has_wait && prefer.wait <= VB_JOB_WAIT_MOST / 1000;
    say_applied(x, &prefer);
    running->deferral = (struct vb_deferral){
        .x = x,
        .route = running->route,
        .environment = running->run.envp,
        .media_type = vb_controller_type(x),
        .input_type = x->media_type,
        .input = running->run.input,
        .idempotent = program->idempotent,
        .wait_ms = prefer.has_wait ? (uint32_t)prefer.wait * 1000 : 0,
        .call_off = deferral_call_off,
    };
    return vb_defer(&running->deferral);
}

/* The status in the problem document of a job that has failed. */
static enum vb_answer answer_over(struct running *running)
{
    const struct vb_deferral *deferral = &running->deferral;
    unsigned status = vb_run_problem_status(deferral->problem);

    if (deferral->problem.len > 0)
        return vb_controller_problem(running->x, status != 0 ? status : 500,
                                     deferral->problem);
    return vb_controller_succeed(running->x, deferral->result == NULL
                                                 ? VB_SPAN("")
                                                 : deferral->result->content);
}

/* Where the work was put off, and is over all the same, it is not done again.
 */
static enum vb_answer run_commit(struct vb_exchange *x)
{
    struct running *running = x->state;

    return running != NULL && running->deferral.over ? answer_over(running)
                                                     : start(x);
}

/* --- the questions ----------------------------------------------------------
 */

static enum vb_answer run_exists(struct vb_exchange *x)
{
    return vb_controller_exists(x, start);
}

const struct vb_slot *vb_run_slot(enum vb_method method)
{
    static const struct vb_slot post_slot = {
        .content_optional = true,
        .parsed = vb_controller_parsed,
        .valid = vb_controller_valid,
        .deferred = run_deferred,
        .commit = run_commit,
    };

    return vb_controller_slot(method, &post_slot);
}

void vb_run_init(struct vb_resource *resource)
{
    const struct vb_built *built = resource->data;
    const struct vb_operation *post = built->route->by_method[VB_METHOD_POST];

    resource->exists = run_exists;
    resource->max_content = built->route->action->program->input;
    /* What a job is made of is kept in one piece. */
    if (post != NULL && post->success.async &&
        resource->max_content > VB_STORE_CHUNK)
        resource->max_content = VB_STORE_CHUNK;
}
