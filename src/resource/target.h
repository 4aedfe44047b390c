/*
 * Controllers that are about a document of their own description, the target of
 * `merge` and `move`: that must exist, and preconditions are held against it.
 */
#ifndef VB_RESOURCE_TARGET_H
#define VB_RESOURCE_TARGET_H

#include "resource/stored.h"

/* The question `exists`: is the target there? x->state is its state then. */
enum vb_answer vb_target_exists(struct vb_exchange *x);

#endif
