/* The other side of a connection, from its address. */
#ifndef VB_EXCHANGE_PEER_H
#define VB_EXCHANGE_PEER_H

#include <sys/socket.h>

#include "exchange/exchange.h"

/* A peer of IPv6, IPv4, or of a Unix socket (any other family); what TLS makes
 * of it is for who speaks it to say. */
struct vb_peer vb_peer_of(const struct sockaddr_storage *address);

/* What of its address is one client's, in the form of peer->ip: all of IPv4,
 * and the /64 of IPv6, which is one customer's mostly (RFC 6177). */
void vb_peer_network(const struct vb_peer *peer, uint8_t ret_network[16]);

#endif
