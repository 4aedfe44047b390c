/* The inside of the access log, shared by its files. */
#ifndef VB_OBSERVE_ACCESS_INNER_H
#define VB_OBSERVE_ACCESS_INNER_H

#include <stdatomic.h>

#include "observe/access_log.h"
#include "observe/redact.h"

/* No line is longer. It is PIPE_BUF: a pipe takes such a line whole. */
#define VB__ACCESS_LINE_MAX 4096

/* The last second a time was written for, and how. */
struct vb__access_second {
    int64_t unix_s;
    char text[32]; /* empty: none yet */
};

/* How something is written to without waiting. */
enum vb__access_kind {
    VB__ACCESS_FILE,   /* takes everything at once */
    VB__ACCESS_STREAM, /* a pipe or a terminal: asked first, in small pieces */
    VB__ACCESS_SOCKET
};

struct vb_access_log {
    int fd; /* ours; always the same, reopening changes what it means */
    atomic_int kind;
    enum vb_access_format format;
    struct vb_redaction redaction; /* borrows from rules */
    char *rules;
    char *path; /* NULL: stderr */
    /* A stream takes the lines of one writer at a time. Its owner keeps it
     * while a line is only half written. */
    atomic_flag taken;
    atomic_bool torn; /* a line in the file lacks its end */
};

/* access_line.c: writes the line, with its newline, into `text`, which has
 * room for VB__ACCESS_LINE_MAX bytes. Its length. */
size_t vb__access_line(enum vb_access_format format,
                       const struct vb_redaction *redaction,
                       struct vb_redact_keys keys,
                       struct vb__access_second *second,
                       const struct vb_exchange *x, char *text);

#endif
