/*
 * JSON values: strict reading, exact writing.
 *
 * The values are yyjson's immutable ones, with two rules of ours:
 *
 * - A number is kept as it was written, as YYJSON_TYPE_RAW, so that 1.10 and
 *   12345678901234567890123 come out as they went in. There is no other kind
 *   of number: who builds values makes numbers with yyjson_mut_rawncpy.
 * - A value of a document has no object with two members of the same name
 *   and is nested no deeper than VB_JSON_DEPTH_MOST.
 *
 * A struct vb_json owns all its values; yyjson_val pointers into it and spans
 * over its texts live as long as it does.
 */
#ifndef VB_CONTENT_JSON_H
#define VB_CONTENT_JSON_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/span.h"
#include "content/budget.h"

/* No document is nested deeper, whatever its limits say: functions that
 * recurse over values may rely on it. A scalar has depth 0, [] and {} 1. */
#define VB_JSON_DEPTH_MOST 256

struct vb_json_limits {
    size_t bytes;   /* of the text */
    size_t memory;  /* bytes of heap for text and values */
    unsigned depth; /* at most VB_JSON_DEPTH_MOST */
};

/* 16 MiB of text, 256 MiB of memory, depth 64. */
#define VB_JSON_LIMITS_DEFAULT                                                 \
    {                                                                          \
        (size_t)16 << 20, (size_t)256 << 20, 64                                \
    }
extern const struct vb_json_limits vb_json_limits_default;

/* Where a text is not what it should be; for people. */
struct vb_json_error {
    size_t offset;  /* bytes from the start */
    size_t line;    /* from 1; a line ends with LF */
    size_t column;  /* characters, from 1 */
    char text[256]; /* what is wrong: UTF-8, one line, NUL-terminated */
};

struct vb_json {
    yyjson_val *root; /* never NULL */
    yyjson_doc *doc;
    char *text; /* where a parsed document's strings lie */
    struct vb_budget budget;
};

/*
 * Reads a JSON text (RFC 8259) strictly. Refused beyond what the grammar
 * refuses: invalid UTF-8 and escapes of lone surrogates (section 8), a byte
 * order mark (section 8.1 lets us), two members of the same name (section 4,
 * I-JSON RFC 7493 section 2.3) and what exceeds a limit. `limits` NULL:
 * the defaults.
 *
 * VB_ERR_SYNTAX: not JSON. VB_ERR_EXISTS: a name comes twice. VB_ERR_LIMIT,
 * VB_ERR_NOMEM. In each case *ret_error (may be NULL) is filled.
 * The document is the caller's: vb_json_free.
 */
enum vb_err vb_json_parse(struct vb_span text,
                          const struct vb_json_limits *limits,
                          struct vb_json **ret_json,
                          struct vb_json_error *ret_error);

/*
 * Makes an immutable document, with memory of its own, of a value built with
 * yyjson's mutable API (numbers raw). The same limits and the same checks as
 * for a text; errors have no place: offset, line and column are 0.
 */
enum vb_err vb_json_freeze(yyjson_mut_val *root,
                           const struct vb_json_limits *limits,
                           struct vb_json **ret_json,
                           struct vb_json_error *ret_error);

/* NULL is fine. */
void vb_json_free(struct vb_json *json);

/*
 * Appends the canonical text: UTF-8 without white space, members in their
 * order, numbers as written, in strings only what must be is escaped
 * (section 7). Check buf->err once at the end.
 */
void vb_json_write(struct vb_buf *buf, yyjson_val *value);

/* The same, indented by two spaces, one member or element a line, LF last. */
void vb_json_write_pretty(struct vb_buf *buf, yyjson_val *value);

/* Appends s as a JSON string with its quotes. s may be any bytes: what is not
 * UTF-8 becomes U+FFFD. */
void vb_json_write_string(struct vb_buf *buf, struct vb_span s);

/* Appends a time as a string: a date-time (base/rfc3339.h). */
void vb_json_write_time(struct vb_buf *buf, int64_t unix_ms);

/*
 * Are two values equal as JSON Patch's `test` (RFC 6902 section 4.6) and JSON
 * Schema mean it? Numbers by value (1.0 equals 1, 1e2 equals 100), strings
 * code point by code point, objects whatever the order of their members.
 * VB_ERR_NOMEM, *ret_equal untouched: it could not be found out.
 */
enum vb_err vb_json_equal(yyjson_val *a, yyjson_val *b, bool *ret_equal);

/* A hash that equal values share; linear in the size of the value. */
uint64_t vb_json_hash(const struct vb_hash_key *key, yyjson_val *value);

/* Is this the media type of JSON, parameters aside? */
bool vb_is_json(struct vb_span media_type);

/* Is content of this media type JSON, whatever is said of it besides, as of
 * application/problem+json (RFC 6839 section 3.1)? */
bool vb_is_any_json(struct vb_span media_type);

static inline bool vb_json_is_number(yyjson_val *value)
{
    return yyjson_is_raw(value);
}

/* The text of a string (unescaped; may hold NUL), of a member's key or of a
 * number (as written). */
static inline struct vb_span vb_json_text(yyjson_val *value)
{
    return (struct vb_span){unsafe_yyjson_get_str(value),
                            unsafe_yyjson_get_len(value)};
}

/* A member by name, NULL when there is none or `object` is not one. It looks
 * at every member: for the few fixed names of a small, trusted format. What
 * looks up many names in a client's object uses members.h. */
static inline yyjson_val *vb_json_member(yyjson_val *object,
                                         struct vb_span name)
{
    return yyjson_obj_getn(object, name.ptr, name.len);
}

/* The text of a member that is a string, of the same; else "". */
static inline struct vb_span vb_json_member_text(yyjson_val *object,
                                                 const char *name)
{
    yyjson_val *value = yyjson_obj_get(object, name);

    return yyjson_is_str(value) ? vb_json_text(value) : (struct vb_span){"", 0};
}

#endif
