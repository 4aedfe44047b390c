/*
 * The keys that verify JSON Web Signatures: a JWK Set (RFC 7517) or one JWK, or
 * a PEM file with public keys or certificates.
 *
 * Each key has one algorithm (RFC 7518 section 3.1, RFC 8037): what a token
 * says of itself never chooses (RFC 8725 section 3.1). Read-only once it is
 * read; any thread may verify with it.
 */
#ifndef VB_ACCESS_JWK_H
#define VB_ACCESS_JWK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* Keys that a set may have, and bytes of its text. */
#define VB_JWKS_MOST       64
#define VB_JWKS_BYTES_MOST ((size_t)1 << 20)

enum vb_jwa {
    VB_JWA_HS256,
    VB_JWA_RS256,
    VB_JWA_PS256,
    VB_JWA_ES256,
    VB_JWA_EDDSA,
    VB_JWA_COUNT
};

struct vb_jwks;

/*
 * Reads a text. Keys that are for something else (another `use`, type or
 * algorithm) are passed over (RFC 7517 section 5). VB_ERR_INVALID, and a line
 * in `why` that has no secret in it: it is none of the above, a key is broken,
 * too weak (RFC 7518 sections 3.2, 3.3) or private, or none is left.
 * VB_ERR_NOMEM. The set is the caller's.
 */
enum vb_err vb_jwks_parse(struct vb_span text, struct vb_jwks **ret_keys,
                          struct vb_buf *why);

/* The same from a file. VB_ERR_IO, too. */
enum vb_err vb_jwks_load(const char *path, struct vb_jwks **ret_keys,
                         struct vb_buf *why);

/* Wipes secrets. NULL is fine. */
void vb_jwks_free(struct vb_jwks *keys);

/* Which set it is, of all that this process has read: never used twice. */
uint64_t vb_jwks_serial(const struct vb_jwks *keys);

size_t vb_jwks_count(const struct vb_jwks *keys);

/*
 * Is this the signature of `input` by a key of the set that has this algorithm
 * and, where `kid` is not "", this name (one without a name has any)? Without
 * a `kid`, a token that would have to be tried with many keys is refused.
 */
bool vb_jwks_verify(const struct vb_jwks *keys, struct vb_span alg,
                    struct vb_span kid, struct vb_span input,
                    struct vb_span signature);

#endif
