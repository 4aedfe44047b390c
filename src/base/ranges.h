/*
 * Sets of byte strings as ranges in their order (memcmp):
 *
 *     [ low , high )   [ low , high )  …      in order, apart from each other
 *
 * Who knows what the bytes mean makes them, and who keeps an index by such
 * bytes looks there only. A set may have too much in it and never too little,
 * unless it is exact: then whoever looks need not ask what it was made of.
 */
#ifndef VB_BASE_RANGES_H
#define VB_BASE_RANGES_H

#include "base/arena.h"
#include "base/span.h"

/* Of strings: low <= s < high. */
struct vb_range {
    struct vb_span low, high;
};

/* At most so many; what would be more is everything. */
#define VB_RANGES_MOST 100

/* Borrowed from an arena. None: nothing can be found. */
struct vb_ranges {
    const struct vb_range *ranges;
    size_t count;
    bool exact;
};

/* One range that has all strings in it that do not begin with 0xff. */
struct vb_ranges vb_ranges_all(bool exact);
bool vb_ranges_are_all(const struct vb_ranges *ranges);

/* One range. */
struct vb_ranges vb_ranges_one(struct vb_arena *arena, struct vb_span low,
                               struct vb_span high, bool exact);

/* Is it one string, where none begins another one? Then that is `low`. */
bool vb_range_is_point(const struct vb_range *range);

/* What is in both, and what is in one of them. Out of memory: the arena's
 * sticky failure, and everything. */
struct vb_ranges vb_ranges_both(struct vb_arena *arena, struct vb_ranges a,
                                struct vb_ranges b);
struct vb_ranges vb_ranges_either(struct vb_arena *arena, struct vb_ranges a,
                                  struct vb_ranges b);

#endif
