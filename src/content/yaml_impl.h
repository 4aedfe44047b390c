/*
 * What the files of the YAML reader share; see yaml.h.
 *
 * Both readers end in the same pair: JSON text, which the one strict JSON
 * parser turns into the document, and a mark for each of its values in
 * document order.
 */
#ifndef VB_CONTENT_YAML_IMPL_H
#define VB_CONTENT_YAML_IMPL_H

#include "content/yaml.h"

struct vb__yaml_marks {
    struct vb_yaml_mark *at;
    size_t count;
    size_t cap;
};

/* False when memory is exhausted. */
bool vb__yaml_marks_push(struct vb__yaml_marks *marks,
                         struct vb_yaml_mark mark);

/* Fills an error: the text is cut to its room and made one printable line. */
void vb__yaml_fail(struct vb_yaml_error *error, struct vb_yaml_mark mark,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a plain scalar means in the core schema. */
enum vb__yaml_kind {
    VB__YAML_STRING,
    VB__YAML_NULL,
    VB__YAML_BOOL,
    VB__YAML_INT,
    VB__YAML_FLOAT,
    VB__YAML_NOT_FINITE, /* .inf, .nan: no JSON for it */
};

enum vb__yaml_kind vb__yaml_kind_of(struct vb_span plain);

/* Appends the JSON text of a plain scalar of that kind (not NOT_FINITE).
 * VB_ERR_RANGE for an octal or hexadecimal number past 64 bits. */
enum vb_err vb__yaml_scalar_json(struct vb_buf *out, struct vb_span plain,
                                 enum vb__yaml_kind kind);

/*
 * The document as it grows: JSON text and marks. Both only grow at their ends,
 * so what an anchor names is one stretch of each, and an alias is a copy of
 * those two stretches:
 *
 *     json   {"a":[1,2],"b":[1,2]}
 *                 ^^^^^ anchor ^^^^^ alias
 *     marks  0 1  2 3 4  1  2 3 4
 *
 * Every function fills *error when it fails; what fails ends the build. The
 * JSON text's own err (limit, memory) is checked by vb__yaml_build_check.
 */
struct vb__yaml_build {
    const struct vb_yaml_limits *limits;
    struct vb_buf *json;
    struct vb__yaml_marks *marks;
    struct vb_yaml_error *error;
    struct vb__yaml_container *stack; /* limits->depth of them */
    unsigned depth;
    struct vb__yaml_anchor *anchors;
    size_t anchor_count, anchor_cap;
    struct vb__yaml_key *keys; /* of all open mappings */
    size_t key_count, key_cap;
    size_t alias_values;
};

/* False when memory is exhausted; done is called in any case. */
bool vb__yaml_build_init(struct vb__yaml_build *b);
void vb__yaml_build_done(struct vb__yaml_build *b);

/* Whether what comes next is a mapping's key. */
bool vb__yaml_build_at_key(const struct vb__yaml_build *b);

/*
 * What comes next, in the order of the text: its anchor if it has one, then
 * one of key, scalar (already resolved), start (ended by end), alias.
 */
enum vb_err vb__yaml_build_anchor(struct vb__yaml_build *b, struct vb_span name,
                                  struct vb_yaml_mark mark);
enum vb_err vb__yaml_build_key(struct vb__yaml_build *b, struct vb_span text,
                               struct vb_yaml_mark mark);
enum vb_err vb__yaml_build_scalar(struct vb__yaml_build *b, struct vb_span text,
                                  enum vb__yaml_kind kind,
                                  struct vb_yaml_mark mark);
enum vb_err vb__yaml_build_start(struct vb__yaml_build *b, bool mapping,
                                 struct vb_yaml_mark mark);
enum vb_err vb__yaml_build_end(struct vb__yaml_build *b);
enum vb_err vb__yaml_build_alias(struct vb__yaml_build *b, struct vb_span name,
                                 struct vb_yaml_mark mark);

/* The error the JSON text ran into, if any. */
enum vb_err vb__yaml_build_check(struct vb__yaml_build *b,
                                 struct vb_yaml_mark mark);

/* YAML text to JSON text and marks. */
enum vb_err vb__yaml_convert(struct vb_span text,
                             const struct vb_yaml_limits *limits,
                             struct vb_buf *json, struct vb__yaml_marks *marks,
                             struct vb_yaml_error *ret_error);

/* The marks of a JSON text that is known to be good. */
enum vb_err vb__yaml_scan_json(struct vb_span text,
                               struct vb__yaml_marks *marks);

/* The place of a byte of a text. */
struct vb_yaml_mark vb__yaml_mark_at(struct vb_span text, size_t offset);

#endif
