/*
 * How a value that only one member of a listing may have is claimed in the
 * store (storage/store.h): by who writes it, and by who asks whose it is.
 */
#ifndef VB_DESCRIBE_UNIQUE_H
#define VB_DESCRIBE_UNIQUE_H

#include "base/arena.h"
#include "describe/describe.h"

/* The property's place as a JSON Pointer, in the arena; of what is in the
 * elements of an array, that array's. NULL: no memory. */
struct vb_span vb_unique_pointer(struct vb_arena *arena,
                                 const struct vb_property *property);

/* The claim's scope: "/books#/isbn". In the arena; NULL: no memory. */
struct vb_span vb_unique_scope(struct vb_arena *arena, struct vb_span listing,
                               const struct vb_property *property);

/* The claim's value: 1, 1.0 and 1e0 are one. In the arena; NULL: no memory, or
 * longer than `most`. */
struct vb_span vb_unique_value(struct vb_arena *arena, yyjson_val *value,
                               size_t most);

#endif
