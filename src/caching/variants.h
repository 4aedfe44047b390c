/*
 * The stored responses of one primary key, as a tree (RFC 9111 section 4.1):
 *
 *     variants ─▶ branch: the fields that responses varied on
 *                    accept-encoding, accept-language
 *                    ├─▶ variant: their values in the request
 *                    │      br,gzip,  en          ─▶ stored response
 *                    └─▶      gzip,   (absent)    ─▶ stored response
 *              ─▶ branch: (none)
 *                    └─▶ variant ─────────────────▶ stored response
 *
 * A key has a branch for each set of fields that its responses have named: the
 * origin may change its mind, and of all that a request selects the newest
 * counts. Whoever has the tree has the memory, and sees to it that nobody else
 * looks meanwhile.
 */
#ifndef VB_CACHING_VARIANTS_H
#define VB_CACHING_VARIANTS_H

#include "base/list.h"
#include "caching/response.h"

/* Sets of fields, and responses, that are kept of one key: a client chooses
 * the values, and could fill the cache with them. */
#define VB_BRANCHES_MAX 4
#define VB_VARIANTS_MAX 64

struct vb_variant {
    struct vb_link link; /* in its branch */
    struct vb_branch *branch;
    struct vb_stored_response *response; /* a reference */
    uint64_t hash;                       /* of its response's `values` */
};

struct vb_variants {
    struct vb_link branches; /* the last that got a response is the first */
    unsigned branch_count;
    unsigned count; /* of variants */
};

void vb_variants_init(struct vb_variants *variants);

/* The newest response that a request selects, or NULL (9111-4-08). */
struct vb_variant *vb_variants_select(const struct vb_variants *variants,
                                      const struct vb_fields *fields);

/*
 * Puts a variant, whose response is set, in its place. What has to go for it is
 * the caller's to dispose of, one at a time with vb_variants_crowded_out.
 * False: no memory, and nothing was done.
 */
bool vb_variants_add(struct vb_variants *variants, struct vb_variant *variant);

/* The variant in the place that a response has or would have, or NULL. */
struct vb_variant *
vb_variants_in_place(const struct vb_variants *variants,
                     const struct vb_stored_response *response);

/*
 * A variant in the place that a response would have, or one of those that are
 * too many with it; NULL when there is room. To be removed before
 * vb_variants_add.
 */
struct vb_variant *
vb_variants_crowded_out(const struct vb_variants *variants,
                        const struct vb_stored_response *response);

/* Takes it out. */
void vb_variants_remove(struct vb_variants *variants,
                        struct vb_variant *variant);

/* Some variant, or NULL when there is none. */
struct vb_variant *vb_variants_any(const struct vb_variants *variants);

/* Takes a reference to each response, up to `max`, the newest branch first;
 * how many. For validation. */
size_t vb_variants_collect(const struct vb_variants *variants,
                           struct vb_stored_response **ret_responses,
                           size_t max);

#endif
