/*
 * Resources in C, from include/verbatim/resource.h: see handler.c. Handlers are
 * mounted at a path (struct vb_mounted), or a plugin's (plugin.h).
 */
#ifndef VB_RESOURCE_HANDLER_H
#define VB_RESOURCE_HANDLER_H

#include <verbatim/resource.h>

#include "describe/describe.h"
#include "flow/resource.h"

/* A handle, and what it is called with. */
struct vb_handling {
    vb_handle *handle;
    void *self;
    const struct vb_route *route; /* its description; NULL: none */
    struct vb_span media_type;    /* of what it writes, */
    uint64_t output;              /* and how many bytes at most */
    bool json;                    /* it must be JSON */
    bool creates;                 /* it may answer 201, which is described */
    const char *label;            /* what it is called in the log */
};

/*
 * Calls a handle for a safe method: what it writes is the representation. The
 * answer to `exists` (flow/resource.h); x->selected says yes already.
 */
enum vb_answer vb_handling_get(struct vb_exchange *x,
                               const struct vb_handling *call);

/* The same for an unsafe method: the answer to `commit`. */
enum vb_answer vb_handling_commit(struct vb_exchange *x,
                                  const struct vb_handling *call);

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
