/* The disk's side of the resource `files`. See files_disk.h. */
#include "resource/files_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/hash.h"
#include "http/media_name.h"

#define NS_PER_S INT64_C(1000000000)
/* The coarsest clock of a file system: within it after a change, another one
 * may go unseen. */
#define GRAIN_NS (2 * NS_PER_S)

const struct vb_span vb__files_codings[VB_FILES_CODINGS] = {
    [VB_FILES_BR] = VB_SPAN_INIT("br"),
    [VB_FILES_ZSTD] = VB_SPAN_INIT("zstd"),
    [VB_FILES_GZIP] = VB_SPAN_INIT("gzip"),
    [VB_FILES_PLAIN] = VB_SPAN_INIT("identity"),
};

static const char *const ends[VB_FILES_CODINGS] = {
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
static int open_at(struct vb_files_name *name, const char *end, int flags)
{
    int top = open(name->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd, why;

    if (top < 0)
        return -1;
    memcpy(name->path + name->len, end, strlen(end) + 1);
    fd = vb_open_beneath(top, name->path, flags | O_CLOEXEC);
    why = errno;
    name->path[name->len] = '\0';
    close(top);
    errno = why;
    return fd;
}

static int64_t ns_of(struct timespec time)
{
    if (time.tv_sec > INT64_MAX / NS_PER_S - 1 ||
        time.tv_sec < INT64_MIN / NS_PER_S + 1)
        return 0;
    return time.tv_sec * NS_PER_S + time.tv_nsec;
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

/* Only one with an index page is shown to be there. */
static enum vb_files_found look_into(struct vb_files_name *name)
{
    enum vb_files_found found;
    struct vb_files_id id;

    found = identify(name, name->len == 0 ? "index.html" : "/index.html", &id);
    if (found == VB_FILES_FILE)
        return VB_FILES_DIRECTORY;
    return found == VB_FILES_DIRECTORY ? VB_FILES_NOTHING : found;
}

/* What was made of an older state of the file says what it said then. Tools
 * copy the times in seconds, if at all. */
static bool is_stale(const struct vb_files_id *coded,
                     const struct vb_files_id *plain)
{
    return coded->modified / NS_PER_S < plain->modified / NS_PER_S;
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

        if (identify(name, ends[i], &id) == VB_FILES_FILE &&
            !is_stale(&id, plain))
            ret_look->ids[i] = id;
    }
}

/* --- opening and reading ----------------------------------------------------
 */

int vb__files_open(struct vb_files_name *name, enum vb_files_coding coding,
                   struct vb_files_id *ret_id)
{
    /* O_NONBLOCK: a FIFO that came in between must not hold us up. */
    int fd = open_at(name, ends[coding], O_RDONLY | O_NONBLOCK | O_NOCTTY);
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

/* Reads up to `size` bytes; how many there were, or -1. */
static ssize_t read_all(int fd, char *at, size_t size)
{
    size_t len = 0;
    ssize_t n;

    do {
        n = pread(fd, at + len, size - len, (off_t)len);
        if (n > 0)
            len += (size_t)n;
    } while (n > 0 && len < size);
    return n < 0 ? -1 : (ssize_t)len;
}

/* Reads a small file's content. What changes meanwhile has the state of
 * after: one that changed just now. */
static bool take_content(struct vb_files_kept *kept, int fd)
{
    struct stat st;
    ssize_t len = read_all(fd, kept->content, (size_t)kept->id.size);

    if (len < 0 || fstat(fd, &st) != 0)
        return false;
    kept->id = id_of(&st);
    kept->id.size = (uint64_t)len;
    return true;
}

/* --- representations --------------------------------------------------------
 */

/* 64 bits of what tells the state apart, in base 36; not the numbers
 * themselves, which are nobody's business. */
static struct vb_span tag_of(const struct vb_files_id *id, char room[16])
{
    static const struct vb_hash_key key = {UINT64_C(0x7665726261746d),
                                           UINT64_C(0x66696c6573)};
    const uint64_t facts[] = {id->inode, id->size, (uint64_t)id->modified,
                              (uint64_t)id->changed};
    uint64_t n = vb_hash(&key, vb_span_of((const char *)facts, sizeof(facts)));
    size_t at = 16;

    do
        room[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
    while ((n /= 36) > 0);
    return vb_span_of(room + at, 16 - at);
}

static bool has_codings(const struct vb_files_look *look)
{
    for (int i = 0; i < VB_FILES_PLAIN; i++)
        if (look->ids[i].inode != 0)
            return true;
    return false;
}

/* Never later than Date (RFC 9110 section 8.8.2.1). */
static int64_t modified_of(const struct vb_files_id *id, int64_t unix_ms)
{
    int64_t modified = id->modified / NS_PER_S, now = unix_ms / 1000;

    return modified < 0 ? VB_DATE_NONE : modified < now ? modified : now;
}

static struct vb_span last_segment(const struct vb_files_name *name)
{
    size_t from = name->len;

    while (from > 0 && name->path[from - 1] != '/')
        from--;
    return vb_span_of(name->path + from, name->len - from);
}

static struct vb_rep *make(const struct vb_files_name *name,
                           enum vb_files_coding coding,
                           struct vb_files_kept *kept, int64_t unix_ms)
{
    const struct vb_files_id *id = &kept->id;
    bool small = id->size <= VB_FILES_SMALL;
    const struct vb_field_out extra[] = {
        {VB_SPAN("X-Content-Type-Options"), VB_SPAN("nosniff")},
    };
    struct vb_span applied =
        coding == VB_FILES_PLAIN ? VB_SPAN("") : vb__files_codings[coding];
    const int64_t now = unix_ms * (NS_PER_S / 1000);
    bool weak = now - id->changed < GRAIN_NS;
    char tag[16];
    const struct vb_rep_draft draft = {
        .media_type = vb_media_of_name(last_segment(name)),
        .tag_core = tag_of(id, tag),
        .tag_variant = applied,
        .tag_weak = weak,
        .modified = modified_of(id, unix_ms),
        .content = vb_span_of(kept->content, small ? (size_t)id->size : 0),
        .length = id->size,
        .streamed = !small,
        .coding = applied,
        .vary =
            has_codings(&kept->look) ? VB_SPAN("Accept-Encoding") : VB_SPAN(""),
        .cache_control = VB_SPAN("no-cache"),
        .extra = extra,
        .extra_count = sizeof(extra) / sizeof(extra[0]),
        .owner = kept,
        .release = free,
    };

    kept->fleeting = weak || id->modified > now;
    return vb_rep_new(&draft);
}

/* NULL with errno. */
static struct vb_rep *make_from(const struct vb_files_name *name,
                                const struct vb_files_look *look,
                                enum vb_files_coding coding, int fd,
                                const struct vb_files_id *id,
                                struct vb_files_now now)
{
    bool small = id->size <= VB_FILES_SMALL;
    struct vb_files_kept *kept =
        malloc(sizeof(*kept) + (small ? (size_t)id->size : 0));
    struct vb_rep *rep = NULL;

    errno = ENOMEM;
    if (kept == NULL)
        return NULL;
    *kept = (struct vb_files_kept){
        .id = *id,
        .look = *look,
        .looked_ms = now.mono_ms,
        .made_ms = now.mono_ms,
    };
    if (!small || take_content(kept, fd))
        rep = make(name, coding, kept, now.unix_ms);
    if (rep == NULL)
        free(kept);
    return rep;
}

struct vb_rep *vb__files_load(struct vb_files_name *name,
                              const struct vb_files_look *look,
                              enum vb_files_coding coding,
                              struct vb_files_now now, int *ret_fd)
{
    struct vb_files_id id;
    int fd = vb__files_open(name, coding, &id);
    struct vb_rep *rep;
    int why;

    *ret_fd = -1;
    if (fd < 0)
        return NULL;
    rep = make_from(name, look, coding, fd, &id, now);
    if (rep != NULL && rep->streamed) {
        *ret_fd = fd;
        return rep;
    }
    why = errno;
    close(fd);
    errno = why;
    return rep;
}
