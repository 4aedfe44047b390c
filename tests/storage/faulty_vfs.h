/*
 * A file system that fails when it is told to: SQLite's own, with a fault put
 * before the Nth change. For tests of what the store does then.
 */
#ifndef VB_TESTS_STORAGE_FAULTY_VFS_H
#define VB_TESTS_STORAGE_FAULTY_VFS_H

#include <stdbool.h>

enum fault {
    FAULT_FULL, /* a write finds the disk full */
    FAULT_TORN, /* a write gets half of its bytes down, then fails */
    FAULT_SYNC, /* a sync fails; what was written may be on disk or not */
    FAULT_COUNT
};

/* From now on, SQLite's connections of this process go through it. */
void faulty_vfs_install(void);

/* The `nth` write or sync (1, 2, ...) from now on fails, once, or, when
 * sticky, that and all later ones. Only changes of the fault's own kind
 * count. */
void faulty_vfs_arm(enum fault fault, unsigned nth, bool sticky);

/* No more faults; true when there was one since it was armed. */
bool faulty_vfs_disarm(void);

/* Bytes were written to a write-ahead log and not synced since. */
bool faulty_vfs_log_is_dirty(void);

#endif
