/*
 * Several requests in one (POST /batch): each part has its own method, target,
 * fields, conditions and status, and is judged as if it came by itself.
 *
 *     multipart/mixed of application/http     in, and so out
 *     application/json                        {"requests": […]}, {"responses":
 * […]}
 *
 * One part after the other, and the later sees what the earlier has done. With
 * `atomic`, all are judged against the same state, none sees another, and what
 * they change is made in one commit or not at all.
 */
#ifndef VB_RESOURCE_BATCH_H
#define VB_RESOURCE_BATCH_H

#include "access/guard.h"
#include "flow/resource.h"

/* Parts of one batch; bytes of its content, and of that of its reply. */
#define VB_BATCH_PARTS 100
#define VB_BATCH_BYTES ((size_t)16 << 20)

/* Zeroed, there is none. */
struct vb_batch_at {
    struct vb_resource resource;
    struct vb_guard guard;
    char *path; /* normal; NULL: nowhere */
};

/* The resource at a normal path, which is copied. `access` finds out who asks,
 * and must live as long. VB_ERR_NOMEM; vb_batch_unbuild in any case. */
enum vb_err vb_batch_build(const struct vb_access *access, struct vb_span path,
                           struct vb_batch_at *ret_at);

void vb_batch_unbuild(struct vb_batch_at *at);

#endif
