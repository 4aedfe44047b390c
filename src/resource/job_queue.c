/* Jobs that wait and that run, a few at a time. See jobs_part.h. */
#include <stdlib.h>

#include "base/list.h"
#include "resource/jobs_part.h"

/* --- a job's life -----------------------------------------------------------
 */

struct vb__job *vb__job_new(struct vb_jobs *jobs, struct vb_span id,
                            uint64_t revision)
{
    struct vb__job *job = calloc(1, sizeof(*job));

    if (job == NULL || id.len != VB_SHORT_ID_LEN) {
        free(job);
        return NULL;
    }
    memcpy(job->id_text, id.ptr, VB_SHORT_ID_LEN);
    job->id = vb_span_of(job->id_text, VB_SHORT_ID_LEN);
    job->jobs = jobs;
    job->revision = revision;
    vb_arena_init(&job->arena, VB__JOB_ARENA_BLOCK, VB__JOB_ARENA_LIMIT);
    vb_arena_init(&job->lease_arena, VB__JOB_ARENA_BLOCK, VB__JOB_ARENA_LIMIT);
    vb_list_init(&job->link);
    return job;
}

void vb__job_tell(struct vb_job_waiter *waiter)
{
    int waiting = VB_JOB_WAITING;

    if (waiter == NULL)
        return;
    if (atomic_compare_exchange_strong(&waiter->state, &waiting, VB_JOB_TOLD))
        vb_mailbox_post(waiter->mailbox, &waiter->task);
    else
        free(waiter);
}

void vb__job_free(struct vb__job *job)
{
    vb__job_tell(job->waiter);
    vb_list_remove(&job->link);
    vb_record_unref(job->input);
    vb_arena_done(&job->arena);
    vb_arena_done(&job->lease_arena);
    free(job);
}

/* --- turns ------------------------------------------------------------------
 */

static void begin_next(struct vb_jobs *jobs)
{
    while (!jobs->stopped && !jobs->paused &&
           jobs->running_count < jobs->options.at_once &&
           !vb_list_empty(&jobs->waiting)) {
        struct vb__job *job =
            VB_CONTAINER(jobs->waiting.next, struct vb__job, link);

        vb_list_remove(&job->link);
        vb_list_append(&jobs->running, &job->link);
        jobs->running_count++;
        vb__job_begin(job);
    }
}

void vb__job_enqueue(struct vb__job *job)
{
    vb_list_append(&job->jobs->waiting, &job->link);
    begin_next(job->jobs);
}

static void go_on(struct vb_alarm *alarm)
{
    struct vb_jobs *jobs = alarm->context;

    jobs->paused = false;
    begin_next(jobs);
}

static bool pause(struct vb_jobs *jobs)
{
    struct vb_alarms *alarms = jobs->env->alarms;

    if (jobs->paused)
        return true;
    jobs->pause = (struct vb_alarm){.ring = go_on, .context = jobs};
    jobs->paused = alarms != NULL && alarms->set(alarms, &jobs->pause,
                                                 VB__JOBS_PAUSE_MS) == VB_OK;
    return jobs->paused;
}

/* Without an alarm, or at the end, the next start finds it. */
void vb__job_put_off(struct vb__job *job)
{
    struct vb_jobs *jobs = job->jobs;

    if (jobs->stopped || !pause(jobs)) {
        vb__job_forget(job);
        return;
    }
    vb_list_remove(&job->link);
    vb_list_insert_after(&jobs->waiting, &job->link);
    jobs->running_count--;
}

bool vb__job_is_listed(const struct vb__job *job)
{
    return job->link.next != &job->link;
}

struct vb__job *vb__job_find(struct vb_link *list, struct vb_span id)
{
    for (struct vb_link *at = list->next; at != list; at = at->next) {
        struct vb__job *job = VB_CONTAINER(at, struct vb__job, link);

        if (vb_span_eq(job->id, id))
            return job;
    }
    return NULL;
}

void vb__job_forget(struct vb__job *job)
{
    struct vb_jobs *jobs = job->jobs;

    jobs->running_count--;
    vb__job_free(job);
    vb_jobs_leave(jobs);
    vb__jobs_sweep(jobs);
    begin_next(jobs);
}
