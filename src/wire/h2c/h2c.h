/* HTTP/2 as a client (RFC 9113), as a wire: see wire/client.h. */
#ifndef VB_WIRE_H2C_H2C_H
#define VB_WIRE_H2C_H2C_H

#include <stddef.h>

#include "exchange/call.h"
#include "wire/wire.h"

/* Bytes that vb_h2c_init needs, aligned for any type. */
size_t vb_h2c_size(void);

/* As vb_client_wire_init. */
struct vb_wire *vb_h2c_init(void *memory, struct vb_env *env,
                            const struct vb_peer *peer,
                            struct vb_client **ret_client);

#endif
