/*
 * A connection's first bytes, which tell its protocol: those of the HTTP/2
 * connection preface (RFC 9113 section 3.4) begin HTTP/2, known beforehand by
 * the client (3.3), and all others are HTTP/1's.
 *
 *     [opening] ─ "PRI * HTTP/2.0..." ─▶ [h2]
 *         └────── anything else ───────▶ [h1]     in the same memory
 *
 * It is a wire itself until it knows, and then becomes the one or the other
 * where it is: what points to it goes on pointing to the right one. It stores
 * no bytes: those that fit so far are the preface's.
 */
#ifndef VB_WIRE_OPENING_H
#define VB_WIRE_OPENING_H

#include <stddef.h>

#include "wire/wire.h"

/* Bytes that vb_opening_init needs, aligned for any type. */
size_t vb_opening_size(void);

/*
 * A wire in its first state: nothing was received. `env` and `peer` are
 * borrowed for its life, and the memory is the caller's: `free` gives back all
 * but that.
 */
struct vb_wire *vb_opening_init(void *memory, struct vb_env *env,
                                const struct vb_peer *peer);

#endif
