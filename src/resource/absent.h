/*
 * What is to be said of a URI under which nothing is: that it is gone for good,
 * that it has moved, or nothing more than that.
 *
 *     /books/7/cover ── nothing, no tombstone
 *          └─ /books/7 ── a tombstone ─▶ gone: 410
 */
#ifndef VB_RESOURCE_ABSENT_H
#define VB_RESOURCE_ABSENT_H

#include "resource/stored.h"

/*
 * The question `exists`, where there is no record: NO, with x->selected saying
 * why; or PENDING or HALT. The resource that is not there is that of `route`
 * for these variables, which must live as long as x. Takes over a reference:
 * its tombstone, or NULL; then what it is part of is asked for one.
 */
enum vb_answer vb_absent(struct vb_exchange *x, const struct vb_route *route,
                         const struct vb_span *variables, size_t count,
                         struct vb_record *tombstone);

#endif
