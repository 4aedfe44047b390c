/*
 * A decoder gives the same in small pieces as in one, whatever the bytes are;
 * and what was encoded decodes to what it was.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "content/coding.h"

#define MOST ((size_t)256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* VB_ERR_LIMIT: it would become more than MOST. */
static enum vb_err decode(enum vb_coding coding, struct vb_span text,
                          size_t piece, size_t room, struct vb_buf *content,
                          bool *ret_whole)
{
    struct vb_decoder *decoder = vb_decoder_new(coding);
    enum vb_err err = VB_OK;
    char *out = malloc(room);

    vb_assert(decoder != NULL && out != NULL);
    while (err == VB_OK && text.len > 0) {
        struct vb_span in = vb_span_head(text, piece);
        size_t given = in.len;
        size_t len;

        do {
            err = vb_decoder_run(decoder, &in, out, room, &len);
            vb_buf_append(content, vb_span_of(out, len));
        } while (err == VB_OK && len > 0 && content->err == VB_OK);
        if (err == VB_OK)
            err = content->err;
        vb_assert(err != VB_OK || in.len == 0);
        text = vb_span_from(text, given);
    }
    *ret_whole = err == VB_OK && vb_decoder_may_end(decoder);
    vb_decoder_free(decoder);
    free(out);
    return err;
}

static void decode_twice(enum vb_coding coding, struct vb_span text)
{
    struct vb_buf once, again;
    bool whole_once, whole_again;
    enum vb_err err_once, err_again;

    vb_buf_init(&once, MOST);
    vb_buf_init(&again, MOST);
    err_once = decode(coding, text, SIZE_MAX, 65536, &once, &whole_once);
    err_again = decode(coding, text, 3, 1000, &again, &whole_again);
    if (err_once == VB_OK || err_again == VB_OK) {
        vb_assert(err_once == err_again && whole_once == whole_again);
        vb_assert(vb_span_eq(vb_buf_span(&once), vb_buf_span(&again)));
    }
    vb_buf_done(&once);
    vb_buf_done(&again);
}

static void there_and_back(enum vb_coding coding, struct vb_span content)
{
    struct vb_buf coded, again;
    bool whole;

    vb_buf_init(&coded, MOST);
    vb_buf_init(&again, MOST);
    vb_assert(vb_coding_encode(coding, content, &coded) == VB_OK);
    vb_assert(decode(coding, vb_buf_span(&coded), 100, 100, &again, &whole) ==
              VB_OK);
    vb_assert(whole && vb_span_eq(vb_buf_span(&again), content));
    vb_buf_done(&coded);
    vb_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);

    if (size > 4096)
        return 0;
    for (unsigned i = 1; i < VB_CODING_COUNT; i++) {
        decode_twice((enum vb_coding)i, text);
        there_and_back((enum vb_coding)i, text);
    }
    return 0;
}
