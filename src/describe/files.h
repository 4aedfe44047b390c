/*
 * The files a description is made of, and what `$ref` means among them.
 *
 * The main file decides the tree: it may refer to files beside and below it.
 * Absolute paths, "..", symbolic links that lead out of the tree, and anything
 * with a scheme are refused, so that a description from elsewhere can neither
 * read this machine nor reach out of it.
 */
#ifndef VB_DESCRIBE_FILES_H
#define VB_DESCRIBE_FILES_H

#include <yyjson.h>

#include "content/yaml.h"
#include "describe/note.h"

/* Files a description may be made of, and bytes of all of them. */
#define VB_FILES_MOST       256
#define VB_FILES_BYTES_MOST ((size_t)64 << 20)

struct vb__file {
    struct vb_yaml *yaml;
    char *real;    /* its canonical path; NULL: the text was given */
    uint8_t *seen; /* one bit for each value: extensions checked here */
};

struct vb__files {
    struct vb_arena *arena; /* places' pointers */
    struct vb_notes *notes;
    struct vb__file *at;
    size_t count;
    char *root; /* canonical directory of the main file; NULL: no files */
    char *dir;  /* the same, as it was named, with its slash; "" for "." */
    size_t bytes;
    struct vb_buf text; /* the main file's; empty if it was given as one */
};

void vb__files_init(struct vb__files *files, struct vb_arena *arena,
                    struct vb_notes *notes);
void vb__files_done(struct vb__files *files);

/* Reads the main file: files->at[0]. Errors are noted. */
enum vb_err vb__files_main(struct vb__files *files, const char *path);
enum vb_err vb__files_text(struct vb__files *files, struct vb_span name,
                           struct vb_span text);

/* The file that `val` is in; never NULL for a value of a file. */
struct vb__file *vb__files_of(const struct vb__files *files,
                              const yyjson_val *val);

/* Where a value or key stands, without its pointer, which takes a search. */
struct vb_place vb__files_spot(const struct vb__files *files,
                               const yyjson_val *val);

/* The same with its pointer. */
struct vb_place vb__files_place(const struct vb__files *files,
                                const yyjson_val *val);

/*
 * What a reference means: `ref` is the string value (its file is the base).
 * NULL and a noted error when it leads nowhere or where it must not. One step
 * only; the target may be a reference again.
 */
yyjson_val *vb__files_resolve(struct vb__files *files, yyjson_val *ref);

/* The canonical path of the directory that `at`, a string, names from the file
 * it stands in; malloc'ed. NULL and a noted error when there is none, or it
 * lies where it must not. */
char *vb__files_directory(struct vb__files *files, yyjson_val *at);

/* The same for a file, which is not read. */
char *vb__files_regular(struct vb__files *files, yyjson_val *at);

/* The file of an absolute URI, as the schemas know files: file: and the path
 * of one in the tree, or what a document calls itself. NULL and an error noted
 * at `ref`. */
struct vb__file *vb__files_find(struct vb__files *files, const yyjson_val *ref,
                                struct vb_span uri);

#endif
