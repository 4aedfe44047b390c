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

/* A whole number, into the uint64_t at `offset`. */
struct vb__bound {
    const char *key;
    size_t offset;
    int64_t least, most, usual;
};

/* What the object at "do" is called, may have, and is bounded by. */
struct vb__bounds {
    const char *where;         /* "run" */
    const char *const *others; /* keys that are no bounds */
    size_t other_count;
    const struct vb__bound *rows;
    size_t count;
    bool variables; /* a URL may have some in its path */
};

/* Keys of one such object. */
#define VB__BOUNDS_KEYS 32

/* The usual bounds, then those of `object`, where it is one. Notes an error at
 * each that is wrong, and at keys that there are not. */
void vb__action_bounds(struct vb__reader *r, yyjson_val *object,
                       const struct vb__bounds *bounds, void *into);

/* action_run.c, action_plugin.c: false, with a noted error, when it is wrong.
 */
bool vb__action_run(struct vb__reader *r, yyjson_val *run,
                    struct vb_action *action);
bool vb__action_plugin(struct vb__reader *r, yyjson_val *plugin,
                       struct vb_action *action);
/* action_forward.c: likewise, of a route's controller. */
bool vb__action_forward(struct vb__reader *r, const struct vb_route *route,
                        yyjson_val *forward, struct vb_action *action);

/* The index of the route's variable of that name, or -1. */
int vb__action_variable(const struct vb_route *route, struct vb_span name);

/* gateway.c: servers and how they are asked: a URL, a list of them, or an
 * object that is `bounded`. Variables in the path are between %7B and %7D.
 * False likewise. */
bool vb__gateway_read(struct vb__reader *r, yyjson_val *to,
                      const struct vb__bounds *bounded,
                      struct vb_gateway *gateway);

/* gateway_cache.c: the member `cache` of a gateway's `to`. */
void vb__gateway_cache(struct vb__reader *r, yyjson_val *to,
                       struct vb_gateway *gateway);

#endif
