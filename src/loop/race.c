/*
 * Happy eyeballs (RFC 8305 section 5): one target after the other, each when
 * the one before has failed, or has not answered for a moment; the first that
 * answers is taken, and all others are given up.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "loop/dialling.h"

/* The "Connection Attempt Delay": the default of RFC 8305 section 8. */
#define DELAY_MS 250
/* Between looks at a Unix socket whose queue is full: nothing tells when it is
 * not any more. */
#define FULL_MS 10

static void next_turn(uv_timer_t *timer)
{
    struct vb__dialling *dialling = timer->data;

    vb__worker_wake(dialling->worker);
    vb__race_go_on(dialling);
}

static enum vb_dial_end end_of(int err)
{
    switch (err) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ENOENT: /* nobody has ever listened on that Unix socket */
        return VB_DIAL_REFUSED;
    case ETIMEDOUT:
        return VB_DIAL_LATE;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL: /* all ports of ours are in use towards it */
        return VB_DIAL_NOMEM;
    default:
        return VB_DIAL_UNREACHABLE;
    }
}

/* Of several, what the most has been found out about counts. */
static void note(struct vb__dialling *dialling, const struct vb_address *to,
                 int err)
{
    char text[sizeof(dialling->dial->why)];
    struct vb_buf where = vb_buf_over(text, sizeof(text));
    enum vb_dial_end end = end_of(err);

    if (dialling->end != VB_DIAL_OK && dialling->end < end)
        return;
    vb_address_format_bare(to, &where);
    vb__dialling_note(dialling, end, "%.*s: %s", VB_FMT(vb_buf_span(&where)),
                      strerror(err));
}

/* The socket is another's, or closed. */
static void close_attempt(struct vb__attempt *attempt)
{
    attempt->fd = -1;
    attempt->of->trying--;
    uv_close((uv_handle_t *)&attempt->poll, vb__dialling_closed);
}

static void give_up(struct vb__attempt *attempt)
{
    int fd = attempt->fd;

    /* In this order, as in conn.c. */
    close_attempt(attempt);
    close(fd);
    vb__loop_give_outgoing(attempt->of->worker->loop);
}

static int error_of(int fd)
{
    int err = 0;
    socklen_t len = sizeof(err);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : errno;
}

/* A handle that is being closed lets its descriptor go at once: it may have
 * another. */
static void answered(uv_poll_t *poll, int status, int events)
{
    struct vb__attempt *attempt = poll->data;
    struct vb__dialling *dialling = attempt->of;
    const struct vb_address *to =
        &dialling->targets.at[attempt - dialling->attempts];
    int fd = attempt->fd, err = error_of(fd);

    (void)events;
    vb__worker_wake(dialling->worker);
    if (err == 0 && status < 0)
        err = ECONNRESET;
    if (err == 0) {
        close_attempt(attempt);
        vb__dialling_connected(dialling, fd, to);
        return;
    }
    note(dialling, to, err);
    give_up(attempt);
    vb__race_go_on(dialling);
}

/* A socket on its way; -1 with errno. */
static int connect_to(const struct vb_address *to)
{
    int fd =
        socket(to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&to->sa, to->len) == 0 ||
        errno == EINPROGRESS)
        return fd;
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

/* 0, or the errno that says why it has failed at once. */
static int try(struct vb__dialling *dialling, unsigned which)
{
    struct vb__attempt *attempt = &dialling->attempts[which];
    struct vb__worker *worker = dialling->worker;
    int fd, err;

    if (!vb__loop_take_outgoing(worker->loop))
        return EMFILE;
    fd = connect_to(&dialling->targets.at[which]);
    err = errno;
    if (fd >= 0 && uv_poll_init_socket(&worker->uv, &attempt->poll, fd) != 0) {
        close(fd);
        fd = -1;
        err = ENOMEM;
    }
    if (fd < 0) {
        vb__loop_give_outgoing(worker->loop);
        return err;
    }
    attempt->fd = fd;
    attempt->of = dialling;
    attempt->poll.data = attempt;
    dialling->trying++;
    dialling->pending++;
    uv_poll_start(&attempt->poll, UV_WRITABLE, answered);
    return 0;
}

void vb__race_go_on(struct vb__dialling *dialling)
{
    uv_timer_stop(&dialling->next);
    while (dialling->tried < dialling->targets.count) {
        const struct vb_address *to = &dialling->targets.at[dialling->tried];
        int err = try(dialling, dialling->tried);

        if (err == EAGAIN && vb_address_is_unix(to)) {
            uv_timer_start(&dialling->next, next_turn, FULL_MS, 0);
            return;
        }
        dialling->tried++;
        if (err == 0)
            break;
        note(dialling, to, err);
    }
    if (dialling->tried < dialling->targets.count)
        uv_timer_start(&dialling->next, next_turn, DELAY_MS, 0);
    else if (dialling->trying == 0)
        vb__dialling_fail(dialling);
}

void vb__race_end(struct vb__dialling *dialling)
{
    uv_timer_stop(&dialling->next);
    for (unsigned i = 0; i < dialling->tried; i++)
        if (dialling->attempts[i].fd >= 0)
            give_up(&dialling->attempts[i]);
}
