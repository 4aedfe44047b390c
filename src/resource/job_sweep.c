/* Jobs that are old, and those that were there at the start. See jobs_part.h.
 */
#include "base/list.h"
#include "content/json.h"
#include "resource/jobs_part.h"

/* Milliseconds between two looks at old jobs. */
#define SWEEP_MS 60000

static bool is_expired(const struct vb_jobs *jobs,
                       const struct vb_job_facts *facts)
{
    return facts->finished_ms > 0 &&
           facts->finished_ms + (int64_t)jobs->options.retention_ms <=
               jobs->env->now.unix_ms;
}

/* Is there nobody that it could be left to? Alone, that is so at the start. */
static bool is_left(const struct vb_jobs *jobs,
                    const struct vb_job_facts *facts)
{
    if (facts->finished_ms > 0)
        return false;
    if (!vb__jobs_are_shared(jobs))
        return !jobs->started;
    if (vb_job_is(facts, "queued"))
        return jobs->running_count < jobs->options.at_once &&
               vb_list_empty(&jobs->waiting);
    return facts->until_ms <= jobs->env->now.unix_ms;
}

/* One that the end of a server has cut short, or kept waiting. */
static void take_up(struct vb_jobs *jobs, const struct vb_record *record,
                    const struct vb_job_facts *facts)
{
    struct vb__job *job;

    if (vb__job_find(&jobs->waiting, facts->id) != NULL ||
        vb__job_find(&jobs->running, facts->id) != NULL)
        return;
    job = vb__job_new(jobs, facts->id, record->revision);
    if (job == NULL || !vb__job_facts(job, record)) {
        if (job != NULL)
            vb__job_free(job);
        return;
    }
    job->found = true;
    atomic_fetch_add(&jobs->count, 1);
    if (vb_job_is(facts, "queued") || facts->idempotent) {
        vb__job_enqueue(job);
        return;
    }
    vb_list_append(&jobs->running, &job->link);
    jobs->running_count++;
    vb__job_fail(job, VB_STATUS_INTERNAL_SERVER_ERROR,
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
        if (is_expired(jobs, &facts)) {
            vb_job_removals(&jobs->sweep_arena, facts.id, VB_EXPECT_ANY,
                            &jobs->removals[count]);
            count += VB_JOB_RECORDS;
        } else if (is_left(jobs, &facts)) {
            take_up(jobs, record, &facts);
        }
    }
    vb_json_free(json);
    return count;
}

static void read_page(struct vb_jobs *jobs, struct vb_span listing,
                      uint64_t from);

/* What could not be read is looked at the next time. */
static void sweep_on(struct vb_jobs *jobs)
{
    bool failed = jobs->list.op.err != VB_OK;
    bool more = jobs->list.more && !failed && !jobs->stopped;
    bool all = vb_span_eq(jobs->list.parent, VB_SPAN(VB_JOB_KEYS));
    uint64_t from = jobs->list.count == 0
                        ? 0
                        : jobs->list.records[jobs->list.count - 1]->position;

    vb_list_read_done(&jobs->list);
    vb_arena_reset(&jobs->sweep_arena);
    if (more) {
        read_page(jobs, jobs->list.parent, from);
        return;
    }
    jobs->sweeping = false;
    jobs->started |= all && !failed;
}

static void removed(struct vb_store_op *op)
{
    struct vb_jobs *jobs = op->context;

    jobs->requests--;
    sweep_on(jobs);
}

/* How many changes remove those that are to go. */
static size_t look_at_all(struct vb_jobs *jobs,
                          struct vb_record *const *records, size_t record_count)
{
    size_t count = 0;

    for (size_t i = 0; i < record_count; i++)
        if (records[i] != NULL)
            count = look_at(jobs, records[i], count);
    return count;
}

static void remove_some(struct vb_jobs *jobs, size_t count)
{
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

static void have_due(struct vb_store_op *op)
{
    struct vb_jobs *jobs = op->context;

    size_t count = 0;

    jobs->requests--;
    if (op->err == VB_OK)
        count = look_at_all(jobs, jobs->due_records, jobs->due.count);
    vb_records_read_done(&jobs->due);
    remove_some(jobs, count);
}

/* The jobs that what was listed is run with. */
static void read_due(struct vb_jobs *jobs)
{
    const size_t tail = sizeof(VB_JOB_CALL) - 1;
    size_t count = 0;

    for (size_t i = 0; i < jobs->list.count; i++) {
        struct vb_span key = jobs->list.records[i]->key;

        if (vb_span_ends(key, VB_SPAN(VB_JOB_CALL)))
            jobs->due_keys[count++] = vb_span_head(key, key.len - tail);
    }
    jobs->due = (struct vb_records_read){
        .op = {.done = have_due, .context = jobs},
        .keys = jobs->due_keys,
        .count = count,
        .records = jobs->due_records,
    };
    if (count == 0) {
        sweep_on(jobs);
        return;
    }
    jobs->requests++;
    if (vb_store_records(jobs->env->store, &jobs->due) == VB_IO_DONE)
        have_due(&jobs->due.op);
}

static void have_page(struct vb_store_op *op)
{
    struct vb_jobs *jobs = op->context;

    jobs->requests--;
    if (op->err != VB_OK)
        sweep_on(jobs);
    else if (vb_span_eq(jobs->list.parent, VB_SPAN(VB_JOB_KEYS)))
        remove_some(jobs,
                    look_at_all(jobs, jobs->list.records, jobs->list.count));
    else
        read_due(jobs);
}

static void read_page(struct vb_jobs *jobs, struct vb_span listing,
                      uint64_t from)
{
    jobs->list = (struct vb_list_read){
        .op = {.done = have_page, .context = jobs},
        .parent = listing,
        .from = from,
        .limit = VB__JOBS_PAGE,
        .byte_limit = (size_t)16 * 1024 * 1024,
    };
    jobs->requests++;
    if (vb_store_list(jobs->env->store, &jobs->list) == VB_IO_DONE)
        have_page(&jobs->list.op);
}

void vb__jobs_look(struct vb_jobs *jobs)
{
    jobs->sweeping = true;
    jobs->swept_ms = jobs->env->now.mono_ms;
    read_page(jobs, VB_SPAN(VB_JOB_KEYS), 0);
}

void vb__jobs_sweep(struct vb_jobs *jobs)
{
    int64_t now = jobs->env->now.mono_ms;

    if (!jobs->stopped && !jobs->sweeping && now - jobs->swept_ms >= SWEEP_MS)
        vb__jobs_look(jobs);
}

/* --- what others have left --------------------------------------------------
 */

static void look(struct vb_alarm *alarm)
{
    struct vb_jobs *jobs = alarm->context;

    if (jobs->stopped)
        return;
    if (!jobs->sweeping && vb_catalog_has_jobs(jobs->catalog)) {
        jobs->sweeping = true;
        read_page(jobs, VB_SPAN(VB_JOB_CALLS), 0);
    }
    vb__jobs_look_after(jobs);
}

void vb__jobs_look_after(struct vb_jobs *jobs)
{
    struct vb_alarms *alarms = jobs->env->alarms;

    jobs->look = (struct vb_alarm){.ring = look, .context = jobs};
    if (alarms != NULL && vb__jobs_are_shared(jobs))
        (void)alarms->set(alarms, &jobs->look, VB__JOBS_LOOK_MS);
}
