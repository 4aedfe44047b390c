/*
 * A connection: a socket, a wire, and nothing else while it is idle.
 *
 *     readable ─▶ recv ─▶ wire.feed ─▶ flush: drain, send, sent ─▶ settle
 *     writable ─────────────────────▶ flush ─────────────────────▶ settle
 *     reply became ready ─▶ dirty ──▶ flush at the turn's end ───▶ settle
 *
 * `settle` brings the socket's poll mask, its deadline and its end in line
 * with what the wire wants. Interest in reading is dropped lazily: only when
 * bytes really come while the wire cannot take them.
 */
#include "loop/conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Pieces that one call sends at most. */
#define IOV_MAX_PIECES 64
/* Rounds of drain and send before others get their turn. */
#define FLUSH_ROUNDS 16
/* Bytes of a file that a client has of one turn at most, however fast it reads:
 * a call of sendfile(2) for each costs little beside them. */
#define FILE_MAX ((size_t)1024 * 1024)

static void closed(uv_handle_t *handle)
{
    struct vb__conn *conn = handle->data;
    struct vb__worker *worker = conn->worker;

    worker->conn_count--;
    if (conn->outgoing)
        vb__loop_give_outgoing(worker->loop);
    else
        vb__loop_give_place(worker);
    free(conn);
    vb__worker_check_end(worker);
}

void vb__conn_end(struct vb__conn *conn)
{
    struct vb__conn **at = &conn->worker->dirty;

    if (conn->closing)
        return;
    conn->closing = true;
    while (conn->dirty && *at != conn)
        at = &(*at)->dirty_next;
    if (conn->dirty)
        *at = conn->dirty_next;
    vb_wheel_remove(&conn->timer);
    conn->wire.ops->free(&conn->wire);
    /* In this order: libuv still speaks of the descriptor, whose number may be
     * another worker's as soon as it is closed. */
    uv_close((uv_handle_t *)&conn->poll, closed);
    close(conn->fd);
    if (conn->dialling != NULL)
        vb__dialling_lost(conn->dialling);
}

static void ready(uv_poll_t *poll, int status, int events);

static void poll_for(struct vb__conn *conn, unsigned events)
{
    if (conn->events == events)
        return;
    conn->events = (uint8_t)events;
    if (events == 0)
        uv_poll_stop(&conn->poll);
    else
        uv_poll_start(&conn->poll, (int)events, ready);
}

/* The peer must not take this end for a proper one. */
static void reset_on_close(int fd)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Bytes that were sent and have not reached the peer; -1: not known. */
static int count_on_its_way(const struct vb__conn *conn)
{
    int count;

    return ioctl(conn->fd, SIOCOUTQ, &count) == 0 ? count : -1;
}

/* Did some of what was sent reach the peer since the last look? A slow reader
 * leaves the socket full for long: the kernel says that there is room when a
 * third of it is free. */
static bool gets_through(struct vb__conn *conn)
{
    int before = conn->on_its_way;

    conn->on_its_way = count_on_its_way(conn);
    return conn->on_its_way < before;
}

/* Brings socket and wheel in line with the wire's state. */
static void settle(struct vb__conn *conn)
{
    unsigned state = conn->wire.ops->state(&conn->wire);
    unsigned events = conn->events & UV_READABLE;

    if (state & VB_WIRE_CLOSE) {
        if (state & VB_WIRE_RESET)
            reset_on_close(conn->fd);
        vb__conn_end(conn);
        return;
    }
    if ((state & VB_WIRE_LINGER) && !conn->shut) {
        conn->shut = true;
        shutdown(conn->fd, SHUT_WR);
    }
    if (state & (VB_WIRE_READ | VB_WIRE_LINGER))
        events |= UV_READABLE;
    if (state & VB_WIRE_WRITE) {
        events |= UV_WRITABLE;
        conn->on_its_way = count_on_its_way(conn);
    }
    poll_for(conn, events);
    vb_wheel_move(&conn->worker->wheel, &conn->timer,
                  conn->wire.ops->deadline(&conn->wire));
}

/* Sends pieces; `more`: do not let a short packet go, since a file follows.
 * What was sent, or -1. */
static ssize_t send_pieces(struct vb__conn *conn, struct iovec *iov, int count,
                           bool more)
{
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    const struct msghdr message = {.msg_iov = iov, .msg_iovlen = (size_t)count};

    if (count == 1)
        return send(conn->fd, iov->iov_base, iov->iov_len, flags);
    return sendmsg(conn->fd, &message, flags);
}

/* Sends what the wire has, until it has no more or the socket is full.
 * False: the connection is dead. */
static bool send_all(struct vb__conn *conn)
{
    const struct vb_wire_ops *ops = conn->wire.ops;
    struct iovec iov[IOV_MAX_PIECES];
    struct vb_file_part file;

    for (int round = 0; round < FLUSH_ROUNDS; round++) {
        int count = ops->drain(&conn->wire, iov, IOV_MAX_PIECES, &file);
        size_t wanted = 0;
        ssize_t n;

        if (count == 0 && file.length == 0)
            return true;
        for (int i = 0; i < count; i++)
            wanted += iov[i].iov_len;
        if (count > 0) {
            n = send_pieces(conn, iov, count, file.length > 0);
        } else {
            wanted = file.length < FILE_MAX ? (size_t)file.length : FILE_MAX;
            n = vb__send_file(conn->fd, &file, wanted,
                              conn->worker->recv_buffer);
        }
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        ops->sent(&conn->wire, (size_t)n);
        if ((size_t)n < wanted || (count == 0 && wanted < file.length))
            return true;
    }
    return true;
}

static void feed(struct vb__conn *conn, struct vb_span bytes)
{
    conn->inside = true;
    conn->wire.ops->feed(&conn->wire, bytes);
    conn->inside = false;
}

static bool wants_bytes(const struct vb__conn *conn)
{
    return (conn->wire.ops->state(&conn->wire) &
            (VB_WIRE_READ | VB_WIRE_LINGER)) != 0;
}

/*
 * The socket is dead. A server may have answered before it closed, without
 * reading all that we send (RFC 9112 section 9.6): what has come is still
 * there, and never followed by a proper end.
 */
static void fail(struct vb__conn *conn)
{
    char *buffer = conn->worker->recv_buffer;

    while (conn->outgoing && wants_bytes(conn)) {
        ssize_t n = recv(conn->fd, buffer, VB_RECV_SIZE, 0);

        if (n <= 0)
            break;
        feed(conn, vb_span_of(buffer, (size_t)n));
    }
    if (conn->dialling != NULL)
        vb__dialling_look(conn->dialling);
    vb__conn_end(conn);
}

void vb__conn_flush(struct vb__conn *conn)
{
    bool alive;

    if (conn->dialling != NULL)
        vb__dialling_look(conn->dialling);
    conn->inside = true;
    alive = send_all(conn);
    conn->inside = false;
    if (alive)
        settle(conn);
    else
        fail(conn);
}

/* Bytes, or the end of them, have come. */
static void receive(struct vb__conn *conn)
{
    char *buffer = conn->worker->recv_buffer;
    ssize_t n;

    if (!wants_bytes(conn)) {
        poll_for(conn, conn->events & ~(unsigned)UV_READABLE);
        return;
    }
    n = recv(conn->fd, buffer, VB_RECV_SIZE, 0);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            vb__conn_end(conn);
        return;
    }
    if (n > 0) {
        feed(conn, vb_span_of(buffer, (size_t)n));
    } else {
        conn->inside = true;
        conn->wire.ops->eof(&conn->wire);
        conn->inside = false;
        poll_for(conn, conn->events & ~(unsigned)UV_READABLE);
    }
    vb__conn_flush(conn);
}

static void ready(uv_poll_t *poll, int status, int events)
{
    struct vb__conn *conn = poll->data;

    vb__worker_wake(conn->worker);
    if (status < 0) {
        fail(conn);
        return;
    }
    if (events & UV_READABLE)
        receive(conn);
    if ((events & UV_WRITABLE) && !conn->closing)
        vb__conn_flush(conn);
}

/* A reply became ready outside of our own calls: send it together with all
 * others that become ready in this turn. */
static void wake(struct vb_wire *wire)
{
    struct vb__conn *conn = VB_CONTAINER(wire, struct vb__conn, wire);

    if (conn->inside || conn->dirty || conn->closing)
        return;
    conn->dirty = true;
    conn->dirty_next = conn->worker->dirty;
    conn->worker->dirty = conn;
}

void vb__conns_flush(struct vb__worker *worker)
{
    while (worker->dirty != NULL) {
        struct vb__conn *conn = worker->dirty;

        worker->dirty = conn->dirty_next;
        conn->dirty = false;
        vb__conn_flush(conn);
    }
}

void vb__conn_timeout(struct vb_wheel_entry *entry, void *context)
{
    struct vb__conn *conn = VB_CONTAINER(entry, struct vb__conn, timer);
    struct vb__worker *worker = context;
    int64_t now = worker->shown.env.now.mono_ms;
    int64_t deadline = conn->wire.ops->deadline(&conn->wire);

    if (deadline > now) {
        vb_wheel_add(&worker->wheel, &conn->timer, deadline);
        return;
    }
    vb_wheel_add(&worker->wheel, &conn->timer, now + VB_WHEEL_TICK_MS);
    conn->inside = true;
    if ((conn->events & UV_WRITABLE) && gets_through(conn))
        conn->wire.ops->sent(&conn->wire, 0);
    conn->wire.ops->tick(&conn->wire);
    conn->inside = false;
    vb__conn_flush(conn);
}

/* Calls `act` with every connection that is not being closed. */
static void each(struct vb__worker *worker, void (*act)(struct vb__conn *conn))
{
    for (int i = 0; i < VB_WHEEL_SLOTS; i++) {
        struct vb_link *slot = &worker->wheel.slots[i];
        struct vb_link *link = slot->next;

        while (link != slot) {
            struct vb_wheel_entry *entry =
                VB_CONTAINER(link, struct vb_wheel_entry, link);

            link = link->next; /* act may take this one out */
            act(VB_CONTAINER(entry, struct vb__conn, timer));
        }
    }
}

static void shut_down(struct vb__conn *conn)
{
    conn->inside = true;
    conn->wire.ops->shut_down(&conn->wire);
    conn->inside = false;
    vb__conn_flush(conn);
}

void vb__conns_shut_down(struct vb__worker *worker)
{
    each(worker, shut_down);
}

void vb__conns_end(struct vb__worker *worker)
{
    each(worker, vb__conn_end);
}

struct vb__conn *vb__conn_new(struct vb__worker *worker, int fd,
                              const struct vb_peer *peer, size_t wire_size)
{
    struct vb__conn *conn = malloc(offsetof(struct vb__conn, wire) + wire_size);

    if (conn == NULL)
        return NULL;
    memset(conn, 0, offsetof(struct vb__conn, wire));
    conn->poll.data = conn;
    conn->worker = worker;
    conn->fd = fd;
    conn->peer = *peer;
    vb_list_init(&conn->timer.link);
    return conn;
}

bool vb__conn_begin(struct vb__conn *conn)
{
    struct vb__worker *worker = conn->worker;
    const int on = 1;

    if (uv_poll_init_socket(&worker->uv, &conn->poll, conn->fd) != 0)
        return false;
    if (!conn->peer.local)
        setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn->wire.wake = wake;
    worker->conn_count++;
    vb_wheel_add(&worker->wheel, &conn->timer,
                 conn->wire.ops->deadline(&conn->wire));
    return true;
}
