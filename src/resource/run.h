/* Controllers that run a program: see run.c. */
#ifndef VB_RESOURCE_RUN_H
#define VB_RESOURCE_RUN_H

#include "describe/describe.h"
#include "exchange/run.h"
#include "flow/resource.h"

/* What such a controller does for a method; NULL: nothing. */
const struct vb_slot *vb_run_slot(enum vb_method method);

/* Sets the questions that a controller answers itself. */
void vb_run_init(struct vb_resource *resource);

/*
 * All of the environment of a program for this request, in the exchange's
 * arena; NULL when there is no memory. See the README of describe/.
 */
const char *const *vb_run_environment(struct vb_exchange *x,
                                      const struct vb_route *route);

/* Its words, the program's path first, in the arena; NULL: no memory. */
const char *const *vb_run_words(struct vb_arena *arena,
                                const struct vb_program *program);

struct vb_run_limits vb_run_limits_of(const struct vb_program *program);

/* Will this request be answered before its program has run? */
bool vb_run_is_put_off(struct vb_exchange *x);

/* What is known of a program's output. */
struct vb_run_outcome {
    unsigned status;       /* of the reply; 200: `run->output` is its content */
    bool is_problem;       /* the output is the problem document to send */
    struct vb_span detail; /* of an error; static; "" for none */
};

/* The status of the problem document that the output is; 0: it is none. */
unsigned vb_run_problem_status(struct vb_span output);

/* What a run that is over means. `json`: it was to write JSON. */
struct vb_run_outcome vb_run_judge(const struct vb_run *run, bool json);

#endif
