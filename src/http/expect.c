/* Expect: see expect.h. */
#include "http/expect.h"

#include "http/elements.h"

enum vb_expect vb_expect_parse(const struct vb_span *values, size_t count)
{
    enum vb_expect expect = VB_EXPECT_NOTHING;
    struct vb_elements elements;
    struct vb_span element;

    vb_elements_init(&elements, values, count, VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &element)) {
        if (!vb_span_ieq(element, VB_SPAN("100-continue")))
            return VB_EXPECT_OTHER;
        expect = VB_EXPECT_CONTINUE;
    }
    return expect;
}
