/* Parts lie within the content, in order, and hold no delimiter; there are no
 * more once it is over. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "content/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct vb_span part, const char *from, const char *to)
{
    vb_assert(part.len == 0 || (part.ptr >= from && part.ptr + part.len <= to));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *from = (const char *)data, *end = from + size;
    struct vb_multipart multipart;
    struct vb_multipart_part part;
    struct vb_media media;

    vb_assert(vb_media_parse(VB_SPAN("multipart/mixed; boundary=b"), &media));
    vb_assert(vb_multipart_init(&multipart, &media, vb_span_of(from, size)));
    while (vb_multipart_next(&multipart, &part)) {
        check_within(part.fields, from, end);
        if (part.fields.len > 0)
            from = part.fields.ptr + part.fields.len;
        check_within(part.content, from, end);
        if (part.content.len > 0)
            from = part.content.ptr + part.content.len;
        vb_assert(part.content.len < 5 ||
                  memmem(part.content.ptr, part.content.len, "\r\n--b", 5) ==
                      NULL);
    }
    vb_assert(!vb_multipart_next(&multipart, &part));
    return 0;
}
