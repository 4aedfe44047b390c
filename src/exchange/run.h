/*
 * Running a program: the contract between who wants its output (resource/) and
 * who has processes (loop/).
 *
 *     resource ── vb_runner_start ──▶ runner ──▶ stdin  ┐
 *        ▲                              │  ◀──── stdout  │ program
 *        └────────── run->done ◀────────┘  ◀──── stderr  ┘
 *
 * A run is a structure that the caller owns. When start says VB_OK, `done` is
 * called later, exactly once, on the worker's thread; until then the run and
 * everything it points to must stay. All programs of a run, its children's too
 * where the machine lets us, are dead by then.
 */
#ifndef VB_EXCHANGE_RUN_H
#define VB_EXCHANGE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What a program may use. */
struct vb_run_limits {
    uint32_t time_ms;   /* from its start to its end */
    uint64_t memory;    /* bytes of address space; 0: as the server itself */
    uint64_t output;    /* bytes on stdout */
    uint32_t processes; /* of the server's user, all told; 0: no bound */
};

enum vb_run_end {
    VB_RUN_EXITED,    /* with `code` */
    VB_RUN_SIGNALLED, /* by the signal `code` */
    VB_RUN_UNSTARTED, /* errno is `code` */
    VB_RUN_TIMEOUT,   /* killed: it took too long */
    VB_RUN_OVERFLOW,  /* killed: it wrote too much */
    VB_RUN_CANCELLED  /* killed: nobody wants its output any more */
};

struct vb_run {
    const char *const *argv; /* NULL at the end; argv[0] is a path */
    const char *const *envp; /* all of its environment, NULL at the end */
    const char *directory;   /* where it runs */
    struct vb_span input;    /* what it reads from stdin */
    const struct vb_run_limits *limits;
    const char *label; /* what it is called in the log */
    bool beside;       /* does not count among those that run at once */
    void (*done)(struct vb_run *run);
    void *context; /* the caller's */

    enum vb_run_end end;  /* out */
    int code;             /* out: exit status, signal or errno */
    struct vb_buf output; /* out: what it wrote; the caller gives it back */
    void *own;            /* the runner's */
};

/* One of each worker: env.runner. */
struct vb_runner {
    /*
     * VB_ERR_BUSY: as many programs as may run at once do. VB_ERR_NOMEM. Then
     * nothing happened, and `done` is not called.
     */
    enum vb_err (*start)(struct vb_runner *runner, struct vb_run *run);
    /* Kills it: `done` follows, later. Only before it. */
    void (*cancel)(struct vb_runner *runner, struct vb_run *run);
};

#endif
