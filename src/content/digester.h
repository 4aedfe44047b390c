/*
 * Computing digests (RFC 9530) of content that comes in pieces, by libsodium.
 * Their fields are http/digest.h's.
 */
#ifndef VB_CONTENT_DIGESTER_H
#define VB_CONTENT_DIGESTER_H

#include <sodium.h>

#include "base/span.h"
#include "http/digest.h"

struct vb_digester {
    enum vb_digest_algorithm algorithm;
    union {
        crypto_hash_sha256_state sha256;
        crypto_hash_sha512_state sha512;
    } state;
};

/* Octets that a digest by any algorithm has at most. */
#define VB_DIGEST_MAX 64

/* Any algorithm but VB_DIGEST_NONE. Allocates nothing. */
void vb_digester_init(struct vb_digester *digester,
                      enum vb_digest_algorithm algorithm);

void vb_digester_add(struct vb_digester *digester, struct vb_span bytes);

/* The digest of all that was added, in `octets`. Once. */
struct vb_span vb_digester_end(struct vb_digester *digester,
                               unsigned char octets[VB_DIGEST_MAX]);

#endif
