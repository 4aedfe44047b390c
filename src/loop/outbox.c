/* See outbox.h. */
#include "loop/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "loop/udp.h"

enum {
    MESSAGES = 64,
    /* A datagram that waits is one packet of Ethernet's at most. */
    COPY_MAX = 1500,
    /* What the kernel takes as one message: datagrams, and bytes. */
    SEGMENTS = 64,
    BATCH_MAX = 65000
};

struct message {
    struct vb_quic_path path;
    struct iovec iov;
    _Alignas(struct cmsghdr) char control[VB_UDP_CONTROL];
    char bytes[COPY_MAX];
};

struct vb_outbox {
    int fd; /* of what waits */
    unsigned count;
    bool no_gso; /* the kernel, or the device, has it not */
    struct mmsghdr headers[MESSAGES];
    struct message messages[MESSAGES];
};

struct vb_outbox *vb_outbox_new(void)
{
    return calloc(1, sizeof(struct vb_outbox));
}

void vb_outbox_free(struct vb_outbox *outbox)
{
    free(outbox);
}

static bool is_full(void)
{
    return errno == EAGAIN;
}

static void drop_first(struct vb_outbox *outbox, unsigned n)
{
    outbox->count -= n;
    memmove(outbox->messages, outbox->messages + n,
            outbox->count * sizeof(outbox->messages[0]));
    memmove(outbox->headers, outbox->headers + n,
            outbox->count * sizeof(outbox->headers[0]));
}

/* Messages point into themselves, and may have moved. */
static void point(struct vb_outbox *outbox)
{
    for (unsigned i = 0; i < outbox->count; i++) {
        struct message *message = &outbox->messages[i];
        struct msghdr *header = &outbox->headers[i].msg_hdr;

        message->iov.iov_base = message->bytes;
        header->msg_iov = &message->iov;
        header->msg_iovlen = 1;
        header->msg_name = &message->path.remote;
        header->msg_control = message->control;
    }
}

int vb_outbox_flush(struct vb_outbox *outbox)
{
    while (outbox->count > 0) {
        int n = sendmmsg(outbox->fd, outbox->headers, outbox->count, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && is_full())
            return outbox->fd;
        drop_first(outbox, n > 0 ? (unsigned)n : 1);
        point(outbox);
    }
    return -1;
}

static void keep(struct vb_outbox *outbox, int fd,
                 const struct vb_quic_path *path, unsigned ecn,
                 struct vb_span bytes)
{
    struct message *message = &outbox->messages[outbox->count];
    struct msghdr *header = &outbox->headers[outbox->count].msg_hdr;

    outbox->fd = fd;
    outbox->count++;
    message->path = *path;
    message->iov =
        (struct iovec){.iov_base = message->bytes, .iov_len = bytes.len};
    memcpy(message->bytes, bytes.ptr, bytes.len);
    *header = (struct msghdr){.msg_iov = &message->iov, .msg_iovlen = 1};
    vb_udp_address(header, &message->path, ecn, 0, message->control);
}

/* One message, of one datagram or (segment not 0) of several. What sendmsg
 * says. */
static ssize_t send_now(int fd, const struct vb_quic_path *path, unsigned ecn,
                        struct vb_span bytes, size_t segment)
{
    _Alignas(struct cmsghdr) char control[VB_UDP_CONTROL];
    struct iovec iov = {.iov_base = (void *)bytes.ptr, .iov_len = bytes.len};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;

    vb_udp_address(&message, path, ecn, segment, control);
    do
        n = sendmsg(fd, &message, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Bytes of the next message, in whole datagrams where there are more. */
static size_t batch_of(const struct vb_outbox *outbox, size_t len,
                       size_t segment)
{
    size_t most = outbox->no_gso ? 1 : SEGMENTS;

    if (most > BATCH_MAX / segment)
        most = BATCH_MAX > segment ? BATCH_MAX / segment : 1;
    return len < most * segment ? len : most * segment;
}

static bool gso_is_missing(void)
{
    return errno == EIO || errno == EINVAL || errno == EOPNOTSUPP;
}

/* Sends them in as few messages as can be. What follows those that the socket
 * has taken, when it is full, is lost: packets are sent again. */
static bool send_all(struct vb_outbox *outbox, int fd,
                     const struct vb_quic_path *path, unsigned ecn,
                     struct vb_span bytes, size_t segment)
{
    bool any = false;

    while (bytes.len > 0) {
        size_t n = batch_of(outbox, bytes.len, segment);
        bool several = n > segment;

        if (send_now(fd, path, ecn, vb_span_head(bytes, n),
                     several ? segment : 0) < 0) {
            if (is_full())
                return any;
            if (several && gso_is_missing()) {
                outbox->no_gso = true;
                continue;
            }
        }
        any = true;
        bytes = vb_span_from(bytes, n);
    }
    return true;
}

int vb_outbox_put(struct vb_outbox *outbox, int fd,
                  const struct vb_quic_path *path, unsigned ecn,
                  struct vb_span bytes, size_t segment)
{
    bool waits = bytes.len <= segment && bytes.len <= COPY_MAX;
    int full = -1;

    if (!waits || outbox->count == MESSAGES ||
        (outbox->count > 0 && outbox->fd != fd))
        full = vb_outbox_flush(outbox);
    if (full >= 0)
        return full;
    if (!waits)
        return send_all(outbox, fd, path, ecn, bytes, segment) ? -1 : fd;
    keep(outbox, fd, path, ecn, bytes);
    return -1;
}
