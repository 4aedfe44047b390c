/* The manager of jobs, as others see it. See jobs.h and jobs_part.h. */
#include "resource/jobs.h"

#include <stdlib.h>

#include "base/list.h"
#include "resource/jobs_part.h"

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
    struct vb__job *job = vb__job_find(&jobs->waiting, id);

    if (job != NULL) {
        vb__job_free(job);
        vb_jobs_leave(jobs);
        return;
    }
    job = vb__job_find(&jobs->running, id);
    if (job == NULL)
        return;
    job->deleted = true;
    if (job->runs && !job->ended)
        jobs->env->runner->cancel(jobs->env->runner, &job->run);
}

/* Out of memory, or at the end, it stays in the store for the next start. And
 * the first look into the store may have found it already. */
static void do_submit(struct vb_jobs *jobs, const struct message *message)
{
    struct vb_span id = vb_span_of(message->id, VB_SHORT_ID_LEN);
    struct vb__job *job = vb__job_find(&jobs->waiting, id);
    bool ours;

    if (job == NULL)
        job = vb__job_find(&jobs->running, id);
    ours = job == NULL && !jobs->stopped;
    if (ours)
        job = vb__job_new(jobs, id, message->revision);
    if (!ours || job == NULL)
        vb_jobs_leave(jobs);
    if (job == NULL || job->waiter != NULL) {
        vb__job_tell(message->waiter);
        return;
    }
    job->waiter = message->waiter;
    if (!vb__job_is_listed(job))
        vb__job_enqueue(job);
    vb__jobs_sweep(jobs);
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
    vb_arena_init(&jobs->sweep_arena, VB__JOB_ARENA_BLOCK, VB__JOB_ARENA_LIMIT);
    return jobs;
}

void vb_jobs_start(struct vb_jobs *jobs, struct vb_env *env,
                   struct vb_catalog *catalog)
{
    jobs->env = env;
    jobs->catalog = vb_catalog_ref(catalog);
    vb_id_short(env->now.unix_ms, jobs->name);
    if (vb_catalog_has_jobs(catalog))
        vb__jobs_look(jobs);
    vb__jobs_look_after(jobs);
}

void vb_jobs_describe(struct vb_jobs *jobs, struct vb_catalog *catalog)
{
    vb_catalog_unref(jobs->catalog);
    jobs->catalog = vb_catalog_ref(catalog);
    if (!jobs->started && !jobs->sweeping && vb_catalog_has_jobs(catalog))
        vb__jobs_look(jobs);
}

bool vb_jobs_idle(const struct vb_jobs *jobs)
{
    return jobs->requests == 0;
}

/* Those whose end the store could not be told. */
static void give_up_retrying(struct vb_jobs *jobs)
{
    struct vb_link *link = jobs->running.next;

    while (link != &jobs->running) {
        struct vb__job *job = VB_CONTAINER(link, struct vb__job, link);

        link = link->next;
        if (!job->retrying)
            continue;
        jobs->env->alarms->cancel(jobs->env->alarms, &job->alarm);
        job->retrying = false;
        job->then(job);
    }
}

void vb_jobs_rest(struct vb_jobs *jobs)
{
    struct vb_alarms *alarms = jobs->env == NULL ? NULL : jobs->env->alarms;

    jobs->stopped = true;
    if (alarms == NULL)
        return;
    alarms->cancel(alarms, &jobs->pause);
    alarms->cancel(alarms, &jobs->look);
    give_up_retrying(jobs);
}

void vb_jobs_stop(struct vb_jobs *jobs)
{
    jobs->stopped = true;
    while (!vb_list_empty(&jobs->waiting)) {
        struct vb__job *job =
            VB_CONTAINER(jobs->waiting.next, struct vb__job, link);

        vb__job_free(job);
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
