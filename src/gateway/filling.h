/* What the parts of cached.h's second half share: joining.c, filling.c,
 * reading.c, freshening.c, failing.c and heed.c. */
#ifndef VB_GATEWAY_FILLING_H
#define VB_GATEWAY_FILLING_H

#include "gateway/cached.h"

/* --- joining.c ------------------------------------------------------------ */

/* The leader's `resume` (caching/fill.h); context is the request. */
void vb__cached_on_resume(void *context);

/* --- reading.c ------------------------------------------------------------ */

/* More of what the client reads may be there. */
void vb__cached_read_on(struct vb_cached *c);

/* Does the client read what arrives, or will it? */
bool vb__cached_is_read(const struct vb_cached *c);

/* What arrives is read no more. */
void vb__cached_stop_reading(struct vb_cached *c);

/* --- filling.c ------------------------------------------------------------ */

/* Its fill is over: who follows it has been told why, or is told that it has
 * broken off. */
void vb__cached_close_fill(struct vb_cached *c);

/* Who follows is let go, and this one reads no more. */
void vb__cached_release(struct vb_cached *c, enum vb_fill_state state);

/* The flow goes on with what is stored, unless it has been told. The exchange
 * may be gone when this returns, where nobody holds it. */
void vb__cached_answer(struct vb_cached *c,
                       const struct vb_stored_response *response,
                       const struct vb_cache_status *status);

/* May others have what this is the head of? Then the fill is open, for
 * c->fresh.
 */
bool vb__cached_open(struct vb_cached *c,
                     const struct vb_response_head *response,
                     struct vb_storing *ret_storing);

/* For Cache-Status: it went on, and this status came. */
struct vb_cache_status vb__cached_forwarded(const struct vb_cached *c,
                                            unsigned status);

/* A response as the cache reads it. */
struct vb_received vb__cached_received(const struct vb_cached *c,
                                       const struct vb_response_head *response);

/* --- copying.c ------------------------------------------------------------ */

/* Is it a request whose answer goes to its client as it comes, and may be kept
 * besides? */
bool vb__cached_may_copy(struct vb_cached *c);

void vb__cached_copy_head(struct vb_cached *c,
                          const struct vb_response_head *response);
enum vb_sink_want vb__cached_copy(struct vb_cached *c, struct vb_span bytes);

/* --- parts.c -------------------------------------------------------------- */

/* A response that may be stored, as it has come. */
struct vb_come {
    struct vb_received received;
    struct vb_part part;
    uint64_t length; /* of its content, or VB_LENGTH_UNKNOWN */
    bool has_via;    /* it names this server already */
};

/* Is it a method whose answer is what is stored? */
bool vb__cached_brings_content(const struct vb_cached *c);

/* Is a range asked for of what is not stored whole? */
bool vb__cached_wants_part(const struct vb_cached *c);

/* Which part a 206 brings; its fields are those of what is stored of it,
 * updated. False: none that can be stored. */
bool vb__cached_read_part(struct vb_cached *c,
                          const struct vb_response_head *response,
                          struct vb_come *come);

/* --- freshening.c --------------------------------------------------------- */

/* A 304 has come for what leads a fill. True: that is all about it. */
bool vb__cached_not_modified(struct vb_cached *c,
                             const struct vb_response_head *response);

/* A 200 to HEAD has (RFC 9111 section 4.3.5). */
void vb__cached_head_only(struct vb_cached *c,
                          const struct vb_received *received);

/* --- failing.c ------------------------------------------------------------ */

/* The next hop has failed, with this status or without any (0). True: what is
 * stored is the answer in its place. */
bool vb__cached_instead(struct vb_cached *c, unsigned status, bool collapsed,
                        enum vb_answer *ret_answer);

/* The next hop has failed who leads, with this status or, where that is 0, for
 * that reason: who follows is told, and the fill is over. */
void vb__cached_tell_failure(struct vb_cached *c, unsigned status,
                             enum vb_failure_id why);

#endif
