/*
 * Replies that go both ways in HTTP/1.1: content beside a reply, tunnels
 * (RFC 9110 section 9.3.6), other protocols (section 7.8); and what may come
 * before a reply and behind it: interim replies (15.2), trailers (6.5).
 */
#include "both.h"
#include "rows.h"

#include <stdio.h>
#include <string.h>

#define H        "Host: h\r\n"
#define DATE     "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
#define CONNECT  "CONNECT echo:1 HTTP/1.1\r\nHost: echo:1\r\n\r\n"
#define SWITCH   "GET /switch HTTP/1.1\r\n" H
#define WS       "Connection: Upgrade\r\nUpgrade: WebSocket\r\n"
#define LINGERS  (VB_WIRE_READ | VB_WIRE_LINGER)
#define TUNNELED "HTTP/1.1 200 OK\r\n" DATE "\r\n"

static bool has(const struct driver *d, const char *text)
{
    return memmem(d->log.ptr, d->log.len, text, strlen(text)) != NULL;
}

static void send_many(struct driver *d, size_t n)
{
    static char bytes[1000 * 1000];

    assert_true(n <= sizeof(bytes));
    memset(bytes, 'x', n);
    driver_send(d, vb_span_of(bytes, n));
}

/* --- Which requests switch ---------------------------------------------------
 */

static const struct row not_switched[] = {
    {"9110-7.8-09 HTTP/1.0", "GET /switch HTTP/1.0\r\n" WS "\r\n", "200",
     CLOSING, NULL},
    {"9110-7.6.1-06 Connection does not name it",
     SWITCH "Upgrade: websocket\r\n\r\n", "200", OPEN, NULL},
    {"no Upgrade", SWITCH "Connection: upgrade\r\n\r\n", "200", OPEN, NULL},
    {"9110-7.8-01 nobody switches", "GET / HTTP/1.1\r\n" H WS "\r\n", "200",
     OPEN, NULL},
    {"9110-7.8-01 and what follows is a request",
     "GET / HTTP/1.1\r\n" H WS "\r\nGET / HTTP/1.1\r\n" H "\r\n", "200 200",
     OPEN, NULL},
    {"9110-7.8-07 another method", "HEAD /switch HTTP/1.1\r\n" H WS "\r\n",
     "200", OPEN, NULL},
    {"9110-7.8-07, 9110-7.8-11 content",
     SWITCH WS "Content-Length: 2\r\n\r\nhi", "200", OPEN, NULL},
    {"9110-7.8-07, 9110-7.8-11 chunks",
     SWITCH WS "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200",
     OPEN, NULL},
    {"9110-7.8-01 no protocol",
     SWITCH "Connection: upgrade\r\nUpgrade: ,\r\n"
            "\r\n",
     "200", OPEN, NULL},
    {"9110-7.8-01 no token",
     SWITCH "Connection: upgrade\r\nUpgrade: a b\r\n"
            "\r\n",
     "200", OPEN, NULL},
    {"9110-7.8-01 no version",
     SWITCH "Connection: upgrade\r\nUpgrade: a/\r\n"
            "\r\n",
     "200", OPEN, NULL},
    {"9110-9.3.6-09",
     "CONNECT echo:1 HTTP/1.1\r\nHost: echo:1\r\n"
     "Content-Length: 5\r\n\r\nhello",
     "400", CLOSING, NULL},
    {"9110-9.3.6-09",
     "CONNECT echo:1 HTTP/1.1\r\nHost: echo:1\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "400", CLOSING, NULL},
};

static void test_what_does_not_switch_by_rows(void **state)
{
    (void)state;
    play_rows(not_switched, VB_COUNT_OF(not_switched));
}

struct switch_case {
    const char *rule;
    const char *head;
    const char *reply;
};

/* 9110-7.8-08: Connection names Upgrade; 9112-9.6-01: and nothing of HTTP's is
 * closed behind. */
#define SWITCHED(protocol)                                                     \
    "HTTP/1.1 101 Switching Protocols\r\n" DATE "Upgrade: " protocol           \
    "\r\nConnection: upgrade\r\n\r\n"

static const struct switch_case switch_cases[] = {
    {"9110-9.3.6-04, 9110-9.3.6-07, 9110-8.6-07", CONNECT, TUNNELED},
    {"9110-9.3.6-04 no length",
     "CONNECT echo:1 HTTP/1.1\r\nHost: echo:1\r\n"
     "Content-Length: 0\r\n\r\n",
     TUNNELED},
    {"HTTP/1.0 has tunnels", "CONNECT echo:1 HTTP/1.0\r\n\r\n", TUNNELED},
    {"9110-7.8-03, 9110-7.8-08, 9110-15.2.2-01", SWITCH WS "\r\n",
     SWITCHED("WebSocket")},
    {"9110-7.8-02, 9110-7.6.1-05",
     SWITCH "connection: keep-alive, UPGRADE\r\nupgrade: x/1.1\r\n\r\n",
     SWITCHED("x/1.1")},
    {"9110-7.8-04, 9110-7.8-12 the first",
     SWITCH "Connection: upgrade\r\nUpgrade: a, b/2\r\n\r\n", SWITCHED("a")},
    {"9112-9.6-01 nothing of HTTP's is closed",
     SWITCH "Connection: upgrade, close\r\nUpgrade: a\r\n\r\n", SWITCHED("a")},
};

/* What is sent behind the head, which looks like HTTP, and is not. */
static const char behind[] = "\0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n0\r\n";

/* Bytes behind the head, pipelined or not, come back as they are; the client's
 * end is the sink's; the source's is ours. */
static void check_switch(struct driver *d, const struct switch_case *c,
                         size_t split, size_t piece)
{
    struct vb_buf text;
    struct vb_buf expected;

    vb_buf_init(&text, 1024);
    vb_buf_init(&expected, 1024);
    vb_buf_str(&text, c->head);
    vb_buf_append(&text, vb_span_of(behind, sizeof(behind)));
    vb_buf_str(&expected, c->reply);
    vb_buf_append(&expected, vb_span_of(behind, sizeof(behind)));
    driver_restart(d);
    d->piece = piece;
    driver_send(d, vb_span_head(vb_buf_span(&text), split));
    driver_send(d, vb_span_from(vb_buf_span(&text), split));
    if (!vb_span_eq(vb_buf_span(&d->out), vb_buf_span(&expected)))
        fail_msg("%s, split at %zu: %.*s", c->rule, split,
                 VB_FMT(vb_buf_span(&d->out)));
    assert_int_equal(driver_state(d), VB_WIRE_READ);
    assert_true(d->wire->ops->deadline(d->wire) == INT64_MAX);
    driver_eof(d);
    assert_int_equal(driver_state(d), VB_WIRE_CLOSE);
    both_assert_over(d, vb_err_text(VB_OK));
    vb_buf_done(&text);
    vb_buf_done(&expected);
}

static void test_a_switch_is_followed_by_bytes_both_ways(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(switch_cases); i++) {
        size_t len = strlen(switch_cases[i].head) + sizeof(behind);

        for (size_t split = 0; split <= len; split++)
            check_switch(&d, &switch_cases[i], split, 0);
        check_switch(&d, &switch_cases[i], 0, 1);
    }
    driver_done(&d);
}

/* --- Ends of tunnels ---------------------------------------------------------
 */

/* 9110-9.3.6-05: what the other side ends with comes through, then our end, and
 * what the client still sends arrives. */
static void test_the_source_may_end_first(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "CONNECT quiet:1 HTTP/1.1\r\nHost: quiet:1\r\n\r\n");
    assert_span_equal(vb_buf_span(&d.out), TUNNELED);
    assert_int_equal(driver_state(&d), LINGERS);
    assert_true(d.wire->ops->deadline(d.wire) == INT64_MAX);
    driver_pass(&d, INT64_C(3600) * 1000);
    driver_send_str(&d, "go on");
    assert_int_equal(driver_state(&d), LINGERS);
    assert_int_equal(both_count(&d, "both took"), 0);
    driver_eof(&d);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    assert_true(has(&d, "both took 5 "));
    both_assert_over(&d, vb_err_text(VB_OK));
    driver_done(&d);
}

/* The same, when the last of it is not sent yet. */
static void test_our_end_comes_behind_the_last_byte(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    d.stuck = true;
    driver_send_str(&d, "CONNECT end:5 HTTP/1.1\r\nHost: end:5\r\n\r\nhello!");
    assert_int_equal(driver_state(&d), VB_WIRE_READ | VB_WIRE_WRITE);
    d.stuck = false;
    driver_pump(&d);
    assert_span_equal(vb_buf_span(&d.out), TUNNELED "hello");
    assert_int_equal(driver_state(&d), LINGERS);
    driver_done(&d);
}

/* While the sink takes nothing, nothing is read, though our way is shut. */
static void test_a_half_closed_tunnel_still_has_back_pressure(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "CONNECT end:9 HTTP/1.1\r\nHost: end:9\r\n\r\n");
    send_many(&d, 9);
    assert_int_equal(driver_state(&d), LINGERS);
    send_many(&d, 20000);
    assert_int_equal(driver_state(&d), 0); /* the sink has all it holds */
    d.both->carrier->resume_content(d.both);
    driver_done(&d);
}

/* 9110-9.3.6-05: a failure is no end; the client sees a reset. */
static void test_a_source_that_fails_resets_the_tunnel(void **state)
{
    static const char *const texts[] = {
        "CONNECT cut:5 HTTP/1.1\r\nHost: cut:5\r\n\r\nhello",
        "GET /switch-cut/5 HTTP/1.1\r\n" H WS "\r\nhello",
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++) {
        driver_restart(&d);
        driver_send_str(&d, texts[i]);
        assert_int_equal(driver_state(&d), VB_WIRE_CLOSE | VB_WIRE_RESET);
        assert_true(memmem(d.out.ptr, d.out.len, "hello", 5) != NULL);
        assert_int_equal(both_count(&d, "both took"), 0);
        assert_int_equal(both_count(&d, "source closed"), 1);
        assert_int_equal(both_count(&d, "sink closed"), 1);
    }
    driver_done(&d);
}

/* Whoever answers can end a tunnel, also when the source has ended. */
static void test_a_source_that_has_ended_may_fail_yet(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "CONNECT quiet:1 HTTP/1.1\r\nHost: quiet:1\r\n\r\n");
    d.both->carrier->output_ready(d.both);
    assert_int_equal(driver_state(&d), LINGERS); /* END again */
    both_fail(&d);
    driver_pump(&d);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE | VB_WIRE_RESET);
    assert_int_equal(d.ends, 1);
    driver_done(&d);
}

/* The connection dies at any moment: the sink hears of it, once. */
static void test_a_dying_connection_is_told_once(void **state)
{
    static const struct {
        const char *text;
        const char *told; /* NULL: nothing */
    } cases[] = {
        {CONNECT, "connection closed"},
        {CONNECT "hello", "connection closed"},
        {SWITCH WS "\r\n", "connection closed"},
        {"CONNECT quiet:1 HTTP/1.1\r\nHost: quiet:1\r\n\r\n",
         "connection closed"},
        {"POST /both HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello",
         "connection closed"},
        {"POST /both-later HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\n",
         "connection closed"},
        {"POST /both/3 HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nhello", NULL},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        driver_restart(&d);
        driver_send_str(&d, cases[i].text);
        assert_int_equal(both_count(&d, "both took"), 0);
        d.wire->ops->free(d.wire);
        assert_int_equal(both_count(&d, "both took"), cases[i].told != NULL);
        assert_int_equal(both_count(&d, "sink closed"), 1);
        assert_true(both_count(&d, "source closed") ==
                    both_count(&d, "both\n"));
        assert_true(cases[i].told == NULL ||
                    has(&d, vb_err_text(VB_ERR_CLOSED)));
    }
    driver_done(&d);
}

/* --- Bounds and times of tunnels ---------------------------------------------
 */

/* A client that does not read is not read from, and what is held is bounded. */
static void test_a_tunnel_has_back_pressure_both_ways(void **state)
{
    struct driver d;
    size_t sent = 0;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, CONNECT);
    d.stuck = true;
    d.piece = 16 * 1024;
    send_many(&d, 1000 * 1000);
    assert_int_equal(driver_state(&d) & VB_WIRE_READ, 0);
    sent = 1000 * 1000 - d.unsent.len;
    assert_in_range(sent, BOTH_HELD, 10 * 16 * 1024);
    assert_true(d.env.output_blocks.lent <= 6);
    d.stuck = false;
    d.room = 5000;
    driver_pump(&d);
    assert_int_equal(d.out.len, strlen(TUNNELED) + 1000 * 1000);
    driver_done(&d);
}

/* No bound of content counts in a tunnel. */
static void test_a_tunnel_has_no_length(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    d.limits.max_content = 10;
    driver_send_str(&d, CONNECT);
    send_many(&d, 100 * 1000);
    assert_int_equal(d.out.len, strlen(TUNNELED) + 100 * 1000);
    driver_done(&d);
}

/* Only what cannot be sent ends a tunnel by itself. */
static void test_a_stuck_tunnel_ends_and_a_quiet_one_does_not(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, CONNECT "hello");
    driver_pass(&d, INT64_C(24) * 3600 * 1000);
    assert_int_equal(driver_state(&d), VB_WIRE_READ);
    d.stuck = true;
    driver_send_str(&d, "more");
    assert_true(d.wire->ops->deadline(d.wire) ==
                d.env.now.mono_ms + d.limits.write_timeout_ms);
    driver_pass(&d, d.limits.write_timeout_ms);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    both_assert_over(&d, vb_err_text(VB_ERR_CLOSED));
    driver_done(&d);
}

/* shut_down leaves what is under way to its end. */
static void test_shut_down_leaves_a_tunnel_open(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, CONNECT);
    d.wire->ops->shut_down(d.wire);
    driver_send_str(&d, "still");
    assert_span_equal(vb_buf_span(&d.out), TUNNELED "still");
    driver_eof(&d);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    driver_done(&d);
}

/* --- Content beside a reply --------------------------------------------------
 */

struct both_case {
    const char *rule;
    const char *text; /* of the request for /both, without its line */
    const char *content;
    const char *statuses;
};

static const struct both_case both_cases[] = {
    {"none", H "\r\n", "", "200"},
    {"a length", H "Content-Length: 9\r\n\r\nhello, wo", "hello, wo", "200"},
    {"chunks",
     H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\n, w\r\n"
       "0\r\n\r\n",
     "hello, w", "200"},
    {"trailers",
     H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
       "X: y\r\n\r\n",
     "hello", "200"},
};

/* The request that follows is found, wherever the bytes were split. */
static void check_both(struct driver *d, const char *path,
                       const struct both_case *c, size_t split)
{
    char text[300];
    size_t len = (size_t)snprintf(
        text, sizeof(text), "POST %s HTTP/1.1\r\n%sGET / HTTP/1.1\r\n" H "\r\n",
        path, c->text);

    driver_restart(d);
    driver_send(d, vb_span_of(text, split));
    driver_send(d, vb_span_of(text + split, len - split));
    if (strcmp(driver_statuses(d), "200 200") != 0)
        fail_msg("%s %s, split at %zu: %s", path, c->rule, split,
                 driver_statuses(d));
    assert_span_equal(d->replies[0].content, c->content);
    assert_int_equal(driver_state(d), VB_WIRE_READ);
    assert_int_equal(both_count(d, "both took"), 1);
    assert_true(has(d, vb_err_text(VB_OK)));
}

static void test_content_goes_on_beside_the_reply(void **state)
{
    static const char *const paths[] = {"/both", "/both-later"};
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(both_cases); i++)
        for (size_t split = 0; split < 80; split++)
            check_both(&d, paths[split % 2], &both_cases[i], split / 2);
    driver_done(&d);
}

/* What is left of the content goes nowhere when the reply has ended: thrown
 * away where that is little, and else the connection ends (9112-9.3-05). */
static void test_a_reply_that_ends_first_ends_the_sink(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "POST /both/5 HTTP/1.1\r\n" H
                        "Content-Length: 20\r\n\r\nhello");
    assert_string_equal(driver_statuses(&d), "200");
    assert_int_equal(both_count(&d, "both took"), 0);
    driver_send_str(&d, ", this is more.GET / HTTP/1.1\r\n" H "\r\n");
    assert_string_equal(driver_statuses(&d), "200 200");
    assert_int_equal(both_count(&d, "both took"), 0);
    assert_int_equal(both_count(&d, "sink closed"), 1);

    driver_restart(&d);
    driver_send_str(&d, "POST /both/5 HTTP/1.1\r\n" H
                        "Content-Length: 900000\r\n\r\nhello");
    send_many(&d, 500 * 1000);
    assert_string_equal(driver_statuses(&d), "200");
    assert_int_equal(driver_state(&d), LINGERS);
    driver_done(&d);
}

/* The reply has begun, so nobody is told 408; then what is left has its time.
 */
static void test_no_time_is_about_content_beside_a_reply(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "POST /both/5 HTTP/1.1\r\n" H
                        "Content-Length: 9\r\n\r\nhell");
    assert_true(d.wire->ops->deadline(d.wire) == INT64_MAX);
    driver_pass(&d, INT64_C(3600) * 1000);
    driver_send_str(&d, "o");
    assert_string_equal(driver_statuses(&d), "200");
    assert_true(d.wire->ops->deadline(d.wire) ==
                d.env.now.mono_ms + d.limits.content_timeout_ms);
    driver_pass(&d, d.limits.content_timeout_ms);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    assert_int_equal(both_count(&d, "both took"), 0);
    driver_done(&d);
}

/* 9112-8-01: content that is cut short, or is none, is told as such. */
static void test_bad_content_beside_a_reply_is_told(void **state)
{
    static const struct {
        const char *text;
        bool eof;
        enum vb_err err;
    } cases[] = {
        {"Content-Length: 9\r\n\r\nhello", true, VB_ERR_CLOSED},
        {"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx", false,
         VB_ERR_SYNTAX},
        {"Content-Length: 99\r\n\r\nhello", false, VB_ERR_LIMIT},
        {"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n99\r\n_", false,
         VB_ERR_LIMIT},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    d.limits.max_content = 20;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        driver_restart(&d);
        driver_send_str(&d, "POST /both HTTP/1.1\r\n" H);
        driver_send_str(&d, cases[i].text);
        if (cases[i].eof)
            driver_eof(&d);
        both_assert_over(&d, vb_err_text(cases[i].err));
        assert_string_equal(driver_statuses(&d), "200!");
        assert_true(driver_state(&d) & (VB_WIRE_LINGER | VB_WIRE_CLOSE));
    }
    driver_done(&d);
}

/* 9112-8-01: the last chunk is missing; in HTTP/1.0, the connection's end is no
 * proper one. */
static void test_a_source_that_fails_midway_is_seen_to(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "POST /both-cut/5 HTTP/1.1\r\n" H
                        "Content-Length: 9\r\n\r\nhello");
    assert_string_equal(driver_statuses(&d), "200!");
    assert_int_equal(driver_state(&d), LINGERS);

    driver_restart(&d);
    driver_send_str(&d, "POST /both-cut/5 HTTP/1.0\r\n"
                        "Content-Length: 9\r\n\r\nhello");
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE | VB_WIRE_RESET);
    driver_done(&d);
}

/* A client that reads nothing is not read from. */
static void test_content_beside_a_reply_has_back_pressure(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    d.stuck = true;
    d.piece = 16 * 1024;
    driver_send_str(&d, "POST /both HTTP/1.1\r\n" H
                        "Content-Length: 1000000\r\n\r\n");
    send_many(&d, 1000 * 1000);
    assert_int_equal(driver_state(&d) & VB_WIRE_READ, 0);
    assert_true(d.unsent.len > 800 * 1000);
    d.stuck = false;
    driver_pump(&d);
    assert_int_equal(driver_read(&d), 1);
    assert_int_equal(d.replies[0].content.len, 1000 * 1000);
    both_assert_over(&d, vb_err_text(VB_OK));
    driver_done(&d);
}

/* --- Interim replies ---------------------------------------------------------
 */

/* 9110-10.1.1: one 100 is enough, whoever sends it; and it comes before 101,
 * or a reply behind which content goes on. */
static void test_interim_replies_by_rows(void **state)
{
    static const struct row rows[] = {
        {"9110-15.2-03", "GET /told/102 HTTP/1.1\r\n" H "\r\n",
         "102 103 102 103 200", OPEN, NULL},
        {"9110-15.2-03 100, once", "GET /told/100 HTTP/1.1\r\n" H "\r\n",
         "100 103 103 200", OPEN, NULL},
        {"9110-15.2-01", "GET /told/100 HTTP/1.0\r\n\r\n", "200", CLOSING,
         NULL},
    };
    static const struct {
        const char *path;
        const char *before; /* the content */
        const char *all;
    } cases[] = {
        {"/told/100", "100 103", "100 103 103 200"},
        {"/told/102", "102 103 100", "102 103 100 102 103 200"},
        {"/both", "100 200!", "100 200"},
        {"/both-later", "100", "100 200"},
        {"/echo", "100", "100 200"},
    };
    struct driver d;

    (void)state;
    play_rows(rows, VB_COUNT_OF(rows));
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        char text[200];

        driver_restart(&d);
        snprintf(text, sizeof(text),
                 "POST %s HTTP/1.1\r\n" H "Expect: 100-continue\r\n"
                 "Content-Length: 2\r\n\r\n",
                 cases[i].path);
        driver_send_str(&d, text);
        assert_string_equal(driver_statuses(&d), cases[i].before);
        driver_send_str(&d, "hi");
        assert_string_equal(driver_statuses(&d), cases[i].all);
        assert_int_equal(driver_state(&d), VB_WIRE_READ);
    }
    driver_done(&d);
}

/* --- Trailers ----------------------------------------------------------------
 */

static void add_trailer(struct vb_fields *fields, struct vb_arena *arena,
                        const char *name, const char *value)
{
    const char *reason;

    assert_int_equal(vb_fields_add(fields, arena, &vb_limits_default.head,
                                   vb_span_str(name), vb_span_str(value),
                                   &reason),
                     0);
}

#define TE "Connection: te\r\nTE: trailers\r\n"

/* 9110-6.5.1-01: never what means something to framing or the connection. */
static void fill_trailers(struct vb_fields *fields, struct vb_arena *arena)
{
    static const char *const dropped[] = {
        "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Host",
        "Content-Type",   "Set-Cookie",        "Keep-Alive", "Trailer", "TE",
        "Date",           "Authorization",
    };

    add_trailer(fields, arena, "X-Sum", "abc");
    for (size_t i = 0; i < VB_COUNT_OF(dropped); i++)
        add_trailer(fields, arena, dropped[i], "0");
    add_trailer(fields, arena, "Digest-Of", "x y");
}

static void test_trailers_of_a_reply(void **state)
{
    static const struct {
        const char *rule;
        const char *request;
        const char *trailers;
    } cases[] = {
        {"9110-6.5.1-04, 9112-7.1.2-02",
         "GET /trailers/9 HTTP/1.1\r\n" H TE "\r\n",
         "X-Sum: abc\r\nDigest-Of: x y\r\n"},
        {"9110-6.5.1-04 not asked for", "GET /trailers/9 HTTP/1.1\r\n" H "\r\n",
         ""},
        {"9110-7.6.1-06",
         "GET /trailers/9 HTTP/1.1\r\n" H "TE: trailers\r\n\r\n", ""},
        {"9110-6.5.1-04 other codings",
         "GET /trailers/9 HTTP/1.1\r\n" H "Connection: te\r\nTE: gzip\r\n\r\n",
         ""},
        {"among others",
         "GET /trailers/9 HTTP/1.1\r\n" H
         "Connection: TE, x\r\nTE: gzip, Trailers\r\n\r\n",
         "X-Sum: abc\r\nDigest-Of: x y\r\n"},
    };
    struct vb_fields fields = {.count = 0};
    struct vb_arena arena;
    struct driver d;

    (void)state;
    vb_arena_init(&arena, 4096, 64 * 1024);
    fill_trailers(&fields, &arena);
    driver_init(&d);
    d.trailers = &fields;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        driver_restart(&d);
        driver_send_str(&d, cases[i].request);
        assert_int_equal(driver_read(&d), 1);
        assert_true(d.replies[0].complete);
        assert_int_equal(d.replies[0].content.len, 9);
        assert_span_equal(d.replies[0].trailers, cases[i].trailers);
        assert_int_equal(driver_state(&d), VB_WIRE_READ);
    }
    driver_restart(&d); /* there is no place for them in HTTP/1.0 */
    driver_send_str(&d, "GET /trailers/9 HTTP/1.0\r\n" TE "\r\n");
    assert_int_equal(driver_read(&d), 1);
    assert_int_equal(d.replies[0].content.len, 9);
    driver_done(&d);
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_switch_by_rows),
        cmocka_unit_test(test_a_switch_is_followed_by_bytes_both_ways),
        cmocka_unit_test(test_the_source_may_end_first),
        cmocka_unit_test(test_our_end_comes_behind_the_last_byte),
        cmocka_unit_test(test_a_half_closed_tunnel_still_has_back_pressure),
        cmocka_unit_test(test_a_source_that_fails_resets_the_tunnel),
        cmocka_unit_test(test_a_source_that_has_ended_may_fail_yet),
        cmocka_unit_test(test_a_dying_connection_is_told_once),
        cmocka_unit_test(test_a_tunnel_has_back_pressure_both_ways),
        cmocka_unit_test(test_a_tunnel_has_no_length),
        cmocka_unit_test(test_a_stuck_tunnel_ends_and_a_quiet_one_does_not),
        cmocka_unit_test(test_shut_down_leaves_a_tunnel_open),
        cmocka_unit_test(test_content_goes_on_beside_the_reply),
        cmocka_unit_test(test_a_reply_that_ends_first_ends_the_sink),
        cmocka_unit_test(test_no_time_is_about_content_beside_a_reply),
        cmocka_unit_test(test_bad_content_beside_a_reply_is_told),
        cmocka_unit_test(test_a_source_that_fails_midway_is_seen_to),
        cmocka_unit_test(test_content_beside_a_reply_has_back_pressure),
        cmocka_unit_test(test_interim_replies_by_rows),
        cmocka_unit_test(test_trailers_of_a_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
