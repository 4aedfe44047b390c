/*
 * Content codings (RFC 9110 section 8.4): content encoded for a reply, and a
 * request's content decoded as it comes in.
 *
 *     content ─▶ vb_coding_encode ─▶ buffer
 *     pieces ─▶ struct vb_encoder ─▶ buffer, piece by piece
 *     pieces ─▶ struct vb_decoder ─▶ pieces, however large they are together
 */
#ifndef VB_CONTENT_CODING_H
#define VB_CONTENT_CODING_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum vb_coding {
    VB_CODING_IDENTITY = 0, /* none */
#define VB_CODING(id, name) VB_CODING_##id,
#include "content/coding.tbl"
#undef VB_CODING
    VB_CODING_COUNT
};

/* All of them, in the server's order of preference with identity last, for
 * vb_accept_coding; and which coding stands at an index. */
extern const struct vb_span vb_coding_offers[VB_CODING_COUNT];
enum vb_coding vb_coding_of_offer(int index);

/* All but identity, as Accept-Encoding lists them; static. */
struct vb_span vb_coding_list(void);

/* "gzip"; static. */
struct vb_span vb_coding_name(enum vb_coding coding);

/* By its name in a Content-Encoding, in any case; x-gzip is gzip (section
 * 8.4.1.3). False: it is not one of ours. */
bool vb_coding_find(struct vb_span name, enum vb_coding *ret_coding);

/*
 * Is content of this media type known to become smaller? Pictures, films and
 * archives are compressed as they are. False also for what is unknown.
 */
bool vb_coding_is_worth(struct vb_span media_type);

/* Content below so many bytes is not worth it, whatever it is. */
#define VB_CODING_MIN ((size_t)256)

/*
 * Appends the encoded content, any but identity. The same content always
 * gives the same bytes, so that a strong entity tag may stand for them.
 * VB_ERR_NOMEM; VB_ERR_LIMIT: the buffer's.
 */
enum vb_err vb_coding_encode(enum vb_coding coding, struct vb_span content,
                             struct vb_buf *buf);

/* --- encoding piece by piece -----------------------------------------------
 */

struct vb_encoder;

/* NULL: no memory. For any coding but identity. */
struct vb_encoder *vb_encoder_new(enum vb_coding coding);

/* NULL is fine. */
void vb_encoder_free(struct vb_encoder *encoder);

/*
 * Takes the next piece, or with `end` the last one, and appends what there is
 * of the encoded content: perhaps nothing, before the end. Not for tags that
 * are strong: the bytes may depend on where the pieces were cut. VB_ERR_NOMEM;
 * VB_ERR_LIMIT: the buffer's.
 */
enum vb_err vb_encoder_run(struct vb_encoder *encoder, struct vb_span in,
                           bool end, struct vb_buf *buf);

/* --- decoding --------------------------------------------------------------
 */

struct vb_decoder;

/* NULL: no memory. For any coding but identity. */
struct vb_decoder *vb_decoder_new(enum vb_coding coding);

/* NULL is fine. */
void vb_decoder_free(struct vb_decoder *decoder);

/*
 * Takes from the front of *in and writes up to `size` bytes, more than 0, to
 * `out`. When *ret_len is 0, all of *in was taken and more is needed. What is
 * held in memory is bounded by the coding's window: 32 KiB for gzip, 16 MiB
 * for br, 8 MiB for zstd (RFC 9659).
 *
 * VB_ERR_CORRUPT: it is not of this coding, or has been damaged.
 * VB_ERR_NOMEM.
 */
enum vb_err vb_decoder_run(struct vb_decoder *decoder, struct vb_span *in,
                           char *out, size_t size, size_t *ret_len);

/* May the content end here? False before the first byte, too. */
bool vb_decoder_may_end(const struct vb_decoder *decoder);

#endif
