/* Resources in C, from include/verbatim/resource.h: see handler.c. */
#ifndef VB_RESOURCE_HANDLER_H
#define VB_RESOURCE_HANDLER_H

#include <verbatim/resource.h>

#include "flow/resource.h"

/* A mounted handler. */
struct vb_mounted {
    struct vb_resource resource; /* its data points back here */
    struct vb_offer offer;
    struct vb_take take;
    const struct vb_handler *handler;
    void *self;
};

/* Makes a resource of a handler; both borrowed. VB_ERR_NOMEM, VB_ERR_SYNTAX
 * for a media type that is none. */
enum vb_err vb_mounted_init(struct vb_mounted *mounted,
                            const struct vb_handler *handler, void *self);

void vb_mounted_done(struct vb_mounted *mounted);

#endif
