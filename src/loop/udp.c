/* See udp.h. */
#include "loop/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

/* What waits in the kernel for a worker that is busy, both ways. */
#define SOCKET_BUFFER (4 * 1024 * 1024)

/* ECN (RFC 3168) is the last two bits of what IP calls its traffic class. */
#define ECN_MASK 3

/* --- Setting up -------------------------------------------------------------
 */

static bool turn_on(int fd, int level, int name)
{
    const int on = 1;

    return setsockopt(fd, level, name, &on, sizeof(on)) == 0;
}

/* The path's MTU is QUIC's to find (RFC 9000 section 14): nothing is to be
 * fragmented, however little the kernel thinks would pass. */
static bool set_ipv4(int fd)
{
    const int probe = IP_PMTUDISC_PROBE;

    return turn_on(fd, IPPROTO_IP, IP_PKTINFO) &&
           turn_on(fd, IPPROTO_IP, IP_RECVTOS) &&
           setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe)) ==
               0;
}

/* And IPv4, which comes through it as well. */
static bool set_ipv6(int fd)
{
    const int off = 0, probe = IPV6_PMTUDISC_PROBE;

    return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0 &&
           turn_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) &&
           turn_on(fd, IPPROTO_IPV6, IPV6_RECVTCLASS) &&
           setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe,
                      sizeof(probe)) == 0 &&
           set_ipv4(fd);
}

/* What makes it faster, where the kernel has it. */
static void set_speed(int fd)
{
    const int size = SOCKET_BUFFER;

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    turn_on(fd, IPPROTO_UDP, UDP_GRO);
}

static bool set_up(int fd, const struct vb_address *address, bool first)
{
    int family = address->sa.ss_family;

    if (!(family == AF_INET6 ? set_ipv6(fd) : set_ipv4(fd)))
        return false;
    set_speed(fd);
    return vb_address_bind(fd, address, first);
}

enum vb_err vb_udp_bind(const struct vb_address *address, bool first,
                        int *ret_fd, struct vb_buf *why)
{
    int fd = socket(address->sa.ss_family,
                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && set_up(fd, address, first)) {
        *ret_fd = fd;
        return VB_OK;
    }
    vb_buf_str(why, "cannot serve HTTP/3 on ");
    vb_address_format(address, why);
    vb_buf_printf(why, " (UDP): %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return VB_ERR_IO;
}

bool vb_udp_is_free(const struct vb_address *address)
{
    int fd = socket(address->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && set_up(fd, address, true);

    if (fd >= 0)
        close(fd);
    return is_free;
}

/* RFC 8999: with the first bit set (a long header), the Destination Connection
 * ID begins at the seventh byte, else at the second. What is too short to have
 * one goes to the first socket. */
bool vb_udp_route(int fd, unsigned count)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
        BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
        BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    const struct sock_fprog program = {.len = sizeof(steps) / sizeof(steps[0]),
                                       .filter = steps};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
                      sizeof(program)) == 0;
}

/* --- What comes with a datagram
 * -----------------------------------------------
 */

static void set_local_ipv4(struct sockaddr_storage *local,
                           const struct in_pktinfo *info)
{
    struct sockaddr_in *in4 = (void *)local;

    if (local->ss_family == AF_INET)
        in4->sin_addr = info->ipi_addr;
}

static void read_control(const struct cmsghdr *at, struct vb_udp_told *told)
{
    const void *data = CMSG_DATA(at);
    struct sockaddr_in6 *in6 = (void *)&told->path.local;
    int value = 0;

    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
        set_local_ipv4(&told->path.local, data);
    } else if (at->cmsg_level == IPPROTO_IPV6 &&
               at->cmsg_type == IPV6_PKTINFO) {
        in6->sin6_addr = ((const struct in6_pktinfo *)data)->ipi6_addr;
    } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TOS) {
        told->ecn = *(const unsigned char *)data & ECN_MASK;
    } else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_TCLASS) {
        memcpy(&value, data, sizeof(value));
        told->ecn = (unsigned)value & ECN_MASK;
    } else if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO) {
        memcpy(&value, data, sizeof(value));
        if (value > 0)
            told->segment = (size_t)value;
    }
}

void vb_udp_came(struct msghdr *message, size_t len,
                 const struct sockaddr_storage *local, struct vb_udp_told *told)
{
    *told = (struct vb_udp_told){.segment = len};
    told->path.local = *local;
    memcpy(&told->path.remote, message->msg_name, message->msg_namelen);
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL;
         at = CMSG_NXTHDR(message, at))
        read_control(at, told);
}

/* --- What goes with one
 * -------------------------------------------------------
 */

static void add_control(struct msghdr *message, int level, int type,
                        const void *data, size_t len)
{
    char *base = message->msg_control;
    struct cmsghdr *at = (void *)(base + message->msg_controllen);

    *at = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
    memcpy(CMSG_DATA(at), data, len);
    message->msg_controllen += CMSG_SPACE(len);
}

static void add_local(struct msghdr *message,
                      const struct sockaddr_storage *local)
{
    if (local->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)local;
        const struct in6_pktinfo info = {.ipi6_addr = in6->sin6_addr};

        add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    } else {
        const struct sockaddr_in *in4 = (const void *)local;
        const struct in_pktinfo info = {.ipi_spec_dst = in4->sin_addr};

        add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    }
}

/* IPv4 stays what it is within a socket of IPv6. */
static bool goes_by_ipv6(const struct sockaddr_storage *remote)
{
    const struct sockaddr_in6 *in6 = (const void *)remote;

    return remote->ss_family == AF_INET6 &&
           !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
}

void vb_udp_address(struct msghdr *message, const struct vb_quic_path *path,
                    unsigned ecn, size_t segment, void *control)
{
    const int codepoint = (int)ecn;
    const uint16_t size = (uint16_t)segment;

    message->msg_name = (void *)&path->remote;
    message->msg_namelen = path->remote.ss_family == AF_INET6
                               ? sizeof(struct sockaddr_in6)
                               : sizeof(struct sockaddr_in);
    message->msg_control = control;
    message->msg_controllen = 0;
    memset(control, 0, VB_UDP_CONTROL);
    add_local(message, &path->local);
    if (ecn != 0 && goes_by_ipv6(&path->remote))
        add_control(message, IPPROTO_IPV6, IPV6_TCLASS, &codepoint,
                    sizeof(codepoint));
    else if (ecn != 0)
        add_control(message, IPPROTO_IP, IP_TOS, &codepoint, sizeof(codepoint));
    if (segment != 0)
        add_control(message, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
}
