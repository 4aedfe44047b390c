/* The nearest of some names to a mistyped one, for "did you mean". */
#ifndef VB_DESCRIBE_NEAREST_H
#define VB_DESCRIBE_NEAREST_H

#include <stddef.h>

#include "base/span.h"

/*
 * The name with the fewest insertions, deletions, substitutions and swaps of
 * neighbours from `word` (the first of equals); NULL when none is near: more
 * than a third of the name's letters, and one, would have to change.
 */
const char *vb__nearest(struct vb_span word, const char *const *names,
                        size_t count);

#endif
