/* The probe's sockets: one for each local address that it has had. */
#ifndef VB_TESTS_QUIC_UDP_H
#define VB_TESTS_QUIC_UDP_H

#include "client.h"

#include <poll.h>

#define UDP_MOST 16

struct udp {
    struct sockaddr_storage remote;
    int count;
    struct {
        int fd;
        struct sockaddr_storage local; /* what the client takes it for */
        unsigned ecn;                  /* that is set */
    } sockets[UDP_MOST];
};

/* Opens the first one. False (errno) when an address is none, or cannot be. */
bool udp_init(struct udp *u, const char *host, const char *port,
              const char *local);
void udp_done(struct udp *u);

/* One more, of another port or, with `local`, address. */
bool udp_add(struct udp *u, const char *local);

/* Another port for the last one: the client does not notice. */
bool udp_rebind(struct udp *u);

/* The way of the last one. */
struct quic_route udp_route(const struct udp *u);

void udp_send(struct udp *u, const struct quic_route *route,
              struct vb_span bytes);

/* Bytes of a datagram; -1: none is there. */
ssize_t udp_receive(struct udp *u, int which, struct quic_route *ret_route,
                    void *buf, size_t size);

#endif
