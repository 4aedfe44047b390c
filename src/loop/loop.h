/*
 * The only sockets, timers and threads: N workers, each a libuv loop of its
 * own with its own listening sockets and connections.
 *
 *     main thread = worker 0      worker 1 ... N-1: threads
 *       signals, listeners          listeners
 *       connections                 connections
 *       mailbox ◀── storage         mailbox ◀── storage
 *
 * Connections never change worker, so nothing about them is locked.
 */
#ifndef VB_LOOP_LOOP_H
#define VB_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reactor.h"
#include "base/task.h"
#include "exchange/exchange.h"
#include "exchange/run.h"
#include "loop/address.h"
#include "tls/tls.h"
#include "wire/wire.h"

struct vb_loop;

/* What a worker shows to the rest of the program. */
struct vb_worker {
    unsigned index;
    struct vb_env env;
    struct vb_mailbox mailbox;   /* runs tasks on this worker */
    struct vb_executor executor; /* runs blocking work elsewhere */
    struct vb_runner runner;     /* runs programs */
    struct vb_alarms alarms;     /* calls again after a while */
    struct vb_reactor reactor;   /* tells when descriptors are ready */
    struct vb_dialer *dialer;    /* connects to other servers */
    void *user;                  /* the hooks' own */
};

/* What the composition root adds; each is called on the worker's thread. */
struct vb_loop_hooks {
    /* Before the first connection: sets env.service and env.site. On failure
     * (not VB_OK) the whole loop ends with that error. */
    enum vb_err (*worker_start)(void *context, struct vb_worker *worker);
    /* It was asked to stop: nothing new is to be begun. May be NULL. */
    void (*worker_stopping)(struct vb_worker *worker);
    /* After the last connection is closed and the mailbox has run dry. */
    void (*worker_stop)(void *context, struct vb_worker *worker);
    /* Before the worker goes to sleep; may be NULL. */
    void (*turn_end)(struct vb_worker *worker);
    /* May the worker be stopped, or is something of its own under way? NULL:
     * whenever no connection is left. */
    bool (*worker_idle)(struct vb_worker *worker);
    /* SIGHUP; on worker 0's thread; may be NULL. */
    void (*reload)(void *context, struct vb_loop *loop);
    /* All workers listen now; on worker 0's thread; may be NULL. */
    void (*listening)(void *context, struct vb_loop *loop);
    void *context;
};

/* A listening socket that somebody else has made. */
struct vb_inherited {
    int fd;
    bool secure; /* TLS is to be spoken there */
};

struct vb_loop_config {
    unsigned workers; /* 1 or more */
    const struct vb_address *addresses;
    size_t address_count;
    const struct vb_inherited *inherited; /* from the service manager */
    size_t inherited_count;
    uint32_t max_connections; /* that are accepted, over all workers */
    uint32_t max_outgoing;    /* sockets towards other servers likewise; 0: half
                                 of the descriptors that there may be */
    uint32_t max_programs;    /* that run at once, over all workers */
    uint32_t grace_ms;        /* after a stop, for what is under way */
    const struct vb_limits *limits;
    struct vb_tls *tls; /* where an address is secure; else NULL */
    bool http3;         /* there, over UDP too */
    bool signals;       /* SIGTERM and SIGINT stop, SIGHUP reloads */
};

/*
 * Binds all addresses. On failure ret_why gets one line. The config's arrays
 * are copied; limits, tls and hooks are borrowed for the loop's life.
 */
enum vb_err vb_loop_new(const struct vb_loop_config *config,
                        const struct vb_loop_hooks *hooks,
                        struct vb_loop **ret_loop, struct vb_buf *ret_why);

/* Runs until vb_loop_stop, or a signal, and everything has come to rest.
 * VB_OK, or what a hook or a thread failed with. */
enum vb_err vb_loop_run(struct vb_loop *loop);

/* Stop gracefully: accept nothing new, finish what is under way within the
 * grace time. From any thread; more than once is fine. */
void vb_loop_stop(struct vb_loop *loop);

/* After run, or instead of it. NULL is fine. */
void vb_loop_free(struct vb_loop *loop);

/* The addresses that are listened on, ports filled in. */
const struct vb_address *vb_loop_addresses(const struct vb_loop *loop,
                                           size_t *ret_count);

/* Posts a task of its own to each worker, from `make` (NULL: none for this
 * one). From any thread, while the loop runs. */
void vb_loop_broadcast(struct vb_loop *loop,
                       struct vb_task *(*make)(void *context,
                                               struct vb_worker *worker),
                       void *context);

/* The mailbox of worker 0, from before the loop runs until it is freed. */
struct vb_mailbox *vb_loop_mailbox(struct vb_loop *loop);

/* Connections open now, over all workers. */
uint32_t vb_loop_connections(const struct vb_loop *loop);

#endif
