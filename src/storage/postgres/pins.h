/*
 * Blobs that somebody in this process has in use: records that were read, and
 * what is written for a commit to come. Any thread. Where there is no memory, a
 * blob is none of them: it lives as long as other loose ones do.
 */
#ifndef VB_STORAGE_POSTGRES_PINS_H
#define VB_STORAGE_POSTGRES_PINS_H

#include <stdbool.h>
#include <stdint.h>

struct vb__pg_pins;

/* NULL: no memory. */
struct vb__pg_pins *vb__pg_pins_new(void);
void vb__pg_pins_free(struct vb__pg_pins *pins);

/* A record with it was read; and let go. */
void vb__pg_pins_add(struct vb__pg_pins *pins, uint64_t blob);
void vb__pg_pins_remove(struct vb__pg_pins *pins, uint64_t blob);

/* It is being written; and no longer: a commit has it, or it was discarded. */
void vb__pg_pins_write(struct vb__pg_pins *pins, uint64_t blob);
void vb__pg_pins_written(struct vb__pg_pins *pins, uint64_t blob);

bool vb__pg_pins_has(struct vb__pg_pins *pins, uint64_t blob);

#endif
