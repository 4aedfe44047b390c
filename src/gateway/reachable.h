/*
 * Where a proxy leads: which names, addresses and ports it connects to.
 *
 *     *.example.org:443    any name below, not itself
 *     example.org          at the ports of http and https
 *     10.0.0.0/8:8080      addresses, also of names that are allowed
 *     [fd00::]/8:*         every port
 *     *:443                any name, and any address that is public
 *
 * Nothing is allowed that no rule names. Addresses of this machine, of its
 * links and of private networks are only by a rule of addresses that has them,
 * or as "localhost": not by any name, which leads wherever its owner likes.
 */
#ifndef VB_GATEWAY_REACHABLE_H
#define VB_GATEWAY_REACHABLE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/authority.h"
#include "http/network.h"

struct vb_allowance {
    struct vb_span name; /* in lower case as written, "" for addresses; borrowed
                            from the text */
    bool below;          /* what is below the name: "*." stood before it; of the
                            name "": any */
    bool addresses;      /* these: */
    struct vb_network network;
    int port; /* 1 to 65535; 0: 80 and 443; -1: any */
};

/* VB_ERR_SYNTAX, with one line in ret_why. The text is borrowed. */
enum vb_err vb_allowance_parse(struct vb_span text,
                               struct vb_allowance *ret_allowance,
                               struct vb_buf *ret_why);

struct vb_allowances {
    const struct vb_allowance *at;
    size_t count;
};

/* May this host be asked for, at this port? Of an address it is the answer; of
 * a name, its addresses have to be asked about, too. */
bool vb_allows_host(const struct vb_allowances *allowances,
                    const struct vb_authority *host, int port);

/* May this address be connected to, which is that of a host that is allowed,
 * `local` if that is localhost itself? */
bool vb_allows_address(const struct vb_allowances *allowances,
                       const uint8_t ip[16], int port, bool local);

/* Is it an address that is the same for everybody: not of this machine, of a
 * link, of a private network, a multicast or a special one (RFC 6890)? */
bool vb_address_is_public(const uint8_t ip[16]);

#endif
