/* Reading a file with secrets in it, which nobody else may read or change. */
#ifndef VB_BASE_PRIVATE_H
#define VB_BASE_PRIVATE_H

#include "base/buf.h"

/*
 * Appends all of a regular file that its group may read at most, and others not
 * at all. The caller wipes what was read. VB_ERR_IO: it cannot be read;
 * VB_ERR_INVALID: others may, or it is no such file; VB_ERR_LIMIT: it is longer
 * than `into` may be; VB_ERR_NOMEM. Then ret_why gets a few words, to follow
 * the path.
 */
enum vb_err vb_private_read(const char *path, struct vb_buf *into,
                            struct vb_buf *ret_why);

#endif
