/*
 * What a response to an unsafe request makes stale (RFC 9111 section 4.4, RFC
 * 9875 section 3).
 */
#ifndef VB_CACHING_INVALIDATION_H
#define VB_CACHING_INVALIDATION_H

#include "caching/message.h"
#include "http/cache_groups.h"

/* The target, Location and Content-Location. */
#define VB_INVALIDATED_MAX 3

struct vb_invalidation {
    struct vb_span uris[VB_INVALIDATED_MAX]; /* normal forms (caching/key.h) */
    size_t uri_count;
    struct vb_span origin;         /* of the groups */
    struct vb_cache_groups groups; /* Cache-Group-Invalidation */
};

/*
 * What a response with this status makes stale, in the arena; all zero:
 * nothing. `uri` is the target's normal form. Whose origin is another one stays
 * (9111-4.4-04), and so does all after an error or a safe method.
 */
void vb_invalidation_read(struct vb_arena *arena, const struct vb_asked *asked,
                          struct vb_span uri,
                          const struct vb_received *received,
                          struct vb_invalidation *ret_invalidation);

#endif
