/* A reference count that several threads may change. */
#ifndef VB_BASE_REF_H
#define VB_BASE_REF_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/assert.h"

struct vb_ref {
    atomic_uint count;
};

static inline void vb_ref_init(struct vb_ref *ref)
{
    atomic_init(&ref->count, 1);
}

static inline void vb_ref_get(struct vb_ref *ref)
{
    atomic_fetch_add_explicit(&ref->count, 1, memory_order_relaxed);
}

/* True when this was the last reference: the caller frees the object. */
static inline bool vb_ref_put(struct vb_ref *ref)
{
    unsigned before =
        atomic_fetch_sub_explicit(&ref->count, 1, memory_order_acq_rel);

    vb_assert(before > 0);
    return before == 1;
}

#endif
