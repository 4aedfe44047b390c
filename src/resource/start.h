/*
 * The start page: what `/` is where the description does not say so. It links
 * to every path without variables, for programs and for people.
 */
#ifndef VB_RESOURCE_START_H
#define VB_RESOURCE_START_H

#include "resource/build.h"
#include "resource/fixed.h"

/*
 * Makes it of a description, which is published at `published` ("" for
 * nowhere), and of its resources. As vb_fixed_init.
 */
enum vb_err vb_start_init(struct vb_fixed *start,
                          const struct vb_description *description,
                          struct vb_span published,
                          const struct vb_built *built, size_t count);

#endif
