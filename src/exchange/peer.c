/* See peer.h. */
#include "exchange/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct vb_peer vb_peer_of(const struct sockaddr_storage *address)
{
    struct vb_peer peer = {.port = 0};

    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;

        memcpy(peer.ip, &in6->sin6_addr, sizeof(peer.ip));
        peer.port = ntohs(in6->sin6_port);
        peer.loopback =
            IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
            (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && peer.ip[12] == 127);
    } else if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in4 = (const void *)address;

        peer.ip[10] = peer.ip[11] = 0xff;
        memcpy(peer.ip + 12, &in4->sin_addr, 4);
        peer.port = ntohs(in4->sin_port);
        peer.loopback = peer.ip[12] == 127;
    } else {
        peer.local = peer.loopback = true;
    }
    return peer;
}

void vb_peer_network(const struct vb_peer *peer, uint8_t ret_network[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool ipv4 = memcmp(peer->ip, mapped, sizeof(mapped)) == 0;

    memset(ret_network, 0, 16);
    memcpy(ret_network, peer->ip, ipv4 ? 16 : 8);
}
