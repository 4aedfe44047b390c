/* Values of claims. See claim.h. */
#include "storage/postgres/claim.h"

#include <sodium.h>

struct vb_span vb__pg_claim_value(const struct vb_claim *claim,
                                  struct vb_arena *arena)
{
    unsigned char *digest;

    if (!vb__pg_claim_is_long(claim))
        return claim->value;
    digest = vb_arena_alloc(arena, crypto_hash_sha256_BYTES);
    if (digest == NULL)
        return (struct vb_span){NULL, 0};
    crypto_hash_sha256(digest, (const unsigned char *)claim->value.ptr,
                       claim->value.len);
    return vb_span_of((const char *)digest, crypto_hash_sha256_BYTES);
}
