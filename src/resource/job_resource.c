/*
 * What clients see of jobs: the job, which shows how it goes until its result
 * is there and then points to it; and the result. Deleting a job ends it.
 */
#include <stdlib.h>

#include "flow/reply.h"
#include "resource/build.h"
#include "resource/document.h"
#include "resource/jobs.h"
#include "resource/stored.h"

#define OPERATION(m)                                                           \
    {                                                                          \
        .method = VB_METHOD_##m, .name = VB_SPAN_INIT(#m), .served = true,     \
        .success = {                                                           \
            .done = 200,                                                       \
            .full = 200                                                        \
        }                                                                      \
    }
static const struct vb_operation operations[] = {OPERATION(GET),
                                                 OPERATION(DELETE)};
#undef OPERATION

static const struct vb_state job_state = {.json = true};
static const struct vb_state result_state = {.json = true, .verbatim = true};

#define ROUTE(state_, count)                                                   \
    {                                                                          \
        .path = VB_SPAN_INIT(VB_JOBS_BASE), .served = true,                    \
        .archetype = VB_ARCHETYPE_DOCUMENT, .operations = operations,          \
        .operation_count = (count),                                            \
        .by_method = {[VB_METHOD_GET] = &operations[0],                        \
                      [VB_METHOD_DELETE] =                                     \
                          (count) > 1 ? &operations[1] : NULL},                \
        .state = &(state_)                                                     \
    }
static const struct vb_route job_route = ROUTE(job_state, 2);
static const struct vb_route result_route = ROUTE(result_state, 1);
#undef ROUTE

static const struct vb_offer offers[] = {
    {.media_type = VB_SPAN_INIT("application/json")},
    {.media_type = VB_SPAN_INIT("text/html; charset=utf-8"),
     .tag_variant = VB_SPAN_INIT("html"),
     .is_page = true},
};

/* --- the job ----------------------------------------------------------------
 */

static struct vb_span id_of(const struct vb_exchange *x)
{
    return vb_span_from(x->key, sizeof(VB_JOB_KEYS) - 1);
}

static bool is_in(struct vb_exchange *x, const char *state)
{
    yyjson_val *before = vb_stored_before(x->state);
    struct vb_job_facts facts;

    return before != NULL && vb_job_read(before, &facts) &&
           vb_job_is(&facts, state);
}

/* When it is done, the answer is where the result is, and not here. Until then
 * the client is told when to look again. */
static bool is_not_done(struct vb_stored *stored)
{
    if (is_in(stored->x, "done"))
        return false;
    if (!is_in(stored->x, "failed"))
        vb_reply_field(stored->x, VB_FIELD_RETRY_AFTER, VB_SPAN("1"));
    return true;
}

static enum vb_answer job_exists(struct vb_exchange *x)
{
    struct vb_stored *stored = vb_stored_get(x, &job_route);

    if (stored == NULL)
        return VB_HALT;
    stored->is_here = is_not_done;
    return vb_stored_exists(stored);
}

static enum vb_answer job_elsewhere(struct vb_exchange *x)
{
    if (!is_in(x, "done"))
        return VB_NO;
    x->outcome.see_other = vb_arena_printf(
        &x->arena, VB_JOBS_BASE "/%.*s/result", VB_FMT(id_of(x)));
    return VB_YES;
}

/* --- DELETE -----------------------------------------------------------------
 */

static enum vb_answer judge_delete(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    enum vb_err err = stored->commit.op.err;

    if (err == VB_ERR_AGAIN)
        return VB_AGAIN;
    if (err != VB_OK)
        return vb_stored_failed(x, err);
    vb_jobs_cancel(x->env->jobs, id_of(x));
    return VB_YES;
}

static void delete_done(struct vb_store_op *op)
{
    struct vb_stored *stored = op->context;

    vb_flow_resume(stored->x, judge_delete(stored));
}

static enum vb_answer job_delete(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    struct vb_change *changes =
        vb_arena_calloc(&x->arena, VB_JOB_RECORDS, sizeof(*changes));

    if (changes != NULL)
        vb_job_removals(&x->arena, id_of(x), stored->record->revision, changes);
    if (x->arena.failed)
        return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE, VB_SPAN(""));
    stored->commit = (struct vb_commit){
        .op = {.done = delete_done, .context = stored},
        .changes = changes,
        .change_count = VB_JOB_RECORDS,
    };
    if (vb_store_commit(x->env->store, &stored->commit) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_delete(stored);
}

/* --- both resources ---------------------------------------------------------
 */

static void set(struct vb_built *built, const struct vb_route *route,
                const char *kind)
{
    *built = (struct vb_built){.route = route};
    built->resource.kind = kind;
    built->resource.data = built;
    built->resource.offers = offers;
    built->resource.offer_count = 2;
    built->resource.slots[VB_METHOD_GET] =
        vb_document_slot(VB_METHOD_GET, false);
}

enum vb_err vb_job_build(struct vb_built *ret_job, struct vb_built *ret_result)
{
    static const struct vb_slot delete_slot = {
        .content_ignored = true,
        .commit = job_delete,
    };
    enum vb_err err;

    set(ret_job, &job_route, "job");
    ret_job->resource.slots[VB_METHOD_DELETE] = &delete_slot;
    ret_job->resource.exists = job_exists;
    ret_job->resource.elsewhere = job_elsewhere;
    set(ret_result, &result_route, "result");
    ret_result->resource.mixed = true;
    vb_document_init(&ret_result->resource);
    err = vb_resource_seal(&ret_job->resource);
    if (err == VB_OK)
        err = vb_resource_seal(&ret_result->resource);
    return err;
}
