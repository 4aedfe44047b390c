/*
 * Base64 (RFC 4648 sections 4 and 5), for Byte Sequences, digests, Basic
 * credentials and opaque cursors.
 */
#ifndef VB_BASE_BASE64_H
#define VB_BASE_BASE64_H

#include "base/buf.h"
#include "base/span.h"

/* Strict by default: the usual alphabet, padding demanded, and unused bits
 * zero, so that one value has one text. */
enum vb_base64_flag {
    VB_BASE64_STRICT = 0,
    VB_BASE64_URL = 1,          /* `-` and `_` in place of `+` and `/` */
    VB_BASE64_PAD_OPTIONAL = 2, /* read: may be missing; write: left out */
    VB_BASE64_SPARE_BITS = 4,   /* read: unused bits of the end may be set */
};

/* No decoded text is longer than this many bytes. */
static inline size_t vb_base64_decoded_max(size_t len)
{
    return len / 4 * 3 + 3;
}

/*
 * Decodes all of `text` into `out`, which has room for
 * vb_base64_decoded_max(text.len) bytes. `flags` are vb_base64_flag. False,
 * *ret_len untouched, for a character outside the alphabet or padding out of
 * place; `out` may be written to in any case.
 */
bool vb_base64_decode(struct vb_span text, unsigned flags, char *out,
                      size_t *ret_len);

/* Appends the encoding of `bytes`. */
void vb_base64_encode(struct vb_buf *buf, struct vb_span bytes, unsigned flags);

#endif
