/* A text is written as an extended value and as a file name; what an extended
 * value says reads back. */
#include <stdint.h>

#include "base/assert.h"
#include "http/content_disposition.h"
#include "http/ext_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size), said, again;
    struct vb_arena arena;
    struct vb_buf buf;

    vb_arena_init(&arena, 4096, 1 << 24);
    vb_buf_init(&buf, 1 << 24);
    if (vb_ext_value_decode(&arena, text, &said) == VB_OK) {
        vb_ext_value_append(&buf, said);
        vb_assert(vb_ext_value_decode(&arena, vb_buf_span(&buf), &again) ==
                  VB_OK);
        vb_assert(vb_span_eq(said, again));
    }
    vb_buf_reset(&buf);
    if (vb_content_disposition_write(&buf, VB_DISPOSITION_ATTACHMENT, text) ==
        VB_OK)
        for (size_t i = 0; i < buf.len; i++)
            vb_assert(buf.ptr[i] >= ' ' && buf.ptr[i] < 0x7F);
    vb_buf_done(&buf);
    vb_arena_done(&arena);
    return 0;
}
