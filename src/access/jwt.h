/*
 * JSON Web Tokens of somebody else (RFC 7519), as compact JSON Web Signatures
 * (RFC 7515), held against the rules of a description and RFC 8725.
 *
 *     header.payload.signature     each base64url, without padding
 *
 * Two steps: what is signed is verified once, and is good as long as the keys
 * are; whether its claims hold now is asked each time.
 */
#ifndef VB_ACCESS_JWT_H
#define VB_ACCESS_JWT_H

#include "access/jwk.h"
#include "base/ref.h"
#include "describe/security.h"

/* Bytes that a token may have. */
#define VB_JWT_MOST ((size_t)8 * 1024)

/* Scopes and roles that a token may have, each. */
#define VB_JWT_WORDS_MOST 256

/* What a token says, its signature verified. Immutable and counted. */
struct vb_jwt {
    struct vb_ref ref;
    uint64_t keys; /* the serial of those that verified it */
    struct vb_json *payload;
    size_t size; /* bytes that it takes */
    int64_t verified_ms;
};

/*
 * Verifies a token. VB_ERR_INVALID, and *ret_why a sentence without anything of
 * it: it is malformed, asks for what we do not do (`crit`, encryption, nesting,
 * compression), or no key has signed it. VB_ERR_NOMEM.
 */
enum vb_err vb_jwt_verify(const struct vb_jwks *keys, struct vb_span token,
                          struct vb_jwt **ret_jwt, const char **ret_why);

/* NULL is fine. */
void vb_jwt_unref(struct vb_jwt *jwt);

/* Do its claims hold at this time (Unix seconds)? NULL: yes; else why not, a
 * sentence. `exp` and `sub` are needed. */
const char *vb_jwt_why_not(const struct vb_jwt *jwt,
                           const struct vb_jwt_rules *rules, int64_t now_s);

/* Who it is about; of one whose claims hold. */
struct vb_span vb_jwt_subject(const struct vb_jwt *jwt);

/*
 * The login that a claim says, borrowed: a string. False: there is none; or it
 * is `email`, and the issuer does not say that it has verified the address
 * (email_verified, OpenID Connect Core section 5.1), which anybody can have
 * typed there then.
 */
bool vb_jwt_login(const struct vb_jwt *jwt, struct vb_span claim,
                  struct vb_span *ret_login);

/*
 * Calls `each` with every word of a claim: a string of words between spaces
 * (RFC 8693 section 4.2), or an array of strings. Claims are tried in their
 * order, up to the first that is there. False: it is something else, or has
 * too many words.
 */
bool vb_jwt_words(const struct vb_jwt *jwt, const struct vb_span *claims,
                  size_t count, void (*each)(void *context, struct vb_span),
                  void *context);

#endif
