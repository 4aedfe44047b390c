/* The perfect hash agrees with a search through the whole table. */
#include "base/assert.h"
#include "http/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span name = vb_span_of((const char *)data, size);
    unsigned id = VB_FIELD_COUNT - 1;

    while (id > VB_FIELD_OTHER &&
           !vb_span_ieq(name, vb_field_name((enum vb_field_id)id)))
        id--;
    vb_assert(vb_field_find(name) == (enum vb_field_id)id);
    return 0;
}
