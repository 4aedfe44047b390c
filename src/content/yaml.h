/*
 * A YAML or JSON file as a JSON document in which every value knows its line.
 *
 * Descriptions and the configuration are written by people. What is wrong in
 * them is told with file, line, column and JSON Pointer, so the place of each
 * value is kept beside the document:
 *
 *     text ──▶ document ──▶ val 0 | val 1 | val 2 | ...   (in document order)
 *                           mark 0 | mark 1 | mark 2 | ...
 *
 * YAML is version 1.2 with the core schema (YAML 1.2.2 section 10.3), as far
 * as it maps onto JSON (RFC 8259): numbers keep their text (as raw values, see
 * content/json.h), mapping keys are scalars and become strings as they are
 * written (`200:` is "200"), .inf and .nan are errors. Duplicate keys, several
 * documents in a file, other tags than the core schema's and the merge key
 * `<<` (which is not in YAML 1.2) are refused. Aliases copy what they name,
 * within limits, so that a small file cannot become a large document.
 */
#ifndef VB_CONTENT_YAML_H
#define VB_CONTENT_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <yyjson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct vb_yaml;

/* A place in a file; both count from 1, columns count characters. */
struct vb_yaml_mark {
    unsigned line;
    unsigned column;
};

/* What is wrong and where; `text` is one line without the file's name. */
struct vb_yaml_error {
    struct vb_yaml_mark mark;
    char text[256];
};

struct vb_yaml_limits {
    size_t bytes;        /* of the file, and of the document as JSON */
    size_t values;       /* in the document, keys included */
    size_t alias_values; /* of them, made by aliases */
    size_t anchors;      /* in the document */
    unsigned depth;      /* containers within containers */
};

/* 16 MiB, 4 000 000 values of which 100 000 by aliases, 1 000 anchors, 64. */
extern const struct vb_yaml_limits vb_yaml_limits_default;

/*
 * Reads `text`; as JSON when `name` ends with ".json", otherwise as YAML. The
 * name is copied; the text is not needed afterwards. On failure *ret_error
 * (never NULL) is filled and *ret_yaml is untouched.
 * VB_ERR_SYNTAX, VB_ERR_LIMIT, VB_ERR_NOMEM; VB_ERR_NOTFOUND when there is
 * nothing but comments and white space.
 */
enum vb_err vb_yaml_parse(struct vb_span name, struct vb_span text,
                          const struct vb_yaml_limits *limits,
                          struct vb_yaml **ret_yaml,
                          struct vb_yaml_error *ret_error);

/* The same from a file; also VB_ERR_IO, with line 0. */
enum vb_err vb_yaml_load(const char *path, const struct vb_yaml_limits *limits,
                         struct vb_yaml **ret_yaml,
                         struct vb_yaml_error *ret_error);

/* The same, which also gives the text: *ret_text, untouched on failure, is the
 * caller's (vb_buf_done). */
enum vb_err vb_yaml_load_text(const char *path,
                              const struct vb_yaml_limits *limits,
                              struct vb_yaml **ret_yaml,
                              struct vb_buf *ret_text,
                              struct vb_yaml_error *ret_error);

/* NULL is fine. All values and names taken from it die with it. */
void vb_yaml_free(struct vb_yaml *yaml);

/* What it was called when it was parsed; has a NUL behind it. */
struct vb_span vb_yaml_name(const struct vb_yaml *yaml);

/* The document's root; never NULL. */
yyjson_val *vb_yaml_root(const struct vb_yaml *yaml);

/* How many values and keys it has. */
size_t vb_yaml_count(const struct vb_yaml *yaml);

/* The size of the text it was read from. */
size_t vb_yaml_bytes(const struct vb_yaml *yaml);

/* Whether `val` is one of this document's values or keys. */
bool vb_yaml_owns(const struct vb_yaml *yaml, const yyjson_val *val);

/* Where a value or key of this document stands. An alias's copy stands where
 * its original does. */
struct vb_yaml_mark vb_yaml_mark(const struct vb_yaml *yaml,
                                 const yyjson_val *val);

/* Where the value at a JSON Pointer (RFC 6901) stands; false if there is
 * none. */
bool vb_yaml_locate(const struct vb_yaml *yaml, struct vb_span pointer,
                    struct vb_yaml_mark *ret_mark);

/* Appends the JSON Pointer of a value of this document (of a key: that of its
 * value). The root's is empty. */
void vb_yaml_pointer(const struct vb_yaml *yaml, const yyjson_val *val,
                     struct vb_buf *out);

/* Appends "name:line:column: text", without the marks that are 0. */
void vb_yaml_error_print(struct vb_span name, const struct vb_yaml_error *error,
                         struct vb_buf *out);

#endif
