/*
 * The memory tier: stored responses of a whole process, by their keys.
 *
 *     key ─ hash ─▶ one of 16 shards ─▶ node of the key ─▶ tree of variants
 *                      └─▶ queues: which slot has to go (fifo.h)
 *
 * All workers share it: a response is fetched once and kept once, however many
 * they are. A shard is locked for a look-up, which compares the request's
 * selecting fields and counts a reference: less than a microsecond, of which
 * two workers rarely want the same. Responses are immutable, and nothing is
 * freed, allocated or copied for a hit.
 *
 * What is kept counts while nothing of its names was invalidated since the
 * moment it was asked for (moments.h).
 */
#ifndef VB_CACHING_MEMORY_H
#define VB_CACHING_MEMORY_H

#include "caching/invalidation.h"
#include "caching/key.h"
#include "caching/response.h"
#include "caching/reuse.h"

struct vb_memory_tier;
struct vb_disk_tier; /* disk.h */
struct vb_disk_stats;

struct vb_memory_config {
    size_t budget;       /* bytes, all in all */
    size_t max_response; /* bytes of one response that is kept */
    /* Has what was stored here after it had to go, or the process ended. What
     * is invalid here is so there. Borrowed; NULL: there is none. */
    struct vb_disk_tier *disk;
};

struct vb_memory_stats {
    uint64_t hits; /* look-ups that found what the request selects */
    uint64_t misses;
    uint64_t stored;
    uint64_t evicted;
    uint64_t invalidated; /* found, and not true any more */
    size_t responses;
    size_t bytes; /* of the budget that are in use */
};

/* NULL: no memory, or a budget in which nothing would have room (1 MiB). */
struct vb_memory_tier *vb_memory_new(const struct vb_memory_config *config);

/* When nobody uses it any more; responses may be referred to still. All that is
 * kept comes to lie on the disk, if there is one. NULL is fine. */
void vb_memory_free(struct vb_memory_tier *tier);

/* To be noted before a request goes to the next hop. */
uint64_t vb_memory_moment(const struct vb_memory_tier *tier);

/* What is kept for a request with these fields: *ret_response is a reference,
 * the caller's, with VB_FOUND_ONE. */
enum vb_found vb_memory_find(struct vb_memory_tier *tier,
                             const struct vb_caching_key *key,
                             const struct vb_fields *fields,
                             struct vb_stored_response **ret_response);

/* Is there something of the key on the disk? If there is, and nothing was found
 * here, vb_memory_recall may bring it. */
bool vb_memory_may_recall(const struct vb_memory_tier *tier,
                          const struct vb_caching_key *key);

/*
 * Brings from the disk what a request with these fields selects, and gives a
 * reference to it; NULL: nothing. It blocks: not for a worker's thread.
 */
struct vb_stored_response *vb_memory_recall(struct vb_memory_tier *tier,
                                            const struct vb_caching_key *key,
                                            const struct vb_fields *fields);

/* References to what is kept of a key, for validation: as
 * vb_variants_collect. */
size_t vb_memory_collect(struct vb_memory_tier *tier,
                         const struct vb_caching_key *key,
                         struct vb_stored_response **ret_responses, size_t max);

/*
 * Keeps a response in place of what was there, and a reference of its own.
 * False: it is too large, no memory, or was invalidated since the moment its
 * request went out.
 */
bool vb_memory_put(struct vb_memory_tier *tier,
                   const struct vb_caching_key *key, uint64_t moment,
                   struct vb_stored_response *response);

/* Has the URI of a key been invalidated since that moment, or a group of the
 * response to it (NULL: not known yet)? Then what is on its way since before
 * that is not for who asks now. */
bool vb_memory_invalid_since(const struct vb_memory_tier *tier,
                             const struct vb_caching_key *key, uint64_t moment,
                             const struct vb_stored_response *response);

/* Forgets this response, if it is still kept: it has turned out not to be true,
 * or not to be stored any more. */
void vb_memory_drop(struct vb_memory_tier *tier,
                    const struct vb_caching_key *key,
                    const struct vb_stored_response *response);

/* To be called after the response to an unsafe request has come, and before it
 * is passed on (RFC 9111 section 4.4). */
void vb_memory_invalidate(struct vb_memory_tier *tier,
                          const struct vb_invalidation *invalidation);

/* What an operator says: all of a URI, of a group of an origin, or of all. */
void vb_memory_purge(struct vb_memory_tier *tier, struct vb_span uri);
void vb_memory_purge_group(struct vb_memory_tier *tier, struct vb_span origin,
                           struct vb_span group);
void vb_memory_purge_all(struct vb_memory_tier *tier);

struct vb_memory_stats vb_memory_stats(struct vb_memory_tier *tier);

/* The same of the disk. False: there is none. */
bool vb_memory_disk_stats(struct vb_memory_tier *tier,
                          struct vb_disk_stats *ret_stats);

#endif
