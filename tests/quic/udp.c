/* See udp.h. */
#include "udp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static socklen_t len_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

static bool same(const struct sockaddr_storage *a,
                 const struct sockaddr_storage *b)
{
    return memcmp(a, b, len_of(a)) == 0;
}

static bool resolve(const char *host, const char *port,
                    struct sockaddr_storage *ret_address)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        errno = EINVAL;
        return false;
    }
    memset(ret_address, 0, sizeof(*ret_address));
    memcpy(ret_address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

/* The address that the way to the remote one begins with. */
static bool local_for(const struct sockaddr_storage *remote,
                      struct sockaddr_storage *ret_local)
{
    int fd = socket(remote->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(*ret_local);
    bool fine;

    memset(ret_local, 0, sizeof(*ret_local));
    fine = fd >= 0 && connect(fd, (const void *)remote, len_of(remote)) == 0 &&
           getsockname(fd, (void *)ret_local, &len) == 0;
    if (fd >= 0)
        close(fd);
    ((struct sockaddr_in *)ret_local)->sin_port = 0; /* as in sockaddr_in6 */
    return fine;
}

static int open_at(struct sockaddr_storage *local)
{
    int fd =
        socket(local->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, size = 4 * 1024 * 1024;
    socklen_t len = sizeof(*local);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on));
    if (bind(fd, (const void *)local, len_of(local)) != 0 ||
        getsockname(fd, (void *)local, &len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool udp_add(struct udp *u, const char *local)
{
    struct sockaddr_storage address;
    int fd;

    if (u->count == UDP_MOST ||
        !(local == NULL ? local_for(&u->remote, &address)
                        : resolve(local, "0", &address)))
        return false;
    fd = open_at(&address);
    if (fd < 0)
        return false;
    u->sockets[u->count].fd = fd;
    u->sockets[u->count].local = address;
    u->sockets[u->count].ecn = 0;
    u->count++;
    return true;
}

bool udp_init(struct udp *u, const char *host, const char *port,
              const char *local)
{
    memset(u, 0, sizeof(*u));
    return resolve(host, port, &u->remote) && udp_add(u, local);
}

void udp_done(struct udp *u)
{
    for (int i = 0; i < u->count; i++)
        close(u->sockets[i].fd);
}

bool udp_rebind(struct udp *u)
{
    int last = u->count - 1;
    struct sockaddr_storage address = u->sockets[last].local;
    int fd;

    ((struct sockaddr_in *)&address)->sin_port = 0;
    fd = open_at(&address);
    if (fd < 0)
        return false;
    close(u->sockets[last].fd);
    u->sockets[last].fd = fd;
    u->sockets[last].ecn = 0;
    return true;
}

struct quic_route udp_route(const struct udp *u)
{
    return (struct quic_route){u->sockets[u->count - 1].local, u->remote, 0};
}

static void mark(struct udp *u, int which, unsigned ecn)
{
    int value = (int)ecn;
    bool six = u->sockets[which].local.ss_family == AF_INET6;

    if (u->sockets[which].ecn == ecn)
        return;
    setsockopt(u->sockets[which].fd, six ? IPPROTO_IPV6 : IPPROTO_IP,
               six ? IPV6_TCLASS : IP_TOS, &value, sizeof(value));
    u->sockets[which].ecn = ecn;
}

void udp_send(struct udp *u, const struct quic_route *route,
              struct vb_span bytes)
{
    for (int i = 0; i < u->count; i++) {
        if (!same(&u->sockets[i].local, &route->local))
            continue;
        mark(u, i, route->ecn);
        /* What cannot be sent is lost: QUIC repeats it. */
        (void)!sendto(u->sockets[i].fd, bytes.ptr, bytes.len, 0,
                      (const void *)&route->remote, len_of(&route->remote));
    }
}

static unsigned ecn_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
         c = CMSG_NXTHDR(message, c)) {
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS))
            return *CMSG_DATA(c) & 3u;
    }
    return 0;
}

ssize_t udp_receive(struct udp *u, int which, struct quic_route *ret_route,
                    void *buf, size_t size)
{
    _Alignas(struct cmsghdr) char control[64];
    struct iovec iov = {buf, size};
    struct msghdr message = {
        .msg_name = &ret_route->remote,
        .msg_namelen = sizeof(ret_route->remote),
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n;

    memset(&ret_route->remote, 0, sizeof(ret_route->remote));
    n = recvmsg(u->sockets[which].fd, &message, MSG_DONTWAIT);
    ret_route->local = u->sockets[which].local;
    ret_route->ecn = n >= 0 ? ecn_of(&message) : 0;
    return n;
}
