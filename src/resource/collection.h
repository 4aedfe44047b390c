/* Collections and stores, as listings of their members: see collection.c. */
#ifndef VB_RESOURCE_COLLECTION_H
#define VB_RESOURCE_COLLECTION_H

#include "resource/stored.h"

/* What a listing does for a method; NULL: nothing. */
const struct vb_slot *vb_collection_slot(enum vb_method method);

/* Sets the questions that a listing answers itself. */
void vb_collection_init(struct vb_resource *resource);

/* What the request writes: a new member, or with DELETE the listing. NULL when
 * out of memory, with 503 set. */
struct vb_stored *vb_collection_written(struct vb_exchange *x);

#endif
