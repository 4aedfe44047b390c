/* The record layer as a wire: RFC 8446, RFC 9112 section 9.7 and 9.8. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/both.h"

static const char *const hosts[] = {"a.example", "b.example"};

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a.example\r\n\r\n"

static void begin(struct client *c)
{
    client_init(c, hosts, 2);
    assert_int_equal(client_handshake(c), 0);
}

/* How many times a text is in what the client has decrypted. */
static int count(const struct client *c, const char *text)
{
    struct vb_span rest = vb_buf_span(&c->plain);
    int n = 0;

    while (rest.len > 0) {
        const char *at = memmem(rest.ptr, rest.len, text, strlen(text));

        if (at == NULL)
            break;
        n++;
        rest = vb_span_from(rest, (size_t)(at - rest.ptr) + 1);
    }
    return n;
}

/* 9112-9.7-01: and nothing of it is there to be read on the way. */
static void test_it_does_not_matter_how_the_bytes_are_split(void **state)
{
    static const size_t pieces[] = {0, 1, 2, 3, 5, 7, 16, 100, 1000};
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    struct client c;

    (void)state;
    client_init(&c, hosts, 2);
    for (size_t i = 0; i < VB_COUNT_OF(pieces); i++) {
        for (size_t v = 0; v < 2; v++) {
            c.priority = versions[v];
            c.d.piece = c.d.room = pieces[i];
            assert_int_equal(client_handshake(&c), 0);
            client_send(&c, VB_SPAN(GET("/") GET("/bytes/5") GET("/large")));
            assert_int_equal(count(&c, "HTTP/1.1 200 OK\r\n"), 3);
            assert_true(c.plain.len > LARGE_SIZE);
            assert_null(memmem(c.d.out.ptr, c.d.out.len, "HTTP/1.1", 8));
            client_restart(&c);
        }
    }
    client_done(&c);
}

/* Whatever way content comes from, the client has the same of it. */
static void test_content_of_every_kind(void **state)
{
    static const char *const targets[] = {"bytes",   "source", "stream",
                                          "slow",    "wide",   "file",
                                          "instant", "parts"};
    static char wanted[SOURCE_MAX];
    struct client c;

    (void)state;
    begin(&c);
    for (size_t i = 0; i < VB_COUNT_OF(targets); i++) {
        char request[128];

        vb_buf_reset(&c.plain);
        snprintf(request, sizeof(request),
                 "GET /%s/100000 HTTP/1.0\r\n"
                 "Host: a.example\r\nConnection: close\r\n\r\n",
                 targets[i]);
        client_send(&c, vb_span_str(request));
        if (c.plain.len < 100000 || !c.ended)
            fail_msg("%s: %zu bytes", targets[i], c.plain.len);
        if (i == 0)
            memcpy(wanted, c.plain.ptr + c.plain.len - 100000, 100000);
        assert_memory_equal(wanted, c.plain.ptr + c.plain.len - 100000, 100000);
        client_restart(&c);
        assert_int_equal(client_handshake(&c), 0);
    }
    client_done(&c);
}

/* The loop asks what there is to send, and cannot send it. */
static void look(struct client *c)
{
    struct vb_file_part file;
    struct iovec iov[8];

    c->d.wire->ops->drain(c->d.wire, iov, 8, &file);
}

/* Only so much is encrypted as is on its way. */
static void test_what_is_not_read_is_not_encrypted(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    c.d.stuck = true;
    client_send(&c, VB_SPAN(GET("/stream/300000") GET("/stream/300000")));
    for (int i = 0; i < 100; i++)
        look(&c);
    assert_true(c.d.env.output_blocks.lent < 16);
    c.d.stuck = false;
    driver_pump(&c.d);
    client_read(&c);
    assert_true(c.plain.len > 600000);
    client_done(&c);
}

/* 9112-9.8-02, 9112-9.8-04, 9112-9.8-06 */
static void test_close_notify_is_said_before_the_end(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(GET("/close")));
    assert_int_equal(count(&c, "HTTP/1.1 200 OK\r\n"), 1);
    assert_true(c.ended);
    assert_true(driver_state(&c.d) & (VB_WIRE_LINGER | VB_WIRE_CLOSE));
    client_done(&c);
}

/* 9112-9.8-02: also where nobody asked. */
static void test_an_idle_connection_ends_with_close_notify(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(GET("/")));
    driver_pass(&c.d, c.d.limits.idle_timeout_ms);
    client_read(&c);
    assert_true(c.ended);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

static void test_a_half_close_is_answered(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(GET("/later")));
    gnutls_bye(c.session, GNUTLS_SHUT_WR);
    driver_pump(&c.d);
    driver_answer(&c.d, 0);
    client_read(&c);
    assert_int_equal(count(&c, "HTTP/1.1 200 OK\r\n"), 1);
    assert_true(c.ended);
    client_done(&c);
}

#define TUNNEL(to) "CONNECT " to " HTTP/1.1\r\nHost: " to "\r\n\r\n"

/* 9110-9.3.6-05, RFC 8446 section 6.1: each close_notify is the end of one way
 * of a tunnel alone. */
static void test_a_tunnel_whose_source_ends_hears_on(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(TUNNEL("quiet:1")));
    assert_int_equal(count(&c, "HTTP/1.1 200 OK\r\n"), 1);
    assert_true(c.ended);
    driver_pass(&c.d, INT64_C(3600) * 1000);
    assert_int_equal(driver_state(&c.d), VB_WIRE_LINGER | VB_WIRE_READ);
    client_send(&c, VB_SPAN("go on"));
    assert_int_equal(both_count(&c.d, "both took"), 0);
    gnutls_bye(c.session, GNUTLS_SHUT_WR);
    driver_pump(&c.d);
    assert_int_equal(both_count(&c.d, "both took 5 "), 1);
    both_assert_over(&c.d, vb_err_text(VB_OK));
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

static void test_a_tunnel_whose_client_ends_is_ended(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(TUNNEL("echo:1") "hello"));
    assert_int_equal(count(&c, "hello"), 1);
    assert_false(c.ended);
    client_send(&c, VB_SPAN(", world"));
    gnutls_bye(c.session, GNUTLS_SHUT_WR);
    driver_pump(&c.d);
    client_read(&c);
    assert_int_equal(count(&c, "hello, world"), 1);
    assert_true(c.ended);
    both_assert_over(&c.d, vb_err_text(VB_OK));
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

/* What fails must not look like an end: no close_notify (9112-9.8-01). */
static void test_a_tunnel_that_fails_is_reset(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(TUNNEL("cut:5") "hello"));
    assert_false(c.ended);
    assert_true(driver_state(&c.d) & VB_WIRE_RESET);
    client_restart(&c);

    assert_int_equal(client_handshake(&c), 0);
    client_send(&c, VB_SPAN(TUNNEL("quiet:1")));
    both_fail(&c.d);
    driver_pump(&c.d);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE | VB_WIRE_RESET);
    client_done(&c);
}

/* While the sink takes nothing, nothing is read, though our way is shut. */
static void test_a_tunnel_half_closed_has_back_pressure(void **state)
{
    static char bytes[20000];
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(TUNNEL("end:9") "123456789"));
    assert_true(c.ended);
    client_send(&c, vb_span_of(bytes, 15000));
    assert_int_equal(driver_state(&c.d), 0);
    gnutls_bye(c.session, GNUTLS_SHUT_WR);
    driver_pump(&c.d);
    assert_int_equal(both_count(&c.d, "both took"), 0);
    c.d.both->carrier->resume_content(c.d.both);
    driver_pump(&c.d);
    assert_int_equal(both_count(&c.d, "both took 15009 "), 1);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

/* 9112-9.8-03, 9112-8-03: what is whole counts, what is not does not. */
static void test_an_end_without_close_notify(void **state)
{
    static const char cut[] = "POST /echo HTTP/1.1\r\nHost: a.example\r\n"
                              "Content-Length: 10\r\n\r\n12345";
    struct client c;

    (void)state;
    begin(&c);
    client_send(&c, VB_SPAN(GET("/")));
    client_send(&c, vb_span_str(cut));
    driver_eof(&c.d);
    client_read(&c);
    assert_int_equal(count(&c, "HTTP/1.1 200 OK\r\n"), 1);
    assert_null(memmem(c.d.log.ptr, c.d.log.len, "12345", 5));
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

/* A record that somebody has changed ends the connection, and nothing else. */
static void test_a_forged_record_is_an_alert(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    gnutls_record_send(c.session, GET("/"), sizeof(GET("/")) - 1);
    c.d.unsent.ptr[c.d.unsent.len - 1] ^= 1;
    driver_pump(&c.d);
    client_read(&c);
    assert_int_equal(gnutls_alert_get(c.session), GNUTLS_A_BAD_RECORD_MAC);
    assert_int_equal(c.d.log.len, 0);
    assert_int_equal(driver_state(&c.d), VB_WIRE_LINGER);
    driver_pass(&c.d, c.d.limits.linger_ms);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

/* Any bytes at all, whole and cut off anywhere. */
static void test_garbage_is_an_alert_or_nothing(void **state)
{
    static const char rows[][12] = {
        "\x16\x03\x01\x00\x05hello", "\x16\x03\x01\xff\xffhello",
        "\x80\x2e\x01\x00\x02",      "\x15\x03\x03\x00\x02\x02\x28",
        "\x17\x03\x03\x00\x05hello", "\xff\xff\xff\xff\xff\xff\xff\xff"};
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        c.d.piece = i % 2;
        driver_send(&c.d, vb_span_of(rows[i], sizeof(rows[i])));
        assert_int_equal(c.d.log.len, 0);
        driver_eof(&c.d);
        assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
        client_restart(&c);
    }
    client_done(&c);
}

static void test_a_hello_of_endless_length_is_refused(void **state)
{
    static const char header[] = "\x16\x03\x01\x40\x00";
    static char body[16 * 1024] = "\x01\x10\x00\x00\x03\x03";
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    for (int i = 0; i < 4; i++) {
        driver_send(&c.d, vb_span_of(header, 5));
        driver_send(&c.d, vb_span_of(body, sizeof(body)));
    }
    assert_int_equal(driver_state(&c.d), VB_WIRE_LINGER);
    client_done(&c);
}

static void test_a_handshake_has_the_time_of_a_head(void **state)
{
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    driver_pass(&c.d, c.d.limits.head_timeout_ms - 1);
    assert_true(driver_state(&c.d) & VB_WIRE_READ);
    driver_send(&c.d, vb_span_of("\x16\x03\x01", 3));
    driver_pass(&c.d, 1);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

static void test_who_does_not_read_is_cut_off(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    c.d.stuck = true;
    client_send(&c, VB_SPAN(GET("/stream/300000")));
    look(&c);
    driver_pass(&c.d, c.d.limits.write_timeout_ms - 1);
    assert_false(driver_state(&c.d) & VB_WIRE_CLOSE);
    driver_pass(&c.d, 1);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_done(&c);
}

static void test_who_reads_slowly_is_waited_for(void **state)
{
    struct client c;

    (void)state;
    begin(&c);
    c.d.stuck = true;
    client_send(&c, VB_SPAN(GET("/stream/300000")));
    for (int i = 0; i < 10; i++) {
        look(&c);
        c.d.wire->ops->sent(c.d.wire, (size_t)i % 2); /* 0: it comes through */
        driver_pass(&c.d, c.d.limits.write_timeout_ms - 1);
        assert_false(driver_state(&c.d) & VB_WIRE_CLOSE);
    }
    client_done(&c);
}

static void test_alpn_chooses_or_refuses(void **state)
{
    gnutls_datum_t chosen;
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    c.protocol = "http/1.1";
    assert_int_equal(client_handshake(&c), 0);
    assert_int_equal(gnutls_alpn_get_selected_protocol(c.session, &chosen), 0);
    assert_int_equal(chosen.size, 8);
    client_restart(&c);
    c.protocol = "smtp";
    assert_int_equal(client_handshake(&c), GNUTLS_E_FATAL_ALERT_RECEIVED);
    assert_int_equal(gnutls_alert_get(c.session),
                     GNUTLS_A_NO_APPLICATION_PROTOCOL);
    client_done(&c);
}

/* A session is resumed in another wire, as in another worker; also then it is
 * known for which hosts the connection is. */
static void test_a_session_is_resumed(void **state)
{
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct client c;

        client_init(&c, hosts, 2);
        c.priority = versions[v];
        c.name = "b.example";
        assert_int_equal(client_handshake(&c), 0);
        client_send(&c, VB_SPAN(GET("/")));
        assert_false(gnutls_session_is_resumed(c.session));
        assert_int_equal(gnutls_session_get_data2(c.session, &c.ticket), 0);
        client_restart(&c);
        assert_int_equal(client_handshake(&c), 0);
        client_send(&c, VB_SPAN(GET("/")));
        assert_true(gnutls_session_is_resumed(c.session));
        assert_int_equal(count(&c, "HTTP/1.1 200 OK\r\n"), 1);
        /* A day later, with another key, it is an ordinary handshake. */
        client_restart(&c);
        driver_pass(&c.d, INT64_C(24) * 3600 * 1000);
        client_restart(&c);
        assert_int_equal(client_handshake(&c), 0);
        assert_false(gnutls_session_is_resumed(c.session));
        client_done(&c);
    }
}

/* TLS 1.2 could; then it costs a server more than a client. */
static void test_nobody_renegotiates(void **state)
{
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    c.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    assert_int_equal(client_handshake(&c), 0);
    assert_int_equal(gnutls_handshake(c.session), GNUTLS_E_AGAIN);
    driver_pump(&c.d);
    assert_int_equal(gnutls_handshake(c.session),
                     GNUTLS_E_FATAL_ALERT_RECEIVED);
    assert_int_equal(gnutls_alert_get(c.session), GNUTLS_A_NO_RENEGOTIATION);
    assert_int_equal(driver_state(&c.d), VB_WIRE_LINGER);
    client_done(&c);
}

static void test_http_without_tls_is_told_so_by_the_peer(void **state)
{
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    driver_send_str(&c.d, GET("/"));
    assert_true(vb_span_starts(vb_buf_span(&c.d.out), VB_SPAN("HTTP/1.1 ")));
    client_done(&c);
}

static void test_a_stop_ends_who_has_not_asked(void **state)
{
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    driver_send(&c.d, vb_span_of("\x16\x03\x01", 3));
    c.d.wire->ops->shut_down(c.d.wire);
    assert_int_equal(driver_state(&c.d), VB_WIRE_CLOSE);
    client_restart(&c);
    assert_int_equal(client_handshake(&c), 0);
    c.d.wire->ops->shut_down(c.d.wire);
    driver_pump(&c.d);
    client_read(&c);
    assert_true(c.ended);
    client_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_does_not_matter_how_the_bytes_are_split),
        cmocka_unit_test(test_content_of_every_kind),
        cmocka_unit_test(test_what_is_not_read_is_not_encrypted),
        cmocka_unit_test(test_close_notify_is_said_before_the_end),
        cmocka_unit_test(test_an_idle_connection_ends_with_close_notify),
        cmocka_unit_test(test_a_half_close_is_answered),
        cmocka_unit_test(test_a_tunnel_whose_source_ends_hears_on),
        cmocka_unit_test(test_a_tunnel_whose_client_ends_is_ended),
        cmocka_unit_test(test_a_tunnel_that_fails_is_reset),
        cmocka_unit_test(test_a_tunnel_half_closed_has_back_pressure),
        cmocka_unit_test(test_an_end_without_close_notify),
        cmocka_unit_test(test_a_forged_record_is_an_alert),
        cmocka_unit_test(test_garbage_is_an_alert_or_nothing),
        cmocka_unit_test(test_a_hello_of_endless_length_is_refused),
        cmocka_unit_test(test_a_handshake_has_the_time_of_a_head),
        cmocka_unit_test(test_who_does_not_read_is_cut_off),
        cmocka_unit_test(test_who_reads_slowly_is_waited_for),
        cmocka_unit_test(test_alpn_chooses_or_refuses),
        cmocka_unit_test(test_a_session_is_resumed),
        cmocka_unit_test(test_nobody_renegotiates),
        cmocka_unit_test(test_http_without_tls_is_told_so_by_the_peer),
        cmocka_unit_test(test_a_stop_ends_who_has_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
