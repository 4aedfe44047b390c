/*
 * A wire: one connection's protocol. Framing only: no sockets, no clock, no
 * threads. Bytes and a time go in, bytes come out.
 *
 *     loop ── feed(bytes) ──▶ wire ── exchange ──▶ service
 *     loop ◀── drain(pieces) ── wire ◀── reply ─────┘
 *
 * The loop asks for nothing else, and a test drives a wire with byte arrays,
 * split at every offset.
 */
#ifndef VB_WIRE_WIRE_H
#define VB_WIRE_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/span.h"
#include "exchange/exchange.h"

struct vb_wire;

/* What the loop should do with the socket; recomputed after every call. */
enum {
    VB_WIRE_READ = 1,  /* wants bytes */
    VB_WIRE_WRITE = 2, /* has bytes to drain */
    /* All is sent that ever will be: shut the sending side down, for good, even
     * where this bit goes away again; and read and feed until the peer closes
     * or the deadline passes. The wire throws it away, and waits only so that
     * the peer can read the last reply (RFC 9112 section 9.6); or it is a
     * tunnel's end of one way, while the other goes on: then it comes and goes
     * with VB_WIRE_READ. */
    VB_WIRE_LINGER = 4,
    VB_WIRE_CLOSE = 8, /* over: close the socket, then call `free` */
    /* With CLOSE: by a reset (SO_LINGER of 0). A reply was cut short whose end
     * is the connection's, which must not look like a proper one (RFC 9112
     * section 8). */
    VB_WIRE_RESET = 16
};

struct vb_wire_ops {
    const char *name; /* as in ALPN: "http/1.1" */
    /*
     * Bytes have arrived; they are borrowed for the call. The wire takes all
     * of them (it asks for no more while it cannot use them).
     */
    void (*feed)(struct vb_wire *wire, struct vb_span bytes);
    /* The peer has shut down its sending side. */
    void (*eof)(struct vb_wire *wire);
    /*
     * Up to `max` pieces of what is to be sent, in order; how many. *ret_file
     * is what comes next behind them, where that is a part of a file (else
     * its length is 0). All stay valid until `sent`. A part that cannot be
     * read to its end is the connection's: what would follow has no place.
     */
    int (*drain)(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file);
    /* The first n bytes of what drain gave are on their way; 0: what was sent
     * earlier comes through, so the peer reads. */
    void (*sent)(struct vb_wire *wire, size_t n);
    /* VB_WIRE_* bits. */
    unsigned (*state)(const struct vb_wire *wire);
    /* When to call `tick`, in env->now.mono_ms; VB_TIME_NEVER for never. */
    int64_t (*deadline)(const struct vb_wire *wire);
    /* A deadline may have passed: look at env->now. */
    void (*tick)(struct vb_wire *wire);
    /* Finish what is under way, take nothing new, then close. */
    void (*shut_down)(struct vb_wire *wire);
    /* Gives everything back, abandoning what is under way. At any time but
     * within a call of the wire's. */
    void (*free)(struct vb_wire *wire);
};

/* What every wire begins with. */
struct vb_wire {
    const struct vb_wire_ops *ops;
    struct vb_env *env;
    /* Set by the loop; called when something that happened outside of the
     * loop's own calls (a reply became ready) changed `state`. The wire may be
     * deep in somebody's call then: it must not be called back, let alone
     * freed, before the stack has unwound. */
    void (*wake)(struct vb_wire *wire);
    const struct vb_peer *peer;
};

#endif
