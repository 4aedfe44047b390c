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

#endif
