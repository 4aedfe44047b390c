/* What always holds in a store's file, seen with SQLite alone. */
#ifndef VB_TESTS_STORAGE_INVARIANTS_H
#define VB_TESTS_STORAGE_INVARIANTS_H

/* How many are broken; each is printed. Nobody writes to the file meanwhile. */
int invariants_broken(const char *path);

#endif
