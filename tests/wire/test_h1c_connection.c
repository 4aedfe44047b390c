/* A client's connection from call to call: when another one may follow, when
 * what is sent, and how long it waits. */
#include "caller.h"

#include "base/clock.h"

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

static int end(void **state)
{
    (void)state;
    caller_done(&c);
    return 0;
}

static struct asked *get(void)
{
    struct asked *asked = caller_ask(&c, "GET", "/");

    assert_int_equal(caller_start(&c, asked), VB_OK);
    return asked;
}

static struct asked *post(size_t total, bool expects)
{
    struct asked *asked = caller_ask(&c, "POST", "/");

    asked_content(asked, total, 1000, true);
    asked->call.expects = expects;
    assert_int_equal(caller_start(&c, asked), VB_OK);
    return asked;
}

static unsigned room(void)
{
    return c.client->ops->room(c.client);
}

static bool is_over(void)
{
    return (caller_state(&c) & VB_WIRE_CLOSE) != 0;
}

/* --- Reuse ------------------------------------------------------------------
 */

/* 9112-9.3-01, 9112-9.2-01: one after the other. */
static void test_one_call_follows_another(void **state)
{
    struct asked *asked;

    (void)state;
    assert_string_equal(c.client->protocol, "HTTP/1.1");
    assert_int_equal(room(), 1);
    asked = get();
    assert_int_equal(room(), 0);
    assert_false(asked->call.reused);
    caller_answer_str(&c, EMPTY);
    assert_true(asked->call.begun);
    assert_int_equal(room(), 1);
    asked = get();
    assert_true(asked->call.reused);
    assert_false(asked->call.begun);
    caller_answer_str(&c, EMPTY);
    assert_log(&c, WHOLE WHOLE);
    assert_int_equal(c.client->calls, 2);
    assert_int_equal(caller_state(&c), VB_WIRE_READ);
}

/* From within `changed` as well. */
static void test_the_next_may_be_started_at_once(void **state)
{
    (void)state;
    c.again = true;
    get();
    caller_answer_str(&c, EMPTY);
    assert_out(&c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                   "GET /again HTTP/1.1\r\nHost: h\r\n\r\n");
    caller_answer_str(&c, EMPTY);
    assert_log(&c, WHOLE "2 head 200 0\n2 none\n2 end whole\nroom\n");
}

/* 9112-9.2-02, 9112-9.2-03: nobody has asked for it. */
static void test_bytes_while_idle_end_the_connection(void **state)
{
    (void)state;
    caller_answer_str(&c, "H");
    assert_true(is_over());
    assert_int_equal(room(), 0);
    assert_int_equal(caller_start(&c, caller_ask(&c, "GET", "/")),
                     VB_ERR_CLOSED);
    caller_restart(&c);
    get();
    caller_answer_str(&c, EMPTY);
    caller_answer_str(&c, EMPTY);
    assert_true(is_over());
    assert_log(&c, WHOLE);
}

/* 9112-9.2-02: nor has the call of which nothing was sent: it can go on
 * elsewhere. */
static void test_a_reply_before_the_request_is_none(void **state)
{
    static const bool ends[] = {false, true};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(ends); i++) {
        struct asked *asked;

        caller_restart(&c);
        c.stuck = true;
        asked = caller_ask(&c, "POST", "/");
        asked_content(asked, 10, 10, true);
        caller_start(&c, asked);
        c.wire->ops->sent(c.wire, 0); /* of what TLS had sent before */
        if (ends[i])
            caller_eof(&c);
        else
            caller_answer_str(&c, EMPTY);
        assert_log(&c, "end unseen\n");
        assert_false(asked->call.begun);
        assert_int_equal(asked->source.at, 0);
        assert_true(is_over());
    }
}

/* 9112-9.5-06, 9110-9.2.2-03: what the caller has to know to try again. */
static void test_an_end_says_what_the_server_may_have_seen(void **state)
{
    struct asked *asked;

    (void)state;
    get();
    caller_answer_str(&c, EMPTY);
    asked = get();
    caller_eof(&c);
    assert_log(&c, WHOLE "end closed\n");
    assert_true(asked->call.reused && !asked->call.begun);
    caller_restart(&c);
    c.stuck = true;
    get();
    caller_free(&c);
    assert_log(&c, "end unseen\n");
}

/* 9112-9.5-02: it is noticed at once. */
static void test_the_end_of_an_idle_connection_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(caller_state(&c), VB_WIRE_READ);
    caller_eof(&c);
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE);
    assert_int_equal(room(), 0);
}

static void test_a_client_may_be_closed(void **state)
{
    int before = c.wakes;

    (void)state;
    c.client->ops->close(c.client);
    assert_false(c.gone);
    assert_true(c.wakes > before);
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE);
    caller_restart(&c);
    get();
    c.client->ops->close(c.client);
    assert_int_equal(room(), 0);
    caller_answer_str(&c, EMPTY);
    assert_log(&c, "head 200 0\nnone\nend whole\n");
    assert_true(is_over());
    caller_restart(&c);
    get();
    c.wire->ops->shut_down(c.wire); /* the worker stops: likewise */
    caller_answer_str(&c, EMPTY);
    assert_log(&c, "head 200 0\nnone\nend whole\n");
    assert_true(is_over());
}

static void test_an_idle_client_closes_after_a_while(void **state)
{
    (void)state;
    c.client->idle_ms = 5000;
    get();
    caller_pass(&c, 10000);
    caller_answer_str(&c, EMPTY);
    caller_pass(&c, 4999);
    assert_int_equal(room(), 1);
    caller_pass(&c, 1);
    assert_true(is_over());
    assert_int_equal(room(), 0);
}

/* --- Content that goes out while a reply comes -------------------------------
 */

/* 9112-9.5-04, 9112-9.3-06: the reply is told; what is left of the request
 * makes the connection useless. */
static void test_an_early_reply_is_told(void **state)
{
    struct asked *asked;

    (void)state;
    c.room = 5000;
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 300 * 1000, 1000, true);
    asked->source.slow = true;
    c.resumes = false;
    caller_start(&c, asked);
    caller_answer_str(&c, "HTTP/1.1 413 No\r\nContent-Length: 5\r\n\r\nhello");
    assert_log(&c, "head 413 5\ncontent hello\nend whole\n");
    assert_false(asked->call.content_sent);
    assert_true(is_over());
}

/* 9112-9.5-05: who refuses and closes is sent no more. */
static void test_a_refusal_with_close_ends_the_content(void **state)
{
    struct asked *asked;

    (void)state;
    c.resumes = false;
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 3000, 1000, true);
    asked->source.slow = true;
    caller_start(&c, asked);
    caller_answer_str(&c, "HTTP/1.1 413 No\r\nConnection: close\r\n"
                          "Content-Length: 5\r\n\r\nhel");
    c.resumes = true;
    caller_pump(&c);
    assert_int_equal(asked->source.at, 0);
    caller_answer_str(&c, "lo");
    assert_log(&c, "head 413 5\nfield Connection=close\ncontent hello\n"
                   "end whole\n");
    assert_true(is_over());
}

/* A reply may come while the content goes on. */
static void test_both_ways_at_once(void **state)
{
    struct asked *asked;

    (void)state;
    c.resumes = false;
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 4, 2, true);
    asked->source.slow = true;
    caller_start(&c, asked);
    caller_answer_str(&c, OK "Content-Length: 5\r\n\r\nhel");
    c.resumes = true;
    caller_pump(&c);
    assert_true(asked->call.content_sent);
    caller_answer_str(&c, "lo");
    assert_log(&c, "head 200 5\ncontent hello\nend whole\nroom\n");
    assert_false(is_over());
}

/* A POST of which half has gone out, and a reply that is whole. */
static struct asked *early(void)
{
    struct asked *asked;

    caller_restart(&c);
    c.resumes = false;
    c.call_limits.total_timeout_ms = 1000;
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 4, 2, true);
    asked->source.slow = true;
    caller_start(&c, asked);
    caller_answer_str(&c, OK "Content-Length: 5\r\n\r\nhello");
    assert_log(&c, "head 200 5\ncontent hello\n");
    return asked;
}

/* 9110-7.5-01: a reply that refuses nothing does not end the request; nor does
 * what becomes of that make a whole reply any less. */
static void test_an_early_reply_does_not_end_the_request(void **state)
{
    struct asked *asked = early();

    (void)state;
    c.resumes = true;
    caller_pump(&c);
    assert_true(asked->call.content_sent);
    assert_log(&c, "head 200 5\ncontent hello\nend whole\nroom\n");
    assert_false(is_over());
    for (int how = 0; how < 4; how++) {
        asked = early();
        if (how == 0)
            caller_eof(&c);
        else if (how == 1)
            caller_answer_str(&c, "H");
        else if (how == 2)
            c.client->ops->close(c.client);
        else
            caller_pass(&c, 1000);
        caller_pump(&c);
        assert_log(&c, "head 200 5\ncontent hello\nend whole\n");
        assert_false(asked->call.content_sent);
        assert_true(is_over());
    }
}

/* --- Expect (RFC 9110 section 10.1.1) ----------------------------------------
 */

static void test_content_waits_for_100(void **state)
{
    struct asked *asked;

    (void)state;
    asked = post(4, true);
    assert_int_equal(asked->source.at, 0);
    caller_answer_str(&c, "HTTP/1.1 103 Early Hints\r\n\r\n");
    assert_int_equal(asked->source.at, 0);
    caller_answer_str(&c, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(asked->source.at, 4);
    caller_answer_str(&c, EMPTY);
    assert_log(&c, "interim 103\ninterim 100\n" WHOLE);
}

/* 9110-10.1.1-05 */
static void test_100_is_not_waited_for_for_ever(void **state)
{
    struct asked *asked;

    (void)state;
    asked = post(4, true);
    caller_pass(&c, VB_CALL_EXPECT_MS - 1);
    assert_int_equal(asked->source.at, 0);
    caller_pass(&c, 1);
    assert_int_equal(asked->source.at, 4);
    caller_answer_str(&c, EMPTY);
    assert_log(&c, WHOLE);
}

/* 9110-10.1.1-04: content that nobody wants is not sent, and where the server
 * would look for it now is anybody's guess. */
static void test_a_final_reply_in_place_of_100(void **state)
{
    struct asked *asked;

    (void)state;
    asked = post(4, true);
    caller_answer_str(&c, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    assert_log(&c, "head 417 0\nnone\nend whole\n");
    assert_int_equal(asked->source.at, 0);
    assert_true(is_over());
}

/* --- Back-pressure and cancelling
 * ---------------------------------------------
 */

static void test_a_paused_call_is_fed_no_more(void **state)
{
    struct asked *asked;

    (void)state;
    c.resumes = false;
    asked = caller_ask(&c, "GET", "/");
    asked->pauses = true;
    caller_start(&c, asked);
    caller_answer_str(&c, OK "Transfer-Encoding: chunked\r\n\r\n"
                             "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    assert_log(&c, "head 200 -\ncontent a\n");
    assert_int_equal(caller_state(&c), 0);
    c.resumes = true;
    caller_pump(&c);
    assert_log(&c, "head 200 -\ncontent a\ncontent b\nend whole\nroom\n");
    assert_int_equal(caller_state(&c), VB_WIRE_READ);
}

/* The end is no news before what is before it. */
static void test_a_paused_call_has_no_end_yet(void **state)
{
    struct asked *asked;

    (void)state;
    c.resumes = false;
    asked = caller_ask(&c, "GET", "/");
    asked->pauses = true;
    caller_start(&c, asked);
    caller_answer_str(&c, OK "\r\nhello");
    c.wire->ops->eof(c.wire);
    assert_log(&c, "head 200 -\ncontent hello\n");
    c.resumes = true;
    caller_pump(&c);
    assert_log(&c, "head 200 -\ncontent hello\nend whole\n");
}

static void test_a_call_may_be_cancelled(void **state)
{
    struct asked *asked;

    (void)state;
    asked = get();
    asked->ended = true;
    asked->call.carrier->cancel(&asked->call);
    assert_int_equal(caller_state(&c), VB_WIRE_CLOSE);
    assert_int_equal(room(), 0);
    caller_answer_str(&c, EMPTY);
    caller_free(&c);
    assert_log(&c, "");
}

/* From within its own operations, and its source. */
static void test_a_call_may_be_cancelled_from_within(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct asked *asked;

        caller_restart(&c);
        asked = caller_ask(&c, "POST", "/");
        asked_content(asked, 100, 10, true);
        asked->cancels_at_head = how == 0;
        asked->cancels_at_content = how == 1;
        asked->source.cancels = how == 2;
        caller_start(&c, asked);
        caller_answer_str(&c, OK "Content-Length: 5\r\n\r\nhello");
        assert_true(asked->ended);
        assert_null(strstr(caller_log(&c), "end"));
        assert_int_equal(caller_state(&c), VB_WIRE_CLOSE);
    }
}

/* --- Time -------------------------------------------------------------------
 */

static void test_a_head_must_come_in_time(void **state)
{
    (void)state;
    c.call_limits.head_timeout_ms = 1000;
    c.call_limits.idle_timeout_ms = 100; /* of content */
    get();
    caller_pass(&c, 999);
    caller_answer_str(&c, "HTTP/1.1 103 Early Hints\r\n\r\n");
    caller_pass(&c, 999);
    assert_log(&c, "interim 103\n");
    caller_pass(&c, 1);
    assert_log(&c, "interim 103\nend late\n");
    assert_true(is_over());
}

/* 9112-9.5-01: time runs for who is to go on. */
static void test_content_must_get_on(void **state)
{
    struct asked *asked;

    (void)state;
    c.call_limits.idle_timeout_ms = 1000;
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 4, 2, true);
    asked->source.slow = true;
    c.resumes = false;
    caller_start(&c, asked);
    caller_pass(&c, 100000); /* the caller's own doing */
    c.stuck = c.resumes = true;
    caller_pump(&c);
    asked->call.carrier->content_ready(&asked->call);
    c.stuck = false;
    caller_pump(&c);
    caller_answer_str(&c, OK "Content-Length: 5\r\n\r\nhel");
    caller_pass(&c, 999);
    assert_log(&c, "head 200 5\ncontent hel\n");
    caller_pass(&c, 1);
    assert_log(&c, "head 200 5\ncontent hel\nend late\n");
}

static void test_a_paused_call_is_not_late(void **state)
{
    struct asked *asked;

    (void)state;
    c.call_limits.idle_timeout_ms = 1000;
    c.resumes = false;
    asked = caller_ask(&c, "GET", "/");
    asked->pauses = true;
    caller_start(&c, asked);
    caller_answer_str(&c, OK "Content-Length: 5\r\n\r\nhel");
    assert_true(c.wire->ops->deadline(c.wire) == VB_TIME_NEVER);
    caller_pass(&c, 5000);
    asked->pauses = asked->is_paused = false;
    asked->call.carrier->resume(&asked->call);
    caller_pass(&c, 999);
    assert_log(&c, "head 200 5\ncontent hel\n");
    caller_pass(&c, 1);
    assert_log(&c, "head 200 5\ncontent hel\nend late\n");
}

static void test_all_of_it_must_come_in_time(void **state)
{
    (void)state;
    c.call_limits.total_timeout_ms = 1000;
    get();
    caller_answer_str(&c, OK "\r\n");
    for (int i = 0; i < 9; i++) {
        caller_pass(&c, 100);
        caller_answer_str(&c, "x");
    }
    caller_pass(&c, 99);
    assert_log(&c, "head 200 -\ncontent xxxxxxxxx\n");
    caller_pass(&c, 1);
    assert_log(&c, "head 200 -\ncontent xxxxxxxxx\nend late\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_call_follows_another),
        TEST(test_the_next_may_be_started_at_once),
        TEST(test_bytes_while_idle_end_the_connection),
        TEST(test_a_reply_before_the_request_is_none),
        TEST(test_an_end_says_what_the_server_may_have_seen),
        TEST(test_the_end_of_an_idle_connection_is_noticed),
        TEST(test_a_client_may_be_closed),
        TEST(test_an_idle_client_closes_after_a_while),
        TEST(test_an_early_reply_is_told),
        TEST(test_a_refusal_with_close_ends_the_content),
        TEST(test_an_early_reply_does_not_end_the_request),
        TEST(test_both_ways_at_once),
        TEST(test_content_waits_for_100),
        TEST(test_100_is_not_waited_for_for_ever),
        TEST(test_a_final_reply_in_place_of_100),
        TEST(test_a_paused_call_is_fed_no_more),
        TEST(test_a_paused_call_has_no_end_yet),
        TEST(test_a_call_may_be_cancelled),
        TEST(test_a_call_may_be_cancelled_from_within),
        TEST(test_a_head_must_come_in_time),
        TEST(test_content_must_get_on),
        TEST(test_a_paused_call_is_not_late),
        TEST(test_all_of_it_must_come_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
