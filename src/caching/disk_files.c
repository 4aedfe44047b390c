/*
 * The directory of a disk tier: whose it is, and what a process leaves to the
 * next one. See disk_inner.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_at.h"
#include "caching/disk_inner.h"

#define STATE     "verbatim-cache.state"
#define STATE_NEW "verbatim-cache.state.new"
#define MOMENTS   "verbatim-cache.moments"

#define STATE_MAGIC UINT64_C(0x5662636163686531)

/* Which run of the machine it is: pages that were written and not synced are
 * there for as long as that lasts, and a killed process loses none. */
struct boot {
    char id[40];
};

/* Everything of a process for the next one. */
struct state {
    uint64_t magic;
    struct vb_hash_key secret;
    struct boot boot; /* that wrote it */
    uint64_t whole;   /* all was on the disk when it ended */
    uint64_t check;
};

/* A place of moments: damaged ones must not pass for older ones. */
struct kept {
    uint64_t moment;
    uint64_t check;
};

_Static_assert(sizeof(struct state) == 80, "written as it lies in memory");

bool vb__disk_write(int fd, struct vb_span bytes, uint64_t at)
{
    while (bytes.len > 0) {
        ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return false;
        }
        bytes = vb_span_from(bytes, (size_t)n);
        at += (uint64_t)n;
    }
    return true;
}

static struct vb_span bytes_of(const void *at, size_t len)
{
    return vb_span_of(at, len);
}

/* --- The state -------------------------------------------------------------
 */

/* All zero where it cannot be known. */
static struct boot this_boot(void)
{
    struct boot boot = {""};
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return boot;
    if (vb_read_at(fd, boot.id, sizeof(boot.id) - 1, 0) < 0)
        boot = (struct boot){""};
    close(fd);
    return boot;
}

static uint64_t check_of(const struct state *state)
{
    return vb_hash(&vb_hash_key_fixed,
                   bytes_of(state, offsetof(struct state, check)));
}

/* May what is there be used? Then the secret is known. */
static bool read_state(struct vb__disk_files *files, const struct boot *boot)
{
    int fd = openat(files->dir, STATE,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct state state;
    ssize_t n;

    if (fd < 0)
        return false;
    n = vb_read_at(fd, &state, sizeof(state), 0);
    close(fd);
    if (n != sizeof(state) || state.magic != STATE_MAGIC ||
        state.check != check_of(&state))
        return false;
    files->secret = state.secret;
    return state.whole != 0 || (boot->id[0] != '\0' &&
                                memcmp(&state.boot, boot, sizeof(*boot)) == 0);
}

/* It is there whole, or the one before is; and on the disk. */
static bool write_state(const struct vb__disk_files *files,
                        const struct boot *boot, bool whole)
{
    struct state state = {
        .magic = STATE_MAGIC,
        .secret = files->secret,
        .boot = *boot,
        .whole = whole,
    };
    int fd =
        openat(files->dir, STATE_NEW,
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool fine;

    if (fd < 0)
        return false;
    state.check = check_of(&state);
    fine = vb__disk_write(fd, bytes_of(&state, sizeof(state)), 0) &&
           fsync(fd) == 0;
    close(fd);
    return fine && renameat(files->dir, STATE_NEW, files->dir, STATE) == 0 &&
           fsync(files->dir) == 0;
}

void vb__disk_files_void(struct vb__disk_files *files)
{
    unlinkat(files->dir, STATE, 0);
}

/* --- Moments ---------------------------------------------------------------
 */

static struct kept kept_of(const struct vb__disk_files *files, size_t place,
                           uint64_t moment)
{
    const uint64_t both[] = {place, moment};

    return (struct kept){moment,
                         vb_hash(&files->secret, bytes_of(both, sizeof(both)))};
}

bool vb__disk_files_mark(const struct vb__disk_files *files, size_t place,
                         uint64_t moment)
{
    const struct kept kept = kept_of(files, place, moment);

    return vb__disk_write(files->moments, bytes_of(&kept, sizeof(kept)),
                          place * sizeof(kept));
}

static bool all_sound(const struct vb__disk_files *files,
                      const struct kept *kept)
{
    for (size_t i = 0; i < VB_MOMENTS_PLACES; i++)
        if (kept[i].check != kept_of(files, i, kept[i].moment).check)
            return false;
    return true;
}

static bool read_moments(const struct vb__disk_files *files,
                         struct vb_moments *moments)
{
    size_t size = VB_MOMENTS_PLACES * sizeof(struct kept);
    struct kept *kept = malloc(size);
    bool sound = kept != NULL &&
                 vb_read_at(files->moments, kept, size, 0) == (ssize_t)size &&
                 all_sound(files, kept);

    for (size_t i = 0; sound && i < VB_MOMENTS_PLACES; i++)
        vb_moments_restore(moments, i, kept[i].moment);
    free(kept);
    return sound;
}

/* All at once, so that there is room for all of it from now on. */
static bool begin_moments(const struct vb__disk_files *files)
{
    size_t size = VB_MOMENTS_PLACES * sizeof(struct kept);
    struct kept *kept = malloc(size);
    bool fine;

    errno = ENOMEM;
    if (kept == NULL)
        return false;
    for (size_t i = 0; i < VB_MOMENTS_PLACES; i++)
        kept[i] = kept_of(files, i, 0);
    fine = vb__disk_write(files->moments, bytes_of(kept, size), 0);
    free(kept);
    return fine;
}

/* --- The directory ---------------------------------------------------------
 */

static enum vb_err say(struct vb_buf *ret_why, const char *path,
                       const char *what, int why)
{
    vb_buf_printf(ret_why, "%s: %s: %s", path, what, strerror(why));
    return why == ENOSPC || why == EDQUOT ? VB_ERR_NOSPACE : VB_ERR_IO;
}

/* What others may write to could hold anything. */
static enum vb_err check_owner(int dir, const char *path,
                               struct vb_buf *ret_why)
{
    struct stat st;

    if (fstat(dir, &st) != 0)
        return say(ret_why, path, "cannot be looked at", errno);
    if (st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return VB_OK;
    vb_buf_printf(ret_why,
                  "%s: must belong to the server's user, and nobody else may "
                  "write to it",
                  path);
    return VB_ERR_INVALID;
}

static enum vb_err take_directory(const char *path, struct vb_buf *ret_why,
                                  int *ret_dir)
{
    enum vb_err err;
    int dir;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return say(ret_why, path, "cannot be made", errno);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        err = errno == ENOTDIR ? VB_ERR_UNSUPPORTED : VB_ERR_IO;
        (void)say(ret_why, path, "cannot be opened", errno);
        return err;
    }
    err = check_owner(dir, path, ret_why);
    if (err == VB_OK && flock(dir, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            err = say(ret_why, path, "cannot be locked", errno);
        } else {
            vb_buf_printf(ret_why, "%s: in use by another process", path);
            err = VB_ERR_BUSY;
        }
    }
    if (err != VB_OK)
        close(dir);
    else
        *ret_dir = dir;
    return err;
}

static bool remove_all(struct vb__disk_files *files)
{
    uint64_t *ids;
    size_t count = vb__disk_segment_list(files, &ids);

    vb__disk_files_void(files);
    if (count == SIZE_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        vb__disk_segment_remove(files, ids[i]);
    free(ids);
    return true;
}

static enum vb_err open_files(struct vb__disk_files *files,
                              struct vb_moments *moments,
                              struct vb_buf *ret_why)
{
    const struct boot boot = this_boot();

    files->moments = openat(files->dir, MOMENTS,
                            O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (files->moments < 0)
        return say(ret_why, files->path, MOMENTS " cannot be opened", errno);
    if (!read_state(files, &boot) || !read_moments(files, moments)) {
        files->secret = vb_hash_key_random();
        if (!remove_all(files) || !begin_moments(files))
            return say(ret_why, files->path, "cannot be begun anew", errno);
    }
    if (!write_state(files, &boot, false))
        return say(ret_why, files->path, STATE " cannot be written", errno);
    return VB_OK;
}

enum vb_err vb__disk_files_open(struct vb__disk_files *files, const char *path,
                                struct vb_moments *moments,
                                struct vb_buf *ret_why)
{
    enum vb_err err;

    *files = (struct vb__disk_files){.path = strdup(path), .moments = -1};
    if (files->path == NULL)
        return VB_ERR_NOMEM;
    err = take_directory(path, ret_why, &files->dir);
    if (err == VB_OK) {
        err = open_files(files, moments, ret_why);
        if (err == VB_OK)
            return VB_OK;
        vb__disk_files_close(files, false);
        return err;
    }
    free(files->path);
    return err;
}

void vb__disk_files_close(struct vb__disk_files *files, bool whole)
{
    const struct boot boot = this_boot();

    if (whole && fsync(files->moments) == 0)
        (void)write_state(files, &boot, true);
    if (files->moments >= 0)
        close(files->moments);
    close(files->dir);
    free(files->path);
}
