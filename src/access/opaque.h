/*
 * Secrets that say nothing: 32 random bytes that only their holder knows, as
 * tokens (token.h) and the cookies of sessions (session.h) have them.
 *
 *     text      43 characters, base64url; the client's
 *       │ BLAKE2b-256
 *     hash      what is kept of it, and compared
 *       │ cut
 *     id        20 characters, which may be known: the record's key
 */
#ifndef VB_ACCESS_OPAQUE_H
#define VB_ACCESS_OPAQUE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

#define VB_OPAQUE_LEN      43
#define VB_OPAQUE_HASH_LEN 32
#define VB_OPAQUE_ID_LEN   20

/* Makes a new one, without a NUL. */
void vb_opaque_make(char text[VB_OPAQUE_LEN]);

/* The hash of a text, which may begin with more than the secret. */
void vb_opaque_hash(struct vb_span text,
                    unsigned char hash[VB_OPAQUE_HASH_LEN]);

/* The id of what has this hash: characters of [0-9a-v]. */
void vb_opaque_id(const unsigned char hash[VB_OPAQUE_HASH_LEN],
                  char id[VB_OPAQUE_ID_LEN]);

/* Appends bytes as base64url without padding, as records have them. */
void vb_opaque_write(struct vb_buf *buf, const void *bytes, size_t len);

/* Reads exactly `len` bytes of such a text. False: it is none. */
bool vb_opaque_read(struct vb_span text, void *bytes, size_t len);

#endif
