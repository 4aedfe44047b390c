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

/* One that the end of the server has cut short, or kept waiting. */
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
        } else if (!jobs->started && facts.finished_ms == 0) {
            take_up(jobs, record, &facts);
        }
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
    read_page(jobs, 0);
}

void vb__jobs_sweep(struct vb_jobs *jobs)
{
    int64_t now = jobs->env->now.mono_ms;

    if (!jobs->stopped && !jobs->sweeping && now - jobs->swept_ms >= SWEEP_MS)
        vb__jobs_look(jobs);
}
