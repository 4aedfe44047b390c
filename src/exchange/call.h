/*
 * A request of our own to another server, and what comes of it: the contract
 * between who asks (gateway/), who speaks the protocol (wire/, the client's
 * side) and who has the sockets (loop/).
 *
 *     gateway ── vb_dialer ──▶ loop: names, sockets, TLS ──▶ a client
 *     gateway ── client->ops->start(call) ──▶ client wire ──▶ the other server
 *        ▲                                        │
 *        └── call->ops: interim, head, content, end ┘
 *
 * A client is one connection. It takes as many calls at once as `room` says:
 * one of HTTP/1.1, many of HTTP/2. Clients, calls and dials belong to one
 * worker; nothing in them is locked.
 */
#ifndef VB_EXCHANGE_CALL_H
#define VB_EXCHANGE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "exchange/exchange.h"
#include "exchange/response.h"

struct vb_call;
struct vb_client;

/* --- Calls ---------------------------------------------------------------- */

/* How a call ended. */
enum vb_call_end {
    VB_CALL_WHOLE,     /* the reply is all there; trailers are in the call */
    VB_CALL_UNSEEN,    /* the server has done nothing about it, whatever it is:
                          no byte of it was sent, or it said so (RFC 9113
                          sections 6.8 and 8.7): any method may be repeated */
    VB_CALL_CLOSED,    /* the connection ended before any byte of a reply */
    VB_CALL_CUT,       /* the reply has ended before its end */
    VB_CALL_MALFORMED, /* what came is no HTTP, or not to be trusted */
    VB_CALL_TOO_LARGE, /* its head is larger than the limits */
    VB_CALL_LATE,      /* no head, or no more of the content, in time */
    VB_CALL_NOMEM,
    VB_CALL_OWN_CUT /* the request's content source has failed */
};

/* Bounds of a call; shared, read-only. 0 as a time: no bound. */
struct vb_call_limits {
    struct vb_head_limits head;
    uint32_t head_timeout_ms;  /* from the request's last byte, or from the last
                                  interim reply, to the reply's head */
    uint32_t idle_timeout_ms;  /* without progress, either way */
    uint32_t total_timeout_ms; /* from start to end */
};

/*
 * What a call is told, on the worker's thread, and never from within `start`.
 * The wire may be deep in its own work: nothing that is called here may free
 * the client; but the call's own operations (its carrier) may be used, but for
 * what is said there.
 */
struct vb_call_ops {
    /* An interim reply (1xx, never 101). The response is borrowed for the call.
     * NULL: passed over. */
    void (*interim)(struct vb_call *call,
                    const struct vb_response_head *response);
    /* The head of the final reply; or, where call->protocol or a tunnel was
     * asked for, 101 or 2xx, after which bytes go both ways (call->switched is
     * set). The response lies in call->arena. */
    void (*head)(struct vb_call *call, const struct vb_response_head *response);
    /* Bytes of content, never none, borrowed for the call. PAUSE: none until
     * call->carrier->resume, and no end of a reply that is whole. DONE is as
     * MORE. */
    enum vb_sink_want (*content)(struct vb_call *call, struct vb_span bytes);
    /* Once it is switched: the other side sends no more. What we send may go
     * on, and the call ends with that. NULL: the call ends here. */
    void (*eof)(struct vb_call *call);
    /* Last, exactly once, unless the call is cancelled. The call may be freed
     * in it, and its arena. */
    void (*end)(struct vb_call *call, enum vb_call_end end);
};

/* What a call asks of the client that has it, from start to end. */
struct vb_call_carrier {
    /* After VB_SINK_PAUSE. */
    void (*resume)(struct vb_call *call);
    /* call->content, which was pending, has more. */
    void (*content_ready)(struct vb_call *call);
    /* Nobody wants it any more: nothing is told of it from now on, not even its
     * end, and it is forgotten when this returns. Its source is closed by its
     * caller. Also from within the call's operations. HTTP/1.1 closes the
     * connection, HTTP/2 resets the stream. */
    void (*cancel)(struct vb_call *call);
};

struct vb_call {
    /* The request: the caller's; all stays until the call has ended. */
    enum vb_method method;
    struct vb_span method_text;
    struct vb_span scheme;    /* of the target URI */
    struct vb_span authority; /* its host[:port]: Host, :authority */
    struct vb_span target;    /* as HTTP/1.1's request-line has it */
    /* End-to-end fields; Host and those of framing or the connection are the
     * client's to say, and passed over here (as vb_role_of has them). */
    const struct vb_field_out *fields;
    size_t field_count;
    const struct vb_fields *as_came; /* which of them are guarded; or NULL */
    bool te_trailers;                /* "TE: trailers" is to be said */
    /* The request's content, or NULL. A length of -1: not known. It is pulled
     * by the client, and closed by the caller after the end. What the pull
     * gives must stay until the next one. PULL_FILE is not used. */
    struct vb_source *content;
    const struct vb_fields *trailers; /* behind it; looked at when it ends; or
                                         NULL */
    /* Which protocol to switch to ("websocket"): by Upgrade in HTTP/1.1, as an
     * extended CONNECT in HTTP/2; "": none. The content is what is sent in it
     * once call->switched. CONNECT is a switch, too. */
    struct vb_span protocol;
    bool expects; /* "Expect: 100-continue" is among the fields: the content is
                     held back until 100 comes, or expect_ms have passed */
    const struct vb_call_limits *limits;
    struct vb_arena *arena; /* where the response is put */
    const struct vb_call_ops *ops;
    void *context; /* the caller's */

    /* Told by the client. */
    const struct vb_call_carrier *carrier; /* from start on */
    struct vb_fields *trailers_in; /* of the reply; NULL: none. In the arena */
    const char *why;   /* more about its end, static or in the arena; or NULL */
    bool reused;       /* the connection had carried others before */
    bool begun;        /* some byte of a reply has come */
    bool switched;     /* bytes go both ways */
    bool content_sent; /* all of the request's content was taken */
    int64_t begun_ms;  /* monotonic, when it was started */
    void *own;         /* the client's */
};

/* How long content is held back for a 100 that may never come. */
#define VB_CALL_EXPECT_MS 1000

/* --- Clients ---------------------------------------------------------------
 */

struct vb_client_ops {
    /* Begins a call: what becomes of it is told later. Else nothing was begun:
     * VB_ERR_CLOSED: there is no room (also on a fresh connection, where the
     * server has spoken or closed first); VB_ERR_NOMEM; VB_ERR_INVALID: its
     * method, target, authority or protocol cannot be said in a head;
     * VB_ERR_UNSUPPORTED: the server does not take what it asks for (content
     * without a length in HTTP/1.0, another protocol in HTTP/2). */
    enum vb_err (*start)(struct vb_client *client, struct vb_call *call);
    /* How many calls more it takes just now. */
    unsigned (*room)(const struct vb_client *client);
    /* Takes no more, and ends when those under way are over: at once, where
     * there are none (then `gone` is called later, not within). */
    void (*close)(struct vb_client *client);
};

/* One connection to another server. Part of the wire's memory. */
struct vb_client {
    const struct vb_client_ops *ops;
    const char *protocol;       /* "HTTP/1.1", "HTTP/2"; "" for a bare tunnel */
    const struct vb_peer *peer; /* who that is */
    uint32_t calls;             /* begun so far */
    int64_t idle_since;         /* monotonic ms, when its last call ended */
    uint32_t idle_ms; /* without a call it closes after that; 0: never */
    /* Its owner's, set in vb_dial.done; neither may use the client's
     * operations within but `start`, and that not in `gone`. NULL is fine. */
    void (*changed)(struct vb_client *client); /* there may be room now */
    void (*gone)(struct vb_client *client);    /* it is over: forget it. Its
                                                  calls have been told */
    void *owner;
    struct vb_link link; /* the owner's */
};

/* --- Dialling --------------------------------------------------------------
 */

struct vb_tls_outward; /* tls/outward.h */

enum vb_dial_protocol {
    VB_DIAL_HTTP,   /* by ALPN: HTTP/2, else HTTP/1.1; without TLS HTTP/1.1 */
    VB_DIAL_HTTP_1, /* HTTP/1.1 only */
    VB_DIAL_HTTP_2, /* HTTP/2 only; without TLS by prior knowledge */
    VB_DIAL_BARE    /* no protocol: bytes both ways (a tunnel). One call, which
                       is switched from its start, and has no head */
};

/* Where another server is. Read-only while anyone dials it. */
struct vb_endpoint {
    const char *host; /* a name or an IP address, without brackets; or NULL */
    uint16_t port;
    const char *path; /* of a Unix socket, in the place of host and port */
    enum vb_dial_protocol protocol;
    /* How TLS is spoken with it (whom to believe, our certificate, and the name
     * it must have); NULL: it is not. */
    const struct vb_tls_outward *tls;
};

enum vb_dial_end {
    VB_DIAL_OK,
    VB_DIAL_NO_NAME,      /* the name is not known, or has no address */
    VB_DIAL_NAME_TROUBLE, /* nobody could tell */
    VB_DIAL_FORBIDDEN,    /* no address of it may be connected to */
    VB_DIAL_REFUSED,
    VB_DIAL_UNREACHABLE,
    VB_DIAL_LATE,
    VB_DIAL_UNTRUSTED, /* its certificate is not to be believed */
    VB_DIAL_TLS,       /* another failure of TLS */
    VB_DIAL_NOMEM,     /* or no descriptors, or no room for connections */
    VB_DIAL_CANCELLED  /* the worker stops */
};

/* The caller's, where it stays until it is done or cancelled. */
struct vb_dial {
    const struct vb_endpoint *to;
    uint32_t timeout_ms; /* for all of it: name, connection, TLS; 0: no bound */
    /* May this address (IPv6, or IPv4 mapped into it) be connected to? NULL:
     * any. Asked about the address itself, after the name was looked up, so
     * that no name leads elsewhere. */
    bool (*allowed)(const struct vb_dial *dial, const uint8_t ip[16]);
    /* Once, on the worker's thread, never from within `start`. With VB_DIAL_OK
     * dial->client is connected, and ready for calls: its owner is set there,
     * and the first call may be started. Else dial->why may say more. */
    void (*done)(struct vb_dial *dial, enum vb_dial_end end);
    void *context; /* the caller's */

    struct vb_client *client; /* out */
    char why[128];            /* out: one line for the log, or "" */
    void *own;                /* the dialler's */
};

/* One of each worker: env.dialer. */
struct vb_dialer {
    /* VB_ERR_NOMEM: nothing happened, and `done` is not called. */
    enum vb_err (*start)(struct vb_dialer *dialer, struct vb_dial *dial);
    /* Nothing is told of it any more. Only before `done`. */
    void (*cancel)(struct vb_dialer *dialer, struct vb_dial *dial);
};

#endif
