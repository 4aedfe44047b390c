/* The dialler: where TLS is spoken, a dial is done when its handshake is. */
#include "scene.h"
#include "secure.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Nobody asks it for anything. */
static struct vb_service silent;

/* --- Dials ------------------------------------------------------------------
 */

static void believing(struct scene *s)
{
    s->to[0].tls = secure.believes;
    to_port(s);
}

static struct vb_tls_outward *wary; /* who wants another host */

static void doubting(struct scene *s)
{
    s->to[0].tls = wary;
    to_port(s);
}

/* No descriptor, connection or wire of it is left; the other side speaks HTTP/2
 * as we do, so that is what ALPN says. */
static void a_dial_is_done_when_its_handshake_is(void **state)
{
    struct scene s = {
        .begin = believing, .service = &silent, .tls = secure.tls};

    (void)state;
    stand_ins.text = "";
    play(&s);
    assert_int_equal(s.done, 1);
    if (s.ends[0] != VB_DIAL_OK)
        fail_msg("%d: %s", s.ends[0], s.dials[0].why);
    assert_int_equal(stand_ins.kind, VB_CLIENT_HTTP_2);
    assert_int_equal(stand_ins.made, 1);
}

/* 9110-4.3.4-04: so is whoever runs the server. */
static void who_is_not_believed_is_told_why(void **state)
{
    struct scene s = {.begin = doubting, .service = &silent, .tls = secure.tls};
    struct vb_tls_outward_sources trust = {.ca = secure.file,
                                           .server_name = "b.example"};
    int log = memfd_create("log", 0), shown = dup(STDERR_FILENO);
    char line[256] = "";
    struct vb_buf why = vb_buf_over(line, sizeof(line));

    (void)state;
    assert_int_equal(vb_tls_outward_new(&trust, &wary, &why), VB_OK);
    dup2(log, STDERR_FILENO);
    play(&s);
    dup2(shown, STDERR_FILENO);
    close(shown);
    assert_true(pread(log, line, sizeof(line) - 1, 0) > 0);
    close(log);
    assert_non_null(strstr(line, "127.0.0.1 is not believed: its certificate"));
    vb_tls_outward_unref(wary);
    assert_int_equal(s.ends[0], VB_DIAL_UNTRUSTED);
    assert_string_equal(s.dials[0].why, "its certificate is not for b.example");
    assert_int_equal(stand_ins.made, 0);
}

/* --- A server that says nothing ---------------------------------------------
 */

static void hurried(struct scene *s)
{
    s->to[0].tls = secure.believes;
    dial(s, "127.0.0.1", s->port, 300);
}

static void a_handshake_has_the_dial_s_time(void **state)
{
    struct scene s = {.begin = hurried};

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_LATE);
    assert_non_null(strstr(s.dials[0].why, "handshake"));
    close(s.fd);
}

static void cancel_at(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;

    s->worker->dialer->cancel(s->worker->dialer, &s->dials[0]);
    memset(&s->dials[0], 0xff, sizeof(s->dials[0]));
    after(s, 20, stop_at);
}

static void cancel_soon(struct scene *s)
{
    believing(s);
    after(s, 50, cancel_at);
}

static void a_handshake_that_is_cancelled_is_forgotten(void **state)
{
    struct scene s = {.begin = cancel_soon};
    char bytes[4096];
    int fd;

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.done, 0);
    fd = accept(s.fd, NULL, NULL);
    assert_true(recv(fd, bytes, sizeof(bytes), 0) > 0);
    assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), 0);
    close(fd);
    close(s.fd);
}

static void stop_soon(struct scene *s)
{
    believing(s);
    after(s, 50, stop_at);
}

static void nothing(struct scene *s)
{
    (void)s;
}

static void a_stop_cancels_it_when_the_grace_is_over(void **state)
{
    struct scene s = {.begin = stop_soon, .then = nothing, .grace_ms = 100};

    (void)state;
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    play(&s);
    assert_int_equal(s.ends[0], VB_DIAL_CANCELLED);
    close(s.fd);
}

/* A server that takes its time. */
static void *serve(void *context)
{
    const struct scene *s = context;
    struct vb_tls_choice choice;
    gnutls_session_t session;
    char byte;
    int fd = accept(s->fd, NULL, NULL), rc;

    usleep(200 * 1000);
    if (vb_tls_session_new(secure.tls, VB_TLS_TCP, 1000, &choice, &session) !=
        VB_OK)
        return NULL;
    gnutls_transport_set_int(session, fd);
    do
        rc = gnutls_handshake(session);
    while (rc == GNUTLS_E_AGAIN || rc == GNUTLS_E_INTERRUPTED);
    if (rc == 0)
        rc = (int)gnutls_record_recv(session, &byte, 1);
    gnutls_deinit(session);
    vb_tls_choice_done(&choice);
    close(fd);
    return rc == 0 ? context : NULL; /* it was said goodbye to */
}

/* What is under way goes on until then; and the connection is told at once that
 * it is to end. */
static void a_worker_that_stops_still_shakes_hands(void **state)
{
    struct scene s = {.begin = stop_soon, .then = nothing};
    pthread_t thread;
    void *served;

    (void)state;
    stand_ins.text = "";
    s.fd = listen_on("127.0.0.1", &s.port, 8);
    assert_int_equal(pthread_create(&thread, NULL, serve, &s), 0);
    play(&s);
    pthread_join(thread, &served);
    assert_int_equal(s.ends[0], VB_DIAL_OK);
    assert_int_equal(stand_ins.freed, 1);
    assert_non_null(served);
    close(s.fd);
}

/* --- One that ends it --------------------------------------------------------
 */

static void hang_up(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    int fd = accept(s->fd, NULL, NULL);

    if (s->gone > 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    else
        shutdown(fd, SHUT_WR);
    close(fd);
}

static void hang_up_soon(struct scene *s)
{
    believing(s);
    after(s, 50, hang_up);
}

static void who_hangs_up_in_the_handshake_is_no_peer(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct scene s = {.begin = hang_up_soon, .gone = reset};

        s.fd = listen_on("127.0.0.1", &s.port, 8);
        play(&s);
        assert_int_equal(s.ends[0], VB_DIAL_TLS);
        assert_true(s.dials[0].why[0] != '\0');
        assert_int_equal(stand_ins.made, 0);
        close(s.fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dial_is_done_when_its_handshake_is),
        cmocka_unit_test(who_is_not_believed_is_told_why),
        cmocka_unit_test(a_handshake_has_the_dial_s_time),
        cmocka_unit_test(a_handshake_that_is_cancelled_is_forgotten),
        cmocka_unit_test(a_stop_cancels_it_when_the_grace_is_over),
        cmocka_unit_test(a_worker_that_stops_still_shakes_hands),
        cmocka_unit_test(who_hangs_up_in_the_handshake_is_no_peer),
    };

    return cmocka_run_group_tests(tests, secure_set_up, secure_tear_down);
}
