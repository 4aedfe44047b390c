/*
 * What is published of an API: its description as it is served, and the
 * catalog of APIs (RFC 9727), which leads to it.
 */
#ifndef VB_RESOURCE_PUBLISHED_H
#define VB_RESOURCE_PUBLISHED_H

#include "describe/describe.h"
#include "resource/fixed.h"

/* Where the catalog of APIs is (RFC 9727 section 2). */
#define VB_API_CATALOG "/.well-known/api-catalog"

/*
 * May the description be published? Not where it refers to other files: they
 * are not, and what is left would be in pieces.
 */
bool vb_published_whole(const struct vb_description *description);

/* The description: in JSON, and in YAML as it came, if it did. As
 * vb_fixed_init. */
enum vb_err vb_published_init(struct vb_fixed *fixed,
                              const struct vb_description *description);

/* The catalog, of this one API, whose description is at `path`. */
enum vb_err vb_published_catalog_init(struct vb_fixed *fixed,
                                      const struct vb_description *description,
                                      struct vb_span path);

/* Appends a value of Link that leads to a description at `path`. */
void vb_published_link(struct vb_buf *buf, struct vb_span path);

#endif
