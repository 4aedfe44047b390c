/* A Content-Range that is read contradicts itself in nothing. */
#include "base/assert.h"
#include "http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_content_range range;

    if (!vb_content_range_parse(vb_span_of((const char *)data, size), &range))
        return 0;
    vb_assert(range.unit.len > 0);
    vb_assert((range.first < 0) == (range.last < 0));
    vb_assert(range.first <= range.last);
    vb_assert(range.complete < 0 ? range.first >= 0
                                 : range.last < range.complete);
    return 0;
}
