/* Tunnels through a server of HTTP/1.1, and connections that are nothing else:
 * RFC 9110 sections 7.8 and 9.3.6. */
#include "caller.h"

#define OK    "HTTP/1.1 200 OK\r\n"
#define EMPTY OK "Content-Length: 0\r\n\r\n"
#define WHOLE "head 200 0\nnone\nend whole\nroom\n"

static struct caller c;

static int begin(void **state)
{
    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    return 0;
}

static int begin_bare(void **state)
{
    (void)state;
    caller_init(&c, VB_CLIENT_BARE);
    return 0;
}

static int end(void **state)
{
    (void)state;
    caller_done(&c);
    return 0;
}

static unsigned room(void)
{
    return c.client->ops->room(c.client);
}

static bool is_over(void)
{
    return (caller_state(&c) & VB_WIRE_CLOSE) != 0;
}

/* --- Tunnels ----------------------------------------------------------------
 */

static struct asked *tunnel(const char *method, const char *protocol,
                            size_t total)
{
    struct asked *asked = caller_ask(&c, method, "/");

    asked->call.protocol = vb_span_str(protocol);
    asked_content(asked, total, 4, false);
    caller_start(&c, asked);
    /* 9110-7.8-11, optimistic-upgrade-8-03: nothing goes out before the answer.
     */
    assert_int_equal(asked->source.at, 0);
    vb_buf_reset(&c.out);
    return asked;
}

#define SWITCH                                                                 \
    "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n"  \
    "\r\n"

/* 9110-7.8-02, 9110-7.8-11, 9110-9.3.6-04: bytes both ways, each with its own
 * end. */
static void test_a_tunnel_ends_when_both_sides_have(void **state)
{
    static const struct {
        const char *method;
        const char *protocol;
        const char *reply;
        const char *head;
    } how[] = {
        {"GET", "websocket", SWITCH,
         "head 101 -\nswitched\n"
         "field Connection=upgrade\n"},
        {"CONNECT", "", OK "\r\n", "head 200 -\nswitched\n"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(how); i++) {
        struct asked *asked;
        struct vb_span log;

        caller_restart(&c);
        asked = tunnel(how[i].method, how[i].protocol, 10);
        caller_answer_str(&c, how[i].reply);
        assert_true(asked->call.switched);
        assert_out(&c, "abcdefghij");
        assert_int_equal(caller_state(&c), VB_WIRE_READ | VB_WIRE_LINGER);
        caller_answer_str(&c, "hello");
        caller_eof(&c);
        log = vb_span_str(caller_log(&c));
        assert_true(vb_span_starts(log, vb_span_str(how[i].head)));
        assert_span_equal(vb_span_from(log, strlen(how[i].head)),
                          "content hello\neof\nend whole\n");
        assert_true(is_over());
    }
}

/* The other side may end first, and be sent more. */
static void test_a_tunnel_goes_on_one_way(void **state)
{
    struct asked *asked;

    (void)state;
    c.resumes = false;
    asked = caller_ask(&c, "CONNECT", "h:1");
    asked_content(asked, 4, 4, false);
    asked->source.slow = true;
    caller_start(&c, asked);
    vb_buf_reset(&c.out);
    caller_answer_str(&c, OK "\r\nhello");
    caller_eof(&c);
    assert_log(&c, "head 200 -\nswitched\ncontent hello\neof\n");
    assert_int_equal(caller_state(&c), 0);
    c.resumes = true;
    caller_pump(&c);
    assert_out(&c, "abcd");
    assert_log(&c, "head 200 -\nswitched\ncontent hello\neof\nend whole\n");
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE);
}

static void test_a_tunnel_pauses(void **state)
{
    struct asked *asked;

    (void)state;
    asked = tunnel("CONNECT", "", 0);
    c.resumes = false;
    asked->pauses = true;
    caller_answer_str(&c, OK "\r\n");
    assert_int_equal(caller_state(&c), VB_WIRE_READ | VB_WIRE_LINGER);
    caller_answer_str(&c, "hello");
    assert_int_equal(caller_state(&c), 0);
    c.resumes = true;
    caller_pump(&c);
    assert_int_equal(caller_state(&c), VB_WIRE_READ | VB_WIRE_LINGER);
}

/* 9110-7.8-03, 9110-7.8-04: only to what was asked for, and only where it was.
 */
static void test_not_any_switch_is_taken(void **state)
{
    (void)state;
    tunnel("GET", "chat", 1);
    caller_answer_str(&c, SWITCH);
    assert_log(&c, "end malformed\n");
    caller_restart(&c);
    tunnel("GET", "websocket", 1);
    caller_answer_str(&c, "HTTP/1.1 101 Switching\r\n\r\n");
    assert_log(&c, "end malformed\n");
}

/* No switch: the reply is as any other, and nothing of the content was sent. */
static void test_a_switch_may_be_refused(void **state)
{
    struct asked *asked;

    (void)state;
    asked = tunnel("GET", "websocket", 10);
    caller_answer_str(&c, EMPTY);
    assert_log(&c, WHOLE);
    assert_int_equal(asked->source.at, 0);
    assert_false(asked->call.switched);
    assert_false(is_over());
}

/* What breaks off must not look like an end. */
static void test_a_broken_tunnel_is_reset(void **state)
{
    struct asked *asked;

    (void)state;
    asked = tunnel("CONNECT", "", 10);
    asked->source.fails_at = 4;
    caller_answer_str(&c, OK "\r\n");
    assert_log(&c, "head 200 -\nswitched\nend own cut\n");
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE | VB_WIRE_RESET);
    caller_restart(&c);
    asked = tunnel("CONNECT", "", 10);
    caller_answer_str(&c, OK "\r\n");
    asked->ended = true;
    asked->call.carrier->cancel(&asked->call);
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE | VB_WIRE_RESET);
    caller_restart(&c);
    tunnel("CONNECT", "", 10);
    caller_answer_str(&c, OK "\r\nhello");
    caller_free(&c);
    assert_log(&c, "head 200 -\nswitched\ncontent hello\nend cut\n");
}

static void test_an_idle_tunnel_ends(void **state)
{
    (void)state;
    c.call_limits.idle_timeout_ms = 1000;
    tunnel("CONNECT", "", 10);
    caller_answer_str(&c, OK "\r\n");
    caller_pass(&c, 999);
    caller_answer_str(&c, "x");
    caller_pass(&c, 999);
    assert_null(strstr(caller_log(&c), "end"));
    caller_pass(&c, 1);
    assert_non_null(strstr(caller_log(&c), "end late\n"));
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE | VB_WIRE_RESET);
}

/* --- Bare -------------------------------------------------------------------
 */

static void test_a_bare_client_is_a_tunnel(void **state)
{
    struct asked *asked;

    (void)state;
    assert_string_equal(c.client->protocol, "");
    assert_int_equal(caller_state(&c), 0); /* what comes waits */
    asked = caller_ask(&c, "CONNECT", "h:1");
    asked_content(asked, 10, 4, false);
    caller_start(&c, asked);
    assert_true(asked->call.switched);
    assert_int_equal(room(), 0);
    assert_out(&c, "abcdefghij");
    caller_answer_str(&c, "hello");
    caller_eof(&c);
    assert_log(&c, "content hello\neof\nend whole\n");
    assert_true(is_over());
    assert_int_equal(room(), 0);
}

/* Where TLS brought more than was asked for. */
static void test_a_bare_server_may_speak_first(void **state)
{
    struct asked *asked;

    (void)state;
    c.wire->ops->feed(c.wire, VB_SPAN("220 "));
    asked = caller_ask(&c, "CONNECT", "h:1");
    asked_content(asked, 3, 4, false);
    asked->source.slow = true;
    caller_start(&c, asked);
    caller_answer_str(&c, "hello");
    assert_log(&c, "content 220 hello\n");
    assert_out(&c, "abc");
}

/* Where the server ends before it is asked anything, which TLS may bring along
 * with the end of its handshake. */
static void test_a_bare_server_may_end_first(void **state)
{
    struct asked *asked;

    (void)state;
    c.wire->ops->feed(c.wire, VB_SPAN("hello"));
    c.wire->ops->eof(c.wire);
    asked = caller_ask(&c, "CONNECT", "h:1");
    asked_content(asked, 3, 4, false);
    assert_int_equal(caller_start(&c, asked), VB_OK);
    assert_log(&c, "content hello\neof\nend whole\n");
    assert_out(&c, "abc");
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, begin, end)
#define BARE_TEST(name) cmocka_unit_test_setup_teardown(name, begin_bare, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_tunnel_ends_when_both_sides_have),
        TEST(test_a_tunnel_goes_on_one_way),
        TEST(test_a_tunnel_pauses),
        TEST(test_not_any_switch_is_taken),
        TEST(test_a_switch_may_be_refused),
        TEST(test_a_broken_tunnel_is_reset),
        TEST(test_an_idle_tunnel_ends),
        BARE_TEST(test_a_bare_client_is_a_tunnel),
        BARE_TEST(test_a_bare_server_may_speak_first),
        BARE_TEST(test_a_bare_server_may_end_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
