/*
 * Lines of JSON (application/x-ndjson): one text a line, LF or CRLF between;
 * within a JSON text there can be neither but as white space, which is written
 * away. Lines of nothing but white space are passed over.
 */
#ifndef VB_CONTENT_LINES_H
#define VB_CONTENT_LINES_H

#include <stdbool.h>

#include "base/span.h"

struct vb_line_reader {
    struct vb_span text; /* what is left of it */
    size_t line;         /* from 1: of the line that came last; 0: none yet */
};

/* The next line that has something on it, without its end; false: there is
 * none. */
bool vb_lines_next(struct vb_line_reader *lines, struct vb_span *ret_line);

#endif
