/*
 * The chunked decoder gives the same byte by byte as in one piece, whatever
 * the bytes are.
 */
#include "base/assert.h"
#include "base/buf.h"
#include "wire/h1/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes in pieces; the last answer, and how much was left unread. */
static enum vb_chunked_got decode(struct vb_span text, size_t piece,
                                  struct vb_buf *content, size_t *ret_rest)
{
    struct vb_chunked chunked = {0};
    enum vb_chunked_got got = VB_CHUNKED_MORE;

    while (text.len > 0 && (got == VB_CHUNKED_MORE || got == VB_CHUNKED_DATA)) {
        struct vb_span in = vb_span_head(text, piece);
        size_t before = in.len;
        struct vb_span some = {NULL, 0};

        got = vb_chunked_next(&chunked, &in, &some);
        vb_assert(got != VB_CHUNKED_MORE || in.len == 0);
        vb_assert((got == VB_CHUNKED_DATA) == (some.len > 0));
        vb_buf_append(content, some);
        text = vb_span_from(text, before - in.len);
    }
    *ret_rest = text.len;
    return got == VB_CHUNKED_DATA ? VB_CHUNKED_MORE : got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_buf whole;
    struct vb_buf bytes;
    enum vb_chunked_got got;
    size_t rest;
    size_t rest_bytes;

    vb_buf_init(&whole, size + 1);
    vb_buf_init(&bytes, size + 1);
    got = decode(text, size, &whole, &rest);
    vb_assert(got == decode(text, 1, &bytes, &rest_bytes));
    vb_assert(rest == rest_bytes);
    vb_assert(vb_span_eq(vb_buf_span(&whole), vb_buf_span(&bytes)));
    vb_buf_done(&whole);
    vb_buf_done(&bytes);
    return 0;
}
