/* A request of a command's own to a server, on a connection of its own. */
#ifndef VB_SERVER_LINE_H
#define VB_SERVER_LINE_H

#include "base/buf.h"

struct vb__secured; /* server/explain.h */

/* A connection, with or without TLS. */
struct vb__line {
    int fd;
    struct vb__secured *secured; /* NULL: without */
};

/* Sends these bytes, and reads until the other side has no more to say. NULL,
 * or why there is no reply. */
const char *vb__line_ask(const struct vb__line *line, struct vb_span bytes,
                         struct vb_buf *reply);

#endif
