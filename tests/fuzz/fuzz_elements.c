/* Elements lie within their lines, in order, trimmed and not empty. The first
 * octet chooses the syntax. */
#include "base/assert.h"
#include "http/chars.h"
#include "http/elements.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span lines[FUZZ_LINES];
    struct vb_elements elements;
    struct vb_span element;
    const char *last;
    size_t count;

    if (size == 0)
        return 0;
    count = fuzz_lines(data + 1, size - 1, lines);
    last = lines[0].ptr;
    vb_elements_init(&elements, lines, count, data[0] & 3);
    while (vb_elements_next(&elements, &element)) {
        vb_assert(element.len > 0 && element.ptr >= last);
        vb_assert(!vb_char_is(element.ptr[0], VB_CHAR_WS));
        vb_assert(!vb_char_is(element.ptr[element.len - 1], VB_CHAR_WS));
        last = element.ptr + element.len;
    }
    vb_assert(last <= (const char *)data + size);
    return 0;
}
