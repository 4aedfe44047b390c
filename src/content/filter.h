/*
 * One condition on one property of a JSON value:
 *
 *     author.name : starts = Le         path, operation, operand
 *
 * Operands are texts, as a URI has them; what they may be follows from the
 * types that the property can have. What they are compared as follows from the
 * value that is found: a number by its value (content/number.h, never through
 * binary floating point), a string code point by code point, or as an instant
 * where it is a date-time.
 */
#ifndef VB_CONTENT_FILTER_H
#define VB_CONTENT_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/arena.h"
#include "base/span.h"

enum vb_filter_op {
#define VB_FILTER(id, name, types) VB_FILTER_##id,
#include "content/filter_op.tbl"
#undef VB_FILTER
    VB_FILTER_OP_COUNT
};

/* The operation of that name ("eq", "gte"); false: there is none. */
bool vb_filter_op_find(struct vb_span name, enum vb_filter_op *ret_op);

/* A property, and what is known of it. */
struct vb_filter_field {
    const struct vb_span *path; /* member names from the root */
    size_t path_len;
    unsigned types;      /* sets of enum vb_schema_type; VB_SCHEMA_ANY where */
    unsigned item_types; /* nothing is said */
    bool time;           /* its strings are date-times */
};

/* Do both name the same path? */
bool vb_filter_field_same(const struct vb_filter_field *a,
                          const struct vb_filter_field *b);

/* At most so many operands (of `in`). */
#define VB_FILTER_OPERANDS_MOST 100

struct vb_operand {
    struct vb_span text;
    unsigned as; /* what it can be compared as: STRING, NUMBER, BOOLEAN */
    int64_t ms;  /* where `time` is set and it is a string */
};

struct vb_filter {
    struct vb_filter_field field;
    enum vb_filter_op op;
    struct vb_operand *operands; /* `in`: any of them; else one */
    size_t count;
};

/* Can this be asked of the property at all? */
bool vb_filter_applies(const struct vb_filter_field *field,
                       enum vb_filter_op op);

/* The types that an operand can have, as a set of enum vb_schema_type. */
unsigned vb_filter_operand_types(const struct vb_filter_field *field,
                                 enum vb_filter_op op);

/*
 * Makes a filter of a field, an operation that applies to it, and `count`
 * texts, which must be UTF-8 and live as long as the filter; it lies in the
 * arena. NULL for success, or what is wrong with a text ("must be a number"):
 * static. Out of memory: the arena's sticky failure.
 */
const char *vb_filter_make(struct vb_arena *arena,
                           const struct vb_filter_field *field,
                           enum vb_filter_op op, const struct vb_span *texts,
                           size_t count, struct vb_filter *ret_filter);

/* The value of a path in a value; NULL: there is none. root may be NULL. */
yyjson_val *vb_filter_value(const struct vb_filter_field *field,
                            yyjson_val *root);

/* Does a value (NULL: nothing) equal one of the operands, whatever the
 * operation? */
bool vb_filter_equals(const struct vb_filter *filter, yyjson_val *value);

/*
 * Does the condition hold for a value (NULL: for what is no JSON, and has no
 * properties)? What is not there is null, and neither equal to anything nor in
 * any order: `ne` holds for it, and `null` = true.
 */
bool vb_filter_holds(const struct vb_filter *filter, yyjson_val *root);

#endif
