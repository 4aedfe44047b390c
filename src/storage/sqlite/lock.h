/*
 * One process at a time: PATH-lock beside the database is locked (flock) while
 * a store has it open, and names the process. The kernel lets go of it when
 * the process ends, however it ends; the file itself stays.
 *
 * SQLite's own locks would let a second process in, whose commits our caches
 * would never hear of.
 */
#ifndef VB_STORAGE_SQLITE_LOCK_H
#define VB_STORAGE_SQLITE_LOCK_H

#include "base/buf.h"
#include "base/err.h"

/* A descriptor that holds the lock until it is closed. VB_ERR_BUSY: another
 * process (or another store of this one) has it. */
enum vb_err vb__lock_take(const char *path, int *ret_fd,
                          struct vb_buf *ret_why);

#endif
