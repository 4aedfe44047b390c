/*
 * One request and its one reply, the same for every protocol version.
 *
 *     wire ── head, content ──▶ exchange ──▶ flow ──▶ resource
 *       ▲                          │
 *       └────────── reply ─────────┘
 *
 * Life: the wire takes an exchange from its worker when a head is complete (or
 * known to be bad), and hands it to the service with vb_service_begin. From
 * then on the flow drives. When the reply is decided, the exchange goes back
 * down through its carrier; the wire releases it after the last byte has been
 * produced. If the connection dies first, the wire calls vb_exchange_abandon;
 * an exchange whose flow is waiting for something then lives on until that
 * something has answered, so whoever answers never finds it gone.
 *
 * An exchange belongs to one worker. Nothing in it is locked.
 */
#ifndef VB_EXCHANGE_EXCHANGE_H
#define VB_EXCHANGE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/heap.h"
#include "base/pool.h"
#include "exchange/head.h"
#include "exchange/rep.h"

struct vb_exchange;
struct vb_resource;     /* flow/resource.h */
struct vb_node;         /* flow/flow.h */
struct vb_site;         /* flow/resource.h */
struct vb_problem;      /* content/problem.h */
struct vb_store_client; /* storage/store.h */
struct vb_cache;        /* storage/cache.h */
struct vb_rates;        /* flow/rate.h */
struct vb_decoding;     /* flow/decode.c */
struct vb_explainer;    /* flow/explain.h */
struct vb_executor;     /* base/task.h */
struct vb_mailbox;
struct vb_ranges;      /* http/range.h */
struct vb_runner;      /* exchange/run.h */
struct vb_alarms;      /* base/alarm.h */
struct vb_dialer;      /* exchange/call.h */
struct vb_reaches;     /* gateway/reach.h */
struct vb_jobs;        /* resource/jobs.h */
struct vb_certificate; /* exchange/certificate.h */
struct vb_identity;    /* exchange/identity.h */
struct vb_asking;      /* access/scheme.h */
struct vb_joint;       /* storage/joint.h */
struct vb_logins;      /* access/login.h */
struct vb_feed;        /* resource/feed.h */

/* --- Where it happens -------------------------------------------------- */

/* Now, read once per loop turn. */
struct vb_now {
    int64_t mono_ms; /* base/clock.h's monotonic clock */
    int64_t unix_ms;
    char date[32]; /* unix_ms as an HTTP-date, NUL-terminated (29 bytes) */
};

/* Bounds and times, as configured; shared, read-only. */
struct vb_limits {
    struct vb_head_limits head;
    uint64_t max_content;        /* bytes of request content; beyond: 413 */
    uint64_t max_document;       /* bytes of JSON content; beyond: 413 */
    uint32_t head_timeout_ms;    /* from first byte to the head's end: 408 */
    uint32_t content_timeout_ms; /* without progress in content: 408 */
    uint32_t idle_timeout_ms;    /* between requests: close */
    uint32_t write_timeout_ms;   /* without progress in sending: close */
    uint32_t linger_ms;          /* reading on after a last reply */
    uint32_t once_retention_ms;  /* how long an Idempotency-Key is known */
    uint32_t max_requests;       /* on one connection; 0: no bound */
    bool extended_connect;       /* HTTP/2 and HTTP/3 say that they take it */
};

/* A set of limits that suits most servers (docs: verbatim(1)). */
extern const struct vb_limits vb_limits_default;

/* The last line of Accept-Encoding, and what followed from it (flow's): one
 * client after the other sends the same. */
struct vb_coding_memo {
    char line[48];
    uint8_t len; /* of line; 0: nothing is known */
    int8_t offer;
    bool identity_refused;
};

/* What a worker lends to everything that runs on it. */
struct vb_env {
    struct vb_now now;
    const struct vb_limits *limits;
    struct vb_service *service;     /* what takes new exchanges */
    struct vb_site *site;           /* who owns which URI; may change between
                                       exchanges, never during one */
    struct vb_store_client *store;  /* where resources keep their state */
    struct vb_cache *cache;         /* of representations, in front of it */
    struct vb_executor *executor;   /* where what may block runs, and */
    struct vb_mailbox *mailbox;     /* how it comes back; NULL: it runs here */
    const struct vb_node *nodes;    /* the flow's table; NULL: the real one */
    struct vb_explainer *explainer; /* for who asks why; NULL: nobody may */
    struct vb_rates *rates;         /* how often clients may ask; NULL: ever */
    struct vb_logins *logins;       /* how passwords are checked; NULL: none */
    bool unavailable;               /* takes no requests now: 503 */
    struct vb_coding_memo coding_memo;
    struct vb_runner *runner;     /* runs programs; NULL: nothing does */
    struct vb_alarms *alarms;     /* calls again after a while; or NULL */
    struct vb_dialer *dialer;     /* connects to other servers; or NULL */
    struct vb_reaches *reaches;   /* what is known of these; or NULL */
    struct vb_jobs *jobs;         /* where work is put off to; NULL: nowhere */
    struct vb_feed *feed;         /* who is told what happens; NULL: nobody */
    struct vb_pool exchanges;     /* of struct vb_exchange */
    struct vb_pool arena_blocks;  /* what exchanges' arenas begin with */
    struct vb_pool output_blocks; /* VB_OUTPUT_BLOCK bytes each, for wires */
    struct vb_heap heap;          /* for the libraries that wires stand on */
};

#define VB_OUTPUT_BLOCK ((size_t)16 * 1024)

/* Prepares an env; `limits` and `service` are borrowed. */
void vb_env_init(struct vb_env *env, const struct vb_limits *limits,
                 struct vb_service *service);
/* All exchanges must be released. */
void vb_env_done(struct vb_env *env);
/* Sets env->now; formats the date only when the second changed. */
void vb_env_set_now(struct vb_env *env, int64_t mono_ms, int64_t unix_ms);

/* Who takes new exchanges: the composition root implements it by starting the
 * flow; a wire's test by answering directly. */
struct vb_service {
    void (*begin)(struct vb_service *service, struct vb_exchange *x);
    /* The exchange is over (reply sent or connection gone): log it. May be
     * NULL. Also called, without `begin`, when there was no memory for what an
     * exchange needs. */
    void (*end)(struct vb_service *service, struct vb_exchange *x);
    /* Nobody works with it any more, and nothing needs its site. The
     * last call, once for each `end`; may be NULL. */
    void (*gone)(struct vb_service *service, struct vb_exchange *x);
};

/* The other side, as far as it is known. Lives as long as the connection;
 * small, because idle connections have one each. */
struct vb_peer {
    uint8_t ip[16]; /* IPv6, or IPv4 mapped into it; zero for a Unix socket */
    uint16_t port;
    uint16_t h3_port; /* where it came to, HTTP/3 is served as well: over UDP
                         at the same port; 0: it is not */
    bool local;       /* a Unix socket */
    bool loopback;    /* a loopback address or a Unix socket */
    bool secure;      /* TLS or QUIC */
    bool bare;        /* it came without TLS to where TLS is spoken */
    /* Where TLS is spoken, and NULL elsewhere: is the certificate that was
     * shown valid for the host (RFC 9110 section 7.4)? Not if it is bare. */
    bool (*certified)(const struct vb_peer *peer, struct vb_span authority);
    /* By what it is known; NULL: it has shown no certificate, or was not asked
     * for one. */
    const struct vb_certificate *certificate;
};

/* Without what is its connection's, so that it may outlive that. */
static inline void vb_peer_part(struct vb_peer *peer)
{
    peer->certified = NULL;
    peer->certificate = NULL;
}

/* --- Content coming in -------------------------------------------------- */

/* Content codings that content may come in, one applied to the other. */
#define VB_CODINGS_MAX 2

enum vb_sink_want {
    VB_SINK_MORE,  /* go on */
    VB_SINK_PAUSE, /* these were taken; wait for vb_exchange_resume_content */
    VB_SINK_DONE   /* the flow was told: nothing more is of use, and outside of
                      the wire's own calls the exchange may be gone */
};

/*
 * Where request content goes. The wire calls `write` with bytes that are
 * borrowed for the call and never none, then `end` once: VB_OK when it arrived
 * whole, or VB_ERR_CLOSED, _TIMEOUT, _SYNTAX (bad framing), _LIMIT (over
 * max_content), _NOMEM; x->verdict then says more. Neither is called after the
 * reply, unless that is `duplex`; then DONE is as MORE. `end` is called also
 * when the connection dies, before the exchange is abandoned or released, with
 * an error; a reply given to it is thrown away.
 */
struct vb_sink {
    enum vb_sink_want (*write)(struct vb_sink *sink, struct vb_span bytes);
    void (*end)(struct vb_sink *sink, enum vb_err err);
    /* Called exactly once when the exchange ends; NULL is fine. */
    void (*close)(struct vb_sink *sink);
};

/* --- Content going out --------------------------------------------------- */

enum vb_pull {
    VB_PULL_BYTES,   /* some: borrowed until the next pull or the close */
    VB_PULL_FILE,    /* a part of a file, in source->file: likewise */
    VB_PULL_PENDING, /* none yet: vb_exchange_output_ready will be called */
    VB_PULL_END,     /* all was given */
    VB_PULL_FAILED   /* it cannot go on: the wire breaks the message off */
};

/* A part of a file that is sent from where it lies. Should the file turn out
 * to be shorter than this when it is sent, the message is broken off. */
struct vb_file_part {
    int fd;
    uint64_t offset; /* bytes from the file's beginning */
    uint64_t length; /* bytes; 0: there is no such part */
};

/* Reply content that is produced piece by piece. */
struct vb_source {
    enum vb_pull (*pull)(struct vb_source *source, struct vb_span *ret_bytes);
    /* Called exactly once when the exchange ends, also early; NULL is fine. */
    void (*close)(struct vb_source *source);
    int64_t length; /* bytes in all, or -1 when not known beforehand */
    struct vb_file_part file; /* see VB_PULL_FILE */
    /* It goes on for as long as the client is there: with the end of what that
     * sends, it is given up. */
    bool endless;
};

enum vb_reply_content {
    VB_CONTENT_NONE,   /* the reply has no content (and perhaps a rep's head) */
    VB_CONTENT_REP,    /* the representation's */
    VB_CONTENT_BYTES,  /* `bytes` */
    VB_CONTENT_SOURCE, /* `source` */
};

/* How much of a representation's fields goes with the reply. */
enum vb_reply_head {
    VB_HEAD_NONE,
    VB_HEAD_FULL, /* all, with Content-Length: a 200 (or its HEAD) */
    VB_HEAD_304
};

/* The reply, as the flow decided it. Filled through flow/reply.h. */
struct vb_reply {
    uint16_t status;
    enum vb_reply_head rep_head;
    enum vb_reply_content content;
    bool head_only; /* answer to HEAD: the head as for GET, no content */
    bool close;     /* end the connection after this reply */
    bool foreign;   /* another server's: nothing is added to it */
    /*
     * Both ways at once: x->sink, which is set, goes on getting what is left of
     * the request's content once the reply has begun, until its `end`, or until
     * all of the reply is handed to the wire: then it is told nothing more. The
     * content need not have been wanted before; it is now, and who waits for
     * 100 (Continue) gets it before the reply. Content is a source. How long
     * the client may be silent is for who answers to say: no time of the wire's
     * is about that.
     */
    bool duplex;
    /*
     * With `duplex`: a tunnel (a 2xx to CONNECT) or another protocol (101 where
     * x->head.protocol is asked for by Upgrade, a 2xx to an extended CONNECT);
     * such a request has no content. From the end of the reply's head on, bytes
     * go both ways, without framing of HTTP's: what the client sends goes to
     * x->sink, and its `end` with VB_OK is the end of what the client sends; it
     * is called for this once, and with an error where the client's connection
     * or stream is broken off. The end of the source is told the client as the
     * end of what we send, and its failure breaks everything off: x->sink is
     * told nothing more then. It is over when both ways have ended, or when the
     * connection has. A source that has ended is asked again after a call of
     * carrier->output_ready: END changes nothing, FAILED ends it all, which
     * else the client alone could. The wire writes what is its own (Upgrade,
     * where the fields lack it, Connection) and no framing fields.
     */
    bool switched;
    struct vb_rep *rep; /* a reference, or NULL */
    struct vb_span bytes;
    struct vb_source *source;
    struct vb_field_out *fields; /* further fields */
    uint16_t field_count;
    uint16_t field_cap;
    const struct vb_fields *as_came; /* which of them are guarded; or NULL */
    /* Behind a source's end, looked at then; for who has said "TE: trailers",
     * and where the version has a place for them (not HTTP/1.0, nor behind a
     * content of known length in HTTP/1.1). Fields that are no trailers (RFC
     * 9110 section 6.5.1) are passed over. NULL: none. */
    const struct vb_fields *trailers;
};

/* Adds a field; name and value must live until the reply is sent (arena or
 * static). Out of memory: the arena's sticky failure. */
void vb_reply_add(struct vb_exchange *x, struct vb_span name,
                  struct vb_span value);

/* --- The carrier: what the wire offers to what is above ------------------- */

/* The exchange may be gone when a call of these returns. */
struct vb_carrier {
    const char *protocol; /* "HTTP/1.1": for logs, nothing else */
    /* Content is wanted after all: send 100 (Continue) if the client waits
     * for it, and deliver into x->sink, from now on or already in this call. */
    void (*want_content)(struct vb_exchange *x);
    /* After VB_SINK_PAUSE. */
    void (*resume_content)(struct vb_exchange *x);
    /* Sends an interim reply (1xx, never 101) before the final one, at any time
     * and as often as there are any; only where x->head.interim_ok. The fields
     * are borrowed for the call. Where there is no memory for it, or the client
     * does not read what was sent before, it is left out; so is a 100 when one
     * was sent already. */
    void (*interim)(struct vb_exchange *x, unsigned status,
                    const struct vb_field_out *fields, size_t count);
    /* x->reply is complete. The exchange belongs to the wire again. */
    void (*reply)(struct vb_exchange *x);
    /* x->reply.source, which was pending, has more; or see `switched`. */
    void (*output_ready)(struct vb_exchange *x);
    /* The exchange is over and gone, abandoned or not: told in place of the
     * service, which has not begun it (flow/inner.h); NULL for wires. */
    void (*gone)(void *carrier_data);
};

/* --- The exchange ----------------------------------------------------------
 */

/* Where the flow is, and the way it took (flow/). */
#define VB_TRACE_MAX 256
struct vb_walk {
    uint8_t node;    /* the question under way */
    uint8_t again;   /* times that commit said AGAIN */
    uint8_t answer;  /* given by vb_flow_resume before PENDING got home */
    bool answered;   /* `answer` is set */
    bool running;    /* the runner is on the stack */
    bool waiting;    /* a question said PENDING */
    bool finished;   /* the reply was decided */
    uint16_t length; /* entries of trace */
    uint16_t trace[VB_TRACE_MAX]; /* node << 4 | answer */
};

/* Variables that the path of a resource may have. */
#define VB_VARIABLES_MAX 8

/* The validators of what the preconditions are about (RFC 9110 section
 * 13.1): the selected representation, or for an unsafe method the resource. */
struct vb_selected {
    bool exists;
    struct vb_span etag; /* with quotes; "" for none */
    /* For unsafe methods: tags of any representation of this revision begin
     * with this after the quote; "" when only `etag` counts. */
    struct vb_span tag_core;
    int64_t modified; /* Unix seconds or VB_DATE_NONE */
    /* Where nothing exists: it is known that nothing will, */
    bool gone;
    struct vb_span moved_to; /* or where what was here is now; "" for nowhere */
};

/* What an unsafe method's commit brought about. */
struct vb_outcome {
    bool created;             /* 201 rather than 200/204 */
    uint16_t status;          /* which of the possible ones the description
                                 declares; 0: the flow's default */
    struct vb_span location;  /* of what was created; "" for none */
    struct vb_span see_other; /* where the outcome can be had (303); "" */
    /* The entity tag of the state that it has made, also where the reply must
     * not say so; "": unknown. */
    struct vb_span etag;
};

/*
 * A request that its client names, so that it is done once however often it
 * comes (Idempotency-Key). Filled in by who keeps such names; see
 * flow/intake.h and resource/once.c.
 */
struct vb_once {
    /* Content that a sink is about to get; borrowed for the call. */
    void (*content)(struct vb_exchange *x, struct vb_span bytes);
    /* The reply is decided, and not sent yet; or the client has gone. False: it
     * has to wait until vb_reply_settled is called (flow/reply.h). */
    bool (*settled)(struct vb_exchange *x, unsigned status);
    /* The exchange is over, whether settled or not. */
    void (*done)(struct vb_exchange *x);
};

struct vb_exchange {
    struct vb_arena arena;
    struct vb_env *env;
    const struct vb_carrier *carrier;
    void *carrier_data; /* the wire's */
    const struct vb_peer *peer;
    /* What this one is a part of, which asks in its place and outlives it
     * (flow/inner.h); NULL: a request of its own. */
    struct vb_exchange *outer;
    /* With what else its changes are to be made, all or none; NULL: alone. */
    struct vb_joint *joint;

    struct vb_head head;
    struct vb_verdict verdict;  /* of the head builder and the wire */
    struct vb_sink *sink;       /* set before content is wanted */
    struct vb_buf content;      /* where the flow's own sink puts it */
    struct vb_fields *trailers; /* after the content's end, or NULL */

    struct vb_walk walk;
    struct vb_site *site; /* env->site when it began */
    const struct vb_resource *resource;
    struct vb_span keyed_query; /* the query, where there is a key in it, which
                                   is told to nobody (flow/secret.h); or "" */
    struct vb_span key;         /* the resource's canonical path */
    struct vb_span canonical;   /* where to redirect to, when not "" */
    struct vb_span
        variables[VB_VARIABLES_MAX]; /* decoded path segments it matched */
    uint8_t variable_count;
    int16_t offer;  /* index of the media type to answer with; -1: none */
    uint8_t coding; /* that the client likes best: enum vb_coding */
    bool identity_refused; /* without a coding it takes nothing */
    int16_t accept; /* index of the take that covers the content; -1: none */
    struct vb_span media_type;       /* of the content, once it is understood */
    uint8_t codings[VB_CODINGS_MAX]; /* of the content, in the order applied */
    uint8_t coding_count;
    bool coding_refused;          /* 415 because of Content-Encoding */
    struct vb_decoding *decoding; /* what undoes them; or NULL */
    void *state;                  /* the resource's, for this exchange */
    void (*state_done)(struct vb_exchange *x); /* gives it back; or NULL */
    /* The client has gone while a question waits: whoever it waits for need not
     * go on, but answers all the same, also from within this call; or NULL. */
    void (*call_off)(struct vb_exchange *x);
    struct vb_once *once; /* NULL: it may be done as often as it comes */
    const struct vb_identity *identity; /* who asks; NULL: nobody knows */
    struct vb_asking *asking;           /* how that is found out; or NULL */
    void (*asking_done)(struct vb_exchange *x); /* gives it back; or NULL */
    struct vb_selected selected;
    struct vb_rep *current; /* selected representation, a reference or NULL */
    /* Which parts of it are asked for, none if none of those there is; NULL:
     * all of it. */
    struct vb_ranges *ranges;
    struct vb_outcome outcome;
    uint32_t retry_after_s; /* with 429 and 503; 0: the usual */
    bool personal; /* who asks decides what is answered, even where that is not
                      so of all that its resource answers */
    bool hinted;   /* 103 (Early Hints) is sent */
    struct vb_problem *problem; /* what to tell of an error; or NULL */
    struct vb_reply reply;

    int64_t begun_ms;  /* monotonic, when its head was complete */
    bool abandoned;    /* the connection is gone */
    uint8_t held;      /* by so many: vb_exchange_hold */
    bool over;         /* released, and held still */
    uint64_t sent;     /* bytes of content, for the log: sent, */
    uint64_t received; /* and taken in */
};

/* Does its reply go on for as long as the client is there? */
static inline bool vb_exchange_is_endless(const struct vb_exchange *x)
{
    return x->reply.content == VB_CONTENT_SOURCE && x->reply.source->endless;
}

/* A fresh exchange of this env, or NULL when out of memory. */
struct vb_exchange *vb_exchange_new(struct vb_env *env);

/* By the wire, when the reply is out and the content done with. */
void vb_exchange_release(struct vb_exchange *x);

/* By the wire, when the connection died: releases now, or as soon as what the
 * flow waits for has answered. The carrier is not called any more. */
void vb_exchange_abandon(struct vb_exchange *x);

/*
 * Whoever is at work with what lies in the exchange when its reply's source is
 * closed, such as a store's thread, holds it then: it stays until all who do
 * have let go. Nothing of it is the wire's any more, its peer neither.
 */
void vb_exchange_hold(struct vb_exchange *x);
void vb_exchange_unhold(struct vb_exchange *x);

static inline bool vb_exchange_is_head(const struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_HEAD;
}

#endif
