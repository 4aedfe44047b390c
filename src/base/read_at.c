/* See read_at.h. */
#include "base/read_at.h"

#include <errno.h>
#include <unistd.h>

ssize_t vb_read_at(int fd, void *to, size_t size, uint64_t offset)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n =
            pread(fd, (char *)to + done, size - done, (off_t)(offset + done));

        if (n == 0)
            break;
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}
