/*
 * Finding members of an object by name in constant time. yyjson looks through
 * all of them each time, which a client could make quadratic.
 */
#ifndef VB_CONTENT_MEMBERS_H
#define VB_CONTENT_MEMBERS_H

#include <yyjson.h>

#include "base/err.h"
#include "base/span.h"

/* Over an object; while it is small there is no table and `slots` is NULL.
 *
 *     slots[hash(name) & mask], or the next free one ──▶ key, value
 */
struct vb_members {
    yyjson_val *object;
    yyjson_val **slots;
    size_t mask;
};

/*
 * Indexes `object`, which must outlive the index. When two members have the
 * same name: VB_ERR_EXISTS, and the second one's key in *ret_twice. Otherwise
 * VB_ERR_NOMEM on failure. Nothing is to be given back after a failure.
 */
enum vb_err vb_members_init(struct vb_members *members, yyjson_val *object,
                            yyjson_val **ret_twice);

void vb_members_done(struct vb_members *members);

/* The key of the member of that name, or NULL; its value is key + 1
 * (yyjson_obj_iter_get_val). Names are equal byte for byte: no normalisation
 * (RFC 8259 section 8.3). */
yyjson_val *vb_members_find(const struct vb_members *members,
                            struct vb_span name);

#endif
