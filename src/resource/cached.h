/*
 * The hot cache as resources see it: representations by key and offer.
 */
#ifndef VB_RESOURCE_CACHED_H
#define VB_RESOURCE_CACHED_H

#include "flow/resource.h"
#include "storage/cache.h"

/* The representation of `key` for x->offer, if it is cached and current: it
 * becomes x->current, and x->selected is filled. */
bool vb_cached_get(struct vb_exchange *x, struct vb_span key);

/* Before reading what a representation is made from: `listing` is the key
 * whose changes outdate it, the key itself, or of a page its collection. */
struct vb_cache_stamp vb_cached_stamp(struct vb_exchange *x,
                                      struct vb_span listing);

/* Takes over a reference as x->current, and fills x->selected from it. */
void vb_cached_select(struct vb_exchange *x, struct vb_rep *rep);

/* Does the client accept this media type? For what negotiation could not know
 * of beforehand. */
bool vb_accepts(const struct vb_exchange *x, struct vb_span media_type);

/* Keeps it, unless its content is streamed anyway. */
void vb_cached_put(struct vb_exchange *x, struct vb_span key,
                   struct vb_cache_stamp stamp, struct vb_rep *rep);

#endif
