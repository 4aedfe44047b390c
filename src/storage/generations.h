/*
 * The counters behind vb_store_generation; see store.h for what they promise.
 * Only engines bump them.
 */
#ifndef VB_STORAGE_GENERATIONS_H
#define VB_STORAGE_GENERATIONS_H

#include <stdint.h>

#include "base/hash.h"
#include "base/span.h"

struct vb_generations;

/* NULL when out of memory. All counters start at 0. */
struct vb_generations *vb__generations_new(void);
void vb__generations_free(struct vb_generations *generations);

uint64_t vb__generations_hash(const struct vb_generations *generations,
                              struct vb_span key);
uint64_t vb__generations_get(const struct vb_generations *generations,
                             uint64_t hash);

/* What the caller made durable before is seen by whoever sees the bump. Returns
 * what the counter is now. */
uint64_t vb__generations_bump(struct vb_generations *generations,
                              uint64_t hash);

/* All of them at once: of what was changed it is not known where. */
void vb__generations_bump_all(struct vb_generations *generations);

#endif
