/* Reading what controllers do, one file for each kind of `do`. */
#ifndef VB_DESCRIBE_ACTION_H
#define VB_DESCRIBE_ACTION_H

#include "describe/read.h"

/* Notes that `where` has no such key, and the one that may be meant. */
void vb__action_refuse(struct vb__reader *r, yyjson_val *name,
                       const char *where, const char *const *names,
                       size_t count);

/* A file that a description names, from its directory, in the arena. */
struct vb_span vb__action_path(struct vb__reader *r, struct vb_span name);

/* action_run.c: false, with a noted error, when it is wrong. */
bool vb__action_run(struct vb__reader *r, yyjson_val *run,
                    struct vb_action *action);

#endif
