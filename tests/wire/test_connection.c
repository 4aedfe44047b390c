/* Persistence, pipelining, ends and times: RFC 9112 section 9. */
#include "rows.h"

#include <stdlib.h>

#define H   "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n" H
#define OLD "GET / HTTP/1.0\r\n"

static const struct row rows[] = {
    {"9112-9.3-01", GET "\r\n" GET "\r\n", "200 200", OPEN, NULL},
    {"9112-9.3-02, 9112-9.6-03, 9112-9.6-04", GET "Connection: close\r\n\r\n",
     "200", CLOSING, NULL},
    {"9110-7.6.1-05", GET "Connection: CLOSE\r\n\r\n", "200", CLOSING, NULL},
    {"9110-7.6.1-05", GET "Connection: foo, close ,bar\r\n\r\n", "200", CLOSING,
     NULL},
    {"9110-7.6.1-05 any line",
     GET "Connection: foo\r\nX: y\r\nConnection: close\r\n\r\n", "200", CLOSING,
     NULL},
    {"9112-9.3-02 close wins", GET "Connection: keep-alive, close\r\n\r\n",
     "200", CLOSING, NULL},
    {"no option of ours", GET "Connection: closed, x-close\r\n\r\n", "200",
     OPEN, NULL},
    {"9112-9.3-02 HTTP/1.0", OLD "\r\n", "200", CLOSING, NULL},
    {"9112-9.3-02 HTTP/1.0", OLD "Connection: keep-alive\r\n\r\n" GET "\r\n",
     "200 200", OPEN, NULL},
    {"9112-9.3-02 HTTP/1.0", OLD "Connection: Keep-Alive, close\r\n\r\n", "200",
     CLOSING, NULL},
    {"9112-9.3-02 HTTP/1.0, a foreign option", OLD "Connection: x\r\n\r\n",
     "200", CLOSING, NULL},
    {"9112-9.6-06", "GET /close HTTP/1.1\r\n" H "\r\n", "200", CLOSING, NULL},
    {"9112-9.3.2-02",
     "GET /bytes/1 HTTP/1.1\r\n" H "\r\nGET /status/404 HTTP/1.1\r\n" H
     "\r\nHEAD / HTTP/1.1\r\n" H "\r\nGET /stream/5 HTTP/1.1\r\n" H
     "\r\nPOST /echo HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx" GET
     "\r\nDELETE /status/204 HTTP/1.1\r\n" H "\r\n" GET "\r\n",
     "200 404 200 200 200 200 204 200", OPEN, NULL},
    {"9112-9.3.2-02 large ones between",
     GET "\r\nGET /large HTTP/1.1\r\n" H "\r\n" GET
         "\r\nGET /stream/20000 HTTP/1.1\r\n" H "\r\nGET /large HTTP/1.1\r\n" H
         "\r\n" GET "\r\n",
     "200 200 200 200 200 200", OPEN, NULL},
};

static void test_persistence_by_rows(void **state)
{
    (void)state;
    play_rows(rows, VB_COUNT_OF(rows));
}

/* 9112-9.3-02: an HTTP/1.0 client is told that it may go on. */
static void test_keep_alive_is_confirmed_to_http_1_0(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, OLD "Connection: keep-alive\r\n\r\n" GET "\r\n");
    assert_int_equal(driver_read(&d), 2);
    assert_span_equal(reply_field(&d.replies[0], "Connection"), "keep-alive");
    assert_null(reply_field(&d.replies[1], "Connection").ptr);
    driver_done(&d);
}

/* Hundreds of requests in one piece, sent on in rooms of any size. */
static void test_a_long_pipeline_is_answered_in_order(void **state)
{
    enum { COUNT = 200 };
    struct driver d;
    struct vb_buf text;

    (void)state;
    driver_init(&d);
    vb_buf_init(&text, 1024 * 1024);
    for (int i = 0; i < COUNT; i++)
        vb_buf_printf(&text, "GET /bytes/%d HTTP/1.1\r\n" H "\r\n", i * 20 + 1);
    for (d.room = 0; d.room < 200000; d.room = d.room * 9 + 1000) {
        driver_restart(&d);
        driver_send(&d, vb_buf_span(&text));
        assert_int_equal(driver_read(&d), COUNT);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(d.replies[i].content.len, i * 20 + 1);
    }
    vb_buf_done(&text);
    driver_done(&d);
}

/* One drain holds the replies to all small requests of one feed. */
static void test_pipelined_replies_leave_together(void **state)
{
    struct driver d;
    struct vb_file_part file;
    struct iovec iov[8];

    (void)state;
    driver_init(&d);
    d.stuck = true;
    for (int i = 0; i < 16; i++)
        driver_send_str(&d, GET "\r\n");
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 8, &file), 1);
    assert_int_equal(d.ends, 16);
    d.stuck = false;
    driver_pump(&d);
    assert_int_equal(driver_read(&d), 16);
    driver_done(&d);
}

/* Also larger ones, when there is another behind them. */
static void test_larger_pipelined_replies_leave_together(void **state)
{
    struct driver d;
    struct vb_file_part file;
    struct iovec iov[8];
    int count;

    (void)state;
    driver_init(&d);
    d.stuck = true;
    driver_send_str(&d, "GET /bytes/8000 HTTP/1.1\r\n" H
                        "\r\nGET /bytes/16000 HTTP/1.1\r\n" H
                        "\r\nGET /bytes/8000 HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(d.ends, 2);
    count = d.wire->ops->drain(d.wire, iov, 8, &file);
    assert_int_equal(iov[count - 1].iov_len, 8000); /* where it lies */
    d.stuck = false;
    driver_pump(&d);
    assert_string_equal(driver_statuses(&d), "200 200 200");
    driver_done(&d);
}

/* A client that does not read is not worked for without bound. */
static void test_unread_replies_stop_the_reading(void **state)
{
    struct driver d;
    int sent = 0;

    (void)state;
    driver_init(&d);
    d.stuck = true;
    while ((driver_state(&d) & VB_WIRE_READ) != 0) {
        assert_true(++sent < 200);
        driver_send_str(&d, "GET /bytes/1000 HTTP/1.1\r\n" H "\r\n");
    }
    assert_in_range(sent, 50, 64);
    assert_true(d.env.output_blocks.lent <= 5);
    driver_send_str(&d, GET "\r\n");
    d.stuck = false;
    driver_pump(&d);
    assert_int_equal(driver_read(&d), sent + 1);
    assert_int_equal(d.env.output_blocks.lent, 0);
    driver_done(&d);
}

/* The same when they all came in one piece. */
static void test_unread_replies_stop_the_parsing(void **state)
{
    struct driver d;
    struct vb_buf text;

    (void)state;
    driver_init(&d);
    vb_buf_init(&text, 1024 * 1024);
    d.limits.idle_timeout_ms = 10;
    for (int i = 0; i < 200; i++)
        vb_buf_str(&text, "GET /bytes/3000 HTTP/1.1\r\n" H "\r\n");
    d.stuck = true;
    driver_send(&d, vb_buf_span(&text));
    assert_in_range(d.ends, 20, 24);
    assert_int_equal(driver_state(&d), VB_WIRE_WRITE);
    /* It is not idle: it is the client that must read. */
    assert_true(d.wire->ops->deadline(d.wire) ==
                d.env.now.mono_ms + d.limits.write_timeout_ms);
    d.stuck = false;
    driver_pump(&d);
    assert_int_equal(driver_read(&d), 200);
    vb_buf_done(&text);
    driver_done(&d);
}

/* 9112-9.3.2-02: an answer that takes its time holds up those behind it. */
static void test_a_late_answer_keeps_its_place(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "GET /bytes/2 HTTP/1.1\r\n" H
                        "\r\nGET /later HTTP/1.1\r\n" H
                        "\r\nGET /bytes/3 HTTP/1.1\r\n" H "\r\n");
    assert_string_equal(driver_statuses(&d), "200");
    assert_int_equal(driver_state(&d), 0); /* input waits: no more of it */
    assert_true(d.wire->ops->deadline(d.wire) == INT64_MAX);
    driver_answer(&d, 0);
    assert_int_equal(d.wakes, 1);
    assert_string_equal(driver_statuses(&d), "200 200 200");
    assert_span_equal(d.replies[1].content, "late");
    assert_int_equal(d.replies[2].content.len, 3);
    driver_done(&d);
}

/* Input that waits is used up from its front, and grows at its end. */
static void test_input_that_waits_grows_and_shrinks(void **state)
{
    static char value[2000];
    struct driver d;

    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    driver_init(&d);
    driver_send_str(&d, "GET /later HTTP/1.1\r\n" H
                        "\r\nGET /bytes/2 HTTP/1.1\r\n" H
                        "\r\nPOST /bytes/3 HTTP/1.1\r\n" H "X: ");
    driver_answer(&d, 0);
    assert_string_equal(driver_statuses(&d), "200 200");
    driver_send_str(&d, value);
    driver_send_str(&d, "\r\n\r\n" GET "\r\n");
    assert_string_equal(driver_statuses(&d), "200 200 200 200");
    assert_int_equal(d.replies[2].content.len, 3);
    driver_done(&d);
}

/* 9112-9.6-10: a half-close neither ends nor cancels what was asked. */
static void test_a_half_close_cancels_nothing(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "GET /later HTTP/1.1\r\n" H
                        "\r\nGET /large HTTP/1.1\r\n" H "\r\n" GET "\r\n");
    driver_eof(&d);
    assert_int_equal(driver_state(&d), 0);
    driver_answer(&d, 0);
    assert_string_equal(driver_statuses(&d), "200 200 200");
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    driver_done(&d);
}

struct eof_case {
    const char *rule;
    const char *sent;
    const char *statuses;
};

static const struct eof_case eof_cases[] = {
    {"9112-9.5-02", "", ""},     {"9112-9.5-02", GET "\r\n", "200"},
    {"9112-9.5-02", "\r\n", ""}, {"9112-8-01", "GET / HT", "400"},
    {"9112-8-01", GET, "400"},   {"9112-8-01", GET "\r\n" GET, "200 400"},
};

static void test_a_closed_peer_is_closed(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(eof_cases); i++) {
        driver_restart(&d);
        driver_send_str(&d, eof_cases[i].sent);
        driver_eof(&d);
        assert_string_equal(driver_statuses(&d), eof_cases[i].statuses);
        assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    }
    driver_done(&d);
}

/* --- Time
 * --------------------------------------------------------------------- */

struct time_case {
    const char *rule;
    const char *sent;
    uint32_t after_ms; /* nothing happens before; then: */
    const char *statuses;
    unsigned state;
};

#define LINGERS (VB_WIRE_READ | VB_WIRE_LINGER)

static const struct time_case time_cases[] = {
    {"idle from the start", "", 7000, "", VB_WIRE_CLOSE},
    {"9112-9.5-01 idle", GET "\r\n", 7000, "200", VB_WIRE_CLOSE},
    {"idle, but for an empty line", "\r\n", 7000, "", VB_WIRE_CLOSE},
    {"9110-15.5.9 a line", "GET /", 2000, "408", LINGERS},
    {"9110-15.5.9 a head", GET "X: y\r\n", 2000, "408", LINGERS},
    {"9110-15.5.9 behind others", GET "\r\n" GET, 2000, "200 408", LINGERS},
    {"9110-15.5.9 content",
     "POST /echo HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello", 3000, "408",
     LINGERS},
    {"9110-15.5.9 chunks",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\n",
     3000, "408", LINGERS},
    {"9110-15.5.9 trailers",
     "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n",
     3000, "408", LINGERS},
    {"9110-15.5.9 after 100",
     "POST /echo HTTP/1.1\r\n" H
     "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
     3000, "100 408", LINGERS},
    {"unwanted content that does not come",
     "POST /refuse HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello", 3000,
     "403", VB_WIRE_CLOSE},
    {"9112-9.6-09 lingering", GET "Connection: close\r\n\r\nGET", 1000, "200",
     VB_WIRE_CLOSE},
};

static void set_times(struct driver *d)
{
    d->limits.head_timeout_ms = 2000;
    d->limits.content_timeout_ms = 3000;
    d->limits.write_timeout_ms = 5000;
    d->limits.idle_timeout_ms = 7000;
    d->limits.linger_ms = 1000;
}

static void test_times_by_rows(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    set_times(&d);
    for (size_t i = 0; i < VB_COUNT_OF(time_cases); i++) {
        const struct time_case *c = &time_cases[i];
        unsigned before;

        driver_restart(&d);
        driver_send_str(&d, c->sent);
        before = driver_state(&d);
        assert_true(d.wire->ops->deadline(d.wire) ==
                    d.env.now.mono_ms + c->after_ms);
        driver_pass(&d, c->after_ms - 1);
        assert_int_equal(driver_state(&d), before);
        driver_pass(&d, 1);
        if (strcmp(driver_statuses(&d), c->statuses) != 0 ||
            driver_state(&d) != c->state)
            fail_msg("%s: %s, state %u", c->rule, driver_statuses(&d),
                     driver_state(&d));
    }
    driver_done(&d);
}

/* A head has one time for all of it; a byte now and then does not help. */
static void test_a_slow_head_gets_no_more_time(void **state)
{
    struct driver d;
    const char *text = GET "X: 0123456789\r\n";

    (void)state;
    driver_init(&d);
    set_times(&d);
    for (size_t i = 0; i < 19; i++) {
        driver_send(&d, vb_span_of(text + i, 1));
        driver_pass(&d, 100);
        assert_string_equal(driver_statuses(&d), "");
    }
    driver_send(&d, vb_span_of(text + 19, 1));
    driver_pass(&d, 100);
    assert_string_equal(driver_statuses(&d), "408");
    driver_done(&d);
}

/* Idleness begins when a reply is out, not when it was decided. */
static void test_idle_time_begins_behind_the_reply(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    set_times(&d);
    d.stuck = true;
    driver_send_str(&d, "GET /large HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 5; i++) {
        driver_pass(&d, 4000);
        d.wire->ops->sent(d.wire, 15000);
    }
    d.stuck = false;
    driver_pump(&d);
    assert_int_equal(driver_state(&d), VB_WIRE_READ);
    assert_true(d.wire->ops->deadline(d.wire) == d.env.now.mono_ms + 7000);
    driver_done(&d);
}

/* Content has time for each piece of it. */
static void test_slow_content_is_progress(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    set_times(&d);
    driver_send_str(&d,
                    "POST /echo HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\n");
    for (int i = 0; i < 20; i++) {
        driver_pass(&d, 2999);
        assert_string_equal(driver_statuses(&d), "");
        driver_send_str(&d, "x");
    }
    assert_string_equal(driver_statuses(&d), "200");
    driver_done(&d);
}

/* A client that does not take its reply, and one that does so slowly. */
static void test_a_stuck_client_is_dropped_a_slow_one_is_not(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    set_times(&d);
    d.stuck = true;
    driver_send_str(&d, "GET /large HTTP/1.1\r\n" H "\r\n");
    driver_pass(&d, 4999);
    assert_int_equal(driver_state(&d) & VB_WIRE_WRITE, VB_WIRE_WRITE);
    driver_pass(&d, 1);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    assert_int_equal(d.ends, 1);

    driver_restart(&d);
    driver_send_str(&d, "GET /large HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 10; i++) {
        size_t n = 5000;

        driver_pass(&d, 4999);
        assert_int_equal(driver_state(&d) & VB_WIRE_WRITE, VB_WIRE_WRITE);
        d.wire->ops->sent(d.wire, n);
    }
    driver_done(&d);
}

/* --- Ends
 * ---------------------------------------------------------------------- */

/* RFC 9112 section 9.6: who asked for the end and said all it had to is not
 * kept waiting; everyone else may still be sending. */
static void test_lingering_only_where_the_peer_may_send(void **state)
{
    static const struct {
        const char *sent;
        unsigned state;
    } cases[] = {
        {GET "Connection: close\r\n\r\n", VB_WIRE_CLOSE},
        {OLD "\r\n", VB_WIRE_CLOSE},
        {"POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", VB_WIRE_CLOSE},
        {GET "Connection: close\r\n\r\nx", LINGERS},
        {"GET /close HTTP/1.1\r\n" H "\r\n", LINGERS},
        {"GET / HTTP/1.1\r\n\r\n", LINGERS},
        {"POST /refuse HTTP/1.0\r\nContent-Length: 2\r\n\r\n", LINGERS},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        driver_restart(&d);
        driver_send_str(&d, cases[i].sent);
        assert_int_equal(driver_state(&d), cases[i].state);
    }
    driver_done(&d);
}

static void test_max_requests_ends_with_the_last(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    d.limits.max_requests = 3;
    driver_send_str(&d, GET "\r\n" GET "\r\n" GET "\r\n" GET "\r\n");
    assert_string_equal(driver_statuses(&d), "200 200 200");
    assert_span_equal(reply_field(&d.replies[2], "Connection"), "close");
    assert_int_equal(driver_state(&d), LINGERS);
    driver_done(&d);
}

/* shut_down: finish what is under way, take nothing new, close. */
static void test_shut_down_finishes_what_is_under_way(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    d.wire->ops->shut_down(d.wire); /* nothing is */
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);

    driver_restart(&d);
    driver_send_str(&d, GET "\r\n");
    d.wire->ops->shut_down(d.wire);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);

    driver_restart(&d);
    driver_send_str(&d, GET); /* half a head */
    d.wire->ops->shut_down(d.wire);
    assert_int_equal(driver_state(&d), VB_WIRE_READ);
    driver_send_str(&d, "\r\n" GET "\r\n");
    assert_string_equal(driver_statuses(&d), "200");
    assert_span_equal(reply_field(&d.replies[0], "Connection"), "close");

    driver_restart(&d);
    driver_send_str(&d, "GET /later HTTP/1.1\r\n" H "\r\n");
    d.wire->ops->shut_down(d.wire);
    driver_answer(&d, 0);
    assert_string_equal(driver_statuses(&d), "200");
    assert_span_equal(reply_field(&d.replies[0], "Connection"), "close");

    driver_restart(&d);
    d.stuck = true;
    driver_send_str(&d, GET "\r\n");
    d.wire->ops->shut_down(d.wire); /* the reply is still to be sent */
    assert_int_equal(driver_state(&d) & VB_WIRE_WRITE, VB_WIRE_WRITE);
    d.stuck = false;
    driver_pump(&d);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    driver_done(&d);
}

/* `free` at any moment: nothing leaks, nobody is called late. */
static void test_the_wire_can_be_freed_at_any_moment(void **state)
{
    static const char *const texts[] = {
        "",
        "GET /",
        GET,
        "GET /large HTTP/1.1\r\n" H "\r\n",
        "GET /slow/5000 HTTP/1.1\r\n" H "\r\n",
        "GET /stream/300000 HTTP/1.1\r\n" H "\r\n",
        "GET /later HTTP/1.1\r\n" H "\r\n" GET "\r\n",
        "POST /later-echo HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello",
        "POST /pause HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello",
        "POST /echo-later HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
        "GET /wide/50000 HTTP/1.1\r\n" H "\r\n",
        "POST /refuse HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello",
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++)
        for (int stuck = 0; stuck < 2; stuck++) {
            d.stuck = stuck != 0;
            d.resumes = false;
            driver_send_str(&d, texts[i]);
            driver_restart(&d);
        }
    driver_done(&d);
}

static void test_what_comes_after_the_end_is_ignored(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, GET "Connection: close\r\n\r\n");
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    d.wire->ops->feed(d.wire, VB_SPAN(GET "\r\n"));
    d.wire->ops->eof(d.wire);
    d.wire->ops->tick(d.wire);
    d.wire->ops->shut_down(d.wire);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    assert_true(d.wire->ops->deadline(d.wire) == INT64_MAX);
    assert_string_equal(driver_statuses(&d), "200");
    driver_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_persistence_by_rows),
        cmocka_unit_test(test_keep_alive_is_confirmed_to_http_1_0),
        cmocka_unit_test(test_a_long_pipeline_is_answered_in_order),
        cmocka_unit_test(test_pipelined_replies_leave_together),
        cmocka_unit_test(test_larger_pipelined_replies_leave_together),
        cmocka_unit_test(test_unread_replies_stop_the_reading),
        cmocka_unit_test(test_unread_replies_stop_the_parsing),
        cmocka_unit_test(test_a_late_answer_keeps_its_place),
        cmocka_unit_test(test_input_that_waits_grows_and_shrinks),
        cmocka_unit_test(test_a_half_close_cancels_nothing),
        cmocka_unit_test(test_a_closed_peer_is_closed),
        cmocka_unit_test(test_times_by_rows),
        cmocka_unit_test(test_a_slow_head_gets_no_more_time),
        cmocka_unit_test(test_idle_time_begins_behind_the_reply),
        cmocka_unit_test(test_slow_content_is_progress),
        cmocka_unit_test(test_a_stuck_client_is_dropped_a_slow_one_is_not),
        cmocka_unit_test(test_lingering_only_where_the_peer_may_send),
        cmocka_unit_test(test_max_requests_ends_with_the_last),
        cmocka_unit_test(test_shut_down_finishes_what_is_under_way),
        cmocka_unit_test(test_the_wire_can_be_freed_at_any_moment),
        cmocka_unit_test(test_what_comes_after_the_end_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
