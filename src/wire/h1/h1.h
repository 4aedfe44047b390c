/*
 * HTTP/1.1 and HTTP/1.0 on the wire, as a server (RFC 9112).
 *
 * See wire/wire.h for how a wire is driven.
 */
#ifndef VB_WIRE_H1_H1_H
#define VB_WIRE_H1_H1_H

#include <stddef.h>

#include "wire/wire.h"

/*
 * A wire in its first state: nothing was received. `env` and `peer` are
 * borrowed for its life. NULL when out of memory. End it with its `free`.
 */
struct vb_wire *vb_h1_new(struct vb_env *env, const struct vb_peer *peer);

/* Bytes that vb_h1_init needs, aligned for any type. */
size_t vb_h1_size(void);

/* The same in memory of the caller's, so that a connection can be one
 * allocation: `free` then gives back all but this memory. */
struct vb_wire *vb_h1_init(void *memory, struct vb_env *env,
                           const struct vb_peer *peer);

#endif
