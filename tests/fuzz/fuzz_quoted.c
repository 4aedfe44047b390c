/* What is read as a quoted string, written again, means the same. */
#include <stdlib.h>

#include "base/assert.h"
#include "http/quoted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span s = vb_span_of((const char *)data, size);
    size_t len = vb_quoted_len(s);
    struct vb_span inner;
    struct vb_span text;
    struct vb_buf buf;
    char *plain;

    vb_assert(vb_comment_len(s) <= size && len <= size);
    if (len == 0)
        return 0;
    inner = vb_span_of(s.ptr + 1, len - 2);
    plain = malloc(len);
    vb_assert(plain != NULL);
    vb_assert(vb_quoted_unescape(inner, plain, inner.len, &text) == VB_OK);
    vb_assert(vb_escaped_eq((struct vb_escaped){inner, true},
                            (struct vb_escaped){text, false}, false));
    vb_buf_init(&buf, 4 * size + 2);
    vb_assert(vb_quoted_append(&buf, text) == VB_OK);
    vb_assert(vb_quoted_len(vb_buf_span(&buf)) == buf.len);
    vb_assert(vb_escaped_eq(
        (struct vb_escaped){inner, true},
        (struct vb_escaped){vb_span_of(buf.ptr + 1, buf.len - 2), true}, true));
    vb_buf_done(&buf);
    free(plain);
    return 0;
}
