/* The inside of a worker, shared by this room's files. */
#ifndef VB_LOOP_WORKER_H
#define VB_LOOP_WORKER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <uv.h>

#include "exchange/call.h"
#include "loop/loop.h"
#include "loop/wheel.h"
#include "quic/quic.h"

/* Bytes one recv may bring; shared by all of a worker's connections, because
 * a wire takes all it is fed at once. */
#define VB_RECV_SIZE ((size_t)64 * 1024)

struct vb__conn;
struct vb__datagrams; /* datagram.c */

/* A listening socket of one worker. */
struct vb__listener {
    uv_poll_t poll;
    struct vb__worker *worker;
    int fd;
    bool local;       /* a Unix socket */
    bool secure;      /* TLS is spoken on what is accepted */
    uint16_t h3_port; /* see struct vb_peer */
    bool closed;
};

struct vb__worker {
    struct vb_worker shown; /* first: the outside knows only this */
    struct vb_loop *loop;
    pthread_t thread;
    uv_loop_t uv;
    uv_async_t async;     /* rouses the worker for its mailbox */
    uv_async_t stop;      /* asks it to stop */
    uv_prepare_t prepare; /* runs before it sleeps: the turn's end */
    uv_timer_t timer;     /* turns the wheel while there are connections */
    uv_timer_t grace;     /* after a stop: time is up */
    uv_timer_t resume;    /* after running out of descriptors */
    uv_signal_t signals[3];
    struct vb__listener *listeners;
    size_t listener_count;
    struct vb__datagrams *datagrams; /* NULL: none are taken */
    struct vb_wheel wheel;           /* has every connection */
    struct vb__conn *dirty;          /* to be flushed at the turn's end */
    struct vb_link programs;         /* that run, or are being put away */
    struct vb_dialer dialer;
    struct vb_link dials; /* that are under way, or put away */
    uint32_t conn_count;
    uint32_t jobs;          /* on libuv's thread pool */
    int64_t told_short;     /* when it last told that descriptors are short, */
    int64_t told_untrusted; /* and that another server is not believed */
    bool fresh;             /* env.now was set in this turn */
    bool paused;            /* listeners are not polled */
    bool stopping;
    bool overdue; /* the grace is over */
    bool closing; /* its handles are being closed */
    enum vb_err err;
    char *recv_buffer; /* VB_RECV_SIZE bytes */
};

struct vb_loop {
    struct vb_loop_config config;
    const struct vb_loop_hooks *hooks;
    struct vb_address *addresses;
    struct vb__worker *workers;
    struct vb_quic_secrets quic_secrets;
    unsigned started;        /* workers whose thread runs */
    sem_t ready;             /* once for each of them, when it has begun */
    atomic_uint connections; /* accepted */
    atomic_uint outgoing;    /* sockets towards other servers */
    atomic_uint programs;
    atomic_bool stopping;
    atomic_int err; /* enum vb_err: the first worker's to fail */
};

/* worker.c */

enum vb_err vb__worker_init(struct vb__worker *worker, struct vb_loop *loop,
                            unsigned index);
void vb__worker_done(struct vb__worker *worker);
/* The worker's life, on its own thread. */
void vb__worker_run(struct vb__worker *worker);
/* Sets env.now, once a turn. */
void vb__worker_wake(struct vb__worker *worker);
/* Looks whether a stopping worker has nothing left to do. */
void vb__worker_check_end(struct vb__worker *worker);

/* listener.c */

/* Counts a connection; false when there are as many as may be. */
bool vb__loop_take_place(struct vb_loop *loop);
/* One is gone: there is room for another. */
void vb__loop_give_place(struct vb__worker *worker);

enum vb_err vb__listener_open(struct vb__listener *listener,
                              struct vb__worker *worker, int fd);
void vb__listeners_pause(struct vb__worker *worker);
void vb__listeners_resume(struct vb__worker *worker);
void vb__listeners_close(struct vb__worker *worker);

/* alarm.c: sets up the worker's alarms. */
void vb__alarms_init(struct vb__worker *worker);

/* reactor.c: sets up how others have descriptors watched. After the alarms. */
void vb__reactor_init(struct vb__worker *worker);

/* dial.c */

/* The most that config.max_outgoing may be. */
uint32_t vb__loop_outgoing_most(void);
/* As for what is accepted; false when there are as many as may be. */
bool vb__loop_take_outgoing(struct vb_loop *loop);
void vb__loop_give_outgoing(struct vb_loop *loop);

/* Sets up the worker's dialler. */
void vb__dials_init(struct vb__worker *worker);
/* Cancels all that are under way, and those to come. */
void vb__dials_end(struct vb__worker *worker);

/* program.c */

/* Sets up the worker's runner. */
void vb__programs_init(struct vb__worker *worker);
/* Kills all that run; who waits for them is told. */
void vb__programs_end(struct vb__worker *worker);

/* send_file.c */

/*
 * Sends the first `most` bytes (at least 1, within the part) of a part of a
 * file to a socket. How many were sent; or -1 with errno: EAGAIN when the
 * socket is full, ENODATA when the file ends before the part does, and what
 * else sendfile(2), pread(2) and send(2) say. `buffer` of VB_RECV_SIZE bytes
 * is for files that sendfile cannot read.
 */
ssize_t vb__send_file(int socket, const struct vb_file_part *part, size_t most,
                      char *buffer);

/* open.c: takes the socket that was accepted over, or closes it.
 * peer->secure says that TLS is spoken. */
void vb__conn_accept(struct vb__worker *worker, int fd,
                     const struct vb_peer *peer);

/* conn.c */

/* A timing wheel's `ask`; context is the worker. */
void vb__conn_timeout(struct vb_wheel_entry *entry, void *context);
/* Sends what became ready since the last flush. */
void vb__conns_flush(struct vb__worker *worker);
/* Asks all connections to finish, or ends them. */
void vb__conns_shut_down(struct vb__worker *worker);
void vb__conns_end(struct vb__worker *worker);

#endif
