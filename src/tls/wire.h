/*
 * TLS as a wire around another one: ciphertext goes in and out, what is inside
 * speaks plain. So neither the loop nor the protocol knows of TLS, and a test
 * drives it with byte arrays.
 *
 *     loop ── feed ──▶ GnuTLS ── feed ──▶ the protocol that ALPN has named
 *     loop ◀─ queue ◀─ GnuTLS ◀─ drain ──┘
 */
#ifndef VB_TLS_WIRE_H
#define VB_TLS_WIRE_H

#include <stddef.h>

#include "exchange/call.h"
#include "tls/tls.h"
#include "wire/wire.h"

/* Bytes that vb_tls_wire_init needs, aligned for any type. */
size_t vb_tls_wire_size(void);

/*
 * A wire in its first state, in memory of the caller's. All are borrowed for
 * its life. The handshake has env->limits->head_timeout_ms. Who speaks HTTP
 * without TLS gets an answer that says so (struct vb_peer, bare).
 */
struct vb_wire *vb_tls_wire_init(void *memory, struct vb_tls *tls,
                                 struct vb_env *env,
                                 const struct vb_peer *peer);

/* --- Where we are the client ------------------------------------------------
 */

/* Bytes that vb_tls_outward_wire_init needs, aligned for any type. */
size_t vb_tls_outward_wire_size(void);

/*
 * A wire that begins a handshake with who is at the endpoint (`to->tls` is not
 * NULL), and becomes a client's of what ALPN says, or the endpoint does. `to`
 * is not used any more when this returns, the others are borrowed for the
 * wire's life. It has all the time that there is: who dials ends it. NULL when
 * out of memory: then nothing is to be freed.
 *
 * Who closes without close_notify may be a stranger (RFC 9112 section 9.8): the
 * inner wire does not see an end then, but is freed, which cuts off what is
 * under way.
 */
struct vb_wire *vb_tls_outward_wire_init(void *memory,
                                         const struct vb_endpoint *to,
                                         struct vb_env *env,
                                         const struct vb_peer *peer);

/* What has become of the handshake. */
struct vb_tls_outcome {
    enum vb_dial_end end;
    struct vb_client *client; /* with VB_DIAL_OK: a part of the wire */
    const char *why;          /* without; a line, as long as the wire is */
};

/* Has such a wire got through its handshake, or failed in it? */
bool vb_tls_outward_look(const struct vb_wire *wire,
                         struct vb_tls_outcome *ret);

#endif
