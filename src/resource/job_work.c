/* One job, from its turn to its end. See jobs_part.h. */
#include "base/log.h"
#include "content/json.h"
#include "content/problem.h"
#include "resource/controller.h"
#include "resource/jobs_part.h"
#include "resource/run.h"
#include "resource/stored.h"

/* Bytes of a job's document. */
#define JSON_MOST ((size_t)64 * 1024)
/* Bytes of a program's problem document, so that the job's has room for it. */
#define PROBLEM_MOST ((size_t)32 * 1024)

/* --- requests to the store --------------------------------------------------
 */

static void read_done(struct vb_store_op *op)
{
    struct vb__job *job = op->context;

    job->jobs->requests--;
    job->then(job);
}

static void read_part(struct vb__job *job, const char *part,
                      void (*then)(struct vb__job *job))
{
    job->then = then;
    job->read = (struct vb_read){
        .op = {.done = read_done, .context = job},
        .key = vb_job_key(&job->arena, job->id, part),
    };
    job->jobs->requests++;
    if (vb_store_read(job->jobs->env->store, &job->read) == VB_IO_DONE)
        read_done(&job->read.op);
}

static struct vb_change change_in(struct vb__job *job, struct vb_arena *arena,
                                  const char *part, enum vb_change_kind kind)
{
    return (struct vb_change){
        .kind = kind,
        .key = vb_job_key(arena, job->id, part),
        .expect = VB_EXPECT_ANY,
        .modified_ms = job->jobs->env->now.unix_ms,
    };
}

static struct vb_change change_of(struct vb__job *job, const char *part,
                                  enum vb_change_kind kind)
{
    return change_in(job, &job->arena, part, kind);
}

struct vb_change vb__job_put(struct vb__job *job, struct vb_arena *arena)
{
    struct vb_change change = change_in(job, arena, "", VB_CHANGE_PUT);
    struct vb_buf json;

    vb_buf_init(&json, JSON_MOST);
    vb_job_write(&json, &job->facts);
    change.expect = job->revision;
    change.parent = VB_SPAN(VB_JOB_KEYS);
    change.media_type = VB_SPAN("application/json");
    change.content = vb_arena_dup(arena, vb_buf_span(&json));
    change.length = change.content.len;
    vb_buf_done(&json);
    return change;
}

static void write_changes(struct vb__job *job, size_t count,
                          void (*then)(struct vb__job *job))
{
    job->then = then;
    job->commit = (struct vb_commit){
        .op = {.done = read_done, .context = job},
        .changes = job->changes,
        .change_count = count,
    };
    job->jobs->requests++;
    if (vb_store_commit(job->jobs->env->store, &job->commit) == VB_IO_DONE)
        read_done(&job->commit.op);
}

/* --- the end ----------------------------------------------------------------
 */

static void over(struct vb__job *job)
{
    enum vb_err err = job->commit.op.err;

    if (vb_stored_may_pass(err) && vb__job_retry(job))
        return;
    if (err != VB_OK && err != VB_ERR_AGAIN)
        vb_log(VB_LOG_ERROR, "job %.*s: its end could not be kept: %s",
               VB_FMT(job->id), vb_err_text(err));
    if (job->runs)
        vb_buf_done(&job->run.output);
    vb__job_forget(job);
}

/* Writes the outcome; what it was made from goes. */
static void finish(struct vb__job *job, const char *state)
{
    size_t count = 3;

    job->facts.state = state;
    job->facts.finished_ms = job->jobs->env->now.unix_ms;
    job->facts.by = VB_SPAN("");
    job->facts.until_ms = 0;
    job->changes[0] = vb__job_put(job, &job->arena);
    job->changes[1] = change_of(job, VB_JOB_CALL, VB_CHANGE_DELETE);
    job->changes[2] = change_of(job, "/input", VB_CHANGE_DELETE);
    if (job->runs && vb_job_is(&job->facts, "done")) {
        struct vb_change *result = &job->changes[count++];

        *result = change_of(job, "/result", VB_CHANGE_PUT);
        result->media_type = job->media_type;
        result->content = vb_buf_span(&job->run.output);
        result->length = result->content.len;
    }
    write_changes(job, count, over);
}

void vb__job_fail(struct vb__job *job, unsigned status, struct vb_span detail)
{
    const struct vb_problem problem = {.status = (uint16_t)status,
                                       .detail = detail};
    struct vb_buf json;

    vb_buf_init(&json, JSON_MOST);
    vb_problem_write_json(&json, &problem);
    job->facts.problem = vb_arena_dup(&job->arena, vb_buf_span(&json));
    vb_buf_done(&json);
    finish(job, "failed");
}

/* --- running ----------------------------------------------------------------
 */

void vb__job_conclude(struct vb__job *job)
{
    struct vb_run *run = &job->run;
    struct vb_run_outcome outcome =
        vb_run_judge(run, vb_is_any_json(job->media_type));

    if (run->end == VB_RUN_CANCELLED) { /* deleted, or the server ends */
        job->jobs->stopped |= !job->deleted;
        vb_buf_done(&run->output);
        vb__job_forget(job);
    } else if (outcome.is_problem && run->output.len <= PROBLEM_MOST) {
        job->facts.problem =
            vb_arena_dup(&job->arena, vb_buf_span(&run->output));
        finish(job, "failed");
    } else if (outcome.status != VB_STATUS_OK) {
        vb__job_fail(job, outcome.is_problem ? 500 : outcome.status,
                     outcome.detail);
    } else {
        finish(job, "done");
    }
}

static void run_done(struct vb_run *run)
{
    vb__job_unhold(run->context);
}

static void start_program(struct vb__job *job)
{
    struct vb_runner *runner = job->jobs->env->runner;
    enum vb_err err = job->commit.op.err;

    if (err == VB_OK)
        job->revision = job->commit.revision;
    if (err == VB_ERR_AGAIN || job->deleted) { /* or somebody else's */
        vb__job_forget(job);
        return;
    }
    if (vb_stored_may_pass(err)) {
        vb__job_put_off(job);
        return;
    }
    if (err == VB_OK)
        err = runner->start(runner, &job->run);
    if (err != VB_OK) {
        vb__job_fail(job, VB_STATUS_SERVICE_UNAVAILABLE,
                     vb_span_str(vb_err_text(err)));
        return;
    }
    job->runs = true;
    vb__job_hold(job);
}

/* The strings of an array of JSON, NULL at the end; NULL: it is none. */
static const char *const *read_strings(struct vb_arena *arena,
                                       yyjson_val *array)
{
    size_t count = yyjson_arr_size(array);
    const char **strings = vb_arena_calloc(arena, count + 1, sizeof(char *));

    for (size_t i = 0; strings != NULL && i < count; i++) {
        yyjson_val *text = yyjson_arr_get(array, i);

        if (!yyjson_is_str(text))
            return NULL;
        strings[i] = vb_arena_dup(arena, vb_json_text(text)).ptr;
    }
    return arena->failed ? NULL : strings;
}

static bool prepare_run(struct vb__job *job, yyjson_val *call)
{
    const struct vb_route *route =
        vb_catalog_route(job->jobs->catalog,
                         vb_json_text(vb_json_member(call, VB_SPAN("route"))));
    const struct vb_program *program =
        route == NULL || route->action == NULL ? NULL : route->action->program;
    yyjson_val *type = vb_json_member(call, VB_SPAN("type"));

    if (program == NULL || !yyjson_is_str(type))
        return false;
    job->media_type = vb_arena_dup(&job->arena, vb_json_text(type));
    job->run = (struct vb_run){
        .argv = vb_run_words(&job->arena, program),
        .envp = read_strings(&job->arena,
                             vb_json_member(call, VB_SPAN("environment"))),
        .directory = program->directory,
        .limits = &job->limits,
        .label = program->words[0],
        .beside = true,
        .done = run_done,
        .context = job,
    };
    job->limits = vb_run_limits_of(program);
    if (job->limits.output > VB_STORE_CHUNK)
        job->limits.output = VB_STORE_CHUNK;
    return job->run.argv != NULL && job->run.envp != NULL;
}

/* Or the job was deleted: then nothing comes of this commit either. */
static void fail_unread(struct vb__job *job)
{
    if (job->read.op.err != VB_OK)
        vb__job_put_off(job);
    else
        vb__job_fail(
            job, VB_STATUS_INTERNAL_SERVER_ERROR,
            VB_SPAN("What this should have done, or worked on, cannot be "
                    "read."));
}

static void have_input(struct vb__job *job)
{
    int64_t now = job->jobs->env->now.unix_ms;

    vb_record_unref(job->input);
    job->input = job->read.record;
    if (job->input == NULL) {
        fail_unread(job);
        return;
    }
    job->run.input = job->input->content;
    job->facts.state = "running";
    job->facts.started_ms = now;
    if (vb__jobs_are_shared(job->jobs)) {
        job->facts.by = vb_span_of(job->jobs->name, sizeof(job->jobs->name));
        job->facts.until_ms = now + VB__JOB_LEASE_MS;
    }
    job->changes[0] = vb__job_put(job, &job->arena);
    write_changes(job, 1, start_program);
}

/* An instance whose description has not come as far, or has gone further, finds
 * what the one has taken that it waits at. */
static bool is_for_others(const struct vb__job *job)
{
    const struct vb_jobs *jobs = job->jobs;

    return job->found && vb__jobs_are_shared(jobs) &&
           job->facts.created_ms + (int64_t)jobs->options.retention_ms >
               jobs->env->now.unix_ms;
}

static void have_call(struct vb__job *job)
{
    struct vb_record *record = job->read.record;
    struct vb_json *json = NULL;
    bool good;

    if (record == NULL) {
        fail_unread(job);
        return;
    }
    good = vb_json_parse(record->content, NULL, &json, NULL) == VB_OK &&
           prepare_run(job, json->root);
    vb_json_free(json);
    vb_record_unref(record);
    if (good)
        read_part(job, "/input", have_input);
    else if (is_for_others(job))
        vb__job_forget(job);
    else
        vb__job_fail(
            job, 500,
            VB_SPAN("What this should have done is not described any more."));
}

/* The facts are copied, since they outlive the record. */
bool vb__job_facts(struct vb__job *job, const struct vb_record *record)
{
    struct vb_json *json;
    bool good;

    if (vb_json_parse(record->content, NULL, &json, NULL) != VB_OK)
        return false;
    good = vb_job_read(json->root, &job->facts);
    if (good) {
        job->facts.id = job->id;
        job->facts.method = vb_arena_dup(&job->arena, job->facts.method);
        job->facts.target = vb_arena_dup(&job->arena, job->facts.target);
        job->facts.owner = vb_arena_dup(&job->arena, job->facts.owner);
        job->ours =
            vb_span_eq(job->facts.by,
                       vb_span_of(job->jobs->name, sizeof(job->jobs->name)));
        job->facts.by = VB_SPAN("");
        job->facts.until_ms = 0;
    }
    vb_json_free(json);
    return good;
}

/* Where nobody knew whether it was said that it runs here, the record knows. */
static bool is_as_known(struct vb__job *job, const struct vb_record *record)
{
    if (!vb__job_facts(job, record) ||
        (record->revision != job->revision && !job->ours))
        return false;
    job->revision = record->revision;
    return true;
}

static void have_job(struct vb__job *job)
{
    struct vb_record *record = job->read.record;
    bool good = record != NULL && is_as_known(job, record);

    vb_record_unref(record);
    if (good)
        read_part(job, VB_JOB_CALL, have_call);
    else if (job->read.op.err != VB_OK)
        vb__job_put_off(job);
    else
        vb__job_forget(job); /* deleted, or taken up by others */
}

void vb__job_begin(struct vb__job *job)
{
    vb_arena_reset(&job->arena); /* it may have begun before */
    read_part(job, "", have_job);
}
