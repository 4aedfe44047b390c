/*
 * Opening what lies beneath a directory, and nothing else: whatever the path
 * and the links in it say, and whoever changes the tree meanwhile.
 */
#ifndef VB_BASE_BENEATH_H
#define VB_BASE_BENEATH_H

/*
 * Opens `path` (relative, segments separated by "/"; "" is the directory
 * itself) with flags of open(2), which must not create. Symbolic links are
 * followed where they stay beneath `dir`, which absolute ones never do.
 *
 * A descriptor, or -1 with errno: EXDEV or ELOOP for what would lead out, and
 * what else openat2(2) says. Where the kernel lacks that call (before 5.6, or
 * forbidden by a sandbox), no symbolic link is followed at all: ELOOP or
 * ENOTDIR. It blocks as open(2) does.
 */
int vb_open_beneath(int dir, const char *path, int flags);

/* The same by one step after the other, as such kernels need it. */
int vb__walk_beneath(int dir, const char *path, int flags);

#endif
