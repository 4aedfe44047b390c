/*
 * One line of a log, built in place. Nothing that a client sent can end it,
 * break out of its quotes or steer a terminal: bytes that are not printable
 * ASCII, quotes and backslashes are written as \xHH.
 */
#ifndef VB_OBSERVE_LINE_H
#define VB_OBSERVE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct vb__line {
    char *ptr; /* has room for all that is written: the caller sees to it */
    size_t len;
    size_t end; /* where the text that is being written must end */
    bool json;  /* in a JSON string a backslash is two */
    bool cut;   /* the text was too long; what follows of it is dropped */
};

/* Text of our own, as it is. */
void vb__line_put(struct vb__line *line, struct vb_span text);
void vb__line_number(struct vb__line *line, uint64_t n);

/* Text from outside, of at most `most` bytes (4 or more) when it is written;
 * what is longer ends in "...". It may be given in pieces. */
static inline void vb__line_begin(struct vb__line *line, size_t most)
{
    line->end = line->len + most;
    line->cut = false;
}
void vb__line_text(struct vb__line *line, struct vb_span text);

#endif
