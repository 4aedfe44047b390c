/*
 * Sockets for datagrams: how they are set up, and what comes and goes with each
 * datagram beside its bytes (the very address it came to, ECN). Knows nothing
 * of QUIC but where a connection ID begins.
 */
#ifndef VB_LOOP_UDP_H
#define VB_LOOP_UDP_H

#include <stdbool.h>
#include <sys/socket.h>

#include "loop/address.h"
#include "quic/quic.h"

/*
 * A bound, non-blocking, close-on-exec socket at the address, whose port is
 * known. The `first` of those that share it is refused where another process
 * has one already. On failure ret_why gets one line.
 */
enum vb_err vb_udp_bind(const struct vb_address *address, bool first,
                        int *ret_fd, struct vb_buf *ret_why);

/* Could such a socket be the first at the address? */
bool vb_udp_is_free(const struct vb_address *address);

/*
 * Lets the kernel hand each datagram to that one of `count` sockets, in the
 * order in which they were bound, that its connection ID's first byte names
 * (quic/quic.h). `fd` is any of them. Needs no privilege.
 */
bool vb_udp_route(int fd, unsigned count);

/* Bytes for what vb_udp_address adds to a message, and vb_udp_came reads. */
#define VB_UDP_CONTROL 128

/* What came beside a datagram's, or several datagrams', bytes. */
struct vb_udp_told {
    struct vb_quic_path path; /* but for its socket */
    unsigned ecn;
    size_t segment; /* bytes of each of them; the last may be shorter */
};

/* Reads what the kernel tells of a message of `len` bytes; `local` is the
 * address the socket is bound to. */
void vb_udp_came(struct msghdr *message, size_t len,
                 const struct sockaddr_storage *local,
                 struct vb_udp_told *ret_told);

/*
 * Addresses a message: to path->remote, from path->local, with the codepoint.
 * `segment`: its bytes are several datagrams of this size (GSO); 0: one.
 * `control` of VB_UDP_CONTROL bytes must live as long as the message.
 */
void vb_udp_address(struct msghdr *message, const struct vb_quic_path *path,
                    unsigned ecn, size_t segment, void *control);

#endif
