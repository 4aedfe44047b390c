/*
 * A network of one endpoint and some clients, in memory, with a clock that the
 * test turns:
 *
 *     client ─▶ to_server ─▶ [lost, twice, late, garbled?] ─▶ endpoint ─▶ fake
 *     client ◀───────────── [                            ] ◀─┘
 *
 * Which datagrams meet with what is chosen by a seed, so that a run that fails
 * fails again.
 */
#ifndef VB_TESTS_QUIC_NET_H
#define VB_TESTS_QUIC_NET_H

#include "unit.h"

#include "base/list.h"
#include "client.h"
#include "fake_h3.h"
#include "quic/quic.h"

#define NS_PER_MS    INT64_C(1000000)
#define CLIENTS_MOST 300
#define STREAMS_MOST 16

/* One client as the test sees it. */
struct node {
    struct net *net;
    struct quic_client *client;
    uint16_t host;           /* the last 16 bits of its address */
    uint16_t nat_port;       /* what it is seen with, if not its own */
    struct quic_route route; /* where it is, as it knows */
    struct vb_buf log;       /* its events but for data, printed */
    struct vb_buf streams[STREAMS_MOST]; /* by id / 4 */
    bool ended[STREAMS_MOST];            /* fin has come */
    struct vb_buf ticket;
    struct vb_buf token;
    bool confirmed;
    bool stateless;
    bool closed;
    bool application; /* of the close */
    uint64_t code;    /* of the close */
    uint64_t sent;    /* bytes */
    uint64_t received;
    unsigned datagrams; /* received */
    bool deaf;          /* what comes for it is thrown away */
    bool mute;          /* what it has to say does not leave it, */
    bool once;          /* but for the first datagram */
    bool at_home;       /* it is seen with a loopback address */
};

/* In 1/1000. */
struct weather {
    unsigned lost;
    unsigned twice;
    unsigned late;
    unsigned garbled;
    unsigned marked; /* by routers: congestion (ECN) */
};

struct net {
    struct vb_env env;
    struct vb_limits limits;
    struct vb_service service;
    struct vb_tls *tls;
    struct vb_tls_files files;
    char folder[32];
    char path[64];
    struct vb_quic_secrets secrets;
    struct vb_quic *quic;
    bool brittle;    /* allocations of the endpoint's may fail, */
    bool fragile;    /* now */
    unsigned places; /* that may be taken still */
    int64_t now_ns;
    int64_t latency_ns;
    struct weather weather;
    uint64_t seed;
    struct vb_link wire; /* datagrams on their way, soonest first */
    struct node nodes[CLIENTS_MOST];
    uint16_t next_host; /* of the next client; 0: one of its own */
    unsigned node_count;
    bool full;          /* the server's socket */
    unsigned refusals;  /* times it was */
    unsigned wakes;     /* calls of config.wake */
    unsigned batches;   /* calls of config.send that were taken, */
    unsigned datagrams; /* of so many datagrams */
    size_t largest;     /* of them */
    uint64_t bytes;     /* of all */
    unsigned ecn;       /* codepoints that were sent, as bits */
    /* Sees what the server sends before it is on its way; NULL. */
    void (*watch)(struct net *net, struct vb_span datagram);
};

void net_init(struct net *net);
/* As worker `worker` of `workers`. */
void net_init_as(struct net *net, unsigned worker, unsigned workers);
void net_done(struct net *net);
/* Another endpoint in the place of this one, which forgets all. */
void net_restart(struct net *net);

/* All connections end, and all clients are gone; the endpoint stays. */
void net_clear(struct net *net);

/* The same, which besides does not know its tickets. */
void net_restart_tls(struct net *net);

/* Adds a client with these options (NULL: the defaults). */
struct node *net_client(struct net *net,
                        const struct quic_client_options *options);

/* The same at the address of another one, which is gone then. */
struct node *net_client_at(struct net *net,
                           const struct quic_client_options *options,
                           struct node *former);

/* It is gone, without a word. */
void net_leave(struct node *node);

/* It moves to another port, as RFC 9000 section 9.2 has it. False: it cannot
 * now. */
bool net_migrate(struct node *node, uint16_t port);

/* Its NAT gives it another port, which it does not know. */
void net_rebind(struct node *node, uint16_t port);

/* A number that is the same in each run (xorshift64*). */
uint64_t net_draw(struct net *net);

/* Lets time pass. */
void net_run(struct net *net, int64_t ms);
/* Until the client's handshake is confirmed; a second at most. */
void net_shake(struct net *net, struct node *node);
/* Until the stream has ended; so many ms at most. False: it did not. */
bool net_wait(struct net *net, struct node *node, int64_t id, int64_t ms);

/* Opens a stream, sends, and ends it. */
int64_t net_ask(struct node *node, const char *text);
/* What has come of a stream. */
struct vb_span net_got(const struct node *node, int64_t id);

/* What the client has to send is on its way, and nothing else happens. */
void net_post(struct net *net, struct node *node);

/* So many datagrams arrive, and are answered. */
void net_skip(struct net *net, unsigned count);

/* Was the client told this (quic_event_print)? */
bool net_told(const struct node *node, const char *text);

/* Gives the server a datagram that no client has made, from an address that
 * ends so, and port 4433. */
void net_inject(struct net *net, uint16_t host, struct vb_span bytes);
void net_inject_from(struct net *net, uint16_t host, uint16_t port,
                     struct vb_span bytes);

/* Writes what the client has to send, and takes it: up to `most` datagrams. How
 * many. */
size_t net_record(struct node *node, char bytes[][QUIC_DATAGRAM_MAX],
                  size_t *len, size_t most);
/* The same, but the first only: its length, or 0. */
size_t net_steal(struct node *node, char bytes[QUIC_DATAGRAM_MAX]);

#define assert_stream(node, id, text) assert_span_equal(net_got(node, id), text)

#endif
