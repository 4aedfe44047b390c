/*
 * Representations in the content coding that the client likes best.
 *
 *     draft ─ vb_coded_base ─▶ rep, as it is ─ vb_coded_select ─▶ x->current
 *                                  │                   │
 *                                  ▼                   ▼
 *                            hot cache, under its key, offer, and coding
 *
 * What a coding does not make smaller stays as it is. So does what is streamed:
 * its length must be told, and parts of it must be found.
 */
#ifndef VB_RESOURCE_CODED_H
#define VB_RESOURCE_CODED_H

#include "flow/resource.h"
#include "storage/cache.h"

/* vb_rep_new of the draft, with Accept-Encoding in its Vary, which is "" or
 * "Accept" yet, where it may be encoded. */
struct vb_rep *vb_coded_base(struct vb_rep_draft *draft);

/* Where the outcome is kept, and from when it is true; key "": nowhere. */
struct vb_coded_place {
    struct vb_span key; /* lives as long as the exchange */
    struct vb_cache_stamp stamp;
};

/*
 * Takes over a reference to a representation without a coding; that, or what is
 * made of it, becomes x->current and selected, and is cached. YES; PENDING
 * while other threads encode what is large; HALT with 406 or 503.
 */
enum vb_answer vb_coded_select(struct vb_exchange *x,
                               struct vb_coded_place place, struct vb_rep *rep);

/* The same for a reply that nobody waits for, such as to a write: takes over
 * the reference and gives the caller's; NULL: 503. */
struct vb_rep *vb_coded_now(struct vb_exchange *x, struct vb_rep *rep);

#endif
