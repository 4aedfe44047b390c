/* Reading a part of a file, wherever others read it. */
#ifndef VB_BASE_READ_AT_H
#define VB_BASE_READ_AT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads `size` bytes from `offset` on, however often pread(2) has to be asked.
 * How many there were, fewer where the file ends before; or -1 with errno.
 */
ssize_t vb_read_at(int fd, void *to, size_t size, uint64_t offset);

#endif
