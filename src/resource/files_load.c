/* Making a representation of a file. See files_disk.h. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base36.h"
#include "base/hash.h"
#include "base/read_at.h"
#include "http/media_name.h"
#include "resource/files_disk.h"

/* Reads a small file's content. What changes meanwhile has the state of
 * after: one that changed just now. */
static bool take_content(struct vb_files_kept *kept, int fd)
{
    ssize_t len = vb_read_at(fd, kept->content, (size_t)kept->id.size, 0);

    if (len < 0 || !vb__files_id_of(fd, &kept->id))
        return false;
    kept->id.size = (uint64_t)len;
    return true;
}

/* 64 bits of what tells the state apart, in base 36; not the numbers
 * themselves, which are nobody's business. */
static struct vb_span tag_of(const struct vb_files_id *id,
                             char room[VB_BASE36_MOST])
{
    static const struct vb_hash_key key = {UINT64_C(0x7665726261746d),
                                           UINT64_C(0x66696c6573)};
    const uint64_t facts[] = {id->inode, id->size, (uint64_t)id->modified,
                              (uint64_t)id->changed};
    uint64_t n = vb_hash(&key, vb_span_of((const char *)facts, sizeof(facts)));
    char *end = room + VB_BASE36_MOST, *at = vb_base36_before(end, n);

    return vb_span_of(at, (size_t)(end - at));
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
    int64_t modified = id->modified / VB_FILES_NS_PER_S, now = unix_ms / 1000;

    return modified < 0 ? VB_DATE_NONE : modified < now ? modified : now;
}

static struct vb_span vary_of(const struct vb_files_seen *seen)
{
    static const struct vb_span texts[2][2] = {
        {VB_SPAN_INIT(""), VB_SPAN_INIT("Accept-Language")},
        {VB_SPAN_INIT("Accept-Encoding"),
         VB_SPAN_INIT("Accept-Encoding, Accept-Language")}};

    return texts[has_codings(&seen->look)][seen->languages.tags.len > 0];
}

static struct vb_rep *make(const struct vb_files_name *name,
                           enum vb_files_coding coding,
                           struct vb_files_kept *kept, int64_t unix_ms)
{
    const struct vb_files_id *id = &kept->id;
    bool small = id->size <= VB_FILES_SMALL;
    struct vb_span language = kept->seen.language;
    const struct vb_field_out extra[] = {
        {VB_SPAN("X-Content-Type-Options"), VB_SPAN("nosniff")},
        {VB_SPAN("Content-Language"), language}, /* where it is known */
    };
    struct vb_span applied =
        coding == VB_FILES_PLAIN ? VB_SPAN("") : vb__files_codings[coding];
    bool weak = vb__files_is_recent(id, unix_ms);
    char tag[VB_BASE36_MOST];
    const struct vb_rep_draft draft = {
        .media_type = vb_media_of_name(vb__files_last(name)),
        .tag_core = tag_of(id, tag),
        .tag_variant = applied,
        .tag_weak = weak,
        .modified = modified_of(id, unix_ms),
        .content = vb_span_of(kept->content, small ? (size_t)id->size : 0),
        .length = id->size,
        .streamed = !small,
        .coding = applied,
        .vary = vary_of(&kept->seen),
        .by_language = kept->seen.languages.tags.len > 0,
        .cache_control = name->caching,
        .extra = extra,
        .extra_count = language.len > 0 ? 2 : 1,
        .owner = kept,
        .release = free,
    };

    kept->fleeting =
        weak || id->modified > unix_ms * (VB_FILES_NS_PER_S / 1000);
    return vb_rep_new(&draft);
}

/* Moves the text to where it is kept; where the next one goes. */
static char *keep_text(struct vb_span *text, char *at)
{
    if (text->len > 0)
        memcpy(at, text->ptr, text->len);
    text->ptr = at;
    return at + text->len;
}

static size_t text_len(const struct vb_files_seen *seen)
{
    return seen->languages.own.len + seen->languages.tags.len +
           seen->language.len;
}

size_t vb__files_kept_size(const struct vb_rep *rep)
{
    const struct vb_files_kept *kept = vb__files_kept(rep);

    return sizeof(*kept) + text_len(&kept->seen);
}

/* NULL with errno. */
static struct vb_rep *make_from(const struct vb_files_name *name,
                                const struct vb_files_seen *seen,
                                enum vb_files_coding coding, int fd,
                                const struct vb_files_id *id,
                                struct vb_files_now now)
{
    bool small = id->size <= VB_FILES_SMALL;
    size_t content_len = small ? (size_t)id->size : 0;
    struct vb_files_kept *kept =
        malloc(sizeof(*kept) + content_len + text_len(seen));
    struct vb_rep *rep = NULL;
    char *at;

    errno = ENOMEM;
    if (kept == NULL)
        return NULL;
    *kept = (struct vb_files_kept){
        .id = *id,
        .seen = *seen,
        .looked_ms = now.mono_ms,
        .made_ms = now.mono_ms,
    };
    at = keep_text(&kept->seen.languages.own, kept->content + content_len);
    at = keep_text(&kept->seen.languages.tags, at);
    keep_text(&kept->seen.language, at);
    if (!small || take_content(kept, fd))
        rep = make(name, coding, kept, now.unix_ms);
    if (rep == NULL)
        free(kept);
    return rep;
}

struct vb_rep *vb__files_load(struct vb_files_name *name,
                              const struct vb_files_seen *seen,
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
    rep = make_from(name, seen, coding, fd, &id, now);
    if (rep != NULL && rep->streamed) {
        *ret_fd = fd;
        return rep;
    }
    why = errno;
    close(fd);
    errno = why;
    return rep;
}
