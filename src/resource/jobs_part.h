/*
 * The manager of jobs, in parts:
 *
 *     submit ─▶ waiting ─▶ read call, input ─▶ commit "running" ─▶ run
 *     jobs.c    job_queue.c                job_work.c               │
 *           told, forgotten ◀── commit "done" or "failed" ◀─────────┘
 *           job_queue.c
 *
 * and those that are old, or were there at the start: job_sweep.c. All of it is
 * the manager's thread's. Each job is a small chain of requests to the store,
 * one at a time. A commit that finds another revision means that somebody has
 * deleted the job.
 */
#ifndef VB_RESOURCE_JOBS_PART_H
#define VB_RESOURCE_JOBS_PART_H

#include <stdatomic.h>

#include "exchange/run.h"
#include "resource/jobs.h"
#include "storage/store.h"

/* Records of a page while old jobs are looked for. */
#define VB__JOBS_PAGE 100

/* How long a lease is good, how often it is renewed, and how often others' are
 * looked at that are over, in milliseconds. Clocks may differ by what is left
 * of a lease when it is renewed late. */
#define VB__JOB_LEASE_MS 60000
#define VB__JOB_RENEW_MS 20000
#define VB__JOBS_LOOK_MS 15000
/* While the store cannot be asked it is tried again after this. */
#define VB__JOBS_PAUSE_MS 1000

/* What the texts of one job may take; and of one that is written once more. */
#define VB__JOB_ARENA_BLOCK ((size_t)4 * 1024)
#define VB__JOB_ARENA_LIMIT ((size_t)1024 * 1024)

struct vb__job {
    struct vb_link link; /* of waiting or running */
    struct vb_jobs *jobs;
    struct vb_arena arena;
    char id_text[VB_SHORT_ID_LEN];
    struct vb_span id;
    uint64_t revision; /* of the job's record, as we know it */
    struct vb_job_waiter *waiter;
    bool deleted; /* or somebody else's by now */
    bool found;   /* in the store, where somebody else may have put it */
    bool ours;    /* so its record says */

    struct vb_job_facts facts;
    struct vb_span media_type; /* of the output */
    struct vb_record *input;   /* a reference */
    struct vb_read read;
    struct vb_commit commit;
    struct vb_change changes[VB_JOB_RECORDS];
    void (*then)(struct vb__job *job); /* after the request under way */

    struct vb_run run;
    struct vb_run_limits limits;
    bool runs;
    bool ended; /* `run` is done */

    /* Its lease, while it runs; and its end, while that cannot be kept. */
    struct vb_alarm alarm;
    struct vb_arena lease_arena;
    bool renewing;
    bool retrying;
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
    bool paused;                /* nothing is begun, since that would fail */
    struct vb_alarm pause;      /* until then */
    char name[VB_SHORT_ID_LEN]; /* of this manager, in leases */

    /* Looking for old jobs, and at the start for all. */
    struct vb_list_read list;
    struct vb_commit sweep;
    struct vb_change removals[VB__JOBS_PAGE * VB_JOB_RECORDS];
    struct vb_arena sweep_arena;
    bool sweeping, started;
    int64_t swept_ms;

    /* Looking for those that others have left. */
    struct vb_alarm look;
    struct vb_records_read due;
    struct vb_span due_keys[VB__JOBS_PAGE];
    struct vb_record *due_records[VB__JOBS_PAGE];
};

/* Are there others? */
static inline bool vb__jobs_are_shared(const struct vb_jobs *jobs)
{
    return jobs->env->store->store->shared;
}

/* --- job_queue.c --------------------------------------------------------- */

/* NULL when out of memory, or where that is no job's id. */
struct vb__job *vb__job_new(struct vb_jobs *jobs, struct vb_span id,
                            uint64_t revision);

/* Whoever waits is told first. */
void vb__job_free(struct vb__job *job);

/* Whoever still waits (NULL: nobody) is told to look. */
void vb__job_tell(struct vb_job_waiter *waiter);

/* It is over, or somebody else's: the next one's turn. */
void vb__job_forget(struct vb__job *job);

/* It waits for its turn, which may be now. */
void vb__job_enqueue(struct vb__job *job);

/* The store cannot be asked: it is the next one's turn in a while, and until
 * then nobody's. */
void vb__job_put_off(struct vb__job *job);

/* Does it wait or run? */
bool vb__job_is_listed(const struct vb__job *job);

/* The one of this id in `waiting` or `running`; NULL: there is none. */
struct vb__job *vb__job_find(struct vb_link *list, struct vb_span id);

/* --- job_work.c ---------------------------------------------------------- */

/* Its turn has come: reads what it is, and does it. Forgets it then. */
void vb__job_begin(struct vb__job *job);

/* It has failed, of which a problem tells. Forgets it then. */
void vb__job_fail(struct vb__job *job, unsigned status, struct vb_span detail);

/* Takes from the record what is known of the job; false: it is none. */
bool vb__job_facts(struct vb__job *job, const struct vb_record *record);

/* The change that writes its record with its present facts, where it is as we
 * know it; its texts are in the arena. */
struct vb_change vb__job_put(struct vb__job *job, struct vb_arena *arena);

/* Its program has ended, and nothing else is under way. */
void vb__job_conclude(struct vb__job *job);

/* --- job_lease.c --------------------------------------------------------- */

/* It runs: its lease is kept up. */
void vb__job_hold(struct vb__job *job);

/* It has run. */
void vb__job_unhold(struct vb__job *job);

/* Its end is written once more after a while. False: it cannot be. */
bool vb__job_retry(struct vb__job *job);

/* --- job_sweep.c --------------------------------------------------------- */

/* Looks at all of them: removes what has been kept long enough and, the first
 * time, takes up what the end of the server has cut short. */
void vb__jobs_look(struct vb_jobs *jobs);

/* The same now and then, when there is something to do anyway. */
void vb__jobs_sweep(struct vb_jobs *jobs);

/* From now on looks for what others have left, if there are any. */
void vb__jobs_look_after(struct vb_jobs *jobs);

#endif
