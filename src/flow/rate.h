/*
 * How often a client may ask: a token bucket for each address, kept as the one
 * time at which it will be full again.
 *
 *     ──┬─────────────┬──────────▶ time
 *      now           full
 *       └── at most ──┘
 *           `depth`
 *
 * Every request moves `full` by one interval; what would move it farther away
 * than `depth` has to wait.
 *
 * The table has one size, is one worker's, and is not locked. Where it has no
 * room, whoever is nearest to a full bucket is forgotten: so memory is bounded,
 * and who floods it with addresses gains nothing that he did not have.
 */
#ifndef VB_FLOW_RATE_H
#define VB_FLOW_RATE_H

#include <stdint.h>

#include "exchange/exchange.h"

/* A rate as it is configured: `count` requests in `period_ms`, and at once as
 * many as `burst`. Count 0: no limit. */
struct vb_rate {
    uint32_t count;
    uint32_t period_ms;
    uint32_t burst;
};

struct vb_rates;

/* NULL when out of memory. */
struct vb_rates *vb_rates_new(const struct vb_rate *rate);

/* NULL is fine. */
void vb_rates_free(struct vb_rates *rates);

/*
 * A request of this client at a (monotonic) time: 0 when it is within its rate,
 * and counted; else the milliseconds after which the next one will be. IPv6
 * clients are counted by their /64, which is one customer's mostly (RFC 6177).
 * A Unix socket has no address, and no limit.
 */
int64_t vb_rates_take(struct vb_rates *rates, const struct vb_peer *peer,
                      int64_t now_ms);

#endif
