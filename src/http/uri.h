/*
 * URI references (RFC 3986): cut into components, resolve, relate, normalise.
 *
 *     https://user@example.com:8443/a/b?q=1#part
 *     \___/   \___________________/\__/ \_/ \__/
 *     scheme        authority      path query fragment
 */
#ifndef VB_HTTP_URI_H
#define VB_HTTP_URI_H

#include "base/arena.h"
#include "base/err.h"
#include "http/authority.h"

/* Components borrow from the text. ptr NULL means undefined, which differs
 * from empty ("?" with nothing behind it); the path is never undefined. */
struct vb_uri {
    struct vb_span scheme;
    struct vb_span authority;
    struct vb_span path;
    struct vb_span query;
    struct vb_span fragment;
};

/*
 * Parses a URI-reference (RFC 3986 section 4.1). False, *ret_uri untouched,
 * for anything outside the grammar: a raw space, control, non-ASCII or other
 * excluded character, a malformed escape, an authority that
 * vb_authority_parse refuses, a colon in the first segment of a relative path.
 */
bool vb_uri_parse(struct vb_span text, struct vb_uri *ret_uri);

/* Has it a scheme? If not, it is a relative reference. */
static inline bool vb_uri_is_absolute(const struct vb_uri *uri)
{
    return uri->scheme.ptr != NULL;
}

/*
 * Is this an absolute http or https URI that may be used or generated: with a
 * host, without userinfo (RFC 9110 sections 4.2.1, 4.2.2, 4.2.4)?
 */
bool vb_uri_is_http(const struct vb_uri *uri);

/*
 * Same scheme, host and port (RFC 9110 section 4.3.1)? False when either has
 * no scheme or no host.
 */
bool vb_uri_same_origin(const struct vb_uri *a, const struct vb_uri *b);

/*
 * Resolves `reference` against `base`, which must be absolute (RFC 3986
 * section 5.2, strict), into a text in the arena. The fragment is the
 * reference's. VB_ERR_INVALID: base has no scheme. VB_ERR_NOMEM.
 */
enum vb_err vb_uri_resolve(struct vb_arena *arena, const struct vb_uri *base,
                           const struct vb_uri *reference,
                           struct vb_span *ret_text);

/*
 * A short reference that resolves to `target` from `base`, in the arena; for
 * Location and Link (RFC 9110 section 10.2.2), so that they hold behind a
 * gateway that changes scheme or host. It always has a path. Both must have a
 * scheme, an authority and a path in normal form (vb_path_normalise); base's
 * query and fragment play no part. VB_ERR_INVALID: not so. VB_ERR_NOMEM.
 */
enum vb_err vb_uri_relate(struct vb_arena *arena, const struct vb_uri *base,
                          const struct vb_uri *target,
                          struct vb_span *ret_text);

/*
 * The normal form of an absolute URI without its fragment, for comparing and
 * as a key (RFC 9110 section 4.2.3): scheme and host in lower case, the
 * default port and an empty one left out, the path as vb_path_normalise has it,
 * and escapes in the query likewise. Query parameters keep their order.
 * VB_ERR_INVALID: no scheme or a path that is rootless. VB_ERR_SYNTAX: "%00".
 * VB_ERR_NOMEM.
 */
enum vb_err vb_uri_normalise(struct vb_arena *arena, const struct vb_uri *uri,
                             struct vb_span *ret_text);

#endif
