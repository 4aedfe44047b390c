/*
 * multipart content (RFC 2046 section 5.1), which is at hand as a whole:
 *
 *     preamble CRLF --b CRLF fields CRLF CRLF content CRLF --b-- CRLF epilogue
 *                            └────────── a part ────┘
 *
 * Strict where two readers could see different parts: lines end in CR LF, a
 * line that begins like a delimiter is one, and the last one must be there.
 * Nothing is copied; reading it all takes one pass.
 */
#ifndef VB_CONTENT_MULTIPART_H
#define VB_CONTENT_MULTIPART_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/media.h"

/* Characters of a boundary (section 5.1.1). */
#define VB_BOUNDARY_MOST 70

struct vb_multipart {
    struct vb_span rest;
    char delimiter[4 + VB_BOUNDARY_MOST]; /* CR LF -- and the boundary */
    size_t len;                           /* of it */
    bool begun, over;
    const char *why; /* it is malformed; NULL: not so far. Static */
};

/* A part; spans borrow from the content. */
struct vb_multipart_part {
    struct vb_span fields; /* lines, each with its CR LF; "" for none */
    struct vb_span content;
};

/* Starts on content of this media type, which is a multipart. False: it has no
 * boundary, or none that can be one. */
bool vb_multipart_init(struct vb_multipart *multipart,
                       const struct vb_media *media, struct vb_span content);

/* The next part. False after the last, and where it is malformed: then `why`
 * is set. */
bool vb_multipart_next(struct vb_multipart *multipart,
                       struct vb_multipart_part *ret_part);

#endif
