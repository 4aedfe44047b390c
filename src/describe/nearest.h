/* The nearest of some names to a mistyped one, for "did you mean". */
#ifndef VB_DESCRIBE_NEAREST_H
#define VB_DESCRIBE_NEAREST_H

#include <stddef.h>

#include "base/span.h"

/* How many insertions, deletions, substitutions and swaps of neighbours lie
 * between two words; at least 40 where one is longer than that. */
size_t vb__distance(struct vb_span a, struct vb_span b);

/*
 * The name with the least distance from `word` (the first of equals); NULL when
 * none is near: more than a third of the name's letters, and one, would have to
 * change.
 */
const char *vb__nearest(struct vb_span word, const char *const *names,
                        size_t count);

#endif
