/*
 * SipHash-1-3 of bytes under a secret key, so that a client cannot choose
 * keys that all fall into one bucket (Aumasson and Bernstein, 2012).
 */
#ifndef VB_BASE_HASH_H
#define VB_BASE_HASH_H

#include <stdint.h>

#include "base/span.h"

struct vb_hash_key {
    uint64_t k0;
    uint64_t k1;
};

/* A key from the kernel's random numbers. Aborts where there are none. */
struct vb_hash_key vb_hash_key_random(void);

/* The one random key of this process, for tables that live within it. */
const struct vb_hash_key *vb_hash_key_shared(void);

/* A key that everybody has: for names that must be the same in every process.
 */
extern const struct vb_hash_key vb_hash_key_fixed;

uint64_t vb_hash(const struct vb_hash_key *key, struct vb_span bytes);

#endif
