/* The algorithms behind digest fields. See digester.h. */
#include "content/digester.h"

#include "base/assert.h"

void vb_digester_init(struct vb_digester *digester,
                      enum vb_digest_algorithm algorithm)
{
    vb_assert(algorithm < VB_DIGEST_NONE);
    digester->algorithm = algorithm;
    if (algorithm == VB_DIGEST_SHA_256)
        crypto_hash_sha256_init(&digester->state.sha256);
    else
        crypto_hash_sha512_init(&digester->state.sha512);
}

void vb_digester_add(struct vb_digester *digester, struct vb_span bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.ptr;

    if (bytes.len == 0)
        return;
    if (digester->algorithm == VB_DIGEST_SHA_256)
        crypto_hash_sha256_update(&digester->state.sha256, at, bytes.len);
    else
        crypto_hash_sha512_update(&digester->state.sha512, at, bytes.len);
}

struct vb_span vb_digester_end(struct vb_digester *digester,
                               unsigned char octets[VB_DIGEST_MAX])
{
    if (digester->algorithm == VB_DIGEST_SHA_256)
        crypto_hash_sha256_final(&digester->state.sha256, octets);
    else
        crypto_hash_sha512_final(&digester->state.sha512, octets);
    return vb_span_of((const char *)octets, vb_digest_len(digester->algorithm));
}
