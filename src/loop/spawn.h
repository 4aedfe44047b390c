/* A child process for a program, with pipes to it. See spawn.c. */
#ifndef VB_LOOP_SPAWN_H
#define VB_LOOP_SPAWN_H

#include <sys/types.h>

#include "exchange/run.h"

/* Our ends; all close-on-exec and non-blocking. */
struct vb__child {
    pid_t pid;  /* also its session's and its process group's id */
    int ending; /* a pidfd: readable when it has ended */
    int in;     /* writes to its stdin */
    int out;    /* reads its stdout */
    int err;    /* reads its stderr */
};

/* Starts run's program. 0, or the errno that says why it could not be. */
int vb__spawn(const struct vb_run *run, struct vb__child *ret_child);

/* It has ended: kills what it has left in its session's group, and gives the
 * end and the code of the run. */
void vb__reap(const struct vb__child *child, struct vb_run *run);

#endif
