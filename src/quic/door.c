/*
 * Who comes in. What an Initial makes us do costs more than it costs to send
 * one, under any name: so beyond so many handshakes under way a client must
 * first show that it is where it says (Retry, RFC 9000 section 8.1.2), and
 * beyond many more it must wait.
 */
#include "quic/inner.h"

/* Handshakes of a worker that are under way. */
#define RETRY_FROM 64
#define MOST       1024

/* Ports of services that answer datagrams of any kind: a client has none of
 * them, and what seems to come from there is to make us send it something (RFC
 * 9308 section 8.1). 0 cannot be answered. */
static bool is_service(const struct sockaddr_storage *address)
{
    static const uint16_t ports[] = {
        0,   7,   13,  17,   19,   53,   69,   111,  123,   137,
        138, 161, 389, 1900, 3702, 5353, 5355, 5683, 11211,
    };
    ngtcp2_sockaddr_union from;
    uint16_t port;

    vb__quic_address(address, &from);
    port = ntohs(from.sa.sa_family == AF_INET6 ? from.in6.sin6_port
                                               : from.in.sin_port);
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* A packet of version 1 that begins no connection: one of a connection that is
 * no more, if it has a short header. */
static void stray(struct vb_quic *quic, const struct vb__quic_in *in,
                  const ngtcp2_version_cid *ids)
{
    if (((unsigned char)in->bytes.ptr[0] & 0xc0) == 0x40)
        vb__quic_answer_reset(quic, in, ids);
}

void vb__quic_knock(struct vb_quic *quic, const struct vb__quic_in *in,
                    const ngtcp2_version_cid *ids)
{
    enum vb__quic_token token;
    ngtcp2_cid original;
    ngtcp2_pkt_hd head;

    if (is_service(&in->path->remote))
        return;
    if (ngtcp2_accept(&head, (const uint8_t *)in->bytes.ptr, in->bytes.len) !=
        0) {
        stray(quic, in, ids);
        return;
    }
    token = vb__quic_token_read(quic, in, &head, &original);
    /* Only who answers a Retry has an ID that short: ours. */
    if (token == VB_QUIC_TOKEN_FALSE ||
        (token != VB_QUIC_TOKEN_RETRY &&
         head.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN))
        vb__quic_answer_refuse(quic, in, &head, NGTCP2_INVALID_TOKEN);
    else if (quic->leaving)
        vb__quic_answer_refuse(quic, in, &head, NGTCP2_CONNECTION_REFUSED);
    else if (token == VB_QUIC_TOKEN_NONE && quic->handshakes >= RETRY_FROM)
        vb__quic_answer_retry(quic, in, &head);
    else if (quic->handshakes < MOST)
        vb__quic_conn_open(quic, in, &head, token,
                           token == VB_QUIC_TOKEN_RETRY ? &original : NULL);
}
