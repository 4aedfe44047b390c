/* The lock file beside the database. See lock.h. */
#include "storage/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Who holds it, from the file; for people only. */
static void say_busy(int fd, const char *path, struct vb_buf *ret_why)
{
    char pid[24];
    ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
    size_t digits;

    pid[n > 0 ? n : 0] = '\0';
    digits = strspn(pid, "0123456789");
    vb_buf_printf(ret_why, "%s: in use by another process", path);
    if (digits > 0)
        vb_buf_printf(ret_why, " (%.*s)", (int)digits, pid);
}

static void write_pid(int fd)
{
    char pid[24];
    int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

    /* A full disk must not keep a store from being read. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)len, 0) != len)
        return;
}

enum vb_err vb__lock_take(const char *path, int *ret_fd, struct vb_buf *ret_why)
{
    char *lock_path = NULL;
    int fd;

    if (asprintf(&lock_path, "%s-lock", path) < 0)
        return VB_ERR_NOMEM;
    fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        vb_buf_printf(ret_why, "%s: cannot be opened: %s", lock_path,
                      strerror(errno));
    free(lock_path);
    if (fd < 0)
        return VB_ERR_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum vb_err err = errno == EWOULDBLOCK ? VB_ERR_BUSY : VB_ERR_IO;

        if (err == VB_ERR_BUSY)
            say_busy(fd, path, ret_why);
        else
            vb_buf_printf(ret_why, "%s-lock: cannot be locked: %s", path,
                          strerror(errno));
        close(fd);
        return err;
    }
    write_pid(fd);
    *ret_fd = fd;
    return VB_OK;
}
