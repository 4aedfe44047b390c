/*
 * May a stored response answer a request (RFC 9111 section 4)?
 */
#ifndef VB_CACHING_REUSE_H
#define VB_CACHING_REUSE_H

#include "caching/freshness.h"
#include "caching/reason.h"

enum vb_reuse_act {
    VB_REUSE_SERVE,       /* answer with it */
    VB_REUSE_SERVE_STALE, /* answer with it, and validate it meanwhile */
    VB_REUSE_VALIDATE,    /* ask the next hop whether it still holds */
    VB_REUSE_FORWARD,     /* ask the next hop as if nothing were stored */
    VB_REUSE_REFUSE,      /* 504 (Gateway Timeout) */
};

struct vb_reuse {
    enum vb_reuse_act act;
    enum vb_caching_reason reason;
};

/* What was found for a request. */
enum vb_found {
    VB_FOUND_NOTHING,
    VB_FOUND_OTHERS, /* the URI's, but none that the request selects */
    VB_FOUND_ONE,
};

/* Could anything that is stored answer this request? If not, *ret_reuse is the
 * verdict, and nothing need be looked for. */
bool vb_reuse_possible(const struct vb_asked *asked,
                       struct vb_reuse *ret_reuse);

/* The verdict. `f` is that of what was found: only with VB_FOUND_ONE. */
struct vb_reuse vb_reuse_judge(const struct vb_asked *asked,
                               enum vb_found found,
                               const struct vb_freshness *f, int64_t now_ms);

/*
 * The same when a validation has brought no good answer: `status` is a 5xx, or
 * 0 when nobody answered (RFC 9111 section 4.3.3, RFC 5861 section 4). FORWARD:
 * the error is told. REFUSE: nobody answered, and it must be 504.
 */
struct vb_reuse vb_reuse_on_error(const struct vb_caching_policy *policy,
                                  const struct vb_asked *asked,
                                  const struct vb_freshness *f, int64_t now_ms,
                                  unsigned status);

/* What the client's own preconditions make of a response that may be used. */
enum vb_reuse_condition {
    VB_REUSE_WHOLE,        /* it is sent */
    VB_REUSE_NOT_MODIFIED, /* 304 */
};

/*
 * If-None-Match, and If-Modified-Since where that is absent, against a stored
 * 200 (section 4.3.2). `tag` is its entity tag, or ""; `modified` its
 * Last-Modified or VB_DATE_NONE: then its Date counts.
 */
enum vb_reuse_condition vb_reuse_condition(const struct vb_asked *asked,
                                           struct vb_span tag, int64_t modified,
                                           const struct vb_freshness *f);

#endif
