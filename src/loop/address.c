/* Addresses and listening sockets. See address.h. */
#include "loop/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096

static enum vb_err refuse(struct vb_buf *why, struct vb_span text,
                          const char *reason)
{
    vb_buf_printf(why, "cannot listen on `%.*s': %s", VB_FMT(text), reason);
    return VB_ERR_SYNTAX;
}

static enum vb_err parse_unix(struct vb_span text, struct vb_span path,
                              struct vb_address *ret, struct vb_buf *why)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (path.len == 0 || path.len >= sizeof(un.sun_path))
        return refuse(why, text, "the path is empty or too long");
    memcpy(un.sun_path, path.ptr, path.len);
    *ret = (struct vb_address){.len = sizeof(un)};
    memcpy(&ret->sa, &un, sizeof(un));
    return VB_OK;
}

static void set_ipv6(struct vb_address *ret, const struct in6_addr *ip,
                     uint16_t port)
{
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = *ip};

    *ret = (struct vb_address){.len = sizeof(in6)};
    memcpy(&ret->sa, &in6, sizeof(in6));
}

static void set_ipv4(struct vb_address *ret, const struct in_addr *ip,
                     uint16_t port)
{
    struct sockaddr_in in4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = *ip};

    *ret = (struct vb_address){.len = sizeof(in4)};
    memcpy(&ret->sa, &in4, sizeof(in4));
}

static enum vb_err parse_host(struct vb_span text, struct vb_span host,
                              uint16_t port, struct vb_address *ret,
                              struct vb_buf *why)
{
    char name[INET6_ADDRSTRLEN + 1];
    struct in6_addr ip6;
    struct in_addr ip4;

    if (host.len == 0) {
        set_ipv6(ret, &in6addr_any, port);
        return VB_OK;
    }
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = vb_span_of(host.ptr + 1, host.len - 2);
    if (vb_span_ieq(host, VB_SPAN("localhost")))
        host = VB_SPAN("127.0.0.1");
    if (host.len >= sizeof(name))
        return refuse(why, text, "that is not an address");
    memcpy(name, host.ptr, host.len);
    name[host.len] = '\0';
    if (inet_pton(AF_INET6, name, &ip6) == 1)
        set_ipv6(ret, &ip6, port);
    else if (inet_pton(AF_INET, name, &ip4) == 1)
        set_ipv4(ret, &ip4, port);
    else
        return refuse(why, text, "the host must be an IP address or localhost");
    return VB_OK;
}

/* Takes the prefix off *rest; false: it does not begin with it. */
static bool take(struct vb_span *rest, struct vb_span prefix)
{
    if (!vb_span_starts(*rest, prefix))
        return false;
    *rest = vb_span_from(*rest, prefix.len);
    return true;
}

enum vb_err vb_address_parse(struct vb_span text, struct vb_address *ret,
                             struct vb_buf *why)
{
    struct vb_span rest = text;
    bool secure = take(&rest, VB_SPAN("https://"));
    size_t colon;
    int64_t port;
    enum vb_err err;

    if (take(&rest, VB_SPAN("unix:")))
        return secure ? refuse(why, text, "TLS is for HOST:PORT or :PORT")
                      : parse_unix(text, rest, ret, why);
    if (!secure)
        take(&rest, VB_SPAN("http://"));
    colon = rest.len;
    while (colon > 0 && rest.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return refuse(why, text,
                      "write HOST:PORT, :PORT, https://HOST:PORT or "
                      "unix:PATH");
    if (!vb_span_i64(vb_span_from(rest, colon), &port) || port > 65535)
        return refuse(why, text, "the port must be a number up to 65535");
    err = parse_host(text, vb_span_head(rest, colon - 1), (uint16_t)port, ret,
                     why);
    if (err == VB_OK)
        ret->secure = secure;
    return err;
}

unsigned vb_address_port(const struct vb_address *address)
{
    const struct sockaddr_in6 *in6 = (const void *)&address->sa;
    const struct sockaddr_in *in4 = (const void *)&address->sa;

    if (address->sa.ss_family == AF_INET6)
        return ntohs(in6->sin6_port);
    return address->sa.ss_family == AF_INET ? ntohs(in4->sin_port) : 0;
}

void vb_address_format_bare(const struct vb_address *address,
                            struct vb_buf *buf)
{
    const struct sockaddr_un *un = (const void *)&address->sa;
    const struct sockaddr_in6 *in6 = (const void *)&address->sa;
    const struct sockaddr_in *in4 = (const void *)&address->sa;
    char name[INET6_ADDRSTRLEN];

    if (address->sa.ss_family == AF_UNIX) {
        vb_buf_printf(buf, "unix:%s", un->sun_path);
    } else if (address->sa.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &in6->sin6_addr, name, sizeof(name));
        vb_buf_printf(buf, "[%s]:%u", name, vb_address_port(address));
    } else {
        inet_ntop(AF_INET, &in4->sin_addr, name, sizeof(name));
        vb_buf_printf(buf, "%s:%u", name, vb_address_port(address));
    }
}

void vb_address_format(const struct vb_address *address, struct vb_buf *buf)
{
    if (!vb_address_is_unix(address))
        vb_buf_str(buf, address->secure ? "https://" : "http://");
    vb_address_format_bare(address, buf);
}

/* A socket file that a dead server left behind would be in the way for ever;
 * one that somebody answers on, or that is no socket, is left alone. */
static void remove_stale_socket(const struct vb_address *address)
{
    const struct sockaddr_un *un = (const void *)&address->sa;
    struct stat st;
    int fd;

    if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 &&
        errno == ECONNREFUSED)
        unlink(un->sun_path);
    close(fd);
}

static bool set_options(int fd, int family)
{
    const int on = 1, off = 0;

    if (family == AF_UNIX)
        return true;
    if (family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)
        return false;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0;
}

/* What is bound has the mode of its socket, less what the umask takes: so there
 * is no moment in which others could connect. */
static bool keep_others_out(int fd, const struct vb_address *address)
{
    return !address->owner_only || !vb_address_is_unix(address) ||
           fchmod(fd, S_IRUSR | S_IWUSR) == 0;
}

static bool share_port(int fd, int family)
{
    const int on = 1;

    return family == AF_UNIX ||
           setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0;
}

/* A port is shared with those sockets that wanted to share it when they were
 * bound: the first does so a moment later. */
bool vb_address_bind(int fd, const struct vb_address *address, bool first)
{
    int family = address->sa.ss_family;
    const struct sockaddr *sa = (const struct sockaddr *)&address->sa;

    return (first || share_port(fd, family)) &&
           bind(fd, sa, address->len) == 0 &&
           (!first || share_port(fd, family));
}

enum vb_err vb_address_listen(struct vb_address *address, bool first,
                              int *ret_fd, struct vb_buf *why)
{
    int family = address->sa.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        goto failed;
    if (family == AF_UNIX)
        remove_stale_socket(address);
    if (!set_options(fd, family) || !keep_others_out(fd, address) ||
        !vb_address_bind(fd, address, first) || listen(fd, BACKLOG) != 0)
        goto failed;
    if (family != AF_UNIX &&
        getsockname(fd, (struct sockaddr *)&address->sa, &address->len) != 0)
        goto failed; /* for the port that the kernel chose */
    *ret_fd = fd;
    return VB_OK;

failed:
    vb_buf_str(why, "cannot listen on ");
    vb_address_format(address, why);
    vb_buf_printf(why, ": %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return VB_ERR_IO;
}

enum vb_err vb_address_of(int fd, struct vb_address *ret)
{
    struct vb_address address = {.len = sizeof(address.sa)};

    if (getsockname(fd, (struct sockaddr *)&address.sa, &address.len) != 0)
        return VB_ERR_IO;
    *ret = address;
    return VB_OK;
}
