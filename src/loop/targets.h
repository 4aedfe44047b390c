/*
 * The addresses of another server, in the order in which they are tried: that
 * of the resolver (RFC 6724), with the families taking turns, so that one that
 * leads nowhere holds nobody up (RFC 8305 section 4).
 *
 *     2001:db8::1  2001:db8::2  192.0.2.1    as found
 *     2001:db8::1  192.0.2.1  2001:db8::2    as tried
 *
 * Only those that the dial allows are among them.
 */
#ifndef VB_LOOP_TARGETS_H
#define VB_LOOP_TARGETS_H

#include <netdb.h>

#include "exchange/call.h"
#include "loop/address.h"

/* However many a name has. */
#define VB_TARGETS_OF_FAMILY 8
#define VB_TARGETS_MOST      (2 * VB_TARGETS_OF_FAMILY)

struct vb_targets {
    struct vb_address at[VB_TARGETS_MOST];
    unsigned count;
};

/* Of the Unix socket; none when its path is empty or too long. */
void vb_targets_of_path(const struct vb_dial *dial, struct vb_targets *ret);

/* Of a host that is an IP address itself; false: it is a name. */
bool vb_targets_of_literal(const struct vb_dial *dial, struct vb_targets *ret);

/* Of what the resolver has found. */
void vb_targets_of_list(const struct vb_dial *dial, const struct addrinfo *list,
                        struct vb_targets *ret);

#endif
