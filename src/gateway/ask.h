/*
 * A request to an upstream: a call that finds a server and a connection, and
 * that is repeated where HTTP allows it (RFC 9110 section 9.2.2, RFC 9112
 * section 9.3.1, RFC 9113 section 8.7).
 *
 *     vb_ask_start ─▶ choose a server ─▶ a free connection ───▶ call ─▶ head,
 *                      ▲                └▶ wait, dial ─▶ ──┘ content, └────
 * failed, and may be repeated ◀───────────── end
 *
 * What is repeated: any request that no server has seen (there was no
 * connection, or it was refused unseen); and once, a request of an idempotent
 * method of whose reply nothing has come, from a connection that has ended;
 * while its content can be sent again, and while the upstream's budget lasts.
 */
#ifndef VB_GATEWAY_ASK_H
#define VB_GATEWAY_ASK_H

#include "exchange/call.h"
#include "gateway/upstream.h"

struct vb_ask;
struct vb_reach;
struct vb_line;

/* Why there is no answer, or no whole one. */
enum vb_failure_id {
    VB_FAILURE_NONE,
#define VB_FAILURE(id, status, error, text) VB_FAILURE_##id,
#include "gateway/failure.tbl"
#undef VB_FAILURE
    VB_FAILURE_COUNT
};

/* What is to be said of it. */
struct vb_failure_text {
    uint16_t status;
    const char *error; /* of Proxy-Status */
    const char *text;
};

extern const struct vb_failure_text vb_failures[VB_FAILURE_COUNT];

/* As struct vb_call_ops; none is called from within vb_ask_start. Where no
 * protocol is spoken, `head` comes with NULL, when there is a connection. */
struct vb_ask_ops {
    void (*interim)(struct vb_ask *ask,
                    const struct vb_response_head *response);
    void (*head)(struct vb_ask *ask, const struct vb_response_head *response);
    enum vb_sink_want (*content)(struct vb_ask *ask, struct vb_span bytes);
    void (*eof)(struct vb_ask *ask);
    /* The last one; VB_FAILURE_NONE: all came. */
    void (*end)(struct vb_ask *ask, enum vb_failure_id failure);
    /* Can the content be sent from its beginning? Then the next pull of
     * call.content is that. Only asked where something of it was pulled. */
    bool (*rewind)(struct vb_ask *ask);
};

/* The asker's, where it stays until it has ended or is cancelled. */
struct vb_ask {
    struct vb_call call; /* the asker fills in the request, content and arena;
                            limits, ops and context are set by vb_ask_start */
    const struct vb_ask_ops *ops;
    uint64_t spread; /* for VB_BALANCE_HASH: a hash of what is asked for */
    void *context;   /* the asker's */

    /* Told. */
    const struct vb_upstream_server *server; /* that is asked, or was last */
    char why[128];                           /* more about a failure, or "" */
    bool repeated; /* after some server may have seen it */

    /* Its own. */
    struct vb_reach *reach;
    struct vb_line *line;
    struct vb_client *client;
    struct vb_link link; /* of those that wait for a connection */
    uint64_t tried;      /* servers that it is not sent to again: bits */
    int64_t waits_until; /* monotonic ms */
    bool pulled;         /* some of its content may have been */
    bool waiting;
};

/* Begins. VB_FAILURE_NONE: it is under way, and is told all else later; else
 * there is nothing to wait for. */
enum vb_failure_id vb_ask_start(struct vb_ask *ask, struct vb_reach *reach);

/* Nothing is told of it any more. Harmless when it has ended. */
void vb_ask_cancel(struct vb_ask *ask);

/* More of its content is there, or room for more of the reply's. */
void vb_ask_content_ready(struct vb_ask *ask);
void vb_ask_resume(struct vb_ask *ask);

/* --- of the room's own ---------------------------------------------------- */

/* Repetitions of what a server may have seen: one for five requests, and ten at
 * once, in hundredths of one. They must not add to the trouble of servers that
 * are in trouble. */
enum { VB_BUDGET_EACH = 20, VB_BUDGET_ONE = 100, VB_BUDGET_MOST = 1000 };

/* There is a connection for one that waited: it has been taken off the line. */
void vb__ask_begin(struct vb_ask *ask, struct vb_client *client);

/* It waited in vain, and has been taken off the line. */
void vb__ask_unserved(struct vb_ask *ask, enum vb_failure_id failure,
                      const char *why);

#endif
