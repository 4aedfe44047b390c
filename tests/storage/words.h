/*
 * Indexes of records that are texts: one has the first word of each, and one
 * all of them. A key is a word and NUL, so that none begins another one.
 */
#ifndef VB_TESTS_STORAGE_WORDS_H
#define VB_TESTS_STORAGE_WORDS_H

#include "storage/store.h"

enum { WORDS_FIRST, WORDS_ALL, WORDS_COUNT };

extern const struct vb_span words_names[WORDS_COUNT];

/* Of the members of /c. A reference. */
struct vb_indexes *words_new(void);

/* Keeps the members that have a key in the ranges, sorted by the first one
 * where that is wanted. */
struct words_sieve {
    struct vb_sieve base;
    size_t index;
    const struct vb_ranges *ranges; /* borrowed */
    bool ordered, descending;
};

/*
 * How many of the indexes in an SQLite file do not have what the records say:
 * all keys of each member, or of those up to where one has come that is being
 * made; and nothing else. Prints them. A file without these indexes has none
 * that is broken.
 */
int words_broken(const char *path);

struct words_sieve words_sieve(size_t index, const struct vb_ranges *ranges);

#endif
