/* The disk's side of the resource `files`. See files_disk.h. */
#include "resource/files_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"

/* The coarsest clock of a file system: within it after a change, another one
 * may go unseen. */
#define GRAIN_NS (2 * VB_FILES_NS_PER_S)

const struct vb_span vb__files_codings[VB_FILES_CODINGS] = {
    [VB_FILES_BR] = VB_SPAN_INIT("br"),
    [VB_FILES_ZSTD] = VB_SPAN_INIT("zstd"),
    [VB_FILES_GZIP] = VB_SPAN_INIT("gzip"),
    [VB_FILES_PLAIN] = VB_SPAN_INIT("identity"),
};

const char *const vb__files_ends[VB_FILES_CODINGS] = {
    [VB_FILES_BR] = ".br",
    [VB_FILES_ZSTD] = ".zst",
    [VB_FILES_GZIP] = ".gz",
    [VB_FILES_PLAIN] = "",
};

enum vb_files_found vb__files_found(int why)
{
    switch (why) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
        return VB_FILES_BUSY;
    case EIO:
    case ESTALE:
    case EUCLEAN:
        return VB_FILES_BROKEN;
    default:
        return VB_FILES_NOTHING;
    }
}

/* The directory anew each time: it may be a link that has been turned. */
static int open_beneath(const char *directory, const char *path, int flags)
{
    int top = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd, why;

    if (top < 0)
        return -1;
    fd = vb_open_beneath(top, path, flags | O_CLOEXEC);
    why = errno;
    close(top);
    errno = why;
    return fd;
}

static int open_at(struct vb_files_name *name, const char *end, int flags)
{
    int fd;

    memcpy(name->path + name->len, end, strlen(end) + 1);
    fd = open_beneath(name->directory, name->path, flags);
    name->path[name->len] = '\0';
    return fd;
}

int vb__files_open_dir(const struct vb_files_name *name, size_t len, int flags)
{
    char end = name->path[len];
    int fd;

    name->path[len] = '\0';
    fd = open_beneath(name->directory, name->path, flags | O_DIRECTORY);
    name->path[len] = end;
    return fd;
}

static int64_t ns_of(struct timespec time)
{
    if (time.tv_sec > INT64_MAX / VB_FILES_NS_PER_S - 1 ||
        time.tv_sec < INT64_MIN / VB_FILES_NS_PER_S + 1)
        return 0;
    return time.tv_sec * VB_FILES_NS_PER_S + time.tv_nsec;
}

static struct vb_files_id id_of(const struct stat *st)
{
    return (struct vb_files_id){
        .device = st->st_dev,
        .inode = st->st_ino,
        .size = (uint64_t)st->st_size,
        .modified = ns_of(st->st_mtim),
        .changed = ns_of(st->st_ctim),
    };
}

bool vb__files_id_of(int fd, struct vb_files_id *ret_id)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    *ret_id = id_of(&st);
    return true;
}

bool vb__files_is_recent(const struct vb_files_id *id, int64_t unix_ms)
{
    return unix_ms * (VB_FILES_NS_PER_S / 1000) - id->changed < GRAIN_NS;
}

bool vb__files_id_eq(const struct vb_files_id *a, const struct vb_files_id *b)
{
    return a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->modified == b->modified &&
           a->changed == b->changed;
}

bool vb__files_same(const struct vb_files_look *a,
                    const struct vb_files_look *b)
{
    if (a->found != b->found)
        return false;
    for (int i = 0; i < VB_FILES_CODINGS; i++)
        if (!vb__files_id_eq(&a->ids[i], &b->ids[i]))
            return false;
    return true;
}

/* --- looking ----------------------------------------------------------------
 */

static enum vb_files_found identify(struct vb_files_name *name, const char *end,
                                    struct vb_files_id *ret_id)
{
    int fd = open_at(name, end, O_PATH);
    enum vb_files_found found = VB_FILES_NOTHING;
    struct stat st;

    if (fd < 0)
        return vb__files_found(errno);
    if (fstat(fd, &st) != 0)
        found = vb__files_found(errno);
    else if (S_ISDIR(st.st_mode))
        found = VB_FILES_DIRECTORY;
    else if (S_ISREG(st.st_mode))
        found = VB_FILES_FILE;
    close(fd);
    if (found == VB_FILES_FILE)
        *ret_id = id_of(&st);
    return found;
}

enum vb_files_found vb__files_identify(struct vb_files_name *name,
                                       struct vb_files_id *ret_id)
{
    return identify(name, "", ret_id);
}

static enum vb_files_found look_into(struct vb_files_name *name)
{
    enum vb_files_found found;
    struct vb_files_id id;

    found = identify(name, name->len == 0 ? VB_FILES_INDEX : "/" VB_FILES_INDEX,
                     &id);
    if (found == VB_FILES_FILE)
        return VB_FILES_DIRECTORY;
    return found == VB_FILES_NOTHING || found == VB_FILES_DIRECTORY
               ? VB_FILES_BARE
               : found;
}

/* What was made of an older state of the file says what it said then. Tools
 * copy the times in seconds, if at all. */
static bool is_stale(const struct vb_files_id *coded,
                     const struct vb_files_id *plain)
{
    return coded->modified / VB_FILES_NS_PER_S <
           plain->modified / VB_FILES_NS_PER_S;
}

void vb__files_look(struct vb_files_name *name, struct vb_files_look *ret_look)
{
    struct vb_files_id *plain = &ret_look->ids[VB_FILES_PLAIN];

    *ret_look = (struct vb_files_look){0};
    ret_look->found = identify(name, "", plain);
    if (ret_look->found == VB_FILES_DIRECTORY)
        ret_look->found = look_into(name);
    if (ret_look->found != VB_FILES_FILE)
        return;
    for (int i = 0; i < VB_FILES_PLAIN; i++) {
        struct vb_files_id id;

        if (identify(name, vb__files_ends[i], &id) == VB_FILES_FILE &&
            !is_stale(&id, plain))
            ret_look->ids[i] = id;
    }
}

/* --- opening ----------------------------------------------------------------
 */

int vb__files_open(struct vb_files_name *name, enum vb_files_coding coding,
                   struct vb_files_id *ret_id)
{
    /* O_NONBLOCK: a FIFO that came in between must not hold us up. */
    int fd =
        open_at(name, vb__files_ends[coding], O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    int why;

    if (fd < 0)
        return -1;
    why = fstat(fd, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : ENOENT;
    if (why == 0) {
        *ret_id = id_of(&st);
        return fd;
    }
    close(fd);
    errno = why;
    return -1;
}
