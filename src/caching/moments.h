/*
 * When names were invalidated, so that what was asked for before that is never
 * used after it, also where it was still on its way.
 *
 *     moment = vb_moments_now(m);            before a request goes out
 *     ... the response comes, and is kept with its moment ...
 *     vb_moments_mark(m, uri);               after a change
 *     vb_moments_since(m, uri, moment)?      then it does not count
 *
 * Names share their places by their hash: it may be said of one that it was
 * invalidated when another one was, and never the other way round. Nothing is
 * locked, but for marks where somebody keeps them: any thread may do anything
 * at any time.
 */
#ifndef VB_CACHING_MOMENTS_H
#define VB_CACHING_MOMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct vb_moments;

/* Names have all places but the last one, which is for what concerns all. */
#define VB_MOMENTS_PLACES 32769

/* NULL: no memory. */
struct vb_moments *vb_moments_new(void);
/* NULL is fine. */
void vb_moments_free(struct vb_moments *moments);

uint64_t vb_moments_now(const struct vb_moments *moments);

/* What has this hash is invalid now. */
void vb_moments_mark(struct vb_moments *moments, uint64_t hash);

/* All is. */
void vb_moments_mark_all(struct vb_moments *moments);

/* Was it invalidated after that moment? */
bool vb_moments_since(const struct vb_moments *moments, uint64_t hash,
                      uint64_t moment);

/* Keeps what is marked, so that it holds in the next process as well: is called
 * with each mark, of one after the other, before whoever marks goes on. */
struct vb_moments_keeper {
    void (*keep)(struct vb_moments_keeper *keeper, size_t place,
                 uint64_t moment);
};

/* Before anything is marked. The keeper is borrowed; NULL: nobody. */
void vb_moments_kept_by(struct vb_moments *moments,
                        struct vb_moments_keeper *keeper);

/* What was kept of a place, and that the moment was reached at all: before
 * anybody else uses them. */
void vb_moments_restore(struct vb_moments *moments, size_t place,
                        uint64_t moment);
void vb_moments_reach(struct vb_moments *moments, uint64_t moment);

/* The hash of a group's name; those of two origins are two (RFC 9875 section
 * 2). A URI's is vb_hash with the same key. */
uint64_t vb_moments_group_hash(const struct vb_hash_key *key,
                               struct vb_span origin, struct vb_span group);

/* Bytes it holds in memory. */
size_t vb_moments_size(void);

#endif
