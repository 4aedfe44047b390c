/*
 * Jobs: work that is done after its request was answered. A job is a resource,
 * kept in the store like any other, so that it is there after a restart.
 *
 *     POST /images/7/resize ─▶ deferred ─▶ 202, Location: /jobs/ID
 *
 *     /jobs/ID         job:ID         how it goes (struct vb_job_facts)
 *     /jobs/ID/result  job:ID/result  what came of it
 *                      job:ID/call    what to run it with   } gone once
 *                      job:ID/input   the request's content } it is over
 *
 * One worker, the manager's, runs all of them, a few at a time: so nothing
 * about a job is locked. The others hand theirs over through its mailbox. What
 * a job's record says is decided by the store: whoever deletes it wins against
 * the manager, whose commit then finds another revision.
 *
 * Where other instances use the store as well, each has a manager. A job is
 * whose commit says "running" first, for as long as it says so again (its
 * lease); and what waits at one may be taken up by another that has room. What
 * has no lease any more is as after a restart: its instance has gone.
 */
#ifndef VB_RESOURCE_JOBS_H
#define VB_RESOURCE_JOBS_H

#include "base/alarm.h"
#include "base/task.h"
#include "describe/describe.h"
#include "exchange/exchange.h"
#include "flow/resource.h"
#include "resource/catalog.h"
#include "resource/id.h"
#include "storage/store.h"

struct vb_jobs;

/* Longest time that a client may wait for a job, in milliseconds. */
#define VB_JOB_WAIT_MOST 60000

struct vb_jobs_options {
    uint32_t most;         /* jobs that are not over; beyond: 503 */
    uint32_t at_once;      /* jobs that run */
    uint64_t retention_ms; /* of what is over */
};

/* `mailbox` is that of the worker that will be the manager's. NULL when out of
 * memory. */
struct vb_jobs *vb_jobs_new(const struct vb_jobs_options *options,
                            struct vb_mailbox *mailbox);

/* When no worker runs any more, but before the mailbox goes. NULL is fine. */
void vb_jobs_free(struct vb_jobs *jobs);

/* --- on the manager's thread ---------------------------------------------- */

/* Begins, in the manager's worker's env. What was there before is taken up
 * again: what was queued is run; what ran has failed, unless it is said to be
 * idempotent. */
void vb_jobs_start(struct vb_jobs *jobs, struct vb_env *env,
                   struct vb_catalog *catalog);

/* There is a new description; takes a reference. */
void vb_jobs_describe(struct vb_jobs *jobs, struct vb_catalog *catalog);

/* Is no request to the store under way? */
bool vb_jobs_idle(const struct vb_jobs *jobs);

/* Begins nothing any more: what waits is in the store. */
void vb_jobs_rest(struct vb_jobs *jobs);

/* Forgets what waits. When it is idle. */
void vb_jobs_stop(struct vb_jobs *jobs);

/* --- from any thread -------------------------------------------------------
 */

/* Who waits for a job to be over, for a while: made with malloc, used by its
 * owner and the manager, freed by the last of them. */
struct vb_job_waiter {
    struct vb_task task; /* run in the owner's mailbox, at most once */
    struct vb_mailbox *mailbox;
    _Atomic int state; /* enum vb_job_waiting */
    void *context;     /* the owner's */
};

enum vb_job_waiting {
    VB_JOB_WAITING,
    VB_JOB_TOLD, /* by the manager: the task is under way to the owner */
    VB_JOB_LEFT  /* by the owner: the manager frees it */
};

/* Takes a place among the jobs; false: there are as many as may be. What takes
 * one submits a job or gives it back. */
bool vb_jobs_enter(struct vb_jobs *jobs);
void vb_jobs_leave(struct vb_jobs *jobs);

/* A job whose records are committed, with their revision. `waiter` may be NULL.
 * False when out of memory: then it waits for the next start. */
bool vb_jobs_submit(struct vb_jobs *jobs, struct vb_span id, uint64_t revision,
                    struct vb_job_waiter *waiter);

/* The job's record is gone: its program need not go on. */
void vb_jobs_cancel(struct vb_jobs *jobs, struct vb_span id);

/* --- records (job_record.c) ------------------------------------------------
 */

/* What a job's document says. */
struct vb_job_facts {
    struct vb_span id;
    const char *state;
    struct vb_span method, target;
    int64_t created_ms, started_ms, finished_ms; /* 0: not yet */
    bool idempotent;        /* may be run again after it was cut short */
    struct vb_span owner;   /* who asked for it; "": nobody known. In records
                               only: not shown */
    struct vb_span problem; /* JSON of why it failed; "" */
    /* Who runs it, and until when: its lease; "" and 0: nobody else could. In
     * records only, likewise. */
    struct vb_span by;
    int64_t until_ms;
};

void vb_job_write(struct vb_buf *json, const struct vb_job_facts *facts);

/* Reads it; spans borrow from `json`. False: it is no job's document. */
bool vb_job_read(yyjson_val *json, struct vb_job_facts *ret_facts);

static inline bool vb_job_is(const struct vb_job_facts *facts,
                             const char *state)
{
    return strcmp(facts->state, state) == 0;
}

/* The members of a record that say whose it is, and who runs it. */
#define VB_JOB_OWNER "owner"
#define VB_JOB_BY    "by"
#define VB_JOB_UNTIL "until"

/* What the keys of jobs' records begin with, and the listing that they are in:
 * no URI leads there, so that no client can make one up. */
#define VB_JOB_KEYS "job:"

/* The listing of what those are run with that are not over: of the records that
 * end in this. */
#define VB_JOB_CALLS "job:calls"
#define VB_JOB_CALL  "/call"

/* The key of a job's record, or of one of its parts ("/result"), in the arena.
 */
struct vb_span vb_job_key(struct vb_arena *arena, struct vb_span id,
                          const char *part);

/* The records of one job. */
#define VB_JOB_RECORDS 4

/* The changes that remove them all, the job's own first; keys in the arena.
 * `revision`: the one expected of the job's own. */
void vb_job_removals(struct vb_arena *arena, struct vb_span id,
                     uint64_t revision,
                     struct vb_change changes[VB_JOB_RECORDS]);

/* --- resources (job_resource.c) --------------------------------------------
 */

struct vb_access;
struct vb_built;

/* The two resources of jobs: the job, its result. */

/* `access` finds out whose job it is, which nobody else sees; NULL: jobs are
 * nobody's, and for who knows their URI. */
enum vb_err vb_job_build(const struct vb_access *access,
                         struct vb_built *ret_job, struct vb_built *ret_result);

/* By what a job is known to be of who asks; "": nobody known. In the arena. */
struct vb_span vb_job_owner(struct vb_exchange *x);

/* --- answering later (defer.c) ---------------------------------------------
 */

/* A request that is answered later, or when its job is over in time. */
struct vb_deferral {
    struct vb_exchange *x; /* what follows is the caller's to fill in */
    const struct vb_route *route;
    const char *const *environment; /* NULL at the end */
    struct vb_span media_type;      /* of the output */
    struct vb_span input_type, input;
    bool idempotent;
    uint32_t wait_ms; /* for it to be over; 0: not at all */
    void (*call_off)(struct vb_exchange *x); /* calls vb_defer_call_off */

    bool over;                /* out: it is, and this is what became of it */
    struct vb_span problem;   /* JSON, of a job that has failed; in the arena */
    struct vb_record *result; /* a reference; NULL: there is none */

    struct vb_job_facts facts; /* inner */
    uint64_t revision;
    struct vb_commit commit;
    struct vb_change changes[3];
    struct vb_read read;
    struct vb_alarm alarm;
    struct vb_job_waiter *waiter;
};

/*
 * For `deferred`: makes a job. YES: x is answered with 202, where the job is;
 * NO: it is over; PENDING: one of these comes later; HALT.
 */
enum vb_answer vb_defer(struct vb_deferral *deferral);

/* The client has gone while it waits; its job has not. */
void vb_defer_call_off(struct vb_deferral *deferral);

#endif
