/*
 * What the server itself adds to a described API: where it begins, what it is,
 * and the way to find out (start.h, published.h). What is described wins: a
 * path that the description has is never one of these.
 */
#ifndef VB_RESOURCE_ABOUT_H
#define VB_RESOURCE_ABOUT_H

#include "base/buf.h"
#include "resource/build.h"
#include "resource/fixed.h"

#define VB_ABOUT_MOST 3

/* Zeroed, it adds nothing. */
struct vb_about {
    struct vb_span paths[VB_ABOUT_MOST]; /* normal, of the resources */
    struct vb_fixed at[VB_ABOUT_MOST];
    size_t count;
    char *published;    /* owns a path, or NULL */
    struct vb_buf link; /* the value of Link for OPTIONS, or empty */
};

/*
 * Makes them of a description and its resources. `publish` is a normal path
 * where the description is to be found, "" for nowhere; copied. After a failure
 * (VB_ERR_NOMEM) vb_about_done is to be called as well.
 */
enum vb_err vb_about_init(struct vb_about *about,
                          const struct vb_description *description,
                          struct vb_span publish, const struct vb_built *built,
                          size_t count);

/* The resource at a normal path; NULL if it is none of these. */
const struct vb_resource *vb_about_find(const struct vb_about *about,
                                        struct vb_span path);

void vb_about_done(struct vb_about *about);

#endif
