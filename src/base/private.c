/* Reading a file with secrets in it. See private.h. */
#include "base/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_at.h"

/* Writing is for its owner, reading perhaps for a group of the operator's. */
#define OTHERS (S_IWGRP | S_IRWXO)

static enum vb_err judge(int fd, struct vb_buf *why)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        vb_buf_printf(why, "cannot be read: %s", strerror(errno));
        return VB_ERR_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        vb_buf_str(why, "is no file");
        return VB_ERR_INVALID;
    }
    if ((st.st_mode & OTHERS) == 0)
        return VB_OK;
    vb_buf_printf(why,
                  "may be read or changed by others (its mode is %03o; chmod "
                  "600 or 640 would do)",
                  (unsigned)(st.st_mode & 0777));
    return VB_ERR_INVALID;
}

static enum vb_err read_all(int fd, struct vb_buf *into, struct vb_buf *why)
{
    size_t most = into->limit - into->len;
    char *at = vb_buf_reserve(into, most);
    ssize_t n;
    char more;

    if (at == NULL)
        return into->err;
    n = vb_read_at(fd, at, most, 0);
    if (n < 0) {
        vb_buf_printf(why, "cannot be read: %s", strerror(errno));
        return VB_ERR_IO;
    }
    into->len += (size_t)n;
    if (vb_read_at(fd, &more, 1, (uint64_t)n) < 1)
        return VB_OK;
    vb_buf_printf(why, "is longer than %zu bytes", most);
    return VB_ERR_LIMIT;
}

enum vb_err vb_private_read(const char *path, struct vb_buf *into,
                            struct vb_buf *ret_why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum vb_err err;

    if (fd < 0) {
        vb_buf_printf(ret_why, "cannot be read: %s", strerror(errno));
        return VB_ERR_IO;
    }
    err = judge(fd, ret_why);
    if (err == VB_OK)
        err = read_all(fd, into, ret_why);
    close(fd);
    return err;
}
