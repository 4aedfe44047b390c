/*
 * QUIC version 1 (RFC 9000, 9001, 9002) as a server, on ngtcp2 with GnuTLS:
 * the connections of one worker, each of which carries HTTP/3.
 *
 *     loop ── receive(datagram) ──▶ by connection ID ─▶ connection ─▶ wire/h3
 *     loop ◀── send(datagrams) ─── flush ◀───────────── connection ◀─ wire/h3
 *
 * No sockets, no clock, no threads: datagrams and a time (of a monotonic clock,
 * in nanoseconds) go in, datagrams come out.
 *
 * Each connection ID that we choose begins with a byte that tells its worker:
 * that byte modulo the number of workers. So whoever hands out datagrams need
 * only look at it, and a connection that migrates, or whose NAT is rebound,
 * stays with its worker. The first ID of all is the client's, and random: by
 * the same rule its handshake's packets find together.
 */
#ifndef VB_QUIC_QUIC_H
#define VB_QUIC_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/span.h"
#include "exchange/exchange.h"
#include "tls/tls.h"

/* Bytes of the connection IDs that we choose. */
#define VB_QUIC_ID_LEN 16

/* Workers that one byte tells from each other. */
#define VB_QUIC_WORKERS_MAX 256

/* Bytes of the largest datagram that is taken or made. */
#define VB_QUIC_DATAGRAM_MAX 65527

/* Where a datagram came to, and from; or goes from, and to. */
struct vb_quic_path {
    struct sockaddr_storage local; /* its port, and the very address */
    struct sockaddr_storage remote;
    void *socket; /* the loop's, which it came through */
};

/* What all workers share, so that any can honour what another has given out:
 * the keys of address validation tokens and of stateless resets. */
struct vb_quic_secrets {
    unsigned char token[32];
    unsigned char reset[32];
};

/* Fills it with random bytes. */
enum vb_err vb_quic_secrets_make(struct vb_quic_secrets *ret_secrets);

struct vb_quic_config {
    struct vb_tls *tls;
    struct vb_env *env;
    const struct vb_quic_secrets *secrets;
    unsigned worker;  /* this one, */
    unsigned workers; /* of so many */
    /*
     * Sends datagrams of `segment` bytes each (the last may be shorter), all
     * with this ECN codepoint (RFC 3168; 0 for none). False when the socket is
     * full: none of them is sent, and vb_quic_writable will be called. What
     * cannot be sent for another reason counts as sent, and lost.
     */
    bool (*send)(void *context, const struct vb_quic_path *path, unsigned ecn,
                 struct vb_span bytes, size_t segment);
    /* One more connection: false when there are as many as may be. */
    bool (*take_place)(void *context);
    void (*give_place)(void *context);
    /* Something is to be sent, from outside of the loop's calls: flush at the
     * end of this turn. */
    void (*wake)(void *context);
    void *context;
};

struct vb_quic;

/* All of the config is borrowed, but copied itself. */
enum vb_err vb_quic_new(const struct vb_quic_config *config,
                        struct vb_quic **ret_quic);

/* Abandons all connections. NULL is fine. */
void vb_quic_free(struct vb_quic *quic);

/* A datagram has come; its bytes are borrowed for the call. */
void vb_quic_receive(struct vb_quic *quic, const struct vb_quic_path *path,
                     unsigned ecn, struct vb_span bytes, int64_t now_ns);

/* Sends what connections have to send; once a turn, behind all receives. */
void vb_quic_flush(struct vb_quic *quic, int64_t now_ns);

/* The socket that was full has room: flush goes on. */
void vb_quic_writable(struct vb_quic *quic);

/* When to call `tick` (then flush); VB_TIME_NEVER for never. */
int64_t vb_quic_deadline_ns(const struct vb_quic *quic);
void vb_quic_tick(struct vb_quic *quic, int64_t now_ns);

/* Takes no new connections; those there finish what is under way. */
void vb_quic_shut_down(struct vb_quic *quic);

/* Ends all at once: CONNECTION_CLOSE, and gone. */
void vb_quic_end(struct vb_quic *quic);

/* Connections that are there; those that only drain do not count. */
size_t vb_quic_count(const struct vb_quic *quic);

#endif
