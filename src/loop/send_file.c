/*
 * From a file to a socket: sendfile(2), or by way of the worker's buffer where
 * the file is of a kind that it cannot read from.
 */
#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/worker.h"

/* Nothing is at the offset although the part goes on: the file was cut short
 * since its length was announced. */
static ssize_t ended(void)
{
    errno = ENODATA;
    return -1;
}

static ssize_t send_copy(int socket, const struct vb_file_part *part,
                         size_t most, char *buffer)
{
    size_t size = most < VB_RECV_SIZE ? most : VB_RECV_SIZE;
    ssize_t n = pread(part->fd, buffer, size, (off_t)part->offset);

    if (n == 0)
        return ended();
    return n < 0 ? -1 : send(socket, buffer, (size_t)n, MSG_NOSIGNAL);
}

ssize_t vb__send_file(int socket, const struct vb_file_part *part, size_t most,
                      char *buffer)
{
    off_t offset = (off_t)part->offset;
    ssize_t n = sendfile(socket, part->fd, &offset, most);

    if (n == 0)
        return ended();
    if (n < 0 && (errno == EINVAL || errno == ENOSYS))
        return send_copy(socket, part, most, buffer);
    return n;
}
