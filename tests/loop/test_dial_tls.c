/* The dialler: where TLS is spoken, a dial is done when its handshake is. */
#include "scene.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/outward.h"
#include "tls/self_signed.h"

/* --- A certificate, and who believes it --------------------------------------
 */

static struct {
    char folder[32];
    char file[64];
    struct vb_tls_files files;
    struct vb_tls *tls;
    struct vb_tls_outward *believes, *wary;
} all;

static int set_up(void **state)
{
    const struct vb_span host = VB_SPAN("a.example");
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct vb_tls_sources sources = {.files = &all.files, .count = 1};

    (void)state;
    memcpy(all.folder, "/tmp/vb-dial-XXXXXX", sizeof("/tmp/vb-dial-XXXXXX"));
    assert_non_null(mkdtemp(all.folder));
    snprintf(all.file, sizeof(all.file), "%s/pair.pem", all.folder);
    all.files.certificate = all.file;
    return vb_tls_self_signed(all.file, &host, 1, &why) != VB_OK ||
           vb_tls_new(&sources, &all.tls, &why) != VB_OK ||
           vb_tls_outward_new(&(struct vb_tls_outward_sources){.ca = all.file},
                              &all.believes, &why) != VB_OK ||
           vb_tls_outward_new(
               &(struct vb_tls_outward_sources){.ca = all.file,
                                                .server_name = "b.example"},
               &all.wary, &why) != VB_OK;
}

static int tear_down(void **state)
{
    (void)state;
    vb_tls_free(all.tls);
    vb_tls_outward_unref(all.believes);
    vb_tls_outward_unref(all.wary);
    unlink(all.file);
    rmdir(all.folder);
    return 0;
}

/* --- Dials ------------------------------------------------------------------
 */

static void believing(struct scene *s)
{
    s->to[0].tls = all.believes;
    to_port(s);
}

static void doubting(struct scene *s)
{
    s->to[0].tls = all.wary;
    to_port(s);
}

/* No descriptor, connection or wire of it is left; the other side speaks HTTP/2
 * as we do, so that is what ALPN says. */
static void a_dial_is_done_when_its_handshake_is(void **state)
{
    struct scene s = {.begin = believing, .tls = all.tls};

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
    struct scene s = {.begin = doubting, .tls = all.tls};
    int log = memfd_create("log", 0), shown = dup(STDERR_FILENO);
    char line[256] = "";

    (void)state;
    dup2(log, STDERR_FILENO);
    play(&s);
    dup2(shown, STDERR_FILENO);
    close(shown);
    assert_true(pread(log, line, sizeof(line) - 1, 0) > 0);
    close(log);
    assert_non_null(strstr(line, "127.0.0.1 is not believed: its certificate"));
    assert_int_equal(s.ends[0], VB_DIAL_UNTRUSTED);
    assert_string_equal(s.dials[0].why, "its certificate is not for b.example");
    assert_int_equal(stand_ins.made, 0);
}

/* --- A server that says nothing ---------------------------------------------
 */

static void hurried(struct scene *s)
{
    s->to[0].tls = all.believes;
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
    if (vb_tls_session_new(all.tls, VB_TLS_TCP, 1000, &choice, &session) !=
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

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
