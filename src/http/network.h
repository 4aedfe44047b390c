/*
 * Networks of IP addresses, as they are written: an address and how many bits
 * of it count (RFC 4632 section 3.1, RFC 4291 section 2.3).
 *
 *     192.0.2.0/24   2001:db8::/32   192.0.2.7
 */
#ifndef VB_HTTP_NETWORK_H
#define VB_HTTP_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct vb_network {
    uint8_t ip[16]; /* IPv6, or IPv4 mapped into it */
    uint8_t bits;   /* of them that count: 0 to 128 */
};

/* An address alone is a network of one. False, *ret_network untouched, for
 * anything else, and where bits are set that do not count: who wrote them meant
 * something else. */
bool vb_network_parse(struct vb_span text, struct vb_network *ret_network);

bool vb_network_has(const struct vb_network *network, const uint8_t ip[16]);

#endif
