/*
 * Cache-Groups and Cache-Group-Invalidation (RFC 9875): the names of groups,
 * each a List of Strings, opaque and compared octet by octet.
 */
#ifndef VB_HTTP_CACHE_GROUPS_H
#define VB_HTTP_CACHE_GROUPS_H

#include "base/arena.h"
#include "base/span.h"

/* Groups of one response, and octets of a name, that are looked at: as many as
 * RFC 9875 section 2 demands, and again (9875-2-01). */
#define VB_CACHE_GROUPS_MAX     64
#define VB_CACHE_GROUP_NAME_MAX 256

struct vb_cache_groups {
    struct vb_span at[VB_CACHE_GROUPS_MAX];
    size_t count;
};

/*
 * Reads either field from all its lines. What is no List of Strings is ignored
 * as a whole, parameters are passed over, and so are names longer than above
 * and groups past as many. Names lie in the lines or the arena.
 */
void vb_cache_groups_parse(struct vb_arena *arena, const struct vb_span *lines,
                           size_t count, struct vb_cache_groups *ret_groups);

#endif
