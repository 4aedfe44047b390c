/*
 * Where in the order of sort keys (collate.h) the values lie that a condition
 * can hold for:
 *
 *     year >= 1968 AND year < 1970      [ 1968 , 1970 )
 *     title : in = a, b                 [ "a" ] [ "b" ]
 *     NOT sold                          everything: it cannot be said so
 *
 * Every engine that keeps an index by these keys looks there only, and asks the
 * condition itself as well where the ranges are not exact.
 */
#ifndef VB_CONTENT_RANGES_H
#define VB_CONTENT_RANGES_H

#include "base/ranges.h"
#include "content/expression.h"
#include "content/filter.h"

/* Where the values of a field lie for which the filter, which is of this field,
 * can hold. Out of memory: the arena's sticky failure, and everything. */
struct vb_ranges vb_filter_ranges(struct vb_arena *arena,
                                  const struct vb_filter *filter);

/* Likewise of an expression: what it asks of other fields does not count. */
struct vb_ranges vb_expression_ranges(struct vb_arena *arena,
                                      const struct vb_expression *expression,
                                      const struct vb_filter_field *field);

#endif
