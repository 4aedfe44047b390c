/*
 * Cache-Status (RFC 9211): what each cache on the way did with a request, the
 * origin's nearest first.
 *
 *     OriginCache; hit; ttl=1100, verbatim; fwd=stale; fwd-status=304; stored
 */
#ifndef VB_HTTP_CACHE_STATUS_H
#define VB_HTTP_CACHE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Why a request went on to the next hop (section 2.2). */
enum vb_cache_fwd {
    VB_CACHE_FWD_NONE = 0,  /* it did not */
    VB_CACHE_FWD_BYPASS,    /* this cache was configured so */
    VB_CACHE_FWD_METHOD,    /* the method has to */
    VB_CACHE_FWD_URI_MISS,  /* nothing is stored for the URI */
    VB_CACHE_FWD_VARY_MISS, /* nothing that its fields select */
    VB_CACHE_FWD_MISS,      /* nothing that answers it; and no more is told */
    VB_CACHE_FWD_REQUEST,   /* fresh, but the request's directives want it */
    VB_CACHE_FWD_STALE,     /* stored, but stale */
    VB_CACHE_FWD_PARTIAL,   /* stored in part, and more is wanted */
};

/* What one cache says. All zero says nothing but the name. */
struct vb_cache_status {
    struct vb_span cache; /* its name: a Token, or else written as a String */
    bool hit;             /* it went nowhere: fwd is NONE (9211-2.1-01) */
    enum vb_cache_fwd fwd;
    uint16_t fwd_status; /* the next hop's; 0: not told */
    bool has_ttl;
    int64_t ttl;    /* seconds of freshness left, negative: stale for so many */
    bool stored;    /* the response was */
    bool collapsed; /* with a request that was under way */
    struct vb_span key;    /* "": not told, as to strangers (9211-6-01) */
    struct vb_span detail; /* "": none */
};

/*
 * Appends the member. VB_ERR_INVALID, nothing appended: a name that is not
 * printable ASCII, or empty. A key or detail that is not is left out.
 * Otherwise buf->err.
 */
enum vb_err vb_cache_status_write(struct vb_buf *buf,
                                  const struct vb_cache_status *status);

/*
 * Appends what caches before this one have said, as one line to put the own
 * member behind (9211-2-02); nothing where they said nothing or their field is
 * no List of Strings and Tokens, which would make the whole unreadable. Whether
 * anything was appended.
 */
bool vb_cache_status_pass_on(struct vb_buf *buf, struct vb_arena *arena,
                             const struct vb_span *lines, size_t count);

#endif
