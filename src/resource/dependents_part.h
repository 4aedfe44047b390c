/* What the files of dependents.h share. */
#ifndef VB_RESOURCE_DEPENDENTS_PART_H
#define VB_RESOURCE_DEPENDENTS_PART_H

#include "base/table.h"
#include "resource/dependents.h"

/* A resource that depends on one that is deleted. */
struct vb__dependent {
    struct vb_table_node node;
    struct vb_stored *stored; /* with its record */
    bool found;               /* it depends on it now, not only before AGAIN */
    bool deleted;             /* it goes, too; else it changes */
};

/* All that one deletion brings about. */
struct vb__dependents {
    struct vb_stored *stored; /* what is deleted */
    struct vb_with with;
    struct vb_sources_read read;
    struct vb_table by_key;
    struct vb__dependent *all[VB_DEPENDENTS_MOST];
    size_t count;
    struct vb_change changes[VB_DEPENDENTS_MOST];
    struct vb__dependent *deleted[VB_DEPENDENTS_MOST]; /* of these */
    size_t deleted_count;
    size_t asked; /* keys whose sources are known: the first is that of
                     `stored`, the others those of `deleted` */
};

/* Is that the key of what will be deleted? */
bool vb__dependents_delete(const struct vb__dependents *dependents,
                           struct vb_span key);

/*
 * Makes, in dependent->stored, the state of one that stays, without what is
 * deleted. YES; or NO, where it may not let go of it or would not be valid; or
 * HALT.
 */
enum vb_answer vb__dependent_free(struct vb__dependents *dependents,
                                  struct vb__dependent *dependent);

#endif
