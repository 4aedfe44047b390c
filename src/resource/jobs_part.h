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

/* What the texts of one job may take. */
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
    bool deleted;

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
    struct vb_change removals[VB__JOBS_PAGE * VB_JOB_RECORDS];
    struct vb_arena sweep_arena;
    bool sweeping, started;
    int64_t swept_ms;
};

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

/* --- job_sweep.c --------------------------------------------------------- */

/* Looks at all of them: removes what has been kept long enough and, the first
 * time, takes up what the end of the server has cut short. */
void vb__jobs_look(struct vb_jobs *jobs);

/* The same now and then, when there is something to do anyway. */
void vb__jobs_sweep(struct vb_jobs *jobs);

#endif
