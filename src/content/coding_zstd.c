/* zstd (RFC 8878), by Facebook's zstd. */
#include <zstd.h>
#include <zstd_errors.h>

#include "content/coding_impl.h"

/* zstd's own usual level: five times as fast as gzip's. */
#define LEVEL 3
/* RFC 9659 section 3: content must not need a window beyond 8 MiB (2^23). */
#define WINDOW_LOG_MAX 23

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

static void *decoder_new(void)
{
    ZSTD_DCtx *decoder = ZSTD_createDCtx();

    if (decoder != NULL)
        ZSTD_DCtx_setParameter(decoder, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return decoder;
}

static void decoder_free(void *state)
{
    ZSTD_freeDCtx(state);
}

/* Frames follow each other without anything between (RFC 8878 section 3). */
static enum vb_err decode(void *state, struct vb_span *in, char *out,
                          size_t size, size_t *ret_len, bool *may_end)
{
    ZSTD_inBuffer input = {in->ptr, in->len, 0};
    ZSTD_outBuffer output = {.size = size};

    output.dst = out;
    /* Its end of a frame is "nothing more wanted": do not begin another. */
    if (*may_end && in->len == 0)
        return VB_OK;
    do {
        size_t hint = ZSTD_decompressStream(state, &output, &input);

        if (ZSTD_isError(hint))
            return ZSTD_getErrorCode(hint) == ZSTD_error_memory_allocation
                       ? VB_ERR_NOMEM
                       : VB_ERR_CORRUPT;
        *may_end = hint == 0;
    } while (input.pos < input.size && output.pos < output.size);
    *in = vb_span_from(*in, input.pos);
    *ret_len = output.pos;
    return VB_OK;
}

const struct vb__coding vb__coding_zstd = {
    .encode = encode,
    .decoder_new = decoder_new,
    .decoder_free = decoder_free,
    .decode = decode,
};
