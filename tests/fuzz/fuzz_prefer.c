/* Each preference that is read is found by its name; Expect reads on. */
#include "base/assert.h"
#include "http/chars.h"
#include "http/elements.h"
#include "http/expect.h"
#include "http/prefer.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span lines[FUZZ_LINES];
    size_t count = fuzz_lines(data, size, lines);
    struct vb_prefer prefer = vb_prefer_parse(lines, count);
    struct vb_preference preference;

    vb_assert(!prefer.has_wait || prefer.wait >= 0);
    vb_assert(!prefer.has_wait ||
              vb_prefer_find(lines, count, VB_SPAN("WAIT"), &preference));
    if (prefer.returns == VB_PREFER_RETURN_MINIMAL) {
        vb_assert(vb_prefer_find(lines, count, VB_SPAN("return"), &preference));
        vb_assert(vb_param_eq(&preference.self, VB_SPAN("minimal")));
    }
    if (vb_expect_parse(lines, count) == VB_EXPECT_CONTINUE)
        vb_assert(vb_elements_have(lines, count, VB_SPAN("100-continue")));
    return 0;
}
