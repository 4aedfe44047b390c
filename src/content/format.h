/*
 * The values of JSON Schema's "format" that Verbatim asserts (JSON Schema
 * Validation 2020-12 section 7.3): one table of name and grammar. All are
 * formats of strings. Other values of "format" are annotations.
 */
#ifndef VB_CONTENT_FORMAT_H
#define VB_CONTENT_FORMAT_H

#include <stdbool.h>

#include "base/span.h"

struct vb_format {
    struct vb_span name;
    /* Does a text (UTF-8, may hold NUL) keep the grammar? Pure, linear. */
    bool (*matches)(struct vb_span text);
    const char *detail; /* "must be ...", for who sent another text */
};

/* The format of that name (case-sensitive), or NULL when none is asserted. */
const struct vb_format *vb_format_find(struct vb_span name);

/* The i-th format of the table, NULL past its end. */
const struct vb_format *vb_format_at(size_t i);

#endif
