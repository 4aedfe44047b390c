/* Sets of byte strings. See ranges.h. */
#include "base/ranges.h"

static const struct vb_range all = {VB_SPAN_INIT(""), VB_SPAN_INIT("\xff")};

struct vb_ranges vb_ranges_all(bool exact)
{
    return (struct vb_ranges){&all, 1, exact};
}

bool vb_ranges_are_all(const struct vb_ranges *ranges)
{
    return ranges->count == 1 && ranges->ranges[0].low.len == 0 &&
           vb_span_eq(ranges->ranges[0].high, all.high);
}

struct vb_ranges vb_ranges_one(struct vb_arena *arena, struct vb_span low,
                               struct vb_span high, bool exact)
{
    struct vb_range *range = vb_arena_calloc(arena, 1, sizeof(*range));

    if (range == NULL || arena->failed)
        return vb_ranges_all(false);
    *range = (struct vb_range){low, high};
    return (struct vb_ranges){range, 1, exact};
}

/* Behind a string and NUL there is another. */
bool vb_range_is_point(const struct vb_range *range)
{
    return range->high.len == range->low.len + 1 &&
           range->high.ptr[range->low.len] == '\0' &&
           vb_span_starts(range->high, range->low);
}

static struct vb_span lesser(struct vb_span a, struct vb_span b)
{
    return vb_span_cmp(a, b) <= 0 ? a : b;
}

static struct vb_span greater(struct vb_span a, struct vb_span b)
{
    return vb_span_cmp(a, b) >= 0 ? a : b;
}

struct vb_ranges vb_ranges_both(struct vb_arena *arena, struct vb_ranges a,
                                struct vb_ranges b)
{
    struct vb_range *both =
        vb_arena_calloc(arena, a.count + b.count + 1, sizeof(*both));
    size_t i = 0, j = 0, count = 0;

    if (both == NULL)
        return vb_ranges_all(false);
    while (i < a.count && j < b.count) {
        struct vb_range cut = {greater(a.ranges[i].low, b.ranges[j].low),
                               lesser(a.ranges[i].high, b.ranges[j].high)};

        if (vb_span_cmp(cut.low, cut.high) < 0)
            both[count++] = cut;
        if (vb_span_cmp(a.ranges[i].high, b.ranges[j].high) < 0)
            i++;
        else
            j++;
    }
    /* Two sets of at most MOST each may cut each other into more. */
    if (count > VB_RANGES_MOST)
        return (struct vb_ranges){a.ranges, a.count, false};
    return (struct vb_ranges){both, count, a.exact && b.exact};
}

/* Adds one that does not begin before those that are there. */
static void add(struct vb_range *to, size_t *count, struct vb_range next)
{
    if (*count > 0 && vb_span_cmp(next.low, to[*count - 1].high) <= 0)
        to[*count - 1].high = greater(to[*count - 1].high, next.high);
    else
        to[(*count)++] = next;
}

struct vb_ranges vb_ranges_either(struct vb_arena *arena, struct vb_ranges a,
                                  struct vb_ranges b)
{
    struct vb_range *either =
        vb_arena_calloc(arena, a.count + b.count + 1, sizeof(*either));
    size_t i = 0, j = 0, count = 0;

    if (either == NULL)
        return vb_ranges_all(false);
    while (i < a.count || j < b.count) {
        bool from_a =
            j == b.count ||
            (i < a.count && vb_span_cmp(a.ranges[i].low, b.ranges[j].low) <= 0);

        add(either, &count, from_a ? a.ranges[i++] : b.ranges[j++]);
    }
    return count > VB_RANGES_MOST
               ? vb_ranges_all(false)
               : (struct vb_ranges){either, count, a.exact && b.exact};
}
