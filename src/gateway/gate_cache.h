/*
 * Where gates store answers that may be given to others (caching/README.md).
 */
#ifndef VB_GATEWAY_GATE_CACHE_H
#define VB_GATEWAY_GATE_CACHE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "caching/policy.h"

struct vb_memory_tier; /* caching/memory.h */
struct vb_disk_tier;   /* caching/disk.h */
struct vb_flights;     /* caching/fill.h */

/* One of a process, shared by all gates and workers. */
struct vb_gate_cache {
    struct vb_memory_tier *tier; /* NULL: it stores nothing */
    struct vb_disk_tier *disk;   /* behind it; NULL: there is none */
    struct vb_flights *flights;
    struct vb_caching_policy policy;
};

/* What gates do where nobody says anything else. */
struct vb_caching_policy vb_gate_cache_policy(void);

struct vb_gate_cache_room {
    size_t memory;         /* bytes */
    const char *directory; /* on a disk as well; NULL: not there */
    uint64_t disk;         /* bytes there */
};

/* Gives it room. VB_ERR_NOMEM, or as vb_disk_open, with a line in ret_why. */
enum vb_err vb_gate_cache_init(struct vb_gate_cache *cache,
                               const struct vb_gate_cache_room *room,
                               struct vb_buf *ret_why);

/* When nothing is under way; what is stored comes to lie on the disk. Harmless
 * when it stores nothing. */
void vb_gate_cache_done(struct vb_gate_cache *cache);

#endif
