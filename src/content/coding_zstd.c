/* zstd (RFC 8878), by Facebook's zstd. */
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "content/coding_impl.h"

/* zstd's own usual level: five times as fast as gzip's. */
#define LEVEL 3
/* RFC 9659 section 3: content must not need a window beyond 8 MiB (2^23). */
#define WINDOW_LOG_MAX 23
/* Bytes that every frame begins with (RFC 8878 section 3.1.1). */
#define MAGIC_LEN 4

struct decoder {
    ZSTD_DCtx *zstd;
    unsigned begun; /* bytes of this frame, up to MAGIC_LEN */
};

static enum vb_err encode(struct vb_span content, struct vb_buf *buf)
{
    size_t bound = ZSTD_compressBound(content.len);
    char *at = vb_buf_reserve(buf, bound);
    size_t len;

    if (at == NULL)
        return buf->err;
    len = ZSTD_compress(at, bound, content.ptr, content.len, LEVEL);
    if (ZSTD_isError(len))
        return VB_ERR_NOMEM; /* nothing else can go wrong */
    buf->len += len;
    return VB_OK;
}

/* --- piece by piece --------------------------------------------------------
 */

static void *encoder_new(void)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();

    if (zstd != NULL)
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
    return zstd;
}

static void encoder_free(void *state)
{
    ZSTD_freeCCtx(state);
}

static enum vb_err encode_more(void *state, struct vb_span in, bool end,
                               struct vb_buf *buf)
{
    ZSTD_inBuffer input = {in.ptr, in.len, 0};
    size_t left;

    do {
        ZSTD_outBuffer output = {.size = VB__CODING_ROOM};

        output.dst = vb_buf_reserve(buf, VB__CODING_ROOM);
        if (output.dst == NULL)
            return buf->err;
        left = ZSTD_compressStream2(state, &output, &input,
                                    end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return VB_ERR_NOMEM; /* nothing else can go wrong */
        buf->len += output.pos;
    } while (end ? left > 0 : input.pos < input.size);
    return VB_OK;
}

static void *decoder_new(void)
{
    struct decoder *decoder = calloc(1, sizeof(*decoder));

    if (decoder == NULL)
        return NULL;
    decoder->zstd = ZSTD_createDCtx();
    if (decoder->zstd == NULL) {
        free(decoder);
        return NULL;
    }
    ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return decoder;
}

static void decoder_free(void *state)
{
    struct decoder *decoder = state;

    ZSTD_freeDCtx(decoder->zstd);
    free(decoder);
}

/*
 * How far the next step may read. The library also takes formats from before
 * RFC 8878, which it knows by a magic number that comes in one piece: so each
 * frame's comes byte by byte, and they are refused as anything else.
 */
static size_t step_end(const struct decoder *decoder, size_t at, size_t end)
{
    return decoder->begun < MAGIC_LEN && at < end ? at + 1 : end;
}

/* Frames follow each other without anything between (RFC 8878 section 3). */
static enum vb_err decode(void *state, struct vb_span *in, char *out,
                          size_t size, size_t *ret_len, bool *may_end)
{
    struct decoder *decoder = state;
    ZSTD_inBuffer input = {in->ptr, in->len, 0};
    ZSTD_outBuffer output = {.size = size};

    output.dst = out;
    /* Its end of a frame is "nothing more wanted": do not begin another. */
    if (*may_end && in->len == 0)
        return VB_OK;
    do {
        size_t before = input.pos, hint;

        input.size = step_end(decoder, input.pos, in->len);
        hint = ZSTD_decompressStream(decoder->zstd, &output, &input);
        if (ZSTD_isError(hint))
            return ZSTD_getErrorCode(hint) == ZSTD_error_memory_allocation
                       ? VB_ERR_NOMEM
                       : VB_ERR_CORRUPT;
        if (decoder->begun < MAGIC_LEN)
            decoder->begun += (unsigned)(input.pos - before);
        *may_end = hint == 0;
        if (*may_end)
            decoder->begun = 0;
    } while (input.pos < in->len && output.pos < output.size);
    *in = vb_span_from(*in, input.pos);
    *ret_len = output.pos;
    return VB_OK;
}

const struct vb__coding vb__coding_zstd = {
    .encode = encode,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode_more = encode_more,
    .decoder_new = decoder_new,
    .decoder_free = decoder_free,
    .decode = decode,
};
