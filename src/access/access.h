/*
 * What a description says of who may, and what it takes to verify that: of a
 * catalog, made with it, read-only once it is loaded.
 */
#ifndef VB_ACCESS_ACCESS_H
#define VB_ACCESS_ACCESS_H

#include "base/err.h"
#include "describe/describe.h"

struct vb_access {
    const struct vb_description *description;
    struct vb_span realm; /* what the challenges are for (RFC 9110 11.5) */
};

/* The description must live as long. VB_ERR_NOMEM. */
enum vb_err vb_access_new(const struct vb_description *description,
                          struct vb_access **ret_access);

/* NULL is fine. */
void vb_access_free(struct vb_access *access);

#endif
