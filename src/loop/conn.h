/*
 * A connection from within: its mechanism (conn.c) knows neither who began it
 * nor what its wire speaks; who opens one (open.c) knows both.
 */
#ifndef VB_LOOP_CONN_H
#define VB_LOOP_CONN_H

#include "loop/worker.h"

struct vb__dialling; /* dialling.h */

struct vb__conn {
    uv_poll_t poll;
    struct vb__worker *worker;
    struct vb_wheel_entry timer;
    struct vb__conn *dirty_next;
    struct vb__dialling *dialling; /* who waits for its handshake, or NULL */
    int fd;
    int on_its_way; /* bytes that the peer had not yet, when it was looked */
    uint8_t events; /* UV_READABLE | UV_WRITABLE as polled */
    bool dirty;     /* on the worker's list */
    bool inside;    /* one of our calls into the wire is under way */
    bool shut;      /* our sending side is closed: lingering */
    bool closing;
    bool outgoing; /* we have dialled it */
    struct vb_peer peer;
    _Alignas(max_align_t) struct vb_wire wire; /* and its protocol's part */
};

/* A connection without its wire, for which there are so many bytes; NULL when
 * out of memory. Free it, or let it begin. */
struct vb__conn *vb__conn_new(struct vb__worker *worker, int fd,
                              const struct vb_peer *peer, size_t wire_size);

/* Its wire is there: the socket is the connection's from now on, and so is the
 * place that was taken for it; to be flushed. False when out of memory: both
 * are the caller's, who has it freed with its wire. */
bool vb__conn_begin(struct vb__conn *conn);

/* Sends what the wire has, and does as it wants then; it may end with it. */
void vb__conn_flush(struct vb__conn *conn);

/* At any time but within a call of the wire's. */
void vb__conn_end(struct vb__conn *conn);

/*
 * open.c: a connection to the endpoint, to be flushed, takes the socket over,
 * with its place. *ret_client is NULL where there has to be a handshake before.
 * NULL when out of memory.
 */
struct vb__conn *vb__conn_dialled(struct vb__worker *worker, int fd,
                                  const struct vb_peer *peer,
                                  const struct vb_endpoint *to,
                                  struct vb_client **ret_client);

/* dial.c: something may have come of the handshake that it waits for; or the
 * connection is lost. */
void vb__dialling_look(struct vb__dialling *dialling);
void vb__dialling_lost(struct vb__dialling *dialling);

#endif
