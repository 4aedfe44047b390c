/*
 * Where RFC 9111 leaves a choice: what this cache chooses. Shared, read-only.
 */
#ifndef VB_CACHING_POLICY_H
#define VB_CACHING_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct vb_caching_policy {
    bool targeted; /* CDN-Cache-Control rules where it is there (RFC 9213) */
    bool partial;  /* parts are stored and combined (RFC 9111 section 3.3) */
    uint8_t heuristic_percent; /* of the time since Last-Modified: so long is
                                  fresh what says nothing (4.2.2) */
    uint32_t heuristic_max_s;  /* and no longer than that */
    uint32_t negative_s;       /* so long is fresh an error of a heuristically
                                  cacheable status that says nothing; 0: it is not
                                  stored */
    uint32_t unreachable_s; /* so long after it became stale a response is used
                               where the next hop cannot be reached (4.2.4); 0:
                               never */
};

/* A set that suits most. */
extern const struct vb_caching_policy vb_caching_policy_default;

#endif
