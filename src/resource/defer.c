/*
 * Answering later: a request becomes a job, and its reply says where that is.
 *
 *     enter ─▶ commit job, call, input ─▶ submit ─▶ 202
 *                                           └─ wait ─▶ over, or 202 after all
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/list.h"
#include "content/json.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "resource/jobs.h"
#include "resource/once.h"

#define JSON_MOST VB_STORE_CHUNK

/* --- 202 --------------------------------------------------------------------
 */

/* The job as it is, and when to look again (RFC 9110 section 15.3.3). */
static enum vb_answer accept(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;
    struct vb_buf json;

    vb_buf_init(&json, JSON_MOST);
    deferral->facts.owner = VB_SPAN("");
    vb_job_write(&json, &deferral->facts);
    x->reply.bytes = vb_arena_dup(&x->arena, vb_buf_span(&json));
    x->reply.content = VB_CONTENT_BYTES;
    x->outcome.location = vb_arena_printf(&x->arena, VB_JOBS_BASE "/%.*s",
                                          VB_FMT(deferral->facts.id));
    vb_reply_field(x, VB_FIELD_CONTENT_TYPE, VB_SPAN("application/json"));
    vb_reply_field(x, VB_FIELD_RETRY_AFTER, VB_SPAN("1"));
    vb_reply_field(x, VB_FIELD_CACHE_CONTROL, VB_SPAN("no-store"));
    vb_buf_done(&json);
    return VB_YES;
}

/* --- waiting ----------------------------------------------------------------
 */

static void resume(struct vb_deferral *deferral, enum vb_answer answer)
{
    deferral->x->call_off = NULL;
    vb_flow_resume(deferral->x, answer);
}

/* What cannot be read just now is for later. */
static enum vb_answer judge_result(struct vb_deferral *deferral)
{
    if (deferral->read.op.err != VB_OK)
        return accept(deferral);
    deferral->result = deferral->read.record;
    deferral->over = true;
    return VB_NO;
}

static void result_read(struct vb_store_op *op)
{
    struct vb_deferral *deferral = op->context;

    resume(deferral, judge_result(deferral));
}

static enum vb_answer read_part(struct vb_deferral *deferral, const char *part,
                                void (*done)(struct vb_store_op *op),
                                enum vb_answer (*judge)(struct vb_deferral *))
{
    struct vb_exchange *x = deferral->x;

    deferral->read = (struct vb_read){
        .op = {.done = done, .context = deferral},
        .key = vb_job_key(&x->arena, deferral->facts.id, part),
    };
    return vb_store_read(x->env->store, &deferral->read) == VB_IO_PENDING
               ? VB_PENDING
               : judge(deferral);
}

/* Over in time, or deleted, or still under way as the server ends. */
static enum vb_answer judge_job(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;
    struct vb_record *record = deferral->read.record;
    struct vb_json *json = NULL;
    struct vb_job_facts facts = {.state = ""};
    struct vb_buf problem;

    if (record != NULL &&
        vb_json_parse(record->content, NULL, &json, NULL) == VB_OK)
        (void)vb_job_read(json->root, &facts);
    vb_record_unref(record);
    vb_buf_init(&problem, JSON_MOST);
    if (vb_job_is(&facts, "failed")) {
        vb_json_write(&problem, vb_json_member(json->root, VB_SPAN("problem")));
        deferral->problem = vb_arena_dup(&x->arena, vb_buf_span(&problem));
        deferral->over = true;
    }
    vb_buf_done(&problem);
    vb_json_free(json);
    if (deferral->over)
        return VB_NO;
    if (vb_job_is(&facts, "done"))
        return read_part(deferral, "/result", result_read, judge_result);
    return accept(deferral);
}

static void job_read(struct vb_store_op *op)
{
    struct vb_deferral *deferral = op->context;
    enum vb_answer answer = judge_job(deferral);

    if (answer != VB_PENDING)
        resume(deferral, answer);
}

/* The manager says that it is over, or that it does not go on. */
static void told(struct vb_task *task)
{
    struct vb_job_waiter *waiter =
        VB_CONTAINER(task, struct vb_job_waiter, task);
    struct vb_deferral *deferral = waiter->context;
    enum vb_answer answer;

    deferral->x->env->alarms->cancel(deferral->x->env->alarms,
                                     &deferral->alarm);
    deferral->x->call_off = NULL;
    deferral->waiter = NULL;
    free(waiter);
    answer = read_part(deferral, "", job_read, judge_job);
    if (answer != VB_PENDING)
        resume(deferral, answer);
}

/* True: the manager has not told yet, and will not. */
static bool leave_waiter(struct vb_deferral *deferral)
{
    int waiting = VB_JOB_WAITING;

    return atomic_compare_exchange_strong(&deferral->waiter->state, &waiting,
                                          VB_JOB_LEFT);
}

static void ring(struct vb_alarm *alarm)
{
    struct vb_deferral *deferral = alarm->context;

    if (leave_waiter(deferral))
        resume(deferral, accept(deferral));
}

void vb_defer_call_off(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;

    if (!leave_waiter(deferral))
        return;
    x->env->alarms->cancel(x->env->alarms, &deferral->alarm);
    resume(deferral, VB_YES);
}

/* Without memory for it, nobody waits. */
static struct vb_job_waiter *make_waiter(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;
    struct vb_job_waiter *waiter =
        deferral->wait_ms == 0 ? NULL : calloc(1, sizeof(*waiter));

    if (waiter == NULL)
        return NULL;
    waiter->task.run = told;
    waiter->mailbox = x->env->store->mailbox;
    waiter->context = deferral;
    deferral->alarm = (struct vb_alarm){.ring = ring, .context = deferral};
    if (x->env->alarms->set(x->env->alarms, &deferral->alarm,
                            deferral->wait_ms) == VB_OK)
        return waiter;
    free(waiter);
    return NULL;
}

/* --- making the job ---------------------------------------------------------
 */

static enum vb_answer submit(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;

    deferral->waiter = make_waiter(deferral);
    if (!vb_jobs_submit(x->env->jobs, deferral->facts.id,
                        deferral->commit.revision, deferral->waiter)) {
        vb_jobs_leave(x->env->jobs); /* the next start will find it */
        if (deferral->waiter != NULL)
            x->env->alarms->cancel(x->env->alarms, &deferral->alarm);
        free(deferral->waiter);
        return accept(deferral);
    }
    if (deferral->waiter == NULL)
        return accept(deferral);
    x->call_off = deferral->call_off;
    return VB_PENDING;
}

static enum vb_answer judge_commit(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;
    enum vb_err err = deferral->commit.op.err;

    if (err == VB_OK)
        return submit(deferral);
    vb_jobs_leave(x->env->jobs);
    return err == VB_ERR_EXISTS ? vb_once_outrun(x) : vb_stored_failed(x, err);
}

/* By nobody any more, and for the job. */
static bool is_to_be_called_off(const struct vb_deferral *deferral)
{
    return deferral->x->abandoned && deferral->waiter != NULL;
}

static void committed(struct vb_store_op *op)
{
    struct vb_deferral *deferral = op->context;
    enum vb_answer answer = judge_commit(deferral);

    if (answer == VB_PENDING && !is_to_be_called_off(deferral))
        return;
    if (answer == VB_PENDING)
        vb_defer_call_off(deferral);
    else
        resume(deferral, answer);
}

static void write_call(struct vb_buf *json, const struct vb_deferral *deferral)
{
    vb_buf_str(json, "{\"route\":");
    vb_json_write_string(json, deferral->route->path);
    vb_buf_str(json, ",\"type\":");
    vb_json_write_string(json, deferral->media_type);
    vb_buf_str(json, ",\"environment\":[");
    for (size_t i = 0; deferral->environment[i] != NULL; i++) {
        if (i > 0)
            vb_buf_char(json, ',');
        vb_json_write_string(json, vb_span_str(deferral->environment[i]));
    }
    vb_buf_str(json, "]}");
}

static void put(struct vb_deferral *deferral, size_t index, const char *part,
                struct vb_span media_type, struct vb_span content)
{
    struct vb_exchange *x = deferral->x;

    deferral->changes[index] = (struct vb_change){
        .kind = VB_CHANGE_PUT,
        .key = vb_job_key(&x->arena, deferral->facts.id, part),
        .expect = VB_EXPECT_NONE,
        .modified_ms = x->env->now.unix_ms,
        .media_type = media_type,
        .content = content,
        .length = content.len,
    };
}

static bool prepare(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;
    const struct vb_span json_type = VB_SPAN("application/json");
    char id[VB_SHORT_ID_LEN];
    struct vb_buf json;
    bool good;

    vb_id_short(x->env->now.unix_ms, id);
    deferral->facts = (struct vb_job_facts){
        .id = vb_arena_dup(&x->arena, vb_span_of(id, sizeof(id))),
        .state = "queued",
        .method = x->head.method_text,
        .target = x->head.path,
        .created_ms = x->env->now.unix_ms,
        .idempotent = deferral->idempotent,
        .owner = vb_job_owner(x),
    };
    vb_buf_init(&json, JSON_MOST);
    vb_job_write(&json, &deferral->facts);
    put(deferral, 0, "", json_type,
        vb_arena_dup(&x->arena, vb_buf_span(&json)));
    deferral->changes[0].parent = VB_SPAN(VB_JOB_KEYS);
    vb_buf_reset(&json);
    write_call(&json, deferral);
    put(deferral, 1, VB_JOB_CALL, json_type,
        vb_arena_dup(&x->arena, vb_buf_span(&json)));
    deferral->changes[1].parent = VB_SPAN(VB_JOB_CALLS);
    put(deferral, 2, "/input",
        deferral->input_type.len > 0 ? deferral->input_type
                                     : VB_SPAN("application/octet-stream"),
        deferral->input);
    good = json.err == VB_OK && !x->arena.failed;
    vb_buf_done(&json);
    return good;
}

/* What is asked once more, with the same key, leads to the same job. */
static bool note(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;
    uint16_t since = x->reply.field_count;

    (void)accept(deferral);
    return vb_once_note(x, &deferral->commit, VB_STATUS_ACCEPTED, since);
}

enum vb_answer vb_defer(struct vb_deferral *deferral)
{
    struct vb_exchange *x = deferral->x;

    if (!vb_jobs_enter(x->env->jobs))
        return vb_reply_refuse(
            x, VB_STATUS_SERVICE_UNAVAILABLE,
            VB_SPAN("As many jobs as there may be are waiting."));
    if (!prepare(deferral)) {
        vb_jobs_leave(x->env->jobs);
        return vb_reply_unavailable(x);
    }
    deferral->commit = (struct vb_commit){
        .op = {.done = committed, .context = deferral},
        .changes = deferral->changes,
        .change_count = 3,
    };
    if (x->once != NULL && !note(deferral)) {
        vb_jobs_leave(x->env->jobs);
        return vb_reply_unavailable(x);
    }
    if (vb_store_commit(x->env->store, &deferral->commit) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_commit(deferral);
}
