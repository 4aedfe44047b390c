/*
 * Digest fields (RFC 9530): Content-Digest, Repr-Digest and the Want- fields,
 * on top of structured fields. Computing a digest is not done here.
 */
#ifndef VB_HTTP_DIGEST_H
#define VB_HTTP_DIGEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The active algorithms (section 5). The deprecated ones are not known here:
 * they must not be used against adversaries (9530-5-02). */
enum vb_digest_algorithm {
    VB_DIGEST_SHA_256,
    VB_DIGEST_SHA_512,
    VB_DIGEST_COUNT,
    VB_DIGEST_NONE = VB_DIGEST_COUNT,
};

/* The octets of a digest by that algorithm: 32 or 64. */
size_t vb_digest_len(enum vb_digest_algorithm algorithm);

/* What a Content-Digest or Repr-Digest says, by algorithm; absent: ptr NULL. */
struct vb_digests {
    struct vb_span values[VB_DIGEST_COUNT];
};

/*
 * Parses Content-Digest or Repr-Digest from all its lines, into the arena;
 * unknown algorithms are passed over, so there may be nothing to verify.
 * VB_ERR_SYNTAX: not a Dictionary, or the digest of a known algorithm is no
 * Byte Sequence of its length. VB_ERR_LIMIT, VB_ERR_NOMEM: as
 * vb_sf_parse_dictionary.
 */
enum vb_err vb_digests_parse(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             struct vb_digests *ret_digests);

/*
 * Parses Want-Content-Digest or Want-Repr-Digest and gives the algorithm with
 * the greatest weight among those above, the first named of equals, or
 * VB_DIGEST_NONE; weight 0 is unwanted (9530-4-01). Errors as above, and
 * VB_ERR_SYNTAX for a weight that is no Integer from 0 to 10.
 */
enum vb_err vb_digest_wanted(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             enum vb_digest_algorithm *ret_algorithm);

/* Appends algorithm=:digest:, a whole field value; the digest has
 * vb_digest_len octets. Errors are the buffer's. */
void vb_digest_write(struct vb_buf *buf, enum vb_digest_algorithm algorithm,
                     struct vb_span digest);

#endif
