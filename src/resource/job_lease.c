/*
 * What is said of a job again and again: that it still runs, where others might
 * take it for left; and how it ended, while the store cannot be told. See
 * jobs_part.h.
 */
#include "base/list.h"
#include "resource/jobs_part.h"

static bool set_alarm(struct vb__job *job, void (*ring)(struct vb_alarm *alarm),
                      uint64_t after_ms)
{
    struct vb_alarms *alarms = job->jobs->env->alarms;

    job->alarm = (struct vb_alarm){.ring = ring, .context = job};
    return alarms != NULL &&
           alarms->set(alarms, &job->alarm, after_ms) == VB_OK;
}

static void cancel_alarm(struct vb__job *job)
{
    struct vb_alarms *alarms = job->jobs->env->alarms;

    if (alarms != NULL)
        alarms->cancel(alarms, &job->alarm);
}

/* --- the lease --------------------------------------------------------------
 */

static void renew(struct vb_alarm *alarm);

/* Whoever has deleted it, or has taken it up since its lease was over, wins. A
 * store that cannot be asked is asked the next time: the lease may be over by
 * then, and the end of the job finds that out. */
static void renewed(struct vb_store_op *op)
{
    struct vb__job *job = op->context;
    struct vb_runner *runner = job->jobs->env->runner;
    bool lost = op->err == VB_ERR_AGAIN && !job->deleted;

    job->jobs->requests--;
    job->renewing = false;
    if (op->err == VB_OK)
        job->revision = job->commit.revision;
    job->deleted |= lost;
    if (job->ended)
        vb__job_conclude(job);
    else if (lost)
        runner->cancel(runner, &job->run);
    else if (!job->deleted)
        (void)set_alarm(job, renew, VB__JOB_RENEW_MS);
}

static void renew(struct vb_alarm *alarm)
{
    struct vb__job *job = alarm->context;
    struct vb_jobs *jobs = job->jobs;

    vb_arena_reset(&job->lease_arena);
    job->facts.until_ms = jobs->env->now.unix_ms + VB__JOB_LEASE_MS;
    job->changes[0] = vb__job_put(job, &job->lease_arena);
    job->commit = (struct vb_commit){
        .op = {.done = renewed, .context = job},
        .changes = job->changes,
        .change_count = 1,
    };
    job->renewing = true;
    jobs->requests++;
    if (vb_store_commit(jobs->env->store, &job->commit) == VB_IO_DONE)
        renewed(&job->commit.op);
}

void vb__job_hold(struct vb__job *job)
{
    if (vb__jobs_are_shared(job->jobs))
        (void)set_alarm(job, renew, VB__JOB_RENEW_MS);
}

void vb__job_unhold(struct vb__job *job)
{
    job->ended = true;
    cancel_alarm(job);
    if (!job->renewing)
        vb__job_conclude(job);
}

/* --- the end ----------------------------------------------------------------
 */

static void retry(struct vb_alarm *alarm)
{
    struct vb__job *job = alarm->context;
    struct vb_jobs *jobs = job->jobs;

    job->retrying = false;
    jobs->requests++;
    if (vb_store_commit(jobs->env->store, &job->commit) == VB_IO_DONE)
        job->commit.op.done(&job->commit.op);
}

bool vb__job_retry(struct vb__job *job)
{
    job->retrying =
        !job->jobs->stopped && set_alarm(job, retry, VB__JOBS_PAUSE_MS);
    return job->retrying;
}
