/*
 * The elements of a comma list (RFC 9110 section 5.6.1), over all the lines a
 * field came in (section 5.3):
 *
 *     values[0] = a, "b,c" ,, d      ─▶  a   "b,c"   d   e
 *     values[1] = , e
 *
 * Empty elements are passed over (section 5.6.1.2). A comma in a quoted
 * string does not part elements; a quoted string that is not closed takes
 * the rest of its line, and whoever reads the element will refuse it.
 */
#ifndef VB_HTTP_ELEMENTS_H
#define VB_HTTP_ELEMENTS_H

#include <stdbool.h>

#include "base/span.h"

enum vb_elements_syntax {
    VB_ELEMENTS_USUAL = 0,
    /* A backslash in quotes is an octet like others: entity tags. */
    VB_ELEMENTS_NO_ESCAPE = 1 << 0,
    /* A comma in (a comment) does not part elements: Via. */
    VB_ELEMENTS_COMMENTS = 1 << 1,
};

struct vb_elements {
    const struct vb_span *values;
    size_t count;    /* of values */
    unsigned syntax; /* enum vb_elements_syntax bits */
    size_t line;     /* in values */
    size_t at;       /* in that line */
};

/* Starts at the first element. The values are borrowed. */
void vb_elements_init(struct vb_elements *elements,
                      const struct vb_span *values, size_t count,
                      unsigned syntax);

/* The next element, without white space around it, never empty. */
bool vb_elements_next(struct vb_elements *elements,
                      struct vb_span *ret_element);

/* Is `token` an element of the list, in any case? For Connection and such. */
bool vb_elements_have(const struct vb_span *values, size_t count,
                      struct vb_span token);

#endif
