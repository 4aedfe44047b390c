/*
 * The hot cache as resources see it: representations by key, offer and coding.
 */
#ifndef VB_RESOURCE_CACHED_H
#define VB_RESOURCE_CACHED_H

#include "flow/resource.h"
#include "storage/cache.h"

/*
 * The representation of `key` for x->offer and x->coding, if it is cached and
 * current, or can be made of one that is: it becomes x->current, and
 * x->selected is filled. NO: it must be read from the store. Otherwise as
 * vb_coded_select. The listing of what is made is x->key.
 */
enum vb_answer vb_cached_get(struct vb_exchange *x, struct vb_span key);

/* Before reading what a representation is made from: `listing` is the key
 * whose changes outdate it, the key itself, or of a page its collection. */
struct vb_cache_stamp vb_cached_stamp(struct vb_exchange *x,
                                      struct vb_span listing);

/* How old at most what the exchange shows may be, where others write to the
 * store as well; 0: it may not be old at all. And what was made of something
 * that is so old counts for so much less long. */
int64_t vb_cached_max_age(const struct vb_exchange *x);
void vb_cached_aged(struct vb_cache_stamp *stamp, int64_t age_ms);

/* Takes over a reference as x->current, and fills x->selected from it. */
void vb_cached_select(struct vb_exchange *x, struct vb_rep *rep);

/* Does the client accept this media type? For what negotiation could not know
 * of beforehand. */
bool vb_accepts(const struct vb_exchange *x, struct vb_span media_type);

/* Keeps it for clients that like this coding best (enum vb_coding), whether it
 * is in that or not, unless its content is streamed anyway. */
void vb_cached_put(struct vb_exchange *x, struct vb_span key, unsigned coding,
                   struct vb_cache_stamp stamp, struct vb_rep *rep);

/* Takes over a reference to what was just made, without a coding: keeps it
 * (key "": nowhere), and goes on with vb_coded_select. */
enum vb_answer vb_cached_show(struct vb_exchange *x, struct vb_span key,
                              struct vb_cache_stamp stamp, struct vb_rep *rep);

/* A reference to it as the cache's value. */
struct vb_cache_value vb_cached_rep(struct vb_rep *rep);

/* The record under a key, if it is cached and current: a reference, or NULL.
 * There are those that this worker has written, see below. */
struct vb_record *vb_cached_record(struct vb_exchange *x, struct vb_span key);

/* Keeps what a commit's first change, a PUT in place of `before` (or NULL), has
 * written: a client that writes mostly reads or writes it again. */
void vb_cached_commit(struct vb_exchange *x, const struct vb_commit *commit,
                      const struct vb_record *before);

#endif
