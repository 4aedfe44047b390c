/* What the parts of filling.c share: who leads a fill, and what it does. */
#ifndef VB_GATEWAY_FILLING_H
#define VB_GATEWAY_FILLING_H

#include "gateway/cached.h"

/* The leader's `resume` (caching/fill.h); context is the request. */
void vb__cached_on_resume(void *context);

/* What arrives is read no more. */
void vb__cached_stop_reading(struct vb_cached *c);

/* The exchange stays until it is let go, where its fill is closed, too. It may
 * be gone when that returns. */
void vb__cached_hold(struct vb_cached *c);
void vb__cached_let_go(struct vb_cached *c);

/* Who follows is let go, and this one reads no more. */
void vb__cached_release(struct vb_cached *c, enum vb_fill_state state);

/* For Cache-Status: it went on, and this status came. */
struct vb_cache_status vb__cached_forwarded(const struct vb_cached *c,
                                            unsigned status);

/* A response as the cache reads it. */
struct vb_received vb__cached_received(const struct vb_cached *c,
                                       const struct vb_response_head *response);

/* Those of `validated` that the verdict says are stored anew with the received
 * fields; what answers is c->fresh then. */
void vb__cached_freshen(struct vb_cached *c, const struct vb_received *received,
                        const struct vb_validation *verdict, uint64_t moment);

#endif
