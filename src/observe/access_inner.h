/* The inside of the access log, shared by its files. */
#ifndef VB_OBSERVE_ACCESS_INNER_H
#define VB_OBSERVE_ACCESS_INNER_H

#include "observe/access_log.h"
#include "observe/redact.h"

/* No line is longer. It is PIPE_BUF: a pipe takes such a line whole. */
#define VB__ACCESS_LINE_MAX 4096

/* The last second a time was written for, and how. */
struct vb__access_second {
    int64_t unix_s;
    char text[32]; /* empty: none yet */
};

/* access_line.c: writes the line, with its newline, into `line`, which has
 * room for VB__ACCESS_LINE_MAX bytes. Its length. */
size_t vb__access_line(enum vb_access_format format,
                       const struct vb_redaction *redaction,
                       struct vb__access_second *second,
                       const struct vb_exchange *x, char *line);

#endif
