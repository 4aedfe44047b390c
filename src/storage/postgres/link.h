/*
 * One connection to a database that speaks PostgreSQL's protocol, on its
 * worker's loop: nothing here waits.
 *
 *     ask ──▶ waiting ──flush──▶ under way ──results, Sync──▶ over
 *                │                   │
 *                │ no connection     │ the connection is lost
 *                ▼                   ▼
 *            it is made          asked again, unless only `once`
 *
 * An *ask* is one or several statements whose results come one after the
 * other. Those that are flushed together are a *batch*: sent at once, with one
 * Sync behind them, and so one transaction unless they begin one themselves
 * (libpq, "Pipeline Mode"). If one of them fails, the others of its batch are
 * sent again by themselves.
 *
 * One worker's; nothing is locked.
 */
#ifndef VB_STORAGE_POSTGRES_LINK_H
#define VB_STORAGE_POSTGRES_LINK_H

#include <libpq-fe.h>

#include "base/list.h"
#include "base/reactor.h"
#include "base/task.h"
#include "storage/postgres/statement.h"
#include "storage/postgres/url.h"

/* Asks that may wait for a link at a time; beyond: VB_ERR_UNAVAILABLE. */
#define VB__PG_WAITING_MOST 4096

struct vb__pg_link;

/* The caller's, where it stays until it is over. */
struct vb__pg_ask {
    struct vb_link link; /* the link's, and all up to the functions */
    unsigned sent;       /* statements */
    unsigned taken;      /* results */
    int64_t deadline_ms; /* monotonic */
    enum vb_err err;     /* what the database said */

    /* Sends its statements, at least one, by vb__pg_send. It may be called
     * again: then all begins anew. */
    void (*send)(struct vb__pg_ask *ask, struct vb__pg_link *link);
    /* The result of its n-th statement (from 0), borrowed for the call, unless
     * it sets `keeps`: then the result is its own, for PQclear. Not durable
     * yet. NULL: results do not matter. */
    void (*take)(struct vb__pg_ask *ask, unsigned n, const PGresult *result);
    /*
     * VB_OK: all was done, and is durable unless a transaction was begun. Else
     * nothing was done, but for VB_ERR_CLOSED: the connection was lost after it
     * was sent (only if `once`). VB_ERR_UNAVAILABLE: no connection, or no
     * answer in time. VB_ERR_EXISTS: a unique key. VB_ERR_AGAIN: a
     * serialization failure or a deadlock. VB_ERR_NOSPACE, VB_ERR_NOMEM,
     * VB_ERR_TIMEOUT (of the statement), VB_ERR_IO: what the database says. It
     * is the caller's again.
     */
    void (*over)(struct vb__pg_ask *ask, enum vb_err err);
    bool once;  /* it is not sent again when it may have been carried out */
    bool keeps; /* see take */
};

/* Batches under way on one link. */
#define VB__PG_BATCHES 32

struct vb__pg_batch {
    struct vb_link asks;
    struct vb__pg_ask *current; /* whose results come; NULL: all have */
    bool preparing;             /* it has prepared a statement */
    bool failed;
};

enum vb__pg_link_state {
    VB__PG_RESTING,    /* nobody has asked yet, or it waits to try again */
    VB__PG_RESOLVING,  /* the name of the place */
    VB__PG_CONNECTING, /* libpq is at it */
    VB__PG_READY
};

struct vb__pg_resolving; /* a task for the executor */

struct vb__pg_link {
    const struct vb__pg_url *url;
    struct vb_reactor *reactor;
    struct vb_executor *executor; /* NULL: names are looked up on the spot */
    struct vb_mailbox *mailbox;

    enum vb__pg_link_state state;
    PGconn *conn;    /* NULL: none */
    uint64_t serial; /* of the connection: another one for each */
    bool writable;   /* it was, when it was made */
    struct vb_watched watched;
    unsigned watched_for;    /* 0: nothing */
    struct vb_alarm pause;   /* until it tries again, or gives a try up */
    struct vb_alarm overdue; /* something has waited for too long */

    struct vb__pg_resolving *resolving; /* or NULL */
    struct vb_buf addresses; /* of the place, each with a NUL behind it */
    size_t address;          /* the next one: where it begins */
    size_t place;            /* which is tried, counted on and on */
    unsigned failures;       /* rounds over all places since it was ready */
    bool told;               /* the operator knows that it is away */

    struct vb_link waiting; /* asks */
    size_t waiting_count;
    unsigned asks_most; /* that make a batch; 0: as many as wait */
    struct vb__pg_batch batches[VB__PG_BATCHES]; /* a ring */
    unsigned first_batch, batch_count;

    bool prepared[VB__PG_STATEMENTS];
    unsigned naming;      /* counts on when it is unknown what is prepared */
    int64_t plans_end_ms; /* monotonic: then they are forgotten, and later */
    int64_t plans_ms;     /* after as long again */
    bool sending_failed;  /* within a flush */
    uint64_t round_trips; /* batches that were sent, ever */

    /* Both may be NULL. It is ready, before anything is sent; and something
     * was told by NOTIFY. */
    void (*opened)(struct vb__pg_link *link);
    void (*notified)(struct vb__pg_link *link, const PGnotify *notice);
    void *context; /* its owner's */
};

void vb__pg_link_init(struct vb__pg_link *link, const struct vb__pg_url *url,
                      struct vb_reactor *reactor, struct vb_executor *executor,
                      struct vb_mailbox *mailbox);
/* Asks that wait or are under way are over (VB_ERR_CANCELLED). */
void vb__pg_link_done(struct vb__pg_link *link);

/* Puts it among those that wait for the next flush. It may be over at once
 * (VB_ERR_UNAVAILABLE). */
void vb__pg_link_ask(struct vb__pg_link *link, struct vb__pg_ask *ask);

/* Sends what waits, as one batch; or begins to connect. */
void vb__pg_link_flush(struct vb__pg_link *link);

/* Within ask->send: one statement. `params` is borrowed for the call. What goes
 * wrong shows when the ask is over. */
void vb__pg_send(struct vb__pg_link *link, struct vb__pg_ask *ask,
                 enum vb__pg_statement statement,
                 const struct vb__pg_params *params);

/* What a result that is an error says, as one of ours. */
enum vb_err vb__pg_error(const PGresult *result);

#endif
