/* Controllers that give a document another path: see move.c. */
#ifndef VB_RESOURCE_MOVE_H
#define VB_RESOURCE_MOVE_H

#include "resource/stored.h"

/* What such a controller does for a method; NULL: nothing. */
const struct vb_slot *vb_move_slot(enum vb_method method);

/* Sets the questions that a controller answers itself. */
void vb_move_init(struct vb_resource *resource);

#endif
