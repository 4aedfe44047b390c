/*
 * A stored response as bytes, for a tier that outlives the process: all but its
 * content, which is kept beside them as it is.
 *
 *     [version][numbers ...][texts, each behind its length ...]
 */
#ifndef VB_CACHING_FROZEN_H
#define VB_CACHING_FROZEN_H

#include "base/buf.h"
#include "caching/response.h"

/* Appends it, whole or a part. Errors are the buffer's. */
void vb_frozen_write(struct vb_buf *buf,
                     const struct vb_stored_response *response);

/*
 * The response of bytes that vb_frozen_write has written, with its content. One
 * reference; NULL: no memory, or it is not one: bytes of another version, cut
 * off, or with a field that could not be sent. So files need not be trusted;
 * but whether they say what was written is for the tier to check. The arena is
 * for the while.
 */
struct vb_stored_response *vb_frozen_read(struct vb_arena *arena,
                                          struct vb_span bytes,
                                          struct vb_kept_content *content);

#endif
