/*
 * HTTP/2 on the wire, as a server (RFC 9113), with priorities (RFC 9218).
 *
 * See wire/wire.h for how a wire is driven. HPACK is nghttp2's; frames,
 * flow control, what a request may be, what it leads to, and what a client may
 * cost us is ours.
 */
#ifndef VB_WIRE_H2_H2_H
#define VB_WIRE_H2_H2_H

#include <stddef.h>

#include "wire/wire.h"

/* Bytes that vb_h2_init needs, aligned for any type. */
size_t vb_h2_size(void);

/*
 * A wire in its first state: nothing was received, not even the connection
 * preface. `env` and `peer` are borrowed for its life. NULL when out of
 * memory. End it with its `free`, which gives back all but this memory.
 */
struct vb_wire *vb_h2_init(void *memory, struct vb_env *env,
                           const struct vb_peer *peer);

#endif
