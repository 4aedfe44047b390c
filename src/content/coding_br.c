/* br (RFC 7932), by Google's brotli. */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>

#include "content/coding_impl.h"

/* Of 11: what takes as long as gzip's usual level, and gains more. */
#define QUALITY 5

/* The smallest window (in bits) that all of the content fits into: a larger
 * one takes memory for nothing. */
static int window_for(size_t len)
{
    int bits = BROTLI_MIN_WINDOW_BITS;

    while (bits < BROTLI_DEFAULT_WINDOW && ((size_t)1 << bits) - 16 < len)
        bits++;
    return bits;
}

static enum vb_err encode(struct vb_span content, struct vb_buf *buf)
{
    size_t size = BrotliEncoderMaxCompressedSize(content.len);
    char *at = size == 0 ? NULL : vb_buf_reserve(buf, size);

    if (at == NULL)
        return size == 0 ? VB_ERR_LIMIT : buf->err;
    if (!BrotliEncoderCompress(
            QUALITY, window_for(content.len), BROTLI_MODE_GENERIC, content.len,
            (const uint8_t *)content.ptr, &size, (uint8_t *)at))
        return VB_ERR_NOMEM;
    buf->len += size;
    return VB_OK;
}

/* --- piece by piece --------------------------------------------------------
 */

/* A window of 256 KiB: how much will come is not known. */
#define WINDOW_BITS 18

static void *encoder_new(void)
{
    BrotliEncoderState *encoder = BrotliEncoderCreateInstance(NULL, NULL, NULL);

    if (encoder != NULL) {
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, QUALITY);
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_LGWIN, WINDOW_BITS);
    }
    return encoder;
}

static void encoder_free(void *state)
{
    BrotliEncoderDestroyInstance(state);
}

static enum vb_err encode_more(void *state, struct vb_span in, bool end,
                               struct vb_buf *buf)
{
    BrotliEncoderState *encoder = state;
    const uint8_t *next_in = (const uint8_t *)in.ptr;
    size_t in_left = in.len;

    do {
        size_t out_left = VB__CODING_ROOM;
        uint8_t *next_out = (uint8_t *)vb_buf_reserve(buf, VB__CODING_ROOM);

        if (next_out == NULL)
            return buf->err;
        if (!BrotliEncoderCompressStream(
                encoder,
                end ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS,
                &in_left, &next_in, &out_left, &next_out, NULL))
            return VB_ERR_NOMEM; /* nothing else can go wrong */
        buf->len += VB__CODING_ROOM - out_left;
    } while (in_left > 0 || BrotliEncoderHasMoreOutput(encoder));
    return VB_OK;
}

static void *decoder_new(void)
{
    return BrotliDecoderCreateInstance(NULL, NULL, NULL);
}

static void decoder_free(void *state)
{
    BrotliDecoderDestroyInstance(state);
}

static enum vb_err failure(const BrotliDecoderState *decoder)
{
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(decoder);
    bool memory = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                  code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;

    return memory ? VB_ERR_NOMEM : VB_ERR_CORRUPT;
}

/* There is one stream, and nothing behind it. */
static enum vb_err decode(void *state, struct vb_span *in, char *out,
                          size_t size, size_t *ret_len, bool *may_end)
{
    BrotliDecoderState *decoder = state;
    const uint8_t *next_in = (const uint8_t *)in->ptr;
    uint8_t *next_out = (uint8_t *)out;
    size_t in_left = in->len;
    size_t out_left = size;

    if (*may_end)
        return in->len > 0 ? VB_ERR_CORRUPT : VB_OK;
    if (BrotliDecoderDecompressStream(decoder, &in_left, &next_in, &out_left,
                                      &next_out,
                                      NULL) == BROTLI_DECODER_RESULT_ERROR)
        return failure(decoder);
    *in = vb_span_from(*in, in->len - in_left);
    *ret_len = size - out_left;
    *may_end = BrotliDecoderIsFinished(decoder);
    return *may_end && in->len > 0 ? VB_ERR_CORRUPT : VB_OK;
}

const struct vb__coding vb__coding_br = {
    .encode = encode,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode_more = encode_more,
    .decoder_new = decoder_new,
    .decoder_free = decoder_free,
    .decode = decode,
};
