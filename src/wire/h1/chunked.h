/*
 * Decoding of the chunked transfer coding (RFC 9112 section 7.1), byte by
 * byte where it must, in runs where it can; nothing is buffered.
 *
 *     5 ; a = "b" CR LF  h e l l o  CR LF  0 CR LF  trailer section
 *     size, extensions   data              last chunk ▲ we end here
 */
#ifndef VB_WIRE_H1_CHUNKED_H
#define VB_WIRE_H1_CHUNKED_H

#include <stdint.h>

#include "base/span.h"

struct vb_chunked {
    uint64_t left;     /* bytes of data still to come in this chunk */
    uint32_t overhead; /* bytes of extensions and of padded sizes so far */
    uint8_t state;
};

enum vb_chunked_got {
    VB_CHUNKED_MORE, /* all input is used up */
    VB_CHUNKED_DATA, /* a piece of content */
    VB_CHUNKED_LAST, /* the last chunk's line is over; the trailers follow */
    VB_CHUNKED_BAD,  /* malformed: nothing behind it can be trusted */
    VB_CHUNKED_LARGE /* more extensions than are worth reading: as malformed */
};

/* A decoder begins as {0}. */

/*
 * Takes bytes off the front of *input until there is something to say. With
 * VB_CHUNKED_DATA, *ret_data borrows from the input; it is never empty. Not to
 * be called again after LAST, BAD or LARGE.
 */
enum vb_chunked_got vb_chunked_next(struct vb_chunked *chunked,
                                    struct vb_span *input,
                                    struct vb_span *ret_data);

#endif
