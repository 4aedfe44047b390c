/*
 * Structured Field Values (RFC 9651): parsed into a tree that lies in an
 * arena, and written in their one canonical form.
 *
 *     a=1;x, b=(u v);y="z"
 *
 *     members[0] ─ key a ─ item ─ value INTEGER 1
 *                            └─── params[0] ─ key x ─ value BOOLEAN true
 *     members[1] ─ key b ─ item ─ value INNER_LIST ─ items[0] TOKEN u
 *                            │                     └ items[1] TOKEN v
 *                            └─── params[0] ─ key y ─ value STRING z
 */
#ifndef VB_HTTP_SF_H
#define VB_HTTP_SF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* More than this of one kind is VB_ERR_LIMIT; the RFC demands that much
 * (sections 3.1, 3.1.1, 3.1.2, 3.2). */
enum {
    VB_SF_MEMBERS_MAX = 1024, /* of a List or Dictionary */
    VB_SF_ITEMS_MAX = 256,    /* of an Inner List */
    VB_SF_PARAMS_MAX = 256,   /* of one Item or Inner List */
};

enum vb_sf_type {
    VB_SF_INTEGER,
    VB_SF_DECIMAL,
    VB_SF_STRING,
    VB_SF_TOKEN,
    VB_SF_BYTES, /* Byte Sequence */
    VB_SF_BOOLEAN,
    VB_SF_DATE,
    VB_SF_DISPLAY,    /* Display String */
    VB_SF_INNER_LIST, /* as a member of a List or Dictionary only */
};

struct vb_sf_item;

struct vb_sf_value {
    enum vb_sf_type type;
    union {
        int64_t integer; /* INTEGER; DATE: seconds since 1970; DECIMAL:
                            thousandths, so 1.5 is 1500 */
        bool boolean;
        struct vb_span text; /* STRING, TOKEN, DISPLAY (UTF-8): what it says;
                                BYTES: decoded */
        struct {
            const struct vb_sf_item *items;
            size_t count;
        } inner;
    };
};

struct vb_sf_param {
    struct vb_span key;
    struct vb_sf_value value;
};

struct vb_sf_item {
    struct vb_sf_value value;
    const struct vb_sf_param *params;
    size_t param_count;
};

struct vb_sf_member {
    struct vb_span key; /* of a Dictionary; else empty */
    struct vb_sf_item item;
};

/* A List or a Dictionary. */
struct vb_sf_list {
    const struct vb_sf_member *members;
    size_t count;
};

/*
 * Each parses a field of its top-level type from the lines it came in
 * (RFC 9651 section 4.2; several lines are one value). No lines are an empty
 * List or Dictionary, but no Item. The tree lies in the arena and borrows from
 * the lines; both must outlive it. On failure nothing is salvaged, as section
 * 2.2 demands: ignore the field. VB_ERR_SYNTAX; VB_ERR_LIMIT: more of a kind
 * than above; VB_ERR_NOMEM.
 */
enum vb_err vb_sf_parse_item(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             struct vb_sf_item *ret_item);
enum vb_err vb_sf_parse_list(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             struct vb_sf_list *ret_list);
enum vb_err vb_sf_parse_dictionary(struct vb_arena *arena,
                                   const struct vb_span *lines, size_t count,
                                   struct vb_sf_list *ret_dictionary);

/* The member of a Dictionary with that key, or NULL. */
const struct vb_sf_item *vb_sf_member(const struct vb_sf_list *dictionary,
                                      struct vb_span key);

/* The parameter with that key, or NULL. */
const struct vb_sf_value *vb_sf_param(const struct vb_sf_item *item,
                                      struct vb_span key);

/*
 * Each appends the canonical text (RFC 9651 section 4.1). An empty List or
 * Dictionary appends nothing: then the field is not sent at all.
 * VB_ERR_INVALID, nothing appended: a value that the type cannot say, such as a
 * key in upper case, a String past ASCII, an Integer of 16 digits, a Display
 * String that is not UTF-8. Otherwise buf->err.
 */
enum vb_err vb_sf_write_item(struct vb_buf *buf, const struct vb_sf_item *item);
enum vb_err vb_sf_write_list(struct vb_buf *buf, const struct vb_sf_list *list);
enum vb_err vb_sf_write_dictionary(struct vb_buf *buf,
                                   const struct vb_sf_list *dictionary);

#endif
