/* Loading the files of a description, and resolving references among them.
 * See files.h. */
#include "describe/files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "content/json.h"
#include "content/pointer.h"
#include "http/percent.h"

void vb__files_init(struct vb__files *files, struct vb_arena *arena,
                    struct vb_notes *notes)
{
    *files = (struct vb__files){.arena = arena, .notes = notes};
}

void vb__files_done(struct vb__files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        vb_yaml_free(files->at[i].yaml);
        free(files->at[i].real);
        free(files->at[i].seen);
    }
    free(files->at);
    vb_buf_done(&files->text);
    free(files->root);
    free(files->dir);
    vb__files_init(files, files->arena, files->notes);
}

/* --- places -------------------------------------------------------------- */

struct vb__file *vb__files_of(const struct vb__files *files,
                              const yyjson_val *val)
{
    size_t i = 0;

    while (i < files->count && !vb_yaml_owns(files->at[i].yaml, val))
        i++;
    vb_assert(i < files->count);
    return &files->at[i];
}

struct vb_place vb__files_spot(const struct vb__files *files,
                               const yyjson_val *val)
{
    struct vb_yaml *yaml = vb__files_of(files, val)->yaml;
    struct vb_yaml_mark mark = vb_yaml_mark(yaml, val);

    return (struct vb_place){vb_yaml_name(yaml), mark.line, mark.column, {0}};
}

struct vb_place vb__files_place(const struct vb__files *files,
                                const yyjson_val *val)
{
    struct vb_place place = vb__files_spot(files, val);
    struct vb_buf pointer;

    vb_buf_init(&pointer, 65536);
    vb_yaml_pointer(vb__files_of(files, val)->yaml, val, &pointer);
    if (pointer.err == VB_ERR_NOMEM)
        files->arena->failed = true; /* where the reader looks at its end */
    place.pointer = vb_arena_dup(files->arena, vb_buf_span(&pointer));
    vb_buf_done(&pointer);
    return place;
}

/* --- loading ------------------------------------------------------------- */

static void fail_yaml(struct vb__files *files, struct vb_span name,
                      const struct vb_yaml_error *error)
{
    struct vb_place place = {name, error->mark.line, error->mark.column, {0}};

    vb_note(files->notes, VB_NOTE_ERROR, VB_SPAN(""), &place, "%s",
            error->text);
}

/* Takes the document over, whatever happens. `real` as well. */
static struct vb__file *add(struct vb__files *files, struct vb_yaml *yaml,
                            char *real)
{
    size_t values = vb_yaml_count(yaml);
    struct vb__file *at =
        realloc(files->at, (files->count + 1) * sizeof(*files->at));
    uint8_t *seen = calloc(values / 8 + 1, 1);

    if (at)
        files->at = at;
    if (!at || !seen) {
        vb_yaml_free(yaml);
        free(real);
        free(seen);
        return NULL;
    }
    at += files->count++;
    *at = (struct vb__file){.yaml = yaml, .real = real, .seen = seen};
    return at;
}

static enum vb_err no_memory(struct vb__files *files, struct vb_span name)
{
    fail_yaml(files, name, &(struct vb_yaml_error){.text = "out of memory"});
    return VB_ERR_NOMEM;
}

enum vb_err vb__files_text(struct vb__files *files, struct vb_span name,
                           struct vb_span text)
{
    struct vb_yaml_error error;
    struct vb_yaml *yaml;
    enum vb_err err =
        vb_yaml_parse(name, text, &vb_yaml_limits_default, &yaml, &error);

    if (err) {
        fail_yaml(files, name, &error);
        return err;
    }
    return add(files, yaml, NULL) ? VB_OK : no_memory(files, name);
}

/* Takes `real` over. The name is the path it is opened by. */
static enum vb_err load(struct vb__files *files, const char *name, char *real)
{
    struct vb_yaml_limits limits = vb_yaml_limits_default;
    struct vb_yaml_error error;
    struct vb_yaml *yaml;
    struct vb_buf text;
    enum vb_err err;

    if (limits.bytes > VB_FILES_BYTES_MOST - files->bytes)
        limits.bytes = VB_FILES_BYTES_MOST - files->bytes;
    err = vb_yaml_load_text(name, &limits, &yaml, &text, &error);
    if (err) {
        free(real);
        fail_yaml(files, vb_span_str(name), &error);
        return err;
    }
    files->bytes += vb_yaml_bytes(yaml);
    if (files->count == 0)
        files->text = text;
    else
        vb_buf_done(&text);
    return add(files, yaml, real) ? VB_OK : no_memory(files, vb_span_str(name));
}

/* "a/b/c" is "a/b/", "c" is "". */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}

enum vb_err vb__files_main(struct vb__files *files, const char *path)
{
    char *real = realpath(path, NULL);

    if (!real) {
        struct vb_yaml_error error = {{0, 0}, ""};

        snprintf(error.text, sizeof(error.text), "%s", strerror(errno));
        fail_yaml(files, vb_span_str(path), &error);
        return VB_ERR_IO;
    }
    files->dir = directory_of(path);
    files->root =
        files->dir ? realpath(files->dir[0] ? files->dir : ".", NULL) : NULL;
    if (!files->root) {
        free(real);
        return no_memory(files, vb_span_str(path));
    }
    return load(files, path, real);
}

/* --- references to files ------------------------------------------------- */

static void refuse(struct vb__files *files, const yyjson_val *at,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct vb__files *files, const yyjson_val *at,
                   const char *format, ...)
{
    struct vb_place place = vb__files_place(files, at);
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    vb_note(files->notes, VB_NOTE_ERROR, VB_SPAN(""), &place, "%s", text);
}

/* RFC 3986 section 3.1. */
static bool has_scheme(struct vb_span s)
{
    ssize_t colon = vb_span_find(s, ':', 0);
    ssize_t slash = vb_span_find(s, '/', 0);

    return colon > 0 && (slash < 0 || colon < slash);
}

/* Whether a canonical path lies in the tree of the main file. */
static bool is_inside(const struct vb__files *files, const char *real)
{
    size_t len = strlen(files->root);

    if (strncmp(real, files->root, len) != 0)
        return false;
    return real[len] == '/' || (len == 1 && files->root[0] == '/');
}

static struct vb__file *find_real(struct vb__files *files, const char *real)
{
    for (size_t i = 0; i < files->count; i++) {
        if (files->at[i].real && strcmp(files->at[i].real, real) == 0)
            return &files->at[i];
    }
    return NULL;
}

/* The canonical path of one that may be opened; malloc'ed. NULL and a noted
 * error. */
static char *canonical(struct vb__files *files, const yyjson_val *at,
                       const char *path)
{
    char *real = realpath(path, NULL);

    if (!real) {
        refuse(files, at, "cannot open \"%s\": %s", path, strerror(errno));
        return NULL;
    }
    if (!is_inside(files, real)) {
        refuse(files, at, "\"%s\" is outside of the main file's directory",
               path);
        free(real);
        return NULL;
    }
    return real;
}

/* Loads a file that lies in the tree; takes `real` over. */
static struct vb__file *open_real(struct vb__files *files,
                                  const yyjson_val *base, char *real)
{
    size_t root = strlen(files->root);
    const char *below = real + (root == 1 ? 1 : root + 1);
    char *name = NULL;
    enum vb_err err;

    if (files->count >= VB_FILES_MOST) {
        refuse(files, base, "more than %d files", VB_FILES_MOST);
        free(real);
        return NULL;
    }
    if (asprintf(&name, "%s%s", files->dir, below) < 0) {
        free(real);
        return NULL;
    }
    err = load(files, name, real);
    free(name);
    return err ? NULL : &files->at[files->count - 1];
}

/* A file by its path from the root of the file system. */
static struct vb__file *open_path(struct vb__files *files, const yyjson_val *at,
                                  const char *path)
{
    char *real = canonical(files, at, path);
    struct vb__file *file = real ? find_real(files, real) : NULL;

    if (real && !file)
        return open_real(files, at, real);
    free(real);
    return file;
}

/* A file by its path from the directory of the one that `base` is in. */
static struct vb__file *open_below(struct vb__files *files,
                                   const yyjson_val *base, struct vb_span path)
{
    char *dir = directory_of(vb__files_of(files, base)->real);
    struct vb__file *file = NULL;
    char *joined;

    if (dir && asprintf(&joined, "%s%.*s", dir, VB_FMT(path)) >= 0) {
        file = open_path(files, base, joined);
        free(joined);
    } else {
        refuse(files, base, "out of memory");
    }
    free(dir);
    return file;
}

static const char fetches_nothing[] =
    "is not on this machine; nothing is fetched";
static const char has_no_files[] =
    "is another file, and there is none beside this text";

/* What may not be opened, and why not; NULL when it may be tried. */
static const char *why_refused(const struct vb__files *files,
                               struct vb_span path)
{
    if (has_scheme(path) || vb_span_starts(path, VB_SPAN("//")))
        return fetches_nothing;
    if (vb_span_starts(path, VB_SPAN("/")))
        return "is an absolute path; refer to files beside or below";
    if (memchr(path.ptr, 0, path.len))
        return "has a NUL in it";
    if (!files->root)
        return has_no_files;
    return NULL;
}

static struct vb__file *open_file(struct vb__files *files,
                                  const yyjson_val *base, struct vb_span path)
{
    const char *why = why_refused(files, path);
    struct vb_span plain;

    if (why) {
        refuse(files, base, "\"%.*s\" %s", VB_FMT(path), why);
        return NULL;
    }
    if (vb_percent_decode(files->arena, path, &plain) != VB_OK) {
        refuse(files, base, "\"%.*s\" is not well percent-encoded",
               VB_FMT(path));
        return NULL;
    }
    return open_below(files, base, plain);
}

/* What is there must be of the kind that `mode` says (stat(2)). */
static char *find_below(struct vb__files *files, yyjson_val *at, mode_t mode,
                        const char *kind)
{
    struct vb_span path = vb_json_text(at);
    const char *why = why_refused(files, path);
    char *dir = NULL, *joined = NULL, *real = NULL;
    struct stat st;

    if (why) {
        refuse(files, at, "\"%.*s\" %s", VB_FMT(path), why);
        return NULL;
    }
    dir = directory_of(vb__files_of(files, at)->real);
    if (dir && asprintf(&joined, "%s%.*s", dir, VB_FMT(path)) >= 0) {
        real = canonical(files, at, joined);
        free(joined);
    } else {
        refuse(files, at, "out of memory");
    }
    free(dir);
    if (!real || (stat(real, &st) == 0 && (st.st_mode & S_IFMT) == mode))
        return real;
    refuse(files, at, "\"%.*s\" is no %s", VB_FMT(path), kind);
    free(real);
    return NULL;
}

char *vb__files_directory(struct vb__files *files, yyjson_val *at)
{
    return find_below(files, at, S_IFDIR, "directory");
}

char *vb__files_regular(struct vb__files *files, yyjson_val *at)
{
    return find_below(files, at, S_IFREG, "file");
}

/* --- fragments ----------------------------------------------------------- */

/* The object whose member `$anchor` has that value. */
static yyjson_val *find_anchor(struct vb_yaml *yaml, struct vb_span name)
{
    yyjson_val *root = vb_yaml_root(yaml), *found = NULL;
    struct vb_buf pointer;

    vb_buf_init(&pointer, 65536);
    for (yyjson_val *v = root; !found && vb_yaml_owns(yaml, v + 1); v++) {
        if (!yyjson_equals_str(v, "$anchor") || !yyjson_is_str(v + 1) ||
            !vb_span_eq(vb_json_text(v + 1), name))
            continue;
        vb_buf_reset(&pointer);
        vb_yaml_pointer(yaml, v + 1, &pointer);
        if (!vb_span_ends(vb_buf_span(&pointer), VB_SPAN("/$anchor")))
            continue;
        pointer.len -= strlen("/$anchor");
        if (vb_pointer_get(root, vb_buf_span(&pointer), &found) != VB_OK)
            found = NULL;
    }
    vb_buf_done(&pointer);
    return found;
}

static yyjson_val *find_fragment(struct vb__files *files, struct vb__file *file,
                                 yyjson_val *ref, struct vb_span fragment)
{
    yyjson_val *root = vb_yaml_root(file->yaml), *found = NULL;
    struct vb_span plain;

    if (vb_percent_decode(files->arena, fragment, &plain) != VB_OK) {
        refuse(files, ref, "\"#%.*s\" is not well percent-encoded",
               VB_FMT(fragment));
        return NULL;
    }
    if (plain.len == 0)
        return root;
    if (plain.ptr[0] != '/')
        found = find_anchor(file->yaml, plain);
    else if (vb_pointer_get(root, plain, &found) != VB_OK)
        found = NULL;
    if (!found)
        refuse(files, ref, "there is no \"#%.*s\" in %.*s", VB_FMT(plain),
               VB_FMT(vb_yaml_name(file->yaml)));
    return found;
}

/* OpenAPI 3.2: a document may name itself; then that is this document. */
static struct vb__file *find_self(struct vb__files *files, struct vb_span uri)
{
    for (size_t i = 0; i < files->count; i++) {
        yyjson_val *self =
            yyjson_obj_get(vb_yaml_root(files->at[i].yaml), "$self");

        if (yyjson_is_str(self) && vb_span_eq(vb_json_text(self), uri))
            return &files->at[i];
    }
    return NULL;
}

yyjson_val *vb__files_resolve(struct vb__files *files, yyjson_val *ref)
{
    struct vb_span text = vb_json_text(ref);
    ssize_t hash = vb_span_find(text, '#', 0);
    struct vb_span path = hash < 0 ? text : vb_span_head(text, (size_t)hash);
    struct vb_span fragment =
        hash < 0 ? VB_SPAN("") : vb_span_from(text, (size_t)hash + 1);
    struct vb__file *file = vb__files_of(files, ref);

    if (path.len > 0)
        file = find_self(files, path);
    if (!file)
        file = open_file(files, ref, path);
    return file ? find_fragment(files, file, ref, fragment) : NULL;
}

struct vb__file *vb__files_find(struct vb__files *files, const yyjson_val *ref,
                                struct vb_span uri)
{
    struct vb__file *file = find_self(files, uri);
    struct vb_span path;

    if (file)
        return file;
    if (!vb_span_starts(uri, VB_SPAN("file:///")) || !files->root) {
        refuse(files, ref, "\"%.*s\" %s", VB_FMT(uri),
               files->root ? fetches_nothing : has_no_files);
        return NULL;
    }
    if (vb_percent_decode(files->arena, vb_span_from(uri, strlen("file://")),
                          &path) != VB_OK) {
        refuse(files, ref, "\"%.*s\" is not well percent-encoded", VB_FMT(uri));
        return NULL;
    }
    path = vb_arena_dup(files->arena, path); /* with a NUL */
    return path.ptr ? open_path(files, ref, path.ptr) : NULL;
}
