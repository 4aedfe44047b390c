/*
 * Which indexes a description asks for (x-verbatim.index), as a store keeps
 * them: for who declares them, and for who looks for one.
 */
#ifndef VB_RESOURCE_INDEXES_H
#define VB_RESOURCE_INDEXES_H

#include "base/arena.h"
#include "describe/describe.h"
#include "storage/store.h"

/* Is the listing's property one that an index is kept of? */
bool vb_property_is_indexed(const struct vb_property *property);

/* Likewise: can its words be found? All of these have one index together. */
bool vb_property_is_searched(const struct vb_property *property);

/* The name of the index of such a property, in the arena. Out of memory: its
 * sticky failure. */
struct vb_span vb_index_name(struct vb_arena *arena,
                             const struct vb_route *listing,
                             const struct vb_property *property);
struct vb_span vb_index_words_name(struct vb_arena *arena,
                                   const struct vb_route *listing);

/* Lets the store have the indexes of a description, or of none (NULL), and no
 * others. Without memory for it, it has none, and that was logged. */
void vb_indexes_declare(struct vb_store *store,
                        const struct vb_description *description);

#endif
