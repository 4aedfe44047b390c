/* Collections and stores, as listings of their members: see collection.c. */
#ifndef VB_RESOURCE_COLLECTION_H
#define VB_RESOURCE_COLLECTION_H

#include "resource/stored.h"

/* What a listing does for a method; NULL: nothing. */
const struct vb_slot *vb_collection_slot(enum vb_method method);

/* Sets the questions that a listing answers itself. */
void vb_collection_init(struct vb_resource *resource);

/*
 * The question `exists` for a safe method: x->current becomes the page of
 * x->key's members that the query asks for. `only_members`: where there are
 * none, the answer is NO.
 */
enum vb_answer vb_listing_show(struct vb_exchange *x, bool only_members);

/* The question `exists` for an unsafe method: a listing is always there; its
 * tag is looked up if the request has a condition on it. */
enum vb_answer vb_listing_condition(struct vb_exchange *x);

/* Members of a page where the client asks for no number, and at most. */
#define VB_PAGE_USUAL 100
#define VB_PAGE_MOST  1000

#endif
