/* Opening what lies beneath a directory. See beneath.h. */
#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Times that a rename in the tree may get in the way of a "..". */
#define TRIES 8
/* Bytes of one segment, with its NUL: NAME_MAX of all file systems. */
#define SEGMENT_MAX 256

static int open_once(int dir, const char *path, int flags)
{
    const struct open_how how = {
        .flags = (unsigned)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };

    return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int vb_open_beneath(int dir, const char *path, int flags)
{
    const char *name = *path == '\0' ? "." : path;
    int fd = open_once(dir, name, flags);

    for (int i = 1; fd < 0 && errno == EAGAIN && i < TRIES; i++)
        fd = open_once(dir, name, flags);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return vb__walk_beneath(dir, path, flags);
    return fd;
}

/* Takes the next segment off the front, with the slashes behind it; an empty
 * one is ".". False for one that leads elsewhere, or cannot be. */
static bool take_segment(const char **path, char segment[SEGMENT_MAX])
{
    size_t len = strcspn(*path, "/");

    if (len >= SEGMENT_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(segment, len == 0 ? "." : *path, len == 0 ? 1 : len);
    segment[len == 0 ? 1 : len] = '\0';
    *path += len;
    *path += strspn(*path, "/");
    errno = EXDEV;
    return strcmp(segment, "..") != 0;
}

/* One step down from `at`, which is closed. */
static int step(int at, const char *segment, int flags)
{
    int next = openat(at, segment, flags | O_NOFOLLOW);
    int why = errno;

    close(at);
    errno = why;
    return next;
}

int vb__walk_beneath(int dir, const char *path, int flags)
{
    const int through = O_PATH | O_DIRECTORY | O_CLOEXEC;
    bool slash = path[0] != '\0' && path[strlen(path) - 1] == '/';
    char segment[SEGMENT_MAX];
    int at;

    if (path[0] == '/') {
        errno = EXDEV;
        return -1;
    }
    at = openat(dir, ".", through);
    while (at >= 0) {
        if (!take_segment(&path, segment)) {
            int why = errno;

            close(at);
            errno = why;
            return -1;
        }
        if (*path == '\0')
            return step(at, segment, flags | (slash ? O_DIRECTORY : 0));
        at = step(at, segment, through);
    }
    return -1;
}
