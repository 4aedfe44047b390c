/*
 * The shape of the record layer as a wire, shared by wire.c and its parts.
 *
 *     FRESH ─ first byte ─▶ HANDSHAKE ─ done ─▶ OPEN ─ inner wire ends ─▶ LAST
 *       │                       └──── what is no TLS, or broken ────────▶ LAST
 *       └── a letter: HTTP without TLS ─▶ BARE
 *
 *     wire_server.c   our side where we are a server: from the first byte
 *     wire_client.c   and where we are a client, which begins in HANDSHAKE
 *     wire_session.c  what both have of a session, to the inner wire
 *     wire_read.c     what comes in, and who gets it
 *     wire_write.c    what goes out
 *     wire.c          how it ends; state, time and life
 *
 * GnuTLS reads from what was fed, and writes into the queue, which takes all:
 * so nothing is ever half written, and what is queued stays the same bytes.
 * More is encrypted only while the queue is short. In LAST an alert (mostly
 * close_notify) is the last of what is queued; then we linger as any wire does,
 * or the inner wire hears on, as a tunnel whose other way has ended does.
 */
#ifndef VB_TLS_WIRE_INNER_H
#define VB_TLS_WIRE_INNER_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "tls/peer.h"
#include "tls/queue.h"
#include "tls/tls.h"
#include "tls/visit.h"
#include "wire/wire.h"

enum vb_tls_phase {
    VB_TLS_FRESH,
    VB_TLS_HANDSHAKE,
    VB_TLS_OPEN,
    VB_TLS_BARE,
    VB_TLS_LAST,
    VB_TLS_DEAD
};

struct vb_tls_wire;

/* What each side does in its own way. */
struct vb_tls_side {
    /* The handshake is done, and an inner wire to be made: 0, or GnuTLS's code
     * with which the session is to end. */
    int (*open)(struct vb_tls_wire *t);
    /* It ends with a code of GnuTLS's: the alert that says why, where GnuTLS
     * knows no better; 0: it does. */
    gnutls_alert_description_t (*failed)(struct vb_tls_wire *t, int rc);
    /* The peer's TCP has ended, and it had not said that it would. */
    void (*cut)(struct vb_tls_wire *t);
    bool lingers; /* LINGER is the inner wire's last word, if not always the
                     last that it hears: LAST begins */
};

struct vb_tls_wire {
    struct vb_wire wire; /* first */
    const struct vb_tls_side *side;
    struct vb_tls *tls;         /* a server's */
    struct vb_tls_visit *visit; /* a client's */
    gnutls_session_t session;   /* from HANDSHAKE on */
    struct vb_span input;       /* what was fed and not read; borrowed */
    struct vb_tls_queue queue;
    int64_t since;            /* when the handshake, or LAST, began */
    int64_t write_since;      /* when sending began, or went on */
    uint32_t taken;           /* bytes of the handshake */
    uint8_t phase;            /* enum vb_tls_phase */
    bool inside;              /* the inner wire is there */
    bool eof;                 /* the peer's TCP has ended */
    bool notified;            /* the peer has said close_notify */
    bool said;                /* and we have */
    struct vb_tls_peer shown; /* the inner wire's peer */
    _Alignas(max_align_t) struct vb_wire inner; /* and its protocol's part */
};

static inline struct vb_tls_wire *vb__tls_wire_of(struct vb_wire *wire)
{
    return VB_CONTAINER(wire, struct vb_tls_wire, wire);
}

/* --- wire_session.c ---------------------------------------------------------
 */

/* The session reads from t->input, and writes into t->queue. */
void vb__tls_carry(struct vb_tls_wire *t);

/* `len` bytes of the handshake are in t->input. */
void vb__tls_go_on(struct vb_tls_wire *t, size_t len);

/* The inner wire is there. */
void vb__tls_begin_inner(struct vb_tls_wire *t);

/* It is gone, if it was there. */
void vb__tls_end_inner(struct vb_tls_wire *t);

/* --- wire_server.c ----------------------------------------------------------
 */

/* The first byte tells TLS from HTTP without it; what is neither, GnuTLS
 * answers with an alert. */
void vb__tls_begin(struct vb_tls_wire *t, char first);

/* --- wire_read.c, wire_write.c: operations of the wire ---------------------
 */

void vb__tls_feed(struct vb_wire *wire, struct vb_span bytes);
void vb__tls_eof(struct vb_wire *wire);
int vb__tls_drain(struct vb_wire *wire, struct iovec *iov, int max,
                  struct vb_file_part *ret_file);
void vb__tls_sent(struct vb_wire *wire, size_t n);

/* Has the inner wire come to its end, or to that of what it sends, and we have
 * not said so? */
bool vb__tls_is_over(const struct vb_tls_wire *t);

/* --- wire.c: how it begins, and how it ends ---------------------------------
 */

/* In its first state, which is a server's. */
struct vb_tls_wire *vb__tls_wire_init(void *memory,
                                      const struct vb_tls_side *side,
                                      struct vb_env *env,
                                      const struct vb_peer *peer);

/* Nothing more can be said, or read: as if the cable were cut. */
void vb__tls_die(struct vb_tls_wire *t);

/* The last word is queued. */
void vb__tls_begin_last(struct vb_tls_wire *t);

/* What came is no TLS that we take, for GnuTLS's reason: the alert says why. */
void vb__tls_fail(struct vb_tls_wire *t, int rc);

#endif
