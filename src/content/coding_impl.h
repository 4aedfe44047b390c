/*
 * What a content coding is, one file each: coding_gzip.c, coding_br.c,
 * coding_zstd.c.
 */
#ifndef VB_CONTENT_CODING_IMPL_H
#define VB_CONTENT_CODING_IMPL_H

#include "content/coding.h"

struct vb__coding {
    /* See vb_coding_encode. */
    enum vb_err (*encode)(struct vb_span content, struct vb_buf *buf);
    /* The same piece by piece: see vb_encoder_run. */
    void *(*encoder_new)(void);
    void (*encoder_free)(void *state);
    enum vb_err (*encode_more)(void *state, struct vb_span in, bool end,
                               struct vb_buf *buf);
    /* What a decoder of it begins with; NULL: no memory. */
    void *(*decoder_new)(void);
    void (*decoder_free)(void *state);
    /* See vb_decoder_run; sets *may_end, too, when it took or gave anything. */
    enum vb_err (*decode)(void *state, struct vb_span *in, char *out,
                          size_t size, size_t *ret_len, bool *may_end);
};

/* Bytes that a buffer is to have room for where a coding goes piece by piece.
 */
#define VB__CODING_ROOM ((size_t)16 * 1024)

extern const struct vb__coding vb__coding_gzip;
extern const struct vb__coding vb__coding_br;
extern const struct vb__coding vb__coding_zstd;

#endif
