/*
 * Blobs that live records hold. A blob that no record in the store has any
 * more is removed only when nobody here holds it either: a download that began
 * before the replacement ends with the bytes it began with.
 */
#ifndef VB_STORAGE_SQLITE_PINS_H
#define VB_STORAGE_SQLITE_PINS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"

struct vb__pins {
    pthread_mutex_t lock;
    struct vb_table table;
};

void vb__pins_init(struct vb__pins *pins);
/* All pins must be gone. */
void vb__pins_done(struct vb__pins *pins);

/* Once more. False: no memory. */
bool vb__pins_add(struct vb__pins *pins, uint64_t blob);

/* Once less; true when that was the last one. */
bool vb__pins_remove(struct vb__pins *pins, uint64_t blob);

bool vb__pins_has(struct vb__pins *pins, uint64_t blob);

#endif
