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
 * locked: any thread may do anything at any time.
 */
#ifndef VB_CACHING_MOMENTS_H
#define VB_CACHING_MOMENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vb_moments;

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

/* Bytes it holds in memory. */
size_t vb_moments_size(void);

#endif
