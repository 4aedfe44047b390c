/* A client's connection of HTTP/2: who pauses, how calls and connections end,
 * how long they wait, and tunnels. RFC 9113, RFC 8441. */
#include "h2_server.h"

#define STATUS(n) ":status", #n

static struct h2_server s;

static const uint32_t none[] = {0};
static const char *const ok[] = {STATUS(200), NULL};

static int begin(void **state)
{
    (void)state;
    h2_server_init(&s, none);
    return 0;
}

static int end(void **state)
{
    (void)state;
    h2_server_done(&s);
    return 0;
}

static struct asked *ask(const char *method, const char *tag)
{
    struct asked *asked = caller_ask(&s.c, method, "/");

    asked->tag = tag;
    return asked;
}

static struct asked *get(const char *tag)
{
    struct asked *asked = ask("GET", tag);

    assert_int_equal(caller_start(&s.c, asked), VB_OK);
    return asked;
}

static unsigned room(void)
{
    return s.c.client->ops->room(s.c.client);
}

static bool is_over(void)
{
    return (caller_state(&s.c) & VB_WIRE_CLOSE) != 0;
}

/* --- Back-pressure ----------------------------------------------------------
 */

static char bulk[16384];

/* 9113-5.2.1-01 the other way round: a paused call's window stays closed, and
 * the others go on. */
static void test_a_paused_call_stops_its_stream_alone(void **state)
{
    struct asked *paused = ask("GET", "a ");

    (void)state;
    memset(bulk, 'x', sizeof(bulk));
    s.c.resumes = false;
    paused->pauses = true;
    caller_start(&s.c, paused);
    get("b ");
    h2_server_told(&s);
    h2_serve_head(&s, 1, ok, false);
    for (int i = 0; i < 16; i++)
        h2_serve_data(&s, 1, vb_span_of(bulk, sizeof(bulk)), false);
    h2_serve_head(&s, 3, ok, false);
    for (int i = 0; i < 64; i++)
        h2_serve_data(&s, 3, vb_span_of(bulk, sizeof(bulk)), i == 63);
    while (s.bytes.len > 0) {
        h2_serve(&s);
        assert_null(strstr(h2_server_told(&s), "WINDOW_UPDATE 1 "));
    }
    assert_log(&s.c, "a head 200 -\na content of 16384\nb head 200 -\n"
                     "b content of 1048576\nb end whole\nroom\n");
    paused->pauses = paused->is_paused = false;
    paused->call.carrier->resume(&paused->call);
    caller_pump(&s.c);
    assert_non_null(strstr(h2_server_told(&s), "WINDOW_UPDATE 1 262144\n"));
}

/* 9113-6.9-02, -6.9.1: what passes a window is not taken. */
static void test_who_passes_a_window_is_stopped(void **state)
{
    struct asked *paused = ask("GET", "");

    (void)state;
    s.c.resumes = false;
    paused->pauses = true;
    caller_start(&s.c, paused);
    h2_serve_head(&s, 1, ok, false);
    for (int i = 0; i < 17; i++)
        h2_serve_data(&s, 1, vb_span_of(bulk, sizeof(bulk)), false);
    h2_serve(&s);
    assert_non_null(strstr(caller_log(&s.c), "end malformed\n"));
    assert_non_null(strstr(h2_server_told(&s), "RST_STREAM 1 3\n"));
}

/* The end is no news before what is before it. */
static void test_a_paused_call_has_no_end_yet(void **state)
{
    struct asked *asked = ask("GET", "");

    (void)state;
    s.c.resumes = false;
    asked->pauses = true;
    caller_start(&s.c, asked);
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("a"), false);
    h2_serve_data(&s, 1, VB_SPAN("b"), true);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 0); /* 9113-8.1-02 */
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\ncontent a\n");
    s.c.resumes = true;
    caller_pump(&s.c);
    assert_log(&s.c, "head 200 -\ncontent a\ncontent b\nend whole\nroom\n");
}

/* --- Ends -------------------------------------------------------------------
 */

/* 9113-8.7-01, 9113-6.8-02 */
static void test_who_was_not_seen_is_told_so(void **state)
{
    (void)state;
    get("a ");
    get("b ");
    get("c ");
    h2_server_told(&s);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 7);
    h2_serve(&s);
    assert_log(&s.c, "a end unseen\nroom\n");
    h2_serve_goaway(&s, 3, 0);
    h2_serve(&s);
    assert_log(&s.c, "a end unseen\nroom\nc end unseen\n");
    assert_int_equal(room(), 0);
    h2_serve_head(&s, 3, ok, true);
    h2_serve(&s);
    assert_log(&s.c, "a end unseen\nroom\nc end unseen\n"
                     "b head 200 -\nb none\nb end whole\n");
    assert_told(&s, "GOAWAY 0 0\n");
    assert_true(is_over());
}

static void test_a_reset_cuts_a_reply(void **state)
{
    (void)state;
    get("a ");
    get("b ");
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 2);
    h2_serve_head(&s, 3, ok, false);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 3, 8);
    h2_serve(&s);
    assert_log(&s.c, "a end cut\nroom\nb head 200 -\nb end cut\nroom\n");
}

/* 9113-8.1-01, 9113-8.1-02: an early reply is whole, whatever becomes of the
 * request.
 */
static void test_an_early_reply_is_told(void **state)
{
    struct asked *asked = ask("POST", "");

    (void)state;
    s.c.resumes = false;
    asked_content(asked, 100, 10, true);
    asked->source.slow = true;
    caller_start(&s.c, asked);
    h2_server_told(&s);
    h2_serve_head(&s, 1, ok, true);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 0);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nnone\nend whole\nroom\n");
    assert_told(&s, "RST_STREAM 1 8\n");
    assert_false(asked->call.content_sent);
    assert_false(is_over());
}

/* 9113-5.1-03: what was on its way when we reset the stream is passed over. */
static void test_a_call_may_be_cancelled(void **state)
{
    static const char *const indexed[] = {STATUS(200), "x", "y", NULL};
    struct asked *asked = get("a ");

    (void)state;
    get("b ");
    h2_server_told(&s);
    asked->ended = true;
    asked->call.carrier->cancel(&asked->call);
    caller_pump(&s.c);
    assert_told(&s, "RST_STREAM 1 8\n");
    h2_serve_head(&s, 1, indexed, false);
    h2_serve_data(&s, 1, VB_SPAN("late"), true);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 8); /* 9113-5.4.2-01 */
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 1, 8);
    h2_serve_head(&s, 3, ok, true);
    h2_serve(&s);
    assert_log(&s.c, "b head 200 -\nb none\nb end whole\nroom\n");
    assert_told(&s, "");
    assert_false(is_over());
}

static void test_a_call_may_be_cancelled_from_within(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct asked *asked;

        h2_server_restart(&s, none);
        asked = ask("POST", "");
        asked_content(asked, 100, 10, true);
        asked->cancels_at_head = how == 0;
        asked->cancels_at_content = how == 1;
        asked->source.cancels = how == 2;
        caller_start(&s.c, asked);
        h2_serve_head(&s, 1, ok, false);
        h2_serve_data(&s, 1, VB_SPAN("hello"), true);
        h2_serve(&s);
        assert_true(asked->ended);
        assert_null(strstr(caller_log(&s.c), "end"));
        assert_non_null(strstr(h2_server_told(&s), "RST_STREAM 1 8\n"));
        assert_false(is_over());
    }
}

static void test_a_failing_source_resets_its_stream(void **state)
{
    struct asked *asked = ask("POST", "");

    (void)state;
    asked_content(asked, 8, 2, true);
    asked->source.fails_at = 4;
    caller_start(&s.c, asked);
    assert_log(&s.c, "end own cut\nroom\n");
    assert_non_null(
        strstr(h2_server_told(&s), "DATA 1 2 cd\nRST_STREAM 1 8\n"));
}

/* 9113-8.7-01, 9112-9.5-06 */
static void test_an_end_says_what_the_server_may_have_seen(void **state)
{
    (void)state;
    get("a ");
    get("b ");
    h2_serve_head(&s, 1, ok, false);
    h2_serve(&s);
    s.c.stuck = true;
    get("c ");
    caller_eof(&s.c);
    assert_log(&s.c, "a head 200 -\na end cut\nb end closed\nc end unseen\n");
    assert_true(is_over());
}

static void test_a_client_may_be_closed(void **state)
{
    (void)state;
    s.c.client->ops->close(s.c.client);
    caller_pump(&s.c);
    assert_told(&s, "GOAWAY 0 0\n");
    assert_true(is_over());
    h2_server_restart(&s, none);
    get("");
    s.c.client->ops->close(s.c.client);
    assert_int_equal(room(), 0);
    caller_pump(&s.c);
    assert_false(is_over());
    h2_serve_head(&s, 1, ok, true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nnone\nend whole\n");
    assert_true(is_over());
}

/* --- Time -------------------------------------------------------------------
 */

static void test_a_late_call_is_reset(void **state)
{
    (void)state;
    s.c.call_limits.head_timeout_ms = 1000;
    get("a ");
    h2_server_told(&s);
    caller_pass(&s.c, 999);
    get("b ");
    h2_server_told(&s);
    h2_serve_settings(&s, none);
    h2_serve(&s);
    caller_pass(&s.c, 1);
    assert_log(&s.c, "a end late\nroom\n");
    assert_told(&s, "SETTINGS ack\nRST_STREAM 1 8\n");
    assert_int_equal(room(), 99);
}

/* Where nothing came at all, the connection is taken for dead. */
static void test_a_silent_connection_takes_no_more(void **state)
{
    (void)state;
    s.c.call_limits.head_timeout_ms = 1000;
    caller_pass(&s.c, 10);
    get("");
    caller_pass(&s.c, 1000);
    assert_log(&s.c, "end late\n");
    assert_int_equal(room(), 0);
    assert_true(is_over());
}

static void test_content_must_get_on(void **state)
{
    (void)state;
    s.c.call_limits.idle_timeout_ms = 1000;
    get("");
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("a"), false);
    h2_serve(&s);
    caller_pass(&s.c, 999);
    assert_log(&s.c, "head 200 -\ncontent a\n");
    caller_pass(&s.c, 1);
    assert_log(&s.c, "head 200 -\ncontent a\nend late\nroom\n");
}

static void test_an_idle_client_closes_after_a_while(void **state)
{
    (void)state;
    s.c.client->idle_ms = 5000;
    get("");
    caller_pass(&s.c, 10000);
    h2_serve_head(&s, 1, ok, true);
    h2_serve(&s);
    caller_pass(&s.c, 4999);
    assert_int_equal(room(), 100);
    caller_pass(&s.c, 1);
    assert_true(is_over());
}

/* 9110-10.1.1-05 and its neighbours. */
static void test_content_waits_for_100(void **state)
{
    static const char *const go_on[] = {STATUS(100), NULL};

    (void)state;
    for (int how = 0; how < 3; how++) {
        struct asked *asked;

        h2_server_restart(&s, none);
        asked = ask("POST", "");
        asked_content(asked, 4, 4, true);
        asked->call.expects = true;
        caller_start(&s.c, asked);
        assert_int_equal(asked->source.at, 0);
        if (how == 0)
            h2_serve_head(&s, 1, go_on, false);
        else if (how == 1)
            h2_serve_head(&s, 1, ok, true);
        else
            caller_pass(&s.c, VB_CALL_EXPECT_MS);
        h2_serve(&s);
        assert_int_equal(asked->source.at, how == 1 ? 0 : 4);
    }
}

/* --- Tunnels ----------------------------------------------------------------
 */

/* 9113-8.5-03: END_STREAM is an end, either way. */
static void test_a_tunnel_ends_when_both_sides_have(void **state)
{
    struct asked *asked = ask("CONNECT", "");

    (void)state;
    asked_content(asked, 6, 4, false);
    caller_start(&s.c, asked);
    assert_told(&s, "HEADERS 1 :method=CONNECT :authority=h\n");
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("hello"), false);
    h2_serve(&s);
    assert_told(&s, "DATA 1 4 abcd\nDATA 1 2 ef\nDATA 1 0 end\n");
    h2_serve_data(&s, 1, VB_SPAN(""), true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nswitched\ncontent hello\neof\nend whole\n"
                     "room\n");
}

static void test_a_tunnel_goes_on_one_way(void **state)
{
    struct asked *asked = ask("CONNECT", "");

    (void)state;
    s.c.resumes = false;
    asked_content(asked, 4, 4, false);
    asked->source.slow = true;
    caller_start(&s.c, asked);
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("hello"), true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nswitched\ncontent hello\neof\n");
    h2_server_told(&s);
    s.c.resumes = true;
    caller_pump(&s.c);
    assert_told(&s, "DATA 1 4 abcd\nDATA 1 0 end\n");
    assert_log(&s.c, "head 200 -\nswitched\ncontent hello\neof\nend whole\n"
                     "room\n");
}

/* RFC 8441: as the server's SETTINGS allow; a call waits for them. */
static void test_another_protocol_by_extended_connect(void **state)
{
    static const uint32_t allowed[] = {8, 1, 0};
    struct asked *asked;

    (void)state;
    h2_server_restart(&s, NULL);
    asked = ask("GET", "");
    asked->call.protocol = VB_SPAN("websocket");
    asked_content(asked, 4, 4, false);
    caller_start(&s.c, asked);
    assert_null(strstr(h2_server_told(&s), "HEADERS"));
    h2_serve_settings(&s, allowed);
    h2_serve(&s);
    assert_told(&s, "SETTINGS ack\nHEADERS 1 :method=CONNECT "
                    ":protocol=websocket :scheme=https :path=/ "
                    ":authority=h\n");
    h2_serve_head(&s, 1, ok, false);
    h2_serve(&s);
    assert_told(&s, "DATA 1 4 abcd\nDATA 1 0 end\n");
    assert_true(asked->call.switched);
}

static void test_extended_connect_may_not_be_allowed(void **state)
{
    struct asked *asked = ask("GET", "");

    (void)state;
    asked->call.protocol = VB_SPAN("websocket");
    assert_int_equal(caller_start(&s.c, asked), VB_ERR_UNSUPPORTED);
    h2_server_restart(&s, NULL);
    asked = ask("GET", "");
    asked->call.protocol = VB_SPAN("websocket");
    assert_int_equal(caller_start(&s.c, asked), VB_OK);
    h2_serve_settings(&s, none);
    h2_serve(&s);
    assert_log(&s.c, "end unseen\nroom\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_paused_call_stops_its_stream_alone),
        TEST(test_who_passes_a_window_is_stopped),
        TEST(test_a_paused_call_has_no_end_yet),
        TEST(test_who_was_not_seen_is_told_so),
        TEST(test_a_reset_cuts_a_reply),
        TEST(test_an_early_reply_is_told),
        TEST(test_a_call_may_be_cancelled),
        TEST(test_a_call_may_be_cancelled_from_within),
        TEST(test_a_failing_source_resets_its_stream),
        TEST(test_an_end_says_what_the_server_may_have_seen),
        TEST(test_a_client_may_be_closed),
        TEST(test_a_late_call_is_reset),
        TEST(test_a_silent_connection_takes_no_more),
        TEST(test_content_must_get_on),
        TEST(test_an_idle_client_closes_after_a_while),
        TEST(test_content_waits_for_100),
        TEST(test_a_tunnel_ends_when_both_sides_have),
        TEST(test_a_tunnel_goes_on_one_way),
        TEST(test_another_protocol_by_extended_connect),
        TEST(test_extended_connect_may_not_be_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
