/* A request on a connection of its own. See line.h. */
#include "server/line.h"

#include <errno.h>
#include <sys/socket.h>

#include "server/explain.h"

static ssize_t send_some(const struct vb__line *line, struct vb_span bytes)
{
    return line->secured != NULL
               ? vb__secured_send(line->secured, bytes)
               : send(line->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
}

static ssize_t receive_some(const struct vb__line *line, void *into,
                            size_t size)
{
    return line->secured != NULL
               ? vb__secured_receive(line->secured, into, size)
               : recv(line->fd, into, size, 0);
}

/* Who is refused early may see its connection reset while it still sends; the
 * answer is there all the same. */
static void send_all(const struct vb__line *line, struct vb_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send_some(line, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes = vb_span_from(bytes, (size_t)n);
    }
}

static const char *receive_all(const struct vb__line *line,
                               struct vb_buf *reply)
{
    for (;;) {
        char *to = vb_buf_reserve(reply, 64 * 1024);
        ssize_t n = to == NULL ? 0 : receive_some(line, to, 64 * 1024);

        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0) {
            reply->len += (size_t)n;
            continue;
        }
        if (reply->err != VB_OK)
            return vb_err_text(reply->err);
        return n < 0 && reply->len == 0 ? strerror(errno) : NULL;
    }
}

const char *vb__line_ask(const struct vb__line *line, struct vb_span bytes,
                         struct vb_buf *reply)
{
    send_all(line, bytes);
    return receive_all(line, reply);
}
