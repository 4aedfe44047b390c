/* Segments of the disk tier: their files. See disk_inner.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caching/disk_inner.h"

/* Digits of an id in a name. */
#define DIGITS       16
#define HEADS        ".heads"
#define CONTENTS     ".contents"
#define NAME_MAX_LEN 32

static void name_of(uint64_t id, const char *end, char name[NAME_MAX_LEN])
{
    snprintf(name, NAME_MAX_LEN, "%0*" PRIx64 "%s", DIGITS, id, end);
}

static int open_file(const struct vb__disk_files *files, uint64_t id,
                     const char *end, int flags)
{
    char name[NAME_MAX_LEN];

    name_of(id, end, name);
    return openat(files->dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags,
                  0600);
}

void vb__disk_segment_unref(struct vb__disk_segment *segment)
{
    if (!vb_ref_put(&segment->ref))
        return;
    if (segment->heads >= 0)
        close(segment->heads);
    if (segment->contents >= 0)
        close(segment->contents);
    free(segment);
}

/* Heads come last and go first: where they are, so are the contents. */
static struct vb__disk_segment *open_both(const struct vb__disk_files *files,
                                          uint64_t id, int flags)
{
    struct vb__disk_segment *segment = calloc(1, sizeof(*segment));
    int why;

    errno = ENOMEM;
    if (segment == NULL)
        return NULL;
    vb_ref_init(&segment->ref);
    vb_list_init(&segment->link);
    vb_list_init(&segment->entries);
    segment->id = id;
    segment->heads = -1;
    segment->contents = open_file(files, id, CONTENTS, flags);
    if (segment->contents >= 0)
        segment->heads = open_file(files, id, HEADS, flags);
    if (segment->heads >= 0)
        return segment;
    why = errno;
    vb__disk_segment_unref(segment);
    errno = why;
    return NULL;
}

struct vb__disk_segment *
vb__disk_segment_new(const struct vb__disk_files *files, uint64_t id)
{
    return open_both(files, id, O_CREAT | O_TRUNC);
}

static bool take_length(int fd, uint32_t *ret_len)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > UINT32_MAX)
        return false;
    *ret_len = (uint32_t)st.st_size;
    return true;
}

struct vb__disk_segment *
vb__disk_segment_open(const struct vb__disk_files *files, uint64_t id)
{
    struct vb__disk_segment *segment = open_both(files, id, O_NONBLOCK);

    if (segment == NULL)
        return NULL;
    if (take_length(segment->heads, &segment->heads_len) &&
        take_length(segment->contents, &segment->contents_len))
        return segment;
    vb__disk_segment_unref(segment);
    errno = EINVAL;
    return NULL;
}

void vb__disk_segment_remove(const struct vb__disk_files *files, uint64_t id)
{
    char name[NAME_MAX_LEN];

    name_of(id, HEADS, name);
    unlinkat(files->dir, name, 0);
    name_of(id, CONTENTS, name);
    unlinkat(files->dir, name, 0);
}

uint64_t vb__disk_charge(const struct vb__disk_segment *segment)
{
    uint64_t least = (uint64_t)segment->records * VB__DISK_CHARGE_LEAST;
    uint64_t bytes = (uint64_t)segment->heads_len + segment->contents_len;

    return bytes > least ? bytes : least;
}

/* --- Which there are -------------------------------------------------------
 */

/* Ids go up by one, and never get that high. */
static bool id_of(const char *name, uint64_t *ret_id)
{
    static const char hex[] = "0123456789abcdef";
    struct vb_span span = vb_span_str(name);
    struct vb_span digits = vb_span_head(span, DIGITS);
    struct vb_span end = vb_span_from(span, DIGITS);
    uint64_t id = 0;

    if (!vb_span_eq(end, VB_SPAN(HEADS)) && !vb_span_eq(end, VB_SPAN(CONTENTS)))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        const char *digit = memchr(hex, digits.ptr[i], DIGITS);

        if (digit == NULL)
            return false;
        id = id << 4 | (uint64_t)(digit - hex);
    }
    *ret_id = id;
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Each has two files. */
static size_t sort_out(uint64_t *ids, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(ids, count, sizeof(*ids), compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    return kept;
}

size_t vb__disk_segment_list(const struct vb__disk_files *files,
                             uint64_t **ret_ids)
{
    int fd = openat(files->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *file;
    struct vb_buf ids;
    uint64_t id;

    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return SIZE_MAX;
    }
    vb_buf_init(&ids, SIZE_MAX / 2);
    while ((file = readdir(dir)) != NULL)
        if (id_of(file->d_name, &id))
            vb_buf_append(&ids, vb_span_of((const char *)&id, sizeof(id)));
    closedir(dir);
    *ret_ids = (uint64_t *)(void *)ids.ptr; /* free() takes it, as buf does */
    if (ids.err == VB_OK)
        return sort_out(*ret_ids, ids.len / sizeof(id));
    vb_buf_done(&ids);
    return SIZE_MAX;
}
