/*
 * Where gates store answers that may be given to others (caching/README.md).
 */
#ifndef VB_GATEWAY_GATE_CACHE_H
#define VB_GATEWAY_GATE_CACHE_H

#include <stddef.h>

#include "base/err.h"
#include "caching/policy.h"

struct vb_memory_tier; /* caching/memory.h */
struct vb_flights;     /* caching/fill.h */

/* One of a process, shared by all gates and workers. */
struct vb_gate_cache {
    struct vb_memory_tier *tier; /* NULL: it stores nothing */
    struct vb_flights *flights;
    struct vb_caching_policy policy;
};

/* Gives it room for so many bytes. VB_ERR_NOMEM. */
enum vb_err vb_gate_cache_init(struct vb_gate_cache *cache, size_t budget);

/* When nothing is under way. Harmless when it stores nothing. */
void vb_gate_cache_done(struct vb_gate_cache *cache);

#endif
