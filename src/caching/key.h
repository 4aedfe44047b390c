/*
 * What a stored response is found by: the primary key (RFC 9111 section 2).
 *
 *     https://h.example/a?q                             GET, HEAD, POST
 *     https://h.example/a?q\nQUERY\napplication/x\n\n<digest>
 *
 * The target URI is in its normal form (RFC 9110 section 4.2.3), so what is
 * forwarded must be this URI's path and query, and not the request's own: what
 * the key does not tell apart, the next hop must not either.
 */
#ifndef VB_CACHING_KEY_H
#define VB_CACHING_KEY_H

#include "base/arena.h"
#include "exchange/head.h"

struct vb_caching_key {
    struct vb_span uri;  /* the target's normal form */
    struct vb_span text; /* begins with it: tells methods and content apart */
};

/*
 * The key of a request, in the arena. `digest` is a cryptographic one of its
 * content, for QUERY (10008-2.7-02); of other methods' content nothing is in
 * the key, so that it must not be forwarded with GET or HEAD. False: it has no
 * target URI that could be a key, and is not for the cache; or no memory.
 */
bool vb_caching_key_of(struct vb_arena *arena, const struct vb_head *head,
                       struct vb_span digest, struct vb_caching_key *ret_key);

/* The normal form of an absolute URI or a reference to be resolved against
 * `uri`, a normal form itself. False: neither; or no memory. */
bool vb_caching_uri_beside(struct vb_arena *arena, struct vb_span uri,
                           struct vb_span reference, struct vb_span *ret_uri);

/* The scheme and authority of a normal form: its origin. */
struct vb_span vb_caching_origin(struct vb_span uri);

#endif
