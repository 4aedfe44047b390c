/*
 * A client of QUIC version 1 for tests, on ngtcp2 with GnuTLS: no sockets, no
 * clock, no threads, and no HTTP.
 *
 *     quic_client_send(id, bytes) ─▶ client ─▶ quic_client_write ─▶ a datagram
 *     on_event(data, reset ...) ◀── client ◀── quic_client_receive ◀─ a
 * datagram
 *
 * What a well-behaved client would not send goes out by quic_client_inject.
 * A test of one process may have any number of them, of any thread.
 */
#ifndef VB_TESTS_QUIC_CLIENT_H
#define VB_TESTS_QUIC_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/span.h"

/* Enough for each datagram that quic_client_write makes. */
#define QUIC_DATAGRAM_MAX 1500

/* kind, its word in quic_event_print. What each has in it: */
#define QUIC_EVENTS(ROW)                                                       \
    ROW(HANDSHAKE, "handshake") /* done: bytes: ALPN; code: 1: 0-RTT taken */  \
    ROW(CONFIRMED, "confirmed") /* HANDSHAKE_DONE has come */                  \
    ROW(REJECTED, "rejected")   /* 0-RTT was: its streams are no more */       \
    ROW(DATA, "data")           /* id, bytes, fin */                           \
    ROW(RESET, "reset")         /* id, code, of RESET_STREAM */                \
    ROW(STOP, "stop")           /* id, code, of STOP_SENDING */                \
    ROW(ENDED, "ended")         /* id: both directions are done with */        \
    ROW(STREAMS_BIDI, "bidi")   /* code: as many may be opened, of all */      \
    ROW(STREAMS_UNI, "uni")                                                    \
    ROW(TOKEN, "token")         /* bytes, of NEW_TOKEN */                      \
    ROW(TICKET, "ticket")       /* bytes: see options.ticket */                \
    ROW(RETRY, "retry")         /* its token is sent from now on */            \
    ROW(VERSIONS, "versions")   /* bytes: 4 for each that is offered */        \
    ROW(PATH, "path")           /* validated; code: 0: with success */         \
    ROW(CLOSED, "closed")       /* by peer: code, application, bytes: why */   \
    ROW(STATELESS, "stateless") /* by a stateless reset */                     \
    ROW(TIMED_OUT, "timed-out") /* bytes: "idle" or "handshake" */             \
    ROW(FAILED, "failed")       /* what came was wrong; bytes: how */

enum quic_event_kind {
#define ROW(kind, word) QUIC_##kind,
    QUIC_EVENTS(ROW)
#undef ROW
};

struct quic_event {
    enum quic_event_kind kind;
    int64_t id; /* of the stream, or -1 */
    uint64_t code;
    bool application; /* the code is one of the application's */
    bool fin;
    struct vb_span bytes; /* borrowed for the call */
};

/* One line: "data 0 68656c6c6f fin\n". Bytes are hex; ids and codes decimal. */
void quic_event_print(const struct quic_event *event, struct vb_buf *to);

/* Where a datagram goes, or came from, as the client sees it. */
struct quic_route {
    struct sockaddr_storage local;
    struct sockaddr_storage remote;
    unsigned ecn;
};

struct quic_client_options {
    const char *alpn;        /* NULL: none */
    const char *sni;         /* NULL: none */
    const char *ca;          /* PEM; NULL: any certificate will do */
    const char *certificate; /* PEM, of the client, and */
    const char *key;         /* its key; NULL: none */
    struct vb_span ticket;   /* of an earlier connection's event: resume it */
    bool early;              /* in 0-RTT, where the ticket allows it */
    struct vb_span token;    /* of an earlier connection's event */
    struct vb_span dcid;     /* the first; empty: a random one */
    uint32_t version;
    uint64_t max_data;        /* windows of the connection, and */
    uint64_t max_stream_data; /* of each stream */
    uint64_t max_streams_uni; /* that the server may open */
    uint64_t connection_ids;  /* active_connection_id_limit */
    uint64_t idle_ms;         /* 0: for ever */
    uint64_t handshake_ms;    /* 0: for ever */
    bool hold;    /* windows open by quic_client_credit, not with what came */
    bool debug;   /* ngtcp2 tells on stderr what it does */
    bool own_mtu; /* looks for the path's, beyond 1200 bytes */
    void (*on_event)(void *context, const struct quic_event *event);
    void *context;
};

/* "h3", "localhost", version 1, a MiB per stream and ten for all. */
void quic_client_defaults(struct quic_client_options *options);

struct quic_client;

/* NULL when ngtcp2 or GnuTLS refuse the options. They are copied but for what
 * they point to: that is not needed any more either, once this is through. */
struct quic_client *quic_client_new(const struct quic_client_options *options,
                                    const struct quic_route *route,
                                    int64_t now_ns);
void quic_client_free(struct quic_client *c);

/* --- Datagrams and time ------------------------------------------------------
 */

void quic_client_receive(struct quic_client *c, const struct quic_route *route,
                         struct vb_span bytes, int64_t now_ns);

/* The next datagram, its length, and its way; 0: there is nothing to send now.
 * `size` is at least QUIC_DATAGRAM_MAX. */
size_t quic_client_write(struct quic_client *c, struct quic_route *ret_route,
                         void *buf, size_t size, int64_t now_ns);

/* When to call tick (then write); INT64_MAX: never. */
int64_t quic_client_expiry(struct quic_client *c);
void quic_client_tick(struct quic_client *c, int64_t now_ns);

/* Nothing more comes of it, nor goes out. */
bool quic_client_is_over(const struct quic_client *c);

/* --- Streams -----------------------------------------------------------------
 */

/* Its id; -1 when the server does not allow one more (yet). */
int64_t quic_client_open(struct quic_client *c, bool bidi);

/* Copies the bytes. False when there is no such stream, or its end was said.
 */
bool quic_client_send(struct quic_client *c, int64_t id, struct vb_span bytes,
                      bool fin);
bool quic_client_reset(struct quic_client *c, int64_t id, uint64_t code);
bool quic_client_stop(struct quic_client *c, int64_t id, uint64_t code);

/* Opens the windows, the stream's and the connection's, by so many bytes. */
void quic_client_credit(struct quic_client *c, int64_t id, uint64_t count);

/* Bytes that were sent but not acknowledged, or not sent at all; not those of
 * streams that were reset, or are no longer wanted. */
size_t quic_client_unacked(const struct quic_client *c);

/* --- The connection ----------------------------------------------------------
 */

/* CONNECTION_CLOSE with the next write. */
void quic_client_close(struct quic_client *c, bool application, uint64_t code);

/* These say whether it can be done now. */
bool quic_client_update_keys(struct quic_client *c, int64_t now_ns);
/* To another local address; `at_once`: without its validation first. */
bool quic_client_migrate(struct quic_client *c, const struct quic_route *route,
                         bool at_once, int64_t now_ns);

/* A PING each `ns` of silence; INT64_MAX: none. */
void quic_client_keep_alive(struct quic_client *c, int64_t ns);

/* A packet of 1-RTT with these frames, whatever they are, with the next write.
 * At most 1000 bytes, one at a time, and the handshake is done; else false. */
bool quic_client_inject(struct quic_client *c, struct vb_span frames);

/* Sets these bits in the first byte of each packet that is injected. */
void quic_client_first_bits(struct quic_client *c, unsigned char bits);

/* A number among the server's transport parameters, by ngtcp2's name for it;
 * durations are in nanoseconds. False: there is none of this name, or they have
 * not come yet. */
bool quic_client_parameter(struct quic_client *c, const char *name,
                           uint64_t *ret_value);

/* The connection ID that the server is known by now. */
struct vb_span quic_client_dcid(struct quic_client *c);

#endif
