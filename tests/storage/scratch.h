/* Folders for one test's files. */
#ifndef VB_TESTS_STORAGE_SCRATCH_H
#define VB_TESTS_STORAGE_SCRATCH_H

#include <stddef.h>

/* A new folder under TMPDIR or /tmp. */
void scratch_make(char *path, size_t size);

/* Removes the folder of this file, and all files in it. */
void scratch_remove(const char *file);

#endif
