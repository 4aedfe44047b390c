/* Byte ranges: see range.h. */
#include "http/range.h"

#include "base/assert.h"
#include "http/chars.h"
#include "http/elements.h"

/* A range-spec as written: digits, of which one side may be missing. */
struct spec {
    struct vb_span first;
    struct vb_span last; /* or the length of a suffix */
};

/* The order of two numbers of any size (9110-14.1.2-06). */
static int compare_digits(struct vb_span a, struct vb_span b)
{
    while (a.len > 0 && a.ptr[0] == '0')
        a = vb_span_from(a, 1);
    while (b.len > 0 && b.ptr[0] == '0')
        b = vb_span_from(b, 1);
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return vb_span_cmp(a, b);
}

/* int-range or suffix-range (sections 14.1.1 and 14.1.2) */
static bool read_spec(struct vb_span s, struct spec *ret_spec)
{
    struct spec spec = {.first =
                            vb_span_head(s, vb_chars_run(s, VB_CHAR_DIGIT))};

    s = vb_span_from(s, spec.first.len);
    if (s.len == 0 || s.ptr[0] != '-')
        return false;
    spec.last = vb_span_from(s, 1);
    if (vb_chars_run(spec.last, VB_CHAR_DIGIT) != spec.last.len ||
        (spec.first.len == 0 && spec.last.len == 0))
        return false;
    if (spec.first.len > 0 && spec.last.len > 0 &&
        compare_digits(spec.first, spec.last) > 0)
        return false;
    *ret_spec = spec;
    return true;
}

/* The number, or INT64_MAX, which is past the end of anything. */
static int64_t number(struct vb_span digits)
{
    int64_t n = INT64_MAX;

    vb_span_i64(digits, &n);
    return n;
}

/* What the spec selects of `length` bytes; false when nothing. An empty
 * representation has last < first. */
static bool resolve(const struct spec *spec, int64_t length,
                    struct vb_range *ret_range)
{
    struct vb_range range = {0, length - 1};

    if (spec->first.len == 0) {
        int64_t suffix = number(spec->last);

        if (suffix == 0)
            return false;
        if (suffix < length)
            range.first = length - suffix;
    } else {
        range.first = number(spec->first);
        if (range.first >= length)
            return false;
        if (spec->last.len > 0 && number(spec->last) < range.last)
            range.last = number(spec->last);
    }
    *ret_range = range;
    return true;
}

static bool overlap(const struct vb_range *a, const struct vb_range *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The warning signs of section 14.2. */
static bool is_abusive(const struct vb_ranges *ranges)
{
    unsigned overlaps = 0;
    bool ascending = true;

    for (unsigned i = 1; i < ranges->count; i++) {
        unsigned j = 0;

        if (ranges->at[i].first < ranges->at[i - 1].first)
            ascending = false;
        while (j < i && !overlap(&ranges->at[j], &ranges->at[i]))
            j++;
        overlaps += j < i;
    }
    return overlaps > VB_RANGES_OVERLAPS ||
           (ranges->count > VB_RANGES_MANY && !ascending);
}

/* Neither a gap nor an overlap keeps them apart. Ends are below INT64_MAX. */
static bool touch(const struct vb_range *a, const struct vb_range *b)
{
    return a->first <= b->last + 1 && b->first <= a->last + 1;
}

/*
 * Makes one of at[i] and each later range that touches it, from the front.
 * Having grown, at[i] may touch what it did not before: look again.
 */
static void coalesce(struct vb_ranges *ranges)
{
    for (unsigned i = 0; i < ranges->count; i++) {
        unsigned j = i + 1;

        while (j < ranges->count) {
            struct vb_range *kept = &ranges->at[i];
            struct vb_range *other = &ranges->at[j];

            if (!touch(kept, other)) {
                j++;
                continue;
            }
            if (other->first < kept->first)
                kept->first = other->first;
            if (other->last > kept->last)
                kept->last = other->last;
            ranges->count--;
            memmove(other, other + 1, (ranges->count - j) * sizeof *other);
            j = i + 1;
        }
    }
}

/* ranges-specifier up to its "="; the set behind it. Section 14.1 */
static enum vb_ranges_verdict read_unit(struct vb_span s,
                                        struct vb_span *ret_set)
{
    size_t len = vb_chars_run(s, VB_CHAR_TCHAR);

    if (len == 0 || len + 1 >= s.len || s.ptr[len] != '=')
        return VB_RANGES_SYNTAX;
    if (!vb_span_ieq(vb_span_head(s, len), VB_SPAN("bytes")))
        return VB_RANGES_UNIT;
    s = vb_span_from(s, len + 1);
    if (vb_char_is(s.ptr[0], VB_CHAR_WS))
        return VB_RANGES_SYNTAX;
    *ret_set = s;
    return VB_RANGES_SATISFIABLE;
}

/* Every spec is read, for one bad one makes all of them void (14.1.1). */
static enum vb_ranges_verdict read_set(struct vb_span set, int64_t length,
                                       struct vb_ranges *ranges)
{
    struct vb_elements elements;
    struct vb_span element;
    struct spec spec;
    size_t specs = 0;
    size_t found = 0;

    vb_elements_init(&elements, &set, 1, VB_ELEMENTS_USUAL);
    for (; vb_elements_next(&elements, &element); specs++) {
        struct vb_range range;

        if (!read_spec(element, &spec))
            return VB_RANGES_SYNTAX;
        if (!resolve(&spec, length, &range))
            continue;
        if (found < VB_RANGES_MAX)
            ranges->at[found] = range;
        found++;
    }
    if (specs == 0)
        return VB_RANGES_SYNTAX;
    if (found == 0)
        return VB_RANGES_UNSATISFIABLE;
    ranges->count = (unsigned)(found < VB_RANGES_MAX ? found : VB_RANGES_MAX);
    return found > VB_RANGES_MAX ? VB_RANGES_ABUSIVE : VB_RANGES_SATISFIABLE;
}

enum vb_ranges_verdict vb_ranges_parse(const struct vb_span *values,
                                       size_t count, int64_t length,
                                       struct vb_ranges *ret_ranges)
{
    enum vb_ranges_verdict verdict;
    struct vb_ranges ranges;
    struct vb_span set;

    vb_assert(length >= 0);
    if (count != 1)
        return VB_RANGES_SYNTAX;
    verdict = read_unit(vb_span_trim(values[0]), &set);
    if (verdict == VB_RANGES_SATISFIABLE)
        verdict = read_set(set, length, &ranges);
    if (verdict != VB_RANGES_SATISFIABLE)
        return verdict;
    if (length == 0)
        return VB_RANGES_EMPTY;
    if (is_abusive(&ranges))
        return VB_RANGES_ABUSIVE;
    coalesce(&ranges);
    ret_ranges->count = ranges.count;
    memcpy(ret_ranges->at, ranges.at, ranges.count * sizeof ranges.at[0]);
    return VB_RANGES_SATISFIABLE;
}
