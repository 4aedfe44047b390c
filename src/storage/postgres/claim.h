/* How the value of a claim is kept: see the table `claim`. */
#ifndef VB_STORAGE_POSTGRES_CLAIM_H
#define VB_STORAGE_POSTGRES_CLAIM_H

#include "base/arena.h"
#include "storage/commit.h"

/* A longer value is kept as its SHA-256: an index has no room for it. */
#define VB__PG_CLAIM_MOST 1000

static inline bool vb__pg_claim_is_long(const struct vb_claim *claim)
{
    return claim->value.len > VB__PG_CLAIM_MOST;
}

/* The value itself, or its digest in the arena; {NULL, 0}: no memory. */
struct vb_span vb__pg_claim_value(const struct vb_claim *claim,
                                  struct vb_arena *arena);

#endif
