/*
 * Listings: what a collection, a store, or a URI of the open tree that has
 * others below it shows of its members, a page at a time.
 */
#ifndef VB_RESOURCE_LISTING_H
#define VB_RESOURCE_LISTING_H

#include "describe/page.h"
#include "flow/resource.h"

/* What a listing does for GET and QUERY. */
extern const struct vb_slot vb_listing_get;
extern const struct vb_slot vb_listing_query;

/*
 * The question `exists` for a safe method: x->current becomes the page of
 * x->key's members that is asked for. `only_members`: where there are none,
 * the answer is NO.
 */
enum vb_answer vb_listing_show(struct vb_exchange *x, bool only_members);

/* The question `exists` for an unsafe method: a listing is always there; its
 * tag is looked up if the request has a condition on it. */
enum vb_answer vb_listing_condition(struct vb_exchange *x);

/* The slot `stream`: the rest of a listing that is more than a page. */
struct vb_source *vb_listing_stream(struct vb_exchange *x, uint64_t first,
                                    uint64_t length);

#endif
