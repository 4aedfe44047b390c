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

/* Names the new member, and its key: by a number, or in the other ways that
 * there are. False: out of memory. */
bool vb_collection_number_member(struct vb_stored *stored, int64_t number);
bool vb_collection_name_member(struct vb_stored *stored);

/* From where on numbers are of use: see struct vb_number_take. */
int64_t vb_collection_number_after(const struct vb_stored *stored);

#endif
