/* The languages that files are there in. See files_language.h. */
#include "resource/files_language.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/language.h"

/* Bytes that the tagged ones of VB_FILES_NAMES_MOST names may have. */
#define TEXT_MOST ((size_t)VB_FILES_NAMES_MOST * 256)

/* "page.de.html" */
struct vb_files_tagged {
    struct vb_span of; /* "page" */
    struct vb_span tag, end;
};

/* --- names ------------------------------------------------------------------
 */

/* The last dot with something before and behind it; or -1. */
static ssize_t last_dot(struct vb_span s)
{
    size_t at = s.len;

    while (at > 0 && s.ptr[at - 1] != '.')
        at--;
    return at <= 1 || at == s.len ? -1 : (ssize_t)at - 1;
}

static bool is_language(struct vb_span tag)
{
    size_t first = vb_language_subtag(tag, 0);

    if (tag.len > VB_FILES_TAG_MOST || !vb_language_valid(tag))
        return false;
    return first == 2 ? vb_language_known(vb_span_head(tag, 2))
                      : first == 3 && tag.len > 3;
}

static bool is_coding(struct vb_span end)
{
    for (int i = 0; i < VB_FILES_PLAIN; i++)
        if (vb_span_eq(end, vb_span_str(vb__files_ends[i])))
            return true;
    return false;
}

struct vb_files_parts vb__files_parts(struct vb_span name)
{
    struct vb_files_parts parts = {name, VB_SPAN(""), VB_SPAN("")};
    ssize_t dot = last_dot(name);

    if (dot < 0 || is_coding(vb_span_from(name, (size_t)dot)))
        return parts;
    parts.base = vb_span_head(name, (size_t)dot);
    parts.end = vb_span_from(name, (size_t)dot);
    dot = last_dot(parts.base);
    if (dot >= 0 && is_language(vb_span_from(parts.base, (size_t)dot + 1)))
        parts.tag = vb_span_from(parts.base, (size_t)dot + 1);
    return parts;
}

void vb__files_in_language(const struct vb_files_name *name, struct vb_span tag,
                           struct vb_files_name *ret_name)
{
    struct vb_files_parts parts = vb__files_parts(vb__files_last(name));
    size_t head = name->len - parts.end.len;
    char *at = ret_name->path;

    ret_name->directory = name->directory;
    ret_name->caching = name->caching;
    memcpy(at, name->path, head);
    at += head;
    if (tag.len > 0) {
        *at++ = '.';
        memcpy(at, tag.ptr, tag.len);
        at += tag.len;
    }
    memcpy(at, name->path + head, parts.end.len + 1);
    ret_name->len = (size_t)(at - ret_name->path) + parts.end.len;
}

/* --- a directory ------------------------------------------------------------
 */

static int compare(const void *a_of, const void *b_of)
{
    const struct vb_files_tagged *a = a_of, *b = b_of;
    int order = vb_span_cmp(a->of, b->of);

    if (order == 0)
        order = vb_span_cmp(a->end, b->end);
    return order != 0 ? order : vb_span_cmp(a->tag, b->tag);
}

/* Appends the tagged names, with a NUL behind each. How many, or -1 with
 * errno. */
static ssize_t read_tagged(DIR *dir, struct vb_buf *text)
{
    struct dirent *entry;
    ssize_t count = 0;

    errno = 0;
    for (int seen = 0; (entry = readdir(dir)) != NULL;) {
        struct vb_span name = vb_span_str(entry->d_name);

        if (vb_span_eq(name, VB_SPAN(".")) || vb_span_eq(name, VB_SPAN("..")))
            continue;
        if (seen++ == VB_FILES_NAMES_MOST)
            return 0;
        if (name.ptr[0] == '.' || entry->d_type == DT_DIR ||
            vb__files_parts(name).tag.len == 0)
            continue;
        vb_buf_append(text, vb_span_of(name.ptr, name.len + 1));
        count++;
        errno = text->err == VB_OK ? 0 : ENOMEM;
        if (errno != 0)
            return -1;
    }
    return errno == 0 ? count : -1;
}

static struct vb_files_names *make(const struct vb_files_id *id,
                                   struct vb_span text, size_t count)
{
    size_t size = sizeof(struct vb_files_names) +
                  count * sizeof(struct vb_files_tagged) + text.len;
    struct vb_files_names *names = malloc(size);
    char *at;

    if (names == NULL)
        return NULL;
    *names = (struct vb_files_names){.id = *id, .count = count, .size = size};
    vb_ref_init(&names->ref);
    names->at = (struct vb_files_tagged *)(names + 1);
    at = (char *)(names->at + count);
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    for (size_t i = 0; i < count; i++) {
        struct vb_files_parts parts = vb__files_parts(vb_span_str(at));

        names->at[i] = (struct vb_files_tagged){
            vb_span_head(parts.base, parts.base.len - parts.tag.len - 1),
            parts.tag, parts.end};
        at += strlen(at) + 1;
    }
    if (count > 0)
        qsort(names->at, count, sizeof(names->at[0]), compare);
    return names;
}

/* Takes over the descriptor. */
static struct vb_files_names *read_names(int fd, const struct vb_files_id *id)
{
    struct vb_files_names *names = NULL;
    DIR *dir = fdopendir(fd);
    struct vb_buf text;
    ssize_t count;
    int why = errno;

    if (dir == NULL) {
        close(fd);
        errno = why;
        return NULL;
    }
    vb_buf_init(&text, TEXT_MOST);
    count = read_tagged(dir, &text);
    if (count >= 0)
        names = make(id, count > 0 ? vb_buf_span(&text) : VB_SPAN(""),
                     (size_t)count);
    why = errno;
    vb_buf_done(&text);
    closedir(dir);
    errno = why;
    return names;
}

struct vb_files_names *vb__files_names(const struct vb_files_name *name,
                                       size_t dir_len,
                                       struct vb_files_names *known,
                                       int64_t unix_ms)
{
    int fd = vb__files_open_dir(name, dir_len, O_RDONLY);
    struct vb_files_names *names;
    struct vb_files_id id;

    if (fd < 0)
        return NULL;
    if (!vb__files_id_of(fd, &id)) {
        int why = errno;

        close(fd);
        errno = why;
        return NULL;
    }
    if (known != NULL && !known->fleeting && vb__files_id_eq(&id, &known->id)) {
        close(fd);
        return vb__files_names_ref(known);
    }
    names = read_names(fd, &id);
    if (names != NULL)
        names->fleeting = vb__files_is_recent(&id, unix_ms);
    return names;
}

void vb__files_names_unref(struct vb_files_names *names)
{
    if (names != NULL && vb_ref_put(&names->ref))
        free(names);
}

bool vb__files_names_same(const struct vb_files_name *name, size_t dir_len,
                          const struct vb_files_names *names)
{
    int fd = vb__files_open_dir(name, dir_len, O_PATH);
    struct vb_files_id id;
    bool same;

    if (fd < 0)
        return false;
    same = vb__files_id_of(fd, &id) && vb__files_id_eq(&id, &names->id);
    close(fd);
    return same;
}

/* --- one file's -------------------------------------------------------------
 */

/* The first that is not before `key`. */
static size_t find(const struct vb_files_names *names,
                   const struct vb_files_tagged *key)
{
    size_t from = 0, to = names->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (compare(&names->at[middle], key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct vb_span vb__files_tags(const struct vb_files_names *names,
                              struct vb_span name,
                              char room[VB_FILES_TAGS_ROOM])
{
    struct vb_files_parts parts = vb__files_parts(name);
    const struct vb_files_tagged key = {parts.base, VB_SPAN(""), parts.end};
    struct vb_buf buf = vb_buf_over(room, VB_FILES_TAGS_ROOM);
    size_t first = find(names, &key);

    for (size_t i = first;
         i < names->count && i - first < VB_FILES_LANGUAGES_MOST &&
         vb_span_eq(names->at[i].of, key.of) &&
         vb_span_eq(names->at[i].end, key.end);
         i++) {
        if (i > first)
            vb_buf_char(&buf, ',');
        vb_buf_append(&buf, names->at[i].tag);
    }
    return vb_buf_span(&buf);
}

bool vb__files_languages_eq(const struct vb_files_languages *a,
                            const struct vb_files_languages *b)
{
    return a->plain == b->plain && vb_span_eq(a->own, b->own) &&
           vb_span_eq(a->tags, b->tags);
}

size_t vb__files_offers(const struct vb_files_languages *languages,
                        struct vb_span offers[VB_OFFERS_MAX])
{
    struct vb_span rest = languages->tags;
    size_t count = 0;

    if (languages->plain)
        offers[count++] = languages->own;
    while (rest.len > 0) {
        ssize_t comma = vb_span_find(rest, ',', 0);
        size_t len = comma < 0 ? rest.len : (size_t)comma;

        vb_assert(count < VB_OFFERS_MAX);
        offers[count++] = vb_span_head(rest, len);
        rest = vb_span_from(rest, len + 1);
    }
    return count;
}
