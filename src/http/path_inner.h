/* What the URI algorithms share beneath path.h. */
#ifndef VB_HTTP_PATH_INNER_H
#define VB_HTTP_PATH_INNER_H

#include "base/buf.h"

/*
 * Removes dot segments in place (RFC 3986 section 5.2.4), in one pass; gives
 * the new length, which is never larger.
 */
size_t vb__path_remove_dots(char *path, size_t len);

/*
 * Appends s with escapes of unreserved characters undone and the others in
 * upper case (RFC 3986 sections 6.2.2.1, 6.2.2.2). False on a character
 * outside `classes`, a malformed escape, or "%00".
 */
bool vb__uri_append_normal(struct vb_buf *buf, struct vb_span s,
                           unsigned classes);

#endif
