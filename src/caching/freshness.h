/*
 * How long a response is fresh, and how old it is (RFC 9111 section 4.2).
 *
 *     requested        received                          now
 *         |── delay ──────|────────── resident ───────────|
 *     Age as received, or Date ─▶ initial age ──▶ age     lifetime - age = ttl
 *
 * Ages are counted in milliseconds, so that what takes 900 ms and comes to lie
 * for 200 is more than a second old; what the RFC compares and sends are
 * seconds. Nothing here overflows: what is beyond VB_DELTA_SECONDS_MAX is that.
 */
#ifndef VB_CACHING_FRESHNESS_H
#define VB_CACHING_FRESHNESS_H

#include "caching/message.h"

enum vb_freshness_source {
    VB_FRESHNESS_NONE = 0, /* nothing tells: it is stale */
    VB_FRESHNESS_S_MAXAGE,
    VB_FRESHNESS_MAX_AGE,
    VB_FRESHNESS_EXPIRES,
    VB_FRESHNESS_HEURISTIC, /* from Last-Modified (section 4.2.2) */
    VB_FRESHNESS_NEGATIVE,  /* the policy's, for errors */
};

struct vb_freshness {
    enum vb_freshness_source source;
    uint32_t lifetime_s;
    uint32_t while_revalidate_s; /* stale-while-revalidate */
    uint32_t if_error_s;         /* stale-if-error */
    int64_t date;           /* Unix s: Date, or when it came without a valid one
                               (RFC 9110 section 6.6.1) */
    int64_t received_ms;    /* Unix ms */
    int64_t initial_age_ms; /* corrected_initial_age (section 4.2.3) */
    bool no_cache;          /* to be validated each time */
    bool never_stale;       /* must-revalidate, proxy-revalidate, s-maxage */
    bool immutable;         /* RFC 8246 */
};

/* Of a response with this status, ruled by these directives. */
void vb_freshness_read(const struct vb_caching_policy *policy,
                       const struct vb_received *received,
                       const struct vb_directives *ruling,
                       struct vb_freshness *ret_freshness);

/* Does the response itself say how long it is fresh? */
static inline bool vb_freshness_is_explicit(const struct vb_freshness *f)
{
    return f->source >= VB_FRESHNESS_S_MAXAGE &&
           f->source <= VB_FRESHNESS_EXPIRES;
}

/* By Date, and where that is the same, by when it came. */
static inline bool vb_freshness_is_newer(const struct vb_freshness *a,
                                         const struct vb_freshness *b)
{
    return a->date != b->date ? a->date > b->date
                              : a->received_ms > b->received_ms;
}

/* current_age (section 4.2.3); a clock that went back makes nothing younger
 * than it came. */
int64_t vb_freshness_age_ms(const struct vb_freshness *f, int64_t now_ms);

/* The same for an Age field: whole seconds, at most VB_DELTA_SECONDS_MAX. */
uint32_t vb_freshness_age(const struct vb_freshness *f, int64_t now_ms);

/* Milliseconds for which it is fresh yet; 0 or negative: stale for so long. */
int64_t vb_freshness_left_ms(const struct vb_freshness *f, int64_t now_ms);

/* The same in seconds, rounded down, for Cache-Status. */
int64_t vb_freshness_ttl(const struct vb_freshness *f, int64_t now_ms);

#endif
