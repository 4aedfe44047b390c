/*
 * Ranges lie within the representation and apart from each other. The first
 * octet gives the length: 2 to the power of its low six bits, less one.
 */
#include "base/assert.h"
#include "http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vb_ranges *ranges, int64_t length)
{
    vb_assert(ranges->count > 0 && ranges->count <= VB_RANGES_MAX);
    for (unsigned i = 0; i < ranges->count; i++) {
        const struct vb_range *a = &ranges->at[i];
        char text[VB_CONTENT_RANGE_MAX];
        struct vb_content_range back;
        size_t len;

        vb_assert(a->first >= 0 && a->first <= a->last && a->last < length);
        for (unsigned j = 0; j < i; j++)
            vb_assert(a->first > ranges->at[j].last + 1 ||
                      a->last < ranges->at[j].first - 1);
        len = vb_content_range_format(a->first, a->last, length, text);
        vb_assert(vb_content_range_parse(vb_span_of(text, len), &back));
        vb_assert(back.first == a->first && back.last == a->last &&
                  back.complete == length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_ranges ranges;
    struct vb_span value;
    int64_t length;

    if (size == 0)
        return 0;
    length = (int64_t)((UINT64_C(1) << (data[0] & 63)) - 1);
    value = vb_span_of((const char *)data + 1, size - 1);
    if (vb_ranges_parse(&value, 1, length, &ranges) == VB_RANGES_SATISFIABLE)
        check(&ranges, length);
    return 0;
}
