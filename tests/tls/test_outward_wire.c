/* The record layer as a wire where we are the client: RFC 8446, RFC 9112
 * sections 9.7 and 9.8. */
#include "ours.h"

#include <pthread.h>

#include "base/clock.h"
#include "tls/wire_inner.h"

static const char *const hosts[] = {"a.example", "b.example"};

#define REQUEST "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"

/* 9112-9.7-01, 9112-9.8-02: however the bytes are split, also around the end of
 * the handshake. */
static void test_a_request_is_answered_over_tls(void **state)
{
    static const size_t pieces[] = {0, 1, 2, 3, 5, 7, 16, 100, 1000};
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 2);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    o.to.protocol = VB_DIAL_HTTP_1;
    for (size_t i = 0; i < VB_COUNT_OF(pieces); i++) {
        c.d.piece = c.d.room = o.piece = pieces[i];
        stand_ins.text = REQUEST;
        stand_ins.ended = 0;
        ours_meet(&o, &c);
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        assert_true(ours_heard(&o, "HTTP/1.1 200 OK\r\n"));
        /* It was told that this was the end, by close_notify. */
        assert_int_equal(stand_ins.ended, 1);
        assert_int_equal(ours_state(&o), VB_WIRE_CLOSE);
    }
    ours_done(&o);
    client_done(&c);
}

/* RFC 7301, 9113-3.2: what is spoken is what ALPN says. */
static void test_alpn_says_what_is_spoken(void **state)
{
    static const struct {
        enum vb_dial_protocol offered;
        enum vb_client_kind spoken;
    } rows[] = {{VB_DIAL_HTTP, VB_CLIENT_HTTP_2},
                {VB_DIAL_HTTP_1, VB_CLIENT_HTTP_1},
                {VB_DIAL_HTTP_2, VB_CLIENT_HTTP_2},
                {VB_DIAL_BARE, VB_CLIENT_BARE}};
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 2);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        o.to.protocol = rows[i].offered;
        ours_meet(&o, &c);
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        assert_int_equal(stand_ins.kind, rows[i].spoken);
    }
    ours_done(&o);
    client_done(&c);
}

static gnutls_session_t session_of(const struct ours *o)
{
    return vb__tls_wire_of(o->wire)->session;
}

/* Who does not know ALPN speaks HTTP/1.1, or not what was asked for. */
static void test_without_alpn_it_is_http_1(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct raw r;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    raw_meet(&r, &o, c.tls, NULL);
    assert_int_equal(o.outcome.end, VB_DIAL_OK);
    assert_int_equal(stand_ins.kind, VB_CLIENT_HTTP_1);
    assert_string_equal(r.heard, "hello");
    raw_done(&r);
    o.to.protocol = VB_DIAL_HTTP_2;
    raw_meet(&r, &o, c.tls, NULL);
    assert_int_equal(o.outcome.end, VB_DIAL_TLS);
    assert_non_null(strstr(o.outcome.why, "HTTP/2"));
    raw_done(&r);
    ours_done(&o);
    client_done(&c);
}

/* 9112-9.8-01: an end without close_notify is no end of content. */
static void test_a_cut_is_no_end(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    for (int notified = 0; notified < 2; notified++) {
        struct raw r;
        struct ours o;

        ours_init(&o, &sources);
        raw_meet(&r, &o, c.tls, NULL);
        gnutls_record_send(r.session, "part", 4);
        if (notified)
            gnutls_bye(r.session, GNUTLS_SHUT_WR);
        raw_talk(&r, &o);
        assert_int_equal(stand_ins.ended, notified);
        if (!notified) {
            assert_int_equal(stand_ins.freed, 0);
            o.wire->ops->eof(o.wire);
            assert_int_equal(stand_ins.freed, 1);
            assert_int_equal(stand_ins.ended, 0);
            assert_string_equal(stand_ins.heard, "part");
        }
        assert_int_equal(ours_state(&o), VB_WIRE_CLOSE);
        raw_done(&r);
        ours_done(&o);
    }
    client_done(&c);
}

/* RFC 8446 section 6.1: each side of a tunnel ends by itself. */
static void test_a_tunnel_half_closes(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct raw r;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    o.to.protocol = VB_DIAL_BARE;
    stand_ins.half = true;
    raw_meet(&r, &o, c.tls, NULL);
    assert_true(r.ended);
    assert_int_equal(ours_state(&o), VB_WIRE_READ);
    gnutls_record_send(r.session, "late", 4);
    raw_talk(&r, &o);
    assert_true(ours_heard(&o, "late"));
    assert_int_equal(ours_state(&o), VB_WIRE_READ);
    gnutls_bye(r.session, GNUTLS_SHUT_WR);
    raw_talk(&r, &o);
    assert_int_equal(stand_ins.ended, 1);
    assert_int_equal(ours_state(&o), VB_WIRE_CLOSE);
    raw_done(&r);
    ours_done(&o);
    client_done(&c);
}

/* RFC 8446 section 2.2: what a server gave us with one session, another one
 * begins with; each ticket once, and only there. */
static void test_a_session_is_resumed(void **state)
{
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    struct vb_tls_outward_sources sources;
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    for (size_t v = 0; v < 2; v++) {
        static const bool resumed[] = {false, true, true, false, true};
        struct raw r;
        struct ours o;

        ours_init(&o, &sources);
        for (size_t i = 0; i < VB_COUNT_OF(resumed); i++) {
            o.to.port = i == 3 ? 8443 : 443;
            raw_meet(&r, &o, c.tls, versions[v]);
            assert_int_equal(o.outcome.end, VB_DIAL_OK);
            if (gnutls_session_is_resumed(session_of(&o)) != resumed[i])
                fail_msg("TLS 1.%zu, %zu", v + 2, i);
            assert_string_equal(r.heard, "hello");
            raw_done(&r);
        }
        ours_done(&o);
    }
    client_done(&c);
}

static void test_a_handshake_that_fails_says_why(void **state)
{
    static const struct {
        const char *said; /* by the server; NULL: its end */
        const char *why;
    } rows[] = {
        {NULL, "it has closed the connection"},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", ""},
        {"\x15\x03\x03\x00\x02\x02\x28", "it refuses the handshake"},
        {"\x16\x03\x03\xff\xff\xff", ""},
    };
    struct vb_tls_outward_sources sources = {.insecure = true};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf sent;
        struct ours o;

        vb_buf_init(&sent, 65536);
        ours_init(&o, &sources);
        ours_begin(&o);
        ours_drain(&o, &sent);
        assert_false(o.settled);
        if (rows[i].said == NULL)
            o.wire->ops->eof(o.wire);
        else
            ours_feed(&o, i == 2 ? vb_span_of(rows[i].said, 7)
                                 : vb_span_str(rows[i].said));
        ours_look(&o);
        assert_true(o.settled);
        assert_int_equal(o.outcome.end, VB_DIAL_TLS);
        assert_null(o.outcome.client);
        assert_true(o.outcome.why[0] != '\0');
        assert_non_null(strstr(o.outcome.why, rows[i].why));
        vb_buf_done(&sent);
        ours_done(&o);
    }
}

/* Who dials says how long it may take, and whether it is still wanted. */
static void test_a_handshake_waits_for_who_dials(void **state)
{
    struct vb_tls_outward_sources sources = {.insecure = true};
    struct vb_buf sent;
    struct ours o;

    (void)state;
    vb_buf_init(&sent, 65536);
    ours_init(&o, &sources);
    ours_begin(&o);
    ours_drain(&o, &sent);
    assert_true(o.wire->ops->deadline(o.wire) == VB_TIME_NEVER);
    o.wire->ops->shut_down(o.wire);
    assert_int_equal(ours_state(&o), VB_WIRE_READ);
    vb_buf_done(&sent);
    ours_done(&o);
}

/* A chain of certificates has its bounds. */
static void test_a_handshake_without_end_is_refused(void **state)
{
    static const char header[] = "\x16\x03\x03\x40\x00";
    static char body[16 * 1024] = "\x02\x10\x00\x00\x03\x03";
    struct vb_tls_outward_sources sources = {.insecure = true};
    struct vb_buf sent;
    struct ours o;

    (void)state;
    vb_buf_init(&sent, 65536);
    ours_init(&o, &sources);
    ours_begin(&o);
    ours_drain(&o, &sent);
    for (int i = 0; i < 5 && !o.settled; i++) {
        ours_feed(&o, vb_span_of(header, 5));
        ours_feed(&o, vb_span_of(body, sizeof(body)));
    }
    assert_true(o.settled);
    assert_int_equal(o.outcome.end, VB_DIAL_TLS);
    vb_buf_done(&sent);
    ours_done(&o);
}

/* --- Many at once -----------------------------------------------------------
 */

enum { THREADS = 4, ROUNDS = 10 };

struct shared {
    struct vb_tls *tls;
    struct vb_tls_outward *outward;
};

static void *dial_often(void *context)
{
    const struct shared *shared = context;
    struct ours o = {.limits = vb_limits_default};
    intptr_t good = 0;

    vb_env_init(&o.env, &o.limits, NULL);
    vb_env_set_now(&o.env, 1000, 0);
    o.to = (struct vb_endpoint){
        .host = "a.example", .port = 443, .tls = shared->outward};
    for (int i = 0; i < ROUNDS; i++) {
        struct raw r;

        raw_meet(&r, &o, shared->tls, NULL);
        good += o.settled && o.outcome.end == VB_DIAL_OK;
        raw_done(&r);
    }
    ours_end(&o);
    vb_env_done(&o.env);
    return (void *)good;
}

static void test_workers_share_whom_they_believe(void **state)
{
    struct vb_tls_outward_sources sources;
    pthread_t threads[THREADS];
    struct client c;
    struct ours o;
    struct shared shared;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    shared = (struct shared){c.tls, o.outward};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, dial_often, &shared),
                         0);
    for (int i = 0; i < THREADS; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_int_equal((intptr_t)good, ROUNDS);
    }
    ours_done(&o);
    client_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_answered_over_tls),
        cmocka_unit_test(test_alpn_says_what_is_spoken),
        cmocka_unit_test(test_without_alpn_it_is_http_1),
        cmocka_unit_test(test_a_cut_is_no_end),
        cmocka_unit_test(test_a_tunnel_half_closes),
        cmocka_unit_test(test_a_session_is_resumed),
        cmocka_unit_test(test_a_handshake_that_fails_says_why),
        cmocka_unit_test(test_a_handshake_waits_for_who_dials),
        cmocka_unit_test(test_a_handshake_without_end_is_refused),
        cmocka_unit_test(test_workers_share_whom_they_believe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
