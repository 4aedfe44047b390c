/* The dialler: sockets, and the wires that they get. */
#include "scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/targets.h"

/* What the dialler's peer hears until the end, and whether it is one. */
static void hears(int listener, const char *wanted)
{
    char bytes[64] = "";
    size_t len = 0;
    ssize_t n;
    int fd = accept(listener, NULL, NULL);

    assert_true(fd >= 0);
    while ((n = recv(fd, bytes + len, sizeof(bytes) - 1 - len, 0)) > 0)
        len += (size_t)n;
    assert_int_equal(n, 0);
    assert_string_equal(bytes, wanted);
    close(fd);
}

/* --- Plain ------------------------------------------------------------------
 */

static void a_tcp_connection_is_made(void **state)
{
    struct scene s = {.begin = to_port};

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.done, 1);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_string_equal(s.dials[0].why, "");
    assert_null(s.dials[0].own);
    assert_int_equal(stand_ins.kind, VB_CLIENT_HTTP_1);
    assert_int_equal(stand_ins.made, 1);
    close(s.fd);
}

static void what_is_spoken_is_said_beforehand(void **state)
{
    static const enum vb_dial_protocol protocols[] = {
        VB_DIAL_HTTP, VB_DIAL_HTTP_1, VB_DIAL_HTTP_2, VB_DIAL_BARE};
    static const enum vb_client_kind kinds[] = {
        VB_CLIENT_HTTP_1, VB_CLIENT_HTTP_1, VB_CLIENT_HTTP_2, VB_CLIENT_BARE};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(kinds); i++) {
        struct scene s = {.begin = to_port};

        s.to[0].protocol = protocols[i];
        s.fd = listen_on("127.0.0.1", &s.port, 8);
        play(&s);
        assert_int_equal(stand_ins.kind, kinds[i]);
        close(s.fd);
    }
}

/* The other side says something, and closes: both are seen at once. */
static void answer_and_close(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;

    s->other_fd = accept(s->fd, NULL, NULL);
    assert_true(s->other_fd >= 0);
    assert_int_equal(send(s->other_fd, "reply", 5, 0), 5);
    shutdown(s->other_fd, SHUT_WR);
    after(s, 50, stop_at);
}

static void a_while_later(struct scene *s)
{
    after(s, 20, answer_and_close);
}

static void an_idle_connection_hears_its_peer(void **state)
{
    struct scene s = {.begin = to_port, .then = a_while_later};
    char bytes[16];

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(stand_ins.ended, 1);
    assert_string_equal(stand_ins.heard, "reply");
    assert_int_equal(recv(s.other_fd, bytes, sizeof(bytes), 0), 5);
    assert_memory_equal(bytes, "hello", 5);
    close(s.other_fd);
    close(s.fd);
}

/* RFC 9112 section 9.6: a server may answer, and close without reading; what it
 * has said counts, and its end is none. */
static void answer_and_reset(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;
    int fd = accept(s->fd, NULL, NULL);

    assert_true(fd >= 0);
    assert_int_equal(send(fd, "reply", 5, 0), 5);
    close(fd); /* "hello" was not read */
    after(s, 50, stop_at);
}

static void reset_a_while_later(struct scene *s)
{
    after(s, 20, answer_and_reset);
}

static void what_came_before_a_reset_is_read(void **state)
{
    struct scene s = {.begin = to_port, .then = reset_a_while_later};

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(stand_ins.ended, 0);
    assert_string_equal(stand_ins.heard, "reply");
    close(s.fd);
}

static struct sockaddr_un un = {.sun_family = AF_UNIX};

static void to_socket(struct scene *s)
{
    dial(s, un.sun_path, 0, 300);
}

static void a_unix_socket_is_dialled(void **state)
{
    struct scene s = {.begin = to_socket}, nobody = s, full = s;
    int fillers[4];

    (void)state;
    snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/vb-dial-%d.sock",
             (int)getpid());
    play(&nobody);
    assert_int_equal(nobody.ends[0], VB_DIAL_REFUSED);
    s.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s.fd, (struct sockaddr *)&un, sizeof(un)), 0);
    assert_int_equal(listen(s.fd, 1), 0);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    hears(s.fd, "hello");
    /* Nobody accepts: there is an answer all the same. */
    block(s.fd, fillers, 4);
    play(&full);
    assert_int_equal(full.ends[0], VB_DIAL_LATE);
    unblock(fillers, 4);
    close(s.fd);
    unlink(un.sun_path);
}

static void to_long_path(struct scene *s)
{
    static char path[300];

    memset(path, '/', sizeof(path) - 1);
    dial(s, path, 0, 5000);
}

static void a_path_that_is_too_long_is_told(void **state)
{
    struct scene s = {.begin = to_long_path};

    (void)state;
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_UNREACHABLE);
    assert_non_null(strstr(s.dials[0].why, "path"));
}

static void who_does_not_listen_refuses(void **state)
{
    struct scene s = {.begin = to_port};
    char wanted[64];

    (void)state;
    close(listen_on("127.0.0.1", &s.port, 8));
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_REFUSED);
    snprintf(wanted, sizeof(wanted), "127.0.0.1:%u: Connection refused",
             s.port);
    assert_string_equal(s.dials[0].why, wanted);
}

static void soon(struct scene *s)
{
    dial(s, "127.0.0.1", s->port, 200);
}

static void who_does_not_answer_is_late(void **state)
{
    struct scene s = {.begin = soon};
    int fillers[4];

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 0);
    block(s.fd, fillers, 4);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_LATE);
    assert_in_range(s.took_ms[0], 190, 2000);
    assert_int_equal(stand_ins.made, 0);
    unblock(fillers, 4);
    close(s.fd);
}

/* --- Its end before that ----------------------------------------------------
 */

static void cancel_first(struct scene *s)
{
    s->worker->dialer->cancel(s->worker->dialer, &s->dials[0]);
    memset(&s->dials[0], 0xff, sizeof(s->dials[0]));
    after(s, 20, stop_at);
}

static void cancel_at(struct vb_alarm *alarm)
{
    cancel_first(alarm->context);
}

static void cancel_address_at_once(struct scene *s)
{
    to_port(s);
    cancel_first(s);
}

static void cancel_name_at_once(struct scene *s)
{
    to_name(s);
    cancel_first(s);
}

static void cancel_soon(struct scene *s)
{
    to_name(s);
    after(s, 50, cancel_at);
}

static void cancel_later(struct scene *s)
{
    to_name(s);
    after(s, 300, cancel_at);
}

/* In every state: not begun, looked up, connecting to one, and to two. */
static void a_dial_that_is_cancelled_is_forgotten(void **state)
{
    void (*const begins[])(struct scene * s) = {
        cancel_address_at_once, cancel_name_at_once, cancel_soon, cancel_later};

    (void)state;
    resolver.addresses = loopbacks;
    for (size_t i = 0; i < VB_COUNT_OF(begins); i++) {
        struct scene s = {.begin = begins[i]};
        int fillers[8];

        s.fd = listen_on("127.0.0.1", &s.port, 0);
        s.other_fd = listen_on("::1", &s.port, 0);
        block(s.fd, fillers, 4);
        block(s.other_fd, fillers + 4, 4);
        play(&s);
        assert_int_equal(s.done, 0);
        assert_int_equal(stand_ins.made, 0);
        unblock(fillers, 8);
        close(s.fd);
        close(s.other_fd);
    }
}

static void stop_soon(struct scene *s)
{
    to_port(s);
    after(s, 20, stop_at);
}

static void nothing(struct scene *s)
{
    (void)s;
}

/* What is under way is waited for, but not for ever. */
static void a_stop_cancels_what_is_not_done_in_time(void **state)
{
    struct scene s = {.begin = stop_soon, .then = nothing, .grace_ms = 100};
    int fillers[4];

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 0);
    block(s.fd, fillers, 4);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_CANCELLED);
    unblock(fillers, 4);
    close(s.fd);
}

static void again_when_cancelled(struct scene *s)
{
    if (s->count == 1)
        to_port(s);
}

static void nothing_is_dialled_after_that(void **state)
{
    struct scene s = {
        .begin = stop_soon, .then = again_when_cancelled, .grace_ms = 100};
    int fillers[4];

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 0);
    block(s.fd, fillers, 4);
    play(&s);
    assert_int_equal(s.done, 2);
    assert_int_equal(s.ends[1], VB_DIAL_CANCELLED);
    unblock(fillers, 4);
    close(s.fd);
}

static void stop_and_dial(struct scene *s)
{
    vb_loop_stop(s->loop);
    to_port(s);
}

/* A connection that is made then is told at once that it is to end. */
static void a_worker_that_stops_still_dials(void **state)
{
    struct scene s = {.begin = stop_and_dial, .then = nothing};

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_int_equal(stand_ins.freed, 1);
    close(s.fd);
}

/* --- Bounds -----------------------------------------------------------------
 */

static void count_gone(struct vb_client *client)
{
    struct scene *s = client->owner;

    s->gone++;
}

static void third(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;

    assert_int_equal(s->gone, 1);
    to_port(s);
}

static void one_after_the_other(struct scene *s)
{
    struct vb_client *client = s->dials[0].client;

    if (s->done == 1) {
        client->owner = s;
        client->gone = count_gone;
        to_port(s);
    } else if (s->done == 2) {
        client->ops->close(client);
        assert_int_equal(s->gone, 0);
        after(s, 50, third);
    } else {
        vb_loop_stop(s->loop);
    }
}

static void there_are_only_so_many_sockets(void **state)
{
    struct scene s = {
        .begin = to_port, .then = one_after_the_other, .max_outgoing = 1};

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_int_equal(s.ends[1], VB_DIAL_NOMEM);
    assert_int_equal(s.ends[2], VB_DIAL_OK);
    close(s.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tcp_connection_is_made),
        cmocka_unit_test(what_is_spoken_is_said_beforehand),
        cmocka_unit_test(an_idle_connection_hears_its_peer),
        cmocka_unit_test(what_came_before_a_reset_is_read),
        cmocka_unit_test(a_unix_socket_is_dialled),
        cmocka_unit_test(a_path_that_is_too_long_is_told),
        cmocka_unit_test(who_does_not_listen_refuses),
        cmocka_unit_test(who_does_not_answer_is_late),
        cmocka_unit_test(a_dial_that_is_cancelled_is_forgotten),
        cmocka_unit_test(a_stop_cancels_what_is_not_done_in_time),
        cmocka_unit_test(nothing_is_dialled_after_that),
        cmocka_unit_test(a_worker_that_stops_still_dials),
        cmocka_unit_test(there_are_only_so_many_sockets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
