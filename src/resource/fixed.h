/*
 * A resource whose representations are made once, with the catalog, and never
 * change: what the server says of the API itself.
 */
#ifndef VB_RESOURCE_FIXED_H
#define VB_RESOURCE_FIXED_H

#include "flow/resource.h"

/* Representations that one has at most. */
#define VB_FIXED_MOST 4

/* Zeroed, it is one without representations. */
struct vb_fixed {
    struct vb_resource resource; /* its data points back here */
    struct vb_offer offers[VB_FIXED_MOST];
    struct vb_rep *reps[VB_FIXED_MOST]; /* of the offers */
    uint16_t count;
};

/* What one representation is made of; the media type must be static. */
struct vb_fixed_draft {
    struct vb_span media_type;
    bool is_page;
    /* Copied, as is the next; once, where drafts in a row have the same. */
    struct vb_span content;
    struct vb_span link; /* the value of Link; "" for none */
};

/*
 * Makes the resource, which answers GET, HEAD and OPTIONS; the first draft is
 * preferred where the client does not care. Entity tags tell the content. After
 * a failure (VB_ERR_NOMEM) vb_fixed_done is to be called as well.
 */
enum vb_err vb_fixed_init(struct vb_fixed *fixed, const char *kind,
                          const struct vb_fixed_draft *drafts, size_t count);

/* A zeroed one is fine. */
void vb_fixed_done(struct vb_fixed *fixed);

#endif
