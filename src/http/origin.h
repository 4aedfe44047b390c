/*
 * Origins (RFC 9110 section 4.3.1, RFC 6454): who a page belongs to, as the
 * Origin field says it, and whether that is us.
 */
#ifndef VB_HTTP_ORIGIN_H
#define VB_HTTP_ORIGIN_H

#include <stddef.h>

#include "http/authority.h"

/* Borrows from the text. */
struct vb_origin {
    struct vb_span scheme; /* empty for the opaque origin "null" */
    struct vb_authority authority;
};

/*
 * Parses the value of an Origin field: "null" or scheme "://" host [":" port]
 * and nothing behind it, not even a slash (RFC 6454 section 7.1). False,
 * *ret_origin untouched, for anything else, a list included.
 */
bool vb_origin_parse(struct vb_span text, struct vb_origin *ret_origin);

/* Is it one that can be named to us beforehand: any but "null"? */
bool vb_origin_valid(struct vb_span text);

/* The same triple? An opaque origin equals nothing, itself neither. */
bool vb_origin_same(const struct vb_origin *a, const struct vb_origin *b);

/* Is an Origin field's value the same as one of these? */
bool vb_origin_listed(struct vb_span text, const struct vb_span *list,
                      size_t count);

#endif
