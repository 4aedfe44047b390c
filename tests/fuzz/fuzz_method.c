/* Any name is either a known method, spelt exactly so, or unknown. */
#include "base/assert.h"
#include "http/method.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span name = vb_span_of((const char *)data, size);
    enum vb_method method = vb_method_find(name);

    vb_assert(method == VB_METHOD_UNKNOWN ||
              vb_span_eq(vb_method_name(method), name));
    return 0;
}
