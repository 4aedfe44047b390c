/*
 * Datagrams of a worker: from its sockets to its QUIC connections and back.
 *
 *     readable ─▶ recvmmsg ─▶ vb_quic_receive ─┐
 *     timer ────────────────▶ vb_quic_tick ────┼▶ vb_quic_flush at the turn's
 *     reply became ready ──▶ wake ─────────────┘  end ─▶ outbox ─▶ sendmmsg
 */
#include "loop/datagram.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/outbox.h"
#include "loop/udp.h"
#include "loop/worker.h"

/* Messages that one call may bring, and calls before others get their turn. */
#define MESSAGES 16
#define ROUNDS   4

struct slot {
    struct sockaddr_storage from;
    struct iovec iov;
    _Alignas(struct cmsghdr) char control[VB_UDP_CONTROL];
};

struct udp_socket {
    uv_poll_t poll;
    struct vb__datagrams *all;
    int fd;
    int events; /* as polled */
    struct sockaddr_storage local;
};

struct vb__datagrams {
    struct vb__worker *worker;
    struct vb_quic *quic;
    struct vb_outbox *outbox;
    uv_timer_t timer;
    int64_t set_for; /* the timer's, in ns; VB_TIME_NEVER: it is off */
    bool dirty;      /* something happened since the last flush */
    struct mmsghdr headers[MESSAGES];
    struct slot slots[MESSAGES];
    char *bytes; /* VB_RECV_SIZE for each message */
    size_t count;
    struct udp_socket sockets[];
};

static void ready(uv_poll_t *poll, int status, int events);

static void poll_for(struct udp_socket *at, int events)
{
    if (at->events == events)
        return;
    at->events = events;
    uv_poll_start(&at->poll, events, ready);
}

/* `full`: the socket that is, or -1. */
static void wait_for_room(struct vb__datagrams *all, int full)
{
    for (size_t i = 0; full >= 0 && i < all->count; i++)
        if (all->sockets[i].fd == full)
            poll_for(&all->sockets[i], UV_READABLE | UV_WRITABLE);
}

/* --- What QUIC asks for
 * ---------------------------------------------------------
 */

static bool send_datagrams(void *context, const struct vb_quic_path *path,
                           unsigned ecn, struct vb_span bytes, size_t segment)
{
    struct vb__datagrams *all = context;
    const struct udp_socket *at = path->socket;
    int full = vb_outbox_put(all->outbox, at->fd, path, ecn, bytes, segment);

    wait_for_room(all, full);
    return full < 0;
}

static bool take_place(void *context)
{
    struct vb__datagrams *all = context;

    return vb__loop_take_place(all->worker->loop);
}

static void give_place(void *context)
{
    struct vb__datagrams *all = context;

    vb__loop_give_place(all->worker);
}

static void wake(void *context)
{
    struct vb__datagrams *all = context;

    all->dirty = true;
}

/* --- Coming in
 * ----------------------------------------------------------------
 */

/* One message is one datagram, or several of one size (GRO). */
static void take_message(struct udp_socket *at, struct mmsghdr *header,
                         int64_t now_ns)
{
    struct vb_span bytes =
        vb_span_of(header->msg_hdr.msg_iov->iov_base, header->msg_len);
    struct vb_udp_told told;

    vb_udp_came(&header->msg_hdr, header->msg_len, &at->local, &told);
    told.path.socket = at;
    while (bytes.len > 0) {
        size_t n = bytes.len < told.segment ? bytes.len : told.segment;

        vb_quic_receive(at->all->quic, &told.path, told.ecn,
                        vb_span_head(bytes, n), now_ns);
        bytes = vb_span_from(bytes, n);
    }
}

static void prepare(struct vb__datagrams *all)
{
    for (int i = 0; i < MESSAGES; i++) {
        struct slot *slot = &all->slots[i];

        slot->iov = (struct iovec){.iov_base = all->bytes + i * VB_RECV_SIZE,
                                   .iov_len = VB_RECV_SIZE};
        all->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &slot->from,
            .msg_namelen = sizeof(slot->from),
            .msg_iov = &slot->iov,
            .msg_iovlen = 1,
            .msg_control = slot->control,
            .msg_controllen = sizeof(slot->control),
        };
    }
}

static void receive(struct udp_socket *at)
{
    struct vb__datagrams *all = at->all;
    int n = MESSAGES;

    for (int round = 0; round < ROUNDS && n == MESSAGES; round++) {
        int64_t now_ns;

        prepare(all);
        n = recvmmsg(at->fd, all->headers, MESSAGES, MSG_DONTWAIT, NULL);
        now_ns = vb_clock_monotonic_ns();
        for (int i = 0; i < n; i++)
            take_message(at, &all->headers[i], now_ns);
    }
    all->dirty = true;
}

static void ready(uv_poll_t *poll, int status, int events)
{
    struct udp_socket *at = poll->data;

    if (status < 0)
        return;
    vb__worker_wake(at->all->worker);
    if (events & UV_READABLE)
        receive(at);
    if (events & UV_WRITABLE) {
        poll_for(at, UV_READABLE);
        vb_quic_writable(at->all->quic);
        at->all->dirty = true;
    }
}

/* --- Going out
 * ------------------------------------------------------------------
 */

static void expired(uv_timer_t *timer)
{
    struct vb__datagrams *all = timer->data;

    vb__worker_wake(all->worker);
    all->set_for = VB_TIME_NEVER;
    all->dirty = true;
    vb_quic_tick(all->quic, vb_clock_monotonic_ns());
}

static void set_timer(struct vb__datagrams *all, int64_t now_ns)
{
    int64_t deadline = vb_quic_deadline_ns(all->quic);
    int64_t after = deadline > now_ns ? deadline - now_ns : 0;

    if (deadline == all->set_for)
        return;
    all->set_for = deadline;
    if (deadline == VB_TIME_NEVER)
        uv_timer_stop(&all->timer);
    else
        uv_timer_start(&all->timer, expired,
                       (uint64_t)(after + 999999) / 1000000, 0);
}

void vb__datagrams_flush(struct vb__worker *worker)
{
    struct vb__datagrams *all = worker->datagrams;
    int64_t now_ns;

    if (all == NULL || !all->dirty)
        return;
    all->dirty = false;
    now_ns = vb_clock_monotonic_ns();
    vb_quic_flush(all->quic, now_ns);
    wait_for_room(all, vb_outbox_flush(all->outbox));
    uv_update_time(&worker->uv);
    set_timer(all, now_ns);
    vb__worker_check_end(worker);
}

/* --- Life
 * -----------------------------------------------------------------------
 */

size_t vb__datagrams_count(const struct vb__worker *worker)
{
    return worker->datagrams == NULL ? 0
                                     : vb_quic_count(worker->datagrams->quic);
}

void vb__datagrams_shut_down(struct vb__worker *worker)
{
    if (worker->datagrams == NULL)
        return;
    vb_quic_shut_down(worker->datagrams->quic);
    worker->datagrams->dirty = true;
}

void vb__datagrams_end(struct vb__worker *worker)
{
    if (worker->datagrams == NULL)
        return;
    vb_quic_end(worker->datagrams->quic);
    worker->datagrams->dirty = true;
}

static enum vb_err open_socket(struct vb__datagrams *all,
                               const struct vb_address *address,
                               struct vb_buf *why)
{
    struct vb__worker *worker = all->worker;
    struct udp_socket *at = &all->sockets[all->count];
    enum vb_err err =
        vb_udp_bind(address, worker->shown.index == 0, &at->fd, why);

    if (err != VB_OK)
        return err;
    at->all = all;
    at->local = address->sa;
    at->poll.data = at;
    if (uv_poll_init_socket(&worker->uv, &at->poll, at->fd) != 0) {
        close(at->fd);
        return VB_ERR_IO;
    }
    all->count++;
    poll_for(at, UV_READABLE);
    return VB_OK;
}

/* The last of the sockets that share an address is there: the kernel can be
 * told which is for whom. */
static enum vb_err route(const struct vb__datagrams *all, struct vb_buf *why)
{
    unsigned workers = all->worker->loop->config.workers;

    if (workers == 1 || all->worker->shown.index != workers - 1)
        return VB_OK;
    for (size_t i = 0; i < all->count; i++)
        if (!vb_udp_route(all->sockets[i].fd, workers)) {
            vb_buf_printf(why, "cannot share out HTTP/3 among %u workers: %s",
                          workers, strerror(errno));
            return VB_ERR_IO;
        }
    return VB_OK;
}

static enum vb_err open_quic(struct vb__datagrams *all)
{
    struct vb_loop *loop = all->worker->loop;
    const struct vb_quic_config config = {
        .tls = loop->config.tls,
        .env = &all->worker->shown.env,
        .secrets = &loop->quic_secrets,
        .worker = all->worker->shown.index,
        .workers = loop->config.workers,
        .send = send_datagrams,
        .take_place = take_place,
        .give_place = give_place,
        .wake = wake,
        .context = all,
    };

    return vb_quic_new(&config, &all->quic);
}

enum vb_err vb__datagrams_open(struct vb__worker *worker,
                               const struct vb_address *addresses, size_t count,
                               struct vb_buf *why)
{
    struct vb__datagrams *all;
    enum vb_err err;

    if (count == 0)
        return VB_OK;
    all = calloc(1, sizeof(*all) + count * sizeof(all->sockets[0]));
    if (all == NULL)
        return VB_ERR_NOMEM;
    worker->datagrams = all;
    all->worker = worker;
    all->set_for = VB_TIME_NEVER;
    all->timer.data = all;
    uv_timer_init(&worker->uv, &all->timer);
    all->outbox = vb_outbox_new();
    all->bytes = malloc(MESSAGES * VB_RECV_SIZE);
    if (all->outbox == NULL || all->bytes == NULL)
        return VB_ERR_NOMEM;
    err = open_quic(all);
    for (size_t i = 0; err == VB_OK && i < count; i++)
        err = open_socket(all, &addresses[i], why);
    return err == VB_OK ? route(all, why) : err;
}

void vb__datagrams_stop(struct vb__worker *worker)
{
    if (worker->datagrams == NULL)
        return;
    vb_quic_free(worker->datagrams->quic);
    worker->datagrams->quic = NULL;
}

void vb__datagrams_close(struct vb__worker *worker)
{
    struct vb__datagrams *all = worker->datagrams;

    if (all == NULL)
        return;
    vb__datagrams_stop(worker);
    for (size_t i = 0; i < all->count; i++)
        close(all->sockets[i].fd);
    vb_outbox_free(all->outbox);
    free(all->bytes);
    free(all);
    worker->datagrams = NULL;
}
