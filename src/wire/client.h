/*
 * The client's side of a connection: a wire as the others are, and a client
 * (exchange/call.h), in one piece of memory.
 *
 *     gateway ── client->ops->start(call) ──▶ [client wire] ── drain ──▶ loop
 *     gateway ◀── call->ops: head, content, end ──┘  ▲────── feed, eof ──┘
 *
 * Who connects makes one when it is known what is spoken there: at once, or
 * when ALPN has said so. The wire does its work within the loop's calls alone:
 * what is asked of the client or of a call in between is noted, and the loop is
 * woken (wire->wake) to drain, whether or not there will be any bytes.
 *
 * As the loop's wires it closes by VB_WIRE_CLOSE, and `free` tells each call
 * under way how it ended, then the client's owner that it is gone.
 *
 * - `eof` is a proper end of what the other server sends. Where it may be a
 *   stranger's doing (TLS without close_notify, RFC 9112 section 9.8), and when
 *   the socket fails, the loop calls `free` instead: content whose end is the
 *   connection's (section 6.3) is whole only by an `eof`.
 * - VB_WIRE_LINGER means that what we send in a tunnel has ended: the loop
 * shuts its sending side down, and goes on to feed. It comes, and goes again,
 * with VB_WIRE_READ.
 */
#ifndef VB_WIRE_CLIENT_H
#define VB_WIRE_CLIENT_H

#include <stddef.h>

#include "exchange/call.h"
#include "wire/wire.h"

enum vb_client_kind {
    VB_CLIENT_HTTP_1, /* RFC 9112 */
    VB_CLIENT_HTTP_2, /* RFC 9113 */
    VB_CLIENT_BARE    /* no protocol: one call, switched from its start */
};

/* Bytes that vb_client_wire_init needs, for any kind; aligned for any type. */
size_t vb_client_wire_size(void);

/*
 * A wire on a fresh connection, in memory of the caller's; `env` and `peer` are
 * borrowed for its life. *ret_client is a part of it, and ready for calls; its
 * owner, and how long it may be idle, are set by who gets it. NULL when out of
 * memory: then nothing is to be freed.
 */
struct vb_wire *vb_client_wire_init(void *memory, struct vb_env *env,
                                    const struct vb_peer *peer,
                                    enum vb_client_kind kind,
                                    struct vb_client **ret_client);

#endif
