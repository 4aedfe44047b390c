/* A text in every format: each predicate ends, within the text. */
#include "base/assert.h"
#include "content/format.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    bool uri = vb_format_find(VB_SPAN("uri"))->matches(text);
    const struct vb_format *format;

    for (size_t i = 0; (format = vb_format_at(i)) != NULL; i++)
        (void)format->matches(text);
    /* A URI is a URI reference; no other two formats contain one another. */
    vb_assert(!uri || vb_format_find(VB_SPAN("uri-reference"))->matches(text));
    return 0;
}
