/* HTTP/1.1 as a client (RFC 9112), and bytes without a protocol, as wires: see
 * wire/client.h. */
#ifndef VB_WIRE_H1C_H1C_H
#define VB_WIRE_H1C_H1C_H

#include <stddef.h>

#include "exchange/call.h"
#include "wire/wire.h"

/* Bytes that vb_h1c_init needs, aligned for any type. */
size_t vb_h1c_size(void);

/* As vb_client_wire_init; never NULL. `bare`: the one call is switched from its
 * start, and no heads are written or read. */
struct vb_wire *vb_h1c_init(void *memory, struct vb_env *env,
                            const struct vb_peer *peer, bool bare,
                            struct vb_client **ret_client);

#endif
