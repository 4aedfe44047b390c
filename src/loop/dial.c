/*
 * A worker's dialler (exchange/call.h): from a dial's start to its end. See
 * dialling.h.
 *
 * A worker that is to stop still dials for what is under way, and tells the
 * connection at once that it is to be the last call's. With the end of its
 * grace all dials are cancelled.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "exchange/peer.h"
#include "loop/conn.h"
#include "loop/dialling.h"
#include "tls/wire.h"

/* How long before it is told again that somebody is not believed. */
#define RETELL_MS (60 * 1000)

/* --- Places ------------------------------------------------------------------
 */

/* Half of the descriptors that there may be: the others are the listeners'. */
uint32_t vb__loop_outgoing_most(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur > 2 * (rlim_t)INT32_MAX)
        return INT32_MAX;
    return (uint32_t)(limit.rlim_cur / 2);
}

bool vb__loop_take_outgoing(struct vb_loop *loop)
{
    if (atomic_fetch_add(&loop->outgoing, 1) < loop->config.max_outgoing)
        return true;
    atomic_fetch_sub(&loop->outgoing, 1);
    return false;
}

void vb__loop_give_outgoing(struct vb_loop *loop)
{
    atomic_fetch_sub(&loop->outgoing, 1);
}

/* --- Life and end ------------------------------------------------------------
 */

/* One thing less that knows of it. */
static void let_go(struct vb__dialling *dialling)
{
    struct vb__worker *worker = dialling->worker;

    if (--dialling->pending > 0)
        return;
    vb_list_remove(&dialling->link);
    free(dialling);
    vb__worker_check_end(worker);
}

static void timer_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

void vb__dialling_closed(uv_handle_t *handle)
{
    struct vb__attempt *attempt = handle->data;

    let_go(attempt->of);
}

/* Nothing is told of it any more. */
static struct vb_dial *put_away(struct vb__dialling *dialling)
{
    struct vb_dial *dial = dialling->dial;

    dialling->dial = NULL;
    dial->own = NULL;
    if (dialling->conn != NULL) {
        dialling->conn->dialling = NULL;
        vb__conn_end(dialling->conn);
    }
    vb__race_end(dialling);
    if (dialling->looking)
        uv_cancel((uv_req_t *)&dialling->lookup);
    uv_close((uv_handle_t *)&dialling->late, timer_closed);
    uv_close((uv_handle_t *)&dialling->next, timer_closed);
    return dial;
}

void vb__dialling_note(struct vb__dialling *dialling, enum vb_dial_end end,
                       const char *format, ...)
{
    struct vb_dial *dial = dialling->dial;
    va_list args;

    dialling->end = end;
    va_start(args, format);
    vsnprintf(dial->why, sizeof(dial->why), format, args);
    va_end(args);
}

void vb__dialling_fail(struct vb__dialling *dialling)
{
    enum vb_dial_end end = dialling->end;
    struct vb_dial *dial = put_away(dialling);

    dial->done(dial, end);
}

static void cut_short(struct vb__dialling *dialling, enum vb_dial_end end,
                      const char *why)
{
    vb__dialling_note(dialling, end, "%s", why);
    vb__dialling_fail(dialling);
}

static void too_late(uv_timer_t *timer)
{
    struct vb__dialling *dialling = timer->data;

    vb__worker_wake(dialling->worker);
    cut_short(dialling, VB_DIAL_LATE,
              dialling->looking        ? "the name was not looked up in time"
              : dialling->conn != NULL ? "the handshake was not done in time"
                                       : "it was not connected in time");
}

/* The client is there; its connection is flushed after this. */
static void succeed(struct vb__dialling *dialling, struct vb__conn *conn,
                    struct vb_client *client)
{
    struct vb_dial *dial = put_away(dialling);

    dial->client = client;
    dial->why[0] = '\0'; /* others had failed, it may be */
    conn->inside = true;
    dial->done(dial, VB_DIAL_OK);
    if (conn->worker->stopping)
        conn->wire.ops->shut_down(&conn->wire);
    conn->inside = false;
}

void vb__dialling_connected(struct vb__dialling *dialling, int fd,
                            const struct vb_address *to)
{
    struct vb__worker *worker = dialling->worker;
    struct vb_peer peer = vb_peer_of(&to->sa);
    struct vb_client *client;
    struct vb__conn *conn =
        vb__conn_dialled(worker, fd, &peer, dialling->dial->to, &client);

    if (conn == NULL) {
        close(fd);
        vb__loop_give_outgoing(worker->loop);
        cut_short(dialling, VB_DIAL_NOMEM, "out of memory");
        return;
    }
    if (client != NULL) {
        succeed(dialling, conn, client);
    } else {
        vb__race_end(dialling);
        conn->dialling = dialling;
        dialling->conn = conn;
    }
    vb__conn_flush(conn);
}

/* The connection is its own from now on: if only to say why it ends. */
static struct vb__conn *leave(struct vb__dialling *dialling)
{
    struct vb__conn *conn = dialling->conn;

    conn->dialling = NULL;
    dialling->conn = NULL;
    return conn;
}

/* RFC 9110 section 4.3.4: whoever runs the server is told. A client may choose
 * the host; and while one is dialled again and again, once is enough. */
static void tell_untrusted(struct vb__worker *worker,
                           const struct vb_endpoint *to, const char *why)
{
    char text[512];
    struct vb_buf line = vb_buf_over(text, sizeof(text));
    int64_t now = worker->shown.env.now.mono_ms;

    if (worker->told_untrusted != 0 && now - worker->told_untrusted < RETELL_MS)
        return;
    worker->told_untrusted = now;
    vb_log_quoted(
        &line,
        vb_span_head(vb_span_str(to->host != NULL ? to->host : to->path), 80));
    vb_buf_str(&line, " is not believed: ");
    vb_log_quoted(&line, vb_span_str(why));
    vb_log(VB_LOG_WARNING, "%.*s", VB_FMT(vb_buf_span(&line)));
}

void vb__dialling_look(struct vb__dialling *dialling)
{
    struct vb_tls_outcome outcome;
    struct vb__conn *conn;

    if (!vb_tls_outward_look(&dialling->conn->wire, &outcome))
        return;
    conn = leave(dialling);
    if (outcome.end == VB_DIAL_UNTRUSTED)
        tell_untrusted(conn->worker, dialling->dial->to, outcome.why);
    if (outcome.end == VB_DIAL_OK)
        succeed(dialling, conn, outcome.client);
    else
        cut_short(dialling, outcome.end, outcome.why);
}

void vb__dialling_lost(struct vb__dialling *dialling)
{
    leave(dialling);
    cut_short(dialling, VB_DIAL_TLS, "the connection was lost");
}

/* --- Its beginning ----------------------------------------------------------
 */

/* What there is to try is known. */
static void begin(struct vb__dialling *dialling)
{
    vb__worker_wake(dialling->worker);
    if (dialling->worker->overdue)
        cut_short(dialling, VB_DIAL_CANCELLED, "the server stops");
    else
        vb__race_go_on(dialling);
}

/* Nothing is told from within `start`. */
static void begin_later(uv_timer_t *timer)
{
    begin(timer->data);
}

static bool is_no_name(int status)
{
    return status == UV_EAI_NONAME || status == UV_EAI_NODATA ||
           status == UV_EAI_ADDRFAMILY || status == UV_EAI_FAMILY;
}

static void note_no_address(struct vb__dialling *dialling, int status)
{
    enum vb_dial_end end = is_no_name(status)        ? VB_DIAL_NO_NAME
                           : status == UV_EAI_MEMORY ? VB_DIAL_NOMEM
                                                     : VB_DIAL_NAME_TROUBLE;

    vb__dialling_note(dialling, end, "%.80s: %s", dialling->dial->to->host,
                      uv_strerror(status));
}

static void note_none_allowed(struct vb__dialling *dialling)
{
    vb__dialling_note(dialling, VB_DIAL_FORBIDDEN,
                      "%.80s: no address of it may be connected to",
                      dialling->dial->to->host);
}

static void looked_up(uv_getaddrinfo_t *lookup, int status,
                      struct addrinfo *list)
{
    struct vb__dialling *dialling = lookup->data;

    dialling->looking = false;
    if (dialling->dial != NULL) {
        vb_targets_of_list(dialling->dial, list, &dialling->targets);
        if (status != 0)
            note_no_address(dialling, status);
        else if (dialling->targets.count == 0)
            note_none_allowed(dialling);
        begin(dialling);
    }
    uv_freeaddrinfo(list);
    let_go(dialling);
}

/* Names are looked up anew for each dial: who wants to keep what was found
 * keeps the connection. */
static int look_up(struct vb__dialling *dialling)
{
    static const struct addrinfo wanted = {.ai_family = AF_UNSPEC,
                                           .ai_socktype = SOCK_STREAM};
    int status;

    dialling->lookup.data = dialling;
    status = uv_getaddrinfo(&dialling->worker->uv, &dialling->lookup, looked_up,
                            dialling->dial->to->host, NULL, &wanted);
    if (status != 0)
        return status;
    dialling->looking = true;
    dialling->pending++;
    return 0;
}

/* What names cannot be (RFC 1035 section 2.3.4) is not even asked for. */
static void find_targets(struct vb__dialling *dialling)
{
    const struct vb_dial *dial = dialling->dial;
    int status;

    if (dial->to->path != NULL) {
        vb_targets_of_path(dial, &dialling->targets);
        if (dialling->targets.count == 0)
            vb__dialling_note(dialling, VB_DIAL_UNREACHABLE,
                              "the path of the socket is empty or too long");
    } else if (vb_targets_of_literal(dial, &dialling->targets)) {
        if (dialling->targets.count == 0)
            note_none_allowed(dialling);
    } else {
        status = look_up(dialling);
        if (status == 0)
            return;
        note_no_address(dialling,
                        status == UV_ENOMEM ? UV_EAI_MEMORY : UV_EAI_NONAME);
    }
    uv_timer_start(&dialling->next, begin_later, 0, 0);
}

static void set_timers(struct vb__dialling *dialling)
{
    struct vb__worker *worker = dialling->worker;

    uv_timer_init(&worker->uv, &dialling->late);
    uv_timer_init(&worker->uv, &dialling->next);
    dialling->late.data = dialling->next.data = dialling;
    dialling->pending = 2;
    uv_update_time(&worker->uv);
    if (dialling->dial->timeout_ms > 0)
        uv_timer_start(&dialling->late, too_late, dialling->dial->timeout_ms,
                       0);
}

static enum vb_err start(struct vb_dialer *dialer, struct vb_dial *dial)
{
    struct vb__worker *worker = VB_CONTAINER(dialer, struct vb__worker, dialer);
    struct vb__dialling *dialling = calloc(1, sizeof(*dialling));

    if (dialling == NULL)
        return VB_ERR_NOMEM;
    dialling->worker = worker;
    dialling->dial = dial;
    for (unsigned i = 0; i < VB_TARGETS_MOST; i++)
        dialling->attempts[i].fd = -1;
    dial->client = NULL;
    dial->why[0] = '\0';
    dial->own = dialling;
    vb_list_append(&worker->dials, &dialling->link);
    set_timers(dialling);
    find_targets(dialling);
    return VB_OK;
}

static void cancel(struct vb_dialer *dialer, struct vb_dial *dial)
{
    (void)dialer;
    put_away(dial->own);
}

void vb__dials_init(struct vb__worker *worker)
{
    vb_list_init(&worker->dials);
    worker->dialer = (struct vb_dialer){start, cancel};
    worker->shown.dialer = &worker->dialer;
}

/* Those that are begun meanwhile see for themselves. */
void vb__dials_end(struct vb__worker *worker)
{
    struct vb_link *last = worker->dials.prev, *at = &worker->dials;

    worker->overdue = true;
    while (at != last) {
        struct vb__dialling *dialling;

        at = at->next;
        dialling = VB_CONTAINER(at, struct vb__dialling, link);
        if (dialling->dial != NULL)
            cut_short(dialling, VB_DIAL_CANCELLED, "the server stops");
    }
}
