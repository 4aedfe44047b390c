/*
 * The manager of jobs. See jobs.h.
 *
 *     submit ─▶ waiting ─▶ read call, input ─▶ commit "running" ─▶ run
 *                                                                   │
 *           told, forgotten ◀── commit "done" or "failed" ◀─────────┘
 *
 * Each job is a small chain of requests to the store, one at a time. A commit
 * that finds another revision means that somebody has deleted the job.
 */
#include "resource/jobs.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "content/json.h"
#include "content/problem.h"
#include "http/media.h"
#include "resource/build.h"
#include "resource/run.h"
#include "storage/store.h"

/* Records of a page while old jobs are looked for. */
#define PAGE 100
/* Milliseconds between two such looks. */
#define SWEEP_MS 60000
/* What the texts of one job may take. */
#define ARENA_BLOCK ((size_t)4 * 1024)
#define ARENA_LIMIT ((size_t)1024 * 1024)
#define JSON_MOST   ((size_t)64 * 1024)
/* Bytes of a program's problem document, so that the job's has room for it. */
#define PROBLEM_MOST ((size_t)32 * 1024)

struct job {
    struct vb_link link; /* of waiting or running */
    struct vb_jobs *jobs;
    struct vb_arena arena;
    char id_text[VB_SHORT_ID_LEN];
    struct vb_span id;
    uint64_t revision; /* of the job's record, as we know it */
    struct vb_job_waiter *waiter;
    bool deleted;

    struct vb_job_facts facts;
    struct vb_span media_type; /* of the output */
    struct vb_record *input;   /* a reference */
    struct vb_read read;
    struct vb_commit commit;
    struct vb_change changes[4];
    void (*then)(struct job *job); /* after the request under way */

    struct vb_run run;
    struct vb_run_limits limits;
    bool runs;
};

struct vb_jobs {
    struct vb_jobs_options options;
    atomic_uint count; /* jobs that are not over */

    /* The manager's thread's. */
    struct vb_env *env;
    struct vb_mailbox *mailbox;
    struct vb_catalog *catalog; /* a reference */
    struct vb_link waiting;
    struct vb_link running;
    unsigned running_count;
    unsigned requests; /* to the store, under way */
    bool stopped;

    /* Looking for old jobs, and at the start for all. */
    struct vb_list_read list;
    struct vb_commit sweep;
    struct vb_change removals[PAGE * 4];
    struct vb_arena sweep_arena;
    bool sweeping, started;
    int64_t swept_ms;
};

static void begin_next(struct vb_jobs *jobs);
static void sweep(struct vb_jobs *jobs);

/* --- a job's life -----------------------------------------------------------
 */

static struct job *job_new(struct vb_jobs *jobs, struct vb_span id,
                           uint64_t revision)
{
    struct job *job = calloc(1, sizeof(*job));

    if (job == NULL || id.len != VB_SHORT_ID_LEN) {
        free(job);
        return NULL;
    }
    memcpy(job->id_text, id.ptr, VB_SHORT_ID_LEN);
    job->id = vb_span_of(job->id_text, VB_SHORT_ID_LEN);
    job->jobs = jobs;
    job->revision = revision;
    vb_arena_init(&job->arena, ARENA_BLOCK, ARENA_LIMIT);
    vb_list_init(&job->link);
    return job;
}

/* Whoever still waits is told to look. */
static void tell(struct vb_job_waiter *waiter)
{
    int waiting = VB_JOB_WAITING;

    if (waiter == NULL)
        return;
    if (atomic_compare_exchange_strong(&waiter->state, &waiting, VB_JOB_TOLD))
        vb_mailbox_post(waiter->mailbox, &waiter->task);
    else
        free(waiter);
}

static void job_free(struct job *job)
{
    tell(job->waiter);
    vb_list_remove(&job->link);
    vb_record_unref(job->input);
    vb_arena_done(&job->arena);
    free(job);
}

/* It is over, or somebody else's: the next one's turn. */
static void forget(struct job *job)
{
    struct vb_jobs *jobs = job->jobs;

    jobs->running_count--;
    job_free(job);
    vb_jobs_leave(jobs);
    sweep(jobs);
    begin_next(jobs);
}

/* --- requests to the store --------------------------------------------------
 */

static void read_done(struct vb_store_op *op)
{
    struct job *job = op->context;

    job->jobs->requests--;
    job->then(job);
}

static void read_part(struct job *job, const char *part,
                      void (*then)(struct job *job))
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

static struct vb_change change_of(struct job *job, const char *part,
                                  enum vb_change_kind kind)
{
    return (struct vb_change){
        .kind = kind,
        .key = vb_job_key(&job->arena, job->id, part),
        .expect = VB_EXPECT_ANY,
        .modified_ms = job->jobs->env->now.unix_ms,
    };
}

/* The job's record with its present facts, where it is as we know it. */
static struct vb_change put_facts(struct job *job)
{
    struct vb_change change = change_of(job, "", VB_CHANGE_PUT);
    struct vb_buf json;

    vb_buf_init(&json, JSON_MOST);
    vb_job_write(&json, &job->facts);
    change.expect = job->revision;
    change.parent = VB_SPAN(VB_JOB_KEYS);
    change.media_type = VB_SPAN("application/json");
    change.content = vb_arena_dup(&job->arena, vb_buf_span(&json));
    change.length = change.content.len;
    vb_buf_done(&json);
    return change;
}

static void write_changes(struct job *job, size_t count,
                          void (*then)(struct job *job))
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

static void over(struct job *job)
{
    enum vb_err err = job->commit.op.err;

    if (err != VB_OK && err != VB_ERR_AGAIN)
        vb_log(VB_LOG_ERROR, "job %.*s: its end could not be kept: %s",
               VB_FMT(job->id), vb_err_text(err));
    if (job->runs)
        vb_buf_done(&job->run.output);
    forget(job);
}

/* Writes the outcome; what it was made from goes. */
static void finish(struct job *job, const char *state)
{
    size_t count = 3;

    job->facts.state = state;
    job->facts.finished_ms = job->jobs->env->now.unix_ms;
    job->changes[0] = put_facts(job);
    job->changes[1] = change_of(job, "/call", VB_CHANGE_DELETE);
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

static void fail(struct job *job, unsigned status, struct vb_span detail)
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

static void run_done(struct vb_run *run)
{
    struct job *job = run->context;
    struct vb_media media;
    bool json = vb_media_parse(job->media_type, &media) &&
                (vb_span_ieq(media.subtype, VB_SPAN("json")) ||
                 vb_span_ieq(media.suffix, VB_SPAN("json")));
    struct vb_run_outcome outcome = vb_run_judge(run, json);

    if (run->end == VB_RUN_CANCELLED) { /* deleted, or the server ends */
        job->jobs->stopped |= !job->deleted;
        vb_buf_done(&run->output);
        forget(job);
    } else if (outcome.is_problem && run->output.len <= PROBLEM_MOST) {
        job->facts.problem =
            vb_arena_dup(&job->arena, vb_buf_span(&run->output));
        finish(job, "failed");
    } else if (outcome.status != VB_STATUS_OK) {
        fail(job, outcome.is_problem ? 500 : outcome.status, outcome.detail);
    } else {
        finish(job, "done");
    }
}

static void start_program(struct job *job)
{
    struct vb_runner *runner = job->jobs->env->runner;
    enum vb_err err = job->commit.op.err;

    job->revision = job->commit.revision;
    if (err == VB_ERR_AGAIN || job->deleted) {
        forget(job);
        return;
    }
    if (err == VB_OK)
        err = runner->start(runner, &job->run);
    if (err != VB_OK) {
        fail(job, VB_STATUS_SERVICE_UNAVAILABLE, vb_span_str(vb_err_text(err)));
        return;
    }
    job->runs = true;
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

static bool prepare_run(struct job *job, yyjson_val *call)
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

static void have_input(struct job *job)
{
    job->input = job->read.record;
    if (job->input != NULL)
        job->run.input = job->input->content;
    job->facts.state = "running";
    job->facts.started_ms = job->jobs->env->now.unix_ms;
    job->changes[0] = put_facts(job);
    write_changes(job, 1, start_program);
}

static void have_call(struct job *job)
{
    struct vb_record *record = job->read.record;
    struct vb_json *json = NULL;
    bool good = record != NULL &&
                vb_json_parse(record->content, NULL, &json, NULL) == VB_OK &&
                prepare_run(job, json->root);

    vb_json_free(json);
    vb_record_unref(record);
    if (good)
        read_part(job, "/input", have_input);
    else
        fail(job, 500,
             VB_SPAN("What this should have done is not described any more."));
}

/* The facts are copied, since they outlive the record. */
static bool read_facts(struct job *job, const struct vb_record *record)
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
    }
    vb_json_free(json);
    return good;
}

static void have_job(struct job *job)
{
    struct vb_record *record = job->read.record;
    bool good = record != NULL && record->revision == job->revision &&
                read_facts(job, record);

    vb_record_unref(record);
    if (good)
        read_part(job, "/call", have_call);
    else
        forget(job); /* deleted */
}

/* --- turns ------------------------------------------------------------------
 */

static void begin_next(struct vb_jobs *jobs)
{
    while (!jobs->stopped && jobs->running_count < jobs->options.at_once &&
           !vb_list_empty(&jobs->waiting)) {
        struct job *job = VB_CONTAINER(jobs->waiting.next, struct job, link);

        vb_list_remove(&job->link);
        vb_list_append(&jobs->running, &job->link);
        jobs->running_count++;
        read_part(job, "", have_job);
    }
}

static void enqueue(struct job *job)
{
    vb_list_append(&job->jobs->waiting, &job->link);
    begin_next(job->jobs);
}

static bool is_listed(const struct job *job)
{
    return job->link.next != &job->link;
}

static struct job *find(struct vb_link *list, struct vb_span id)
{
    for (struct vb_link *at = list->next; at != list; at = at->next) {
        struct job *job = VB_CONTAINER(at, struct job, link);

        if (vb_span_eq(job->id, id))
            return job;
    }
    return NULL;
}

/* --- old jobs, and those that were there at the start -----------------------
 */

static bool is_expired(const struct vb_jobs *jobs,
                       const struct vb_job_facts *facts)
{
    return facts->finished_ms > 0 &&
           facts->finished_ms + (int64_t)jobs->options.retention_ms <=
               jobs->env->now.unix_ms;
}

static size_t add_removals(struct vb_jobs *jobs, struct vb_span id,
                           size_t count)
{
    static const char *const parts[] = {"", "/call", "/input", "/result"};

    for (size_t i = 0; i < 4; i++)
        jobs->removals[count++] = (struct vb_change){
            .kind = VB_CHANGE_DELETE,
            .key = vb_job_key(&jobs->sweep_arena, id, parts[i]),
            .expect = VB_EXPECT_ANY,
        };
    return count;
}

/* One that the end of the server has cut short, or kept waiting. */
static void take_up(struct vb_jobs *jobs, const struct vb_record *record,
                    const struct vb_job_facts *facts)
{
    struct job *job;

    if (find(&jobs->waiting, facts->id) != NULL ||
        find(&jobs->running, facts->id) != NULL)
        return;
    job = job_new(jobs, facts->id, record->revision);
    if (job == NULL || !read_facts(job, record)) {
        if (job != NULL)
            job_free(job);
        return;
    }
    atomic_fetch_add(&jobs->count, 1);
    if (vb_job_is(facts, "queued") || facts->idempotent) {
        enqueue(job);
        return;
    }
    vb_list_append(&jobs->running, &job->link);
    jobs->running_count++;
    fail(job, VB_STATUS_INTERNAL_SERVER_ERROR,
         VB_SPAN("The server ended while this ran."));
}

static size_t look_at(struct vb_jobs *jobs, const struct vb_record *record,
                      size_t count)
{
    struct vb_job_facts facts;
    struct vb_json *json;

    if (vb_json_parse(record->content, NULL, &json, NULL) != VB_OK)
        return count;
    if (vb_job_read(json->root, &facts)) {
        if (is_expired(jobs, &facts))
            count = add_removals(jobs, facts.id, count);
        else if (!jobs->started && facts.finished_ms == 0)
            take_up(jobs, record, &facts);
    }
    vb_json_free(json);
    return count;
}

static void read_page(struct vb_jobs *jobs, uint64_t from);

static void sweep_on(struct vb_jobs *jobs)
{
    bool more = jobs->list.more && !jobs->stopped;
    uint64_t from = jobs->list.count == 0
                        ? 0
                        : jobs->list.records[jobs->list.count - 1]->position;

    vb_list_read_done(&jobs->list);
    vb_arena_reset(&jobs->sweep_arena);
    if (more) {
        read_page(jobs, from);
        return;
    }
    jobs->sweeping = false;
    jobs->started = true;
}

static void removed(struct vb_store_op *op)
{
    struct vb_jobs *jobs = op->context;

    jobs->requests--;
    sweep_on(jobs);
}

static void have_page(struct vb_store_op *op)
{
    struct vb_jobs *jobs = op->context;
    size_t count = 0;

    jobs->requests--;
    for (size_t i = 0; op->err == VB_OK && i < jobs->list.count; i++)
        count = look_at(jobs, jobs->list.records[i], count);
    if (count == 0) {
        sweep_on(jobs);
        return;
    }
    jobs->sweep = (struct vb_commit){
        .op = {.done = removed, .context = jobs},
        .changes = jobs->removals,
        .change_count = count,
    };
    jobs->requests++;
    if (vb_store_commit(jobs->env->store, &jobs->sweep) == VB_IO_DONE)
        removed(&jobs->sweep.op);
}

static void read_page(struct vb_jobs *jobs, uint64_t from)
{
    jobs->list = (struct vb_list_read){
        .op = {.done = have_page, .context = jobs},
        .parent = VB_SPAN(VB_JOB_KEYS),
        .from = from,
        .limit = PAGE,
        .byte_limit = (size_t)16 * 1024 * 1024,
    };
    jobs->requests++;
    if (vb_store_list(jobs->env->store, &jobs->list) == VB_IO_DONE)
        have_page(&jobs->list.op);
}

/* Now and then, when there is something to do anyway. */
static void sweep(struct vb_jobs *jobs)
{
    int64_t now = jobs->env->now.mono_ms;

    if (jobs->stopped || jobs->sweeping || now - jobs->swept_ms < SWEEP_MS)
        return;
    jobs->sweeping = true;
    jobs->swept_ms = now;
    read_page(jobs, 0);
}

/* --- messages to the manager ------------------------------------------------
 */

struct message {
    struct vb_task task;
    struct vb_jobs *jobs;
    char id[VB_SHORT_ID_LEN];
    uint64_t revision; /* 0: cancel */
    struct vb_job_waiter *waiter;
};

static void do_cancel(struct vb_jobs *jobs, struct vb_span id)
{
    struct job *job = find(&jobs->waiting, id);

    if (job != NULL) {
        job_free(job);
        vb_jobs_leave(jobs);
        return;
    }
    job = find(&jobs->running, id);
    if (job == NULL)
        return;
    job->deleted = true;
    if (job->runs)
        jobs->env->runner->cancel(jobs->env->runner, &job->run);
}

/* Out of memory, or at the end, it stays in the store for the next start. And
 * the first look into the store may have found it already. */
static void do_submit(struct vb_jobs *jobs, const struct message *message)
{
    struct vb_span id = vb_span_of(message->id, VB_SHORT_ID_LEN);
    struct job *job = find(&jobs->waiting, id);

    if (job == NULL)
        job = find(&jobs->running, id);
    if (job != NULL || jobs->stopped)
        vb_jobs_leave(jobs);
    else
        job = job_new(jobs, id, message->revision);
    if (job == NULL || job->waiter != NULL) {
        tell(message->waiter);
        return;
    }
    job->waiter = message->waiter;
    if (!is_listed(job))
        enqueue(job);
    sweep(jobs);
}

static void handle(struct vb_task *task)
{
    struct message *message = VB_CONTAINER(task, struct message, task);

    if (message->revision == 0)
        do_cancel(message->jobs, vb_span_of(message->id, VB_SHORT_ID_LEN));
    else
        do_submit(message->jobs, message);
    free(message);
}

static bool post(struct vb_jobs *jobs, struct vb_span id, uint64_t revision,
                 struct vb_job_waiter *waiter)
{
    struct message *message = malloc(sizeof(*message));

    if (message == NULL || id.len != VB_SHORT_ID_LEN) {
        free(message);
        return false;
    }
    *message = (struct message){
        .task = {.run = handle},
        .jobs = jobs,
        .revision = revision,
        .waiter = waiter,
    };
    memcpy(message->id, id.ptr, VB_SHORT_ID_LEN);
    vb_mailbox_post(jobs->mailbox, &message->task);
    return true;
}

bool vb_jobs_submit(struct vb_jobs *jobs, struct vb_span id, uint64_t revision,
                    struct vb_job_waiter *waiter)
{
    return post(jobs, id, revision, waiter);
}

void vb_jobs_cancel(struct vb_jobs *jobs, struct vb_span id)
{
    post(jobs, id, 0, NULL);
}

bool vb_jobs_enter(struct vb_jobs *jobs)
{
    if (atomic_fetch_add(&jobs->count, 1) < jobs->options.most)
        return true;
    vb_jobs_leave(jobs);
    return false;
}

void vb_jobs_leave(struct vb_jobs *jobs)
{
    atomic_fetch_sub(&jobs->count, 1);
}

uint64_t vb_jobs_retention(const struct vb_jobs *jobs)
{
    return jobs->options.retention_ms;
}

/* --- life -------------------------------------------------------------------
 */

struct vb_jobs *vb_jobs_new(const struct vb_jobs_options *options,
                            struct vb_mailbox *mailbox)
{
    struct vb_jobs *jobs = calloc(1, sizeof(*jobs));

    if (jobs == NULL)
        return NULL;
    jobs->options = *options;
    jobs->mailbox = mailbox;
    vb_list_init(&jobs->waiting);
    vb_list_init(&jobs->running);
    vb_arena_init(&jobs->sweep_arena, ARENA_BLOCK, ARENA_LIMIT);
    return jobs;
}

void vb_jobs_start(struct vb_jobs *jobs, struct vb_env *env,
                   struct vb_catalog *catalog)
{
    jobs->env = env;
    jobs->catalog = vb_catalog_ref(catalog);
    if (!vb_catalog_has_jobs(catalog))
        return;
    jobs->sweeping = true;
    jobs->swept_ms = env->now.mono_ms;
    read_page(jobs, 0);
}

void vb_jobs_describe(struct vb_jobs *jobs, struct vb_catalog *catalog)
{
    vb_catalog_unref(jobs->catalog);
    jobs->catalog = vb_catalog_ref(catalog);
    if (!jobs->started && !jobs->sweeping && vb_catalog_has_jobs(catalog)) {
        jobs->sweeping = true;
        read_page(jobs, 0);
    }
}

bool vb_jobs_idle(const struct vb_jobs *jobs)
{
    return jobs->requests == 0;
}

void vb_jobs_rest(struct vb_jobs *jobs)
{
    jobs->stopped = true;
}

void vb_jobs_stop(struct vb_jobs *jobs)
{
    jobs->stopped = true;
    while (!vb_list_empty(&jobs->waiting)) {
        struct job *job = VB_CONTAINER(jobs->waiting.next, struct job, link);

        job_free(job);
        vb_jobs_leave(jobs);
    }
    vb_catalog_unref(jobs->catalog);
    jobs->catalog = NULL;
}

void vb_jobs_free(struct vb_jobs *jobs)
{
    if (jobs == NULL)
        return;
    jobs->stopped = true;
    vb_mailbox_run(jobs->mailbox); /* what came after the manager's stop */
    vb_arena_done(&jobs->sweep_arena);
    free(jobs);
}
