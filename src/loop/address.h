/*
 * Where to listen, as text and as a socket.
 *
 *     127.0.0.1:8080   [::1]:8080   localhost:8080   :80   unix:/run/v.sock
 *     https://:443     http://:80
 *
 * ":80" is every address of the machine, IPv6 and IPv4 alike. "http://" may
 * stand before what is not secured.
 */
#ifndef VB_LOOP_ADDRESS_H
#define VB_LOOP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct vb_address {
    struct sockaddr_storage sa;
    socklen_t len;
    bool secure;     /* TLS is spoken there */
    bool owner_only; /* a Unix socket that nobody else may connect to */
};

/* Reads an address. VB_ERR_SYNTAX, with one line in ret_why, when it is none;
 * names other than localhost are not looked up: VB_ERR_UNSUPPORTED. */
enum vb_err vb_address_parse(struct vb_span text, struct vb_address *ret,
                             struct vb_buf *ret_why);

/* Appends it for people: "https://127.0.0.1:8443", "unix:/run/v.sock". */
void vb_address_format(const struct vb_address *address, struct vb_buf *buf);

/* Without the scheme: "127.0.0.1:8443", "[::1]:80". */
void vb_address_format_bare(const struct vb_address *address,
                            struct vb_buf *buf);

/* 0 for a Unix socket. */
unsigned vb_address_port(const struct vb_address *address);

static inline bool vb_address_is_unix(const struct vb_address *address)
{
    return address->sa.ss_family == AF_UNIX;
}

/* Binds a socket so that others can share its port, but for the `first` only
 * with those that come later. False, with errno. */
bool vb_address_bind(int fd, const struct vb_address *address, bool first);

/*
 * A listening, non-blocking, close-on-exec socket: SO_REUSEPORT for TCP, so
 * that each worker has one of its own; both families for "::". The `first` of
 * them is refused where another process listens already: the kernel would
 * share the connections out between the two. Port 0 is replaced by the one the
 * kernel chose. A stale Unix socket that nobody answers on is removed first. On
 * failure ret_why gets one line.
 */
enum vb_err vb_address_listen(struct vb_address *address, bool first,
                              int *ret_fd, struct vb_buf *ret_why);

/* The address a listening socket has; for sockets that were inherited. */
enum vb_err vb_address_of(int fd, struct vb_address *ret);

#endif
