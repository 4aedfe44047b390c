/*
 * What clients see of jobs: the job, which shows how it goes until its result
 * is there and then points to it; and the result. Deleting a job ends it.
 */
#include <stdlib.h>

#include "access/guard.h"
#include "access/scheme.h"
#include "flow/reply.h"
#include "http/method.h"
#include "resource/build.h"
#include "resource/document.h"
#include "resource/id.h"
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

/* Whose it is and where it runs is nobody's to see. */
static const struct vb_span owner_path[] = {VB_SPAN_INIT(VB_JOB_OWNER)},
                            by_path[] = {VB_SPAN_INIT(VB_JOB_BY)},
                            until_path[] = {VB_SPAN_INIT(VB_JOB_UNTIL)};
static const struct vb_property hidden[] = {
    {.path = owner_path, .path_len = 1, .write_only = true},
    {.path = by_path, .path_len = 1, .write_only = true},
    {.path = until_path, .path_len = 1, .write_only = true},
};

static const struct vb_state job_state = {.json = true,
                                          .properties = hidden,
                                          .property_count = 3,
                                          .hidden = VB_SPAN_INIT("w")};
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

/* --- whose it is ------------------------------------------------------------
 */

struct vb_span vb_job_owner(struct vb_exchange *x)
{
    const struct vb_identity *identity = x->identity;

    if (identity == NULL)
        return VB_SPAN("");
    if (identity->account.len > 0)
        return vb_arena_printf(&x->arena, "account %.*s",
                               VB_FMT(identity->account));
    if (identity->subject.len > 0)
        return vb_arena_printf(&x->arena, "subject %.*s",
                               VB_FMT(identity->subject));
    return vb_arena_printf(&x->arena, "session %.*s",
                           VB_FMT(identity->session));
}

static bool is_own(struct vb_exchange *x, yyjson_val *job)
{
    struct vb_job_facts facts;

    return job == NULL || !vb_job_read(job, &facts) || facts.owner.len == 0 ||
           vb_span_eq(facts.owner, vb_job_owner(x));
}

/* What is somebody else's is not there. */
static enum vb_answer job_accessible(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    if (stored->record == NULL || is_own(x, vb_stored_before(stored)))
        return VB_YES;
    x->reply.status = VB_STATUS_NOT_FOUND;
    vb_reply_detail(x, VB_SPAN("There is nothing here."));
    return VB_NO;
}

/* Who is known ends its own jobs from wherever it is. */
static enum vb_answer job_permitted(struct vb_exchange *x)
{
    return vb_method_is_safe(x->head.method) || x->identity != NULL ||
                   vb__trusts_client(x)
               ? VB_YES
               : VB_NO;
}

/* Whoever it is: nothing is asked for, and what is said is looked at. */
static void guard(struct vb_built *built, const struct vb_access *access)
{
    static const struct vb_security anybody = {.optional = true};
    struct vb_resource *resource = &built->resource;

    if (access == NULL || access->description->scheme_count == 0)
        return;
    built->guard =
        (struct vb_guard){.access = access,
                          .by_method = {[VB_METHOD_GET] = &anybody,
                                        [VB_METHOD_HEAD] = &anybody,
                                        [VB_METHOD_DELETE] = &anybody}};
    resource->guard = &built->guard;
    resource->authentic = vb_access_authentic;
    resource->permitted = job_permitted;
    resource->personal = VB_ALL_METHODS;
}

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
    if (!is_in(stored->x, "failed") &&
        is_own(stored->x, vb_stored_before(stored)))
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
        return vb_reply_unavailable(x);
    stored->commit = (struct vb_commit){
        .op = {.done = delete_done, .context = stored},
        .changes = changes,
        .change_count = VB_JOB_RECORDS,
    };
    if (vb_store_commit(x->env->store, &stored->commit) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_delete(stored);
}

/* --- the result -------------------------------------------------------------
 */

/* The job that a result is of. */
struct look {
    struct vb_exchange *x;
    struct vb_read read;
};

static enum vb_answer judge_look(struct look *look)
{
    struct vb_exchange *x = look->x;
    struct vb_json *job = NULL;
    bool own = true;

    if (look->read.op.err != VB_OK)
        return vb_stored_failed(x, look->read.op.err);
    if (look->read.record != NULL &&
        vb_json_parse(look->read.record->content, NULL, &job, NULL) == VB_OK)
        own = is_own(x, job->root);
    vb_json_free(job);
    vb_record_unref(look->read.record);
    if (own)
        return vb_document_exists(x);
    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    return VB_NO;
}

static void looked(struct vb_store_op *op)
{
    struct look *look = op->context;
    enum vb_answer answer = judge_look(look);

    if (answer != VB_PENDING)
        vb_flow_resume(look->x, answer);
}

static enum vb_answer result_exists(struct vb_exchange *x)
{
    struct look *look = vb_arena_calloc(&x->arena, 1, sizeof(*look));

    if (look == NULL)
        return vb_stored_failed(x, VB_ERR_NOMEM);
    look->x = x;
    look->read = (struct vb_read){
        .op = {.done = looked, .context = look},
        .key =
            vb_job_key(&x->arena, vb_span_head(id_of(x), VB_SHORT_ID_LEN), ""),
    };
    return vb_store_read(x->env->store, &look->read) == VB_IO_PENDING
               ? VB_PENDING
               : judge_look(look);
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

enum vb_err vb_job_build(const struct vb_access *access,
                         struct vb_built *ret_job, struct vb_built *ret_result)
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
    ret_job->resource.accessible = job_accessible;
    ret_job->resource.disclosed = job_accessible;
    ret_result->resource.exists = result_exists;
    guard(ret_job, access);
    guard(ret_result, access);
    err = vb_resource_seal(&ret_job->resource);
    if (err == VB_OK)
        err = vb_resource_seal(&ret_result->resource);
    return err;
}
