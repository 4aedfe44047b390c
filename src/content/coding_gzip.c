/* gzip (RFC 9110 section 8.4.1.3, RFC 1952), by zlib. */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "content/coding_impl.h"

/* The usual trade: more takes twice the time for one percent. */
#define LEVEL 6
/* A window of 32 KiB, in the gzip format. */
#define WINDOW (15 + 16)
#define MEMORY 8

static enum vb_err encode(struct vb_span content, struct vb_buf *buf)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)content.ptr,
                  .avail_in = (uInt)content.len};
    enum vb_err err = VB_ERR_LIMIT;
    size_t bound;
    char *at;

    if (content.len > UINT_MAX / 2)
        return VB_ERR_LIMIT;
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return VB_ERR_NOMEM;
    bound = deflateBound(&z, (uLong)content.len);
    at = vb_buf_reserve(buf, bound);
    if (at == NULL) {
        err = buf->err;
    } else {
        z.next_out = (Bytef *)at;
        z.avail_out = (uInt)bound;
        if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
            buf->len += bound - z.avail_out;
            err = VB_OK;
        }
    }
    deflateEnd(&z);
    return err;
}

/* --- piece by piece --------------------------------------------------------
 */

static void *encoder_new(void)
{
    z_stream *z = calloc(1, sizeof(*z));

    if (z == NULL || deflateInit2(z, LEVEL, Z_DEFLATED, WINDOW, MEMORY,
                                  Z_DEFAULT_STRATEGY) != Z_OK) {
        free(z);
        return NULL;
    }
    return z;
}

static void encoder_free(void *state)
{
    deflateEnd(state);
    free(state);
}

static enum vb_err encode_more(void *state, struct vb_span in, bool end,
                               struct vb_buf *buf)
{
    z_stream *z = state;

    if (in.len > UINT_MAX)
        return VB_ERR_LIMIT;
    z->next_in = (Bytef *)(uintptr_t)in.ptr;
    z->avail_in = (uInt)in.len;
    do {
        char *at = vb_buf_reserve(buf, VB__CODING_ROOM);

        if (at == NULL)
            return buf->err;
        z->next_out = (Bytef *)at;
        z->avail_out = (uInt)VB__CODING_ROOM;
        deflate(z, end ? Z_FINISH : Z_NO_FLUSH);
        buf->len += VB__CODING_ROOM - z->avail_out;
    } while (z->avail_out == 0);
    return VB_OK;
}

struct inflater {
    z_stream z;
    bool ended; /* the member is whole; another one may follow */
};

static void *decoder_new(void)
{
    struct inflater *inflater = calloc(1, sizeof(*inflater));

    if (inflater == NULL || inflateInit2(&inflater->z, WINDOW) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

static void decoder_free(void *state)
{
    struct inflater *inflater = state;

    inflateEnd(&inflater->z);
    free(inflater);
}

static enum vb_err failure(int code)
{
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
        return VB_OK;
    return code == Z_MEM_ERROR ? VB_ERR_NOMEM : VB_ERR_CORRUPT;
}

/* Members follow each other without anything between (RFC 1952 section 2.2). */
static enum vb_err decode(void *state, struct vb_span *in, char *out,
                          size_t size, size_t *ret_len, bool *may_end)
{
    struct inflater *inflater = state;
    z_stream *z = &inflater->z;
    enum vb_err err = VB_OK;

    z->next_out = (Bytef *)out;
    z->avail_out = (uInt)(size < UINT_MAX ? size : UINT_MAX);
    do {
        uInt before = (uInt)(in->len < UINT_MAX ? in->len : UINT_MAX);
        int code;

        if (inflater->ended && before > 0) {
            inflateReset(z);
            inflater->ended = false;
        }
        z->next_in = (Bytef *)(uintptr_t)in->ptr;
        z->avail_in = before;
        code = inflate(z, Z_NO_FLUSH);
        *in = vb_span_from(*in, before - z->avail_in);
        inflater->ended |= code == Z_STREAM_END;
        err = failure(code);
    } while (err == VB_OK && in->len > 0 && z->avail_out > 0);
    *ret_len = (size_t)((char *)z->next_out - out);
    *may_end = inflater->ended;
    return err;
}

const struct vb__coding vb__coding_gzip = {
    .encode = encode,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode_more = encode_more,
    .decoder_new = decoder_new,
    .decoder_free = decoder_free,
    .decode = decode,
};
