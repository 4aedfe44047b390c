/* A server of HTTP/2 that breaks the rules, or floods: RFC 9113 sections 4 to 6
 * and 10.5. What is the connection's error ends it with the code that is due,
 * and every call is told. */
#include "h2_server.h"

#include <stdio.h>

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

/* One frame, while a call is under way on stream 1. */
struct row {
    const char *rule; /* ids of the ledger */
    uint8_t type;
    uint8_t flags;
    int32_t id;
    const char *payload;
    size_t len;
    int code; /* of the GOAWAY; -1: none, and the call goes on */
};

#define BYTES(text) text, sizeof(text) - 1

static const struct row rows[] = {
    {"9113-4.1-01", 0xff, 0, 1, BYTES("x"), -1},
    {"9113-4.1-01", 0xff, 0xff, 0, BYTES(""), -1},
    {"9113-6.1-01", NGHTTP2_DATA, 0, 0, BYTES("x"), 1},
    {"9113-6.1-01", NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, BYTES("\5x"), 1},
    {"9113-6.1-01", NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, BYTES(""), 6},
    {"9113-5.1-01 idle", NGHTTP2_DATA, 0, 3, BYTES("x"), 1},
    {"9113-5.1-01 idle", NGHTTP2_RST_STREAM, 0, 3, BYTES("\0\0\0\0"), 1},
    {"9113-5.1-01 idle", NGHTTP2_WINDOW_UPDATE, 0, 3, BYTES("\0\0\0\1"), 1},
    {"9113-5.1-01 idle", NGHTTP2_HEADERS, 4, 3, BYTES("\x88"), 1},
    {"9113-5.1.1-01", NGHTTP2_HEADERS, 4, 2, BYTES("\x88"), 1},
    {"9113-6.2-01", NGHTTP2_HEADERS, 4, 0, BYTES("\x88"), 1},
    {"9113-6.3-01", NGHTTP2_PRIORITY, 0, 0, BYTES("12345"), 1},
    {"9113-6.4-01", NGHTTP2_RST_STREAM, 0, 0, BYTES("\0\0\0\0"), 1},
    {"9113-6.4-01", NGHTTP2_RST_STREAM, 0, 1, BYTES("\0\0\0"), 6},
    {"9113-6.5-01", NGHTTP2_SETTINGS, 0, 1, BYTES(""), 1},
    {"9113-6.5-01", NGHTTP2_SETTINGS, 0, 0, BYTES("12345"), 6},
    {"9113-6.5-01", NGHTTP2_SETTINGS, 1, 0, BYTES("123456"), 6},
    {"9113-6.5.3 a second acknowledgement", NGHTTP2_SETTINGS, 1, 0, BYTES(""),
     1},
    {"9113-6.5.2-01", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\2\0\0\0\2"), 1},
    {"9113-6.5.2-02 a server's", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\2\0\0\0\1"),
     1},
    {"9113-6.5.2-02", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\2\0\0\0\0"), -1},
    {"9113-6.5.2-03", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\4\x80\0\0\0"), 3},
    {"9113-6.5.2-03", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\5\0\0\x3f\xff"), 1},
    {"9113-6.5.2-03", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\5\1\0\0\0"), 1},
    {"9113-6.5.2-04", NGHTTP2_SETTINGS, 0, 0, BYTES("\xff\xff\0\0\0\1"), -1},
    {"8441-3-01", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\x08\0\0\0\1\0\x08\0\0\0\0"),
     1},
    {"8441-3", NGHTTP2_SETTINGS, 0, 0, BYTES("\0\x08\0\0\0\2"), 1},
    {"9113-8.4-02 nothing may be pushed", NGHTTP2_PUSH_PROMISE, 4, 1,
     BYTES("\0\0\0\2\x82"), 1},
    {"9113-6.7-02", NGHTTP2_PING, 0, 1, BYTES("12345678"), 1},
    {"9113-6.7-02", NGHTTP2_PING, 0, 0, BYTES("1234567"), 6},
    {"9113-6.8 on a stream", NGHTTP2_GOAWAY, 0, 1, BYTES("12345678"), 1},
    {"9113-6.8 too short", NGHTTP2_GOAWAY, 0, 0, BYTES("1234567"), 6},
    {"9113-6.9-01", NGHTTP2_WINDOW_UPDATE, 0, 0, BYTES("\0\0\0\0"), 1},
    {"9113-6.9-01", NGHTTP2_WINDOW_UPDATE, 0, 0, BYTES("\0\0\0"), 6},
    {"9113-6.9.1-01", NGHTTP2_WINDOW_UPDATE, 0, 0, BYTES("\x7f\xff\xff\xff"),
     3},
    {"9113-6.10-01", NGHTTP2_CONTINUATION, 4, 1, BYTES("\x88"), 1},
    {"9113-6.10-01", NGHTTP2_CONTINUATION, 4, 0, BYTES("\x88"), 1},
    {"9113-4.3-02, 7541-2.3.3-01", NGHTTP2_HEADERS, 4, 1, BYTES("\xff\x7f"), 9},
    {"7541-6.1-01", NGHTTP2_HEADERS, 4, 1, BYTES("\x80"), 9},
    {"7541-6.3-01", NGHTTP2_HEADERS, 4, 1, BYTES("\x3f\xff\x7f\x88"), 9},
    {"9218-7.1 a client's", 0x10, 0, 0, BYTES("\0\0\0\1u=1"), 1},
};

static void test_frames_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        for (size_t piece = 0; piece < 2; piece++) {
            const struct row *row = &rows[i];
            const char *told;
            char want[32];

            h2_server_restart(&s, none);
            s.c.piece = piece;
            caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
            h2_server_told(&s);
            h2_frame(&s.bytes, row->type, row->flags, row->id, row->payload,
                     row->len);
            h2_serve(&s);
            told = h2_server_told(&s);
            if (row->code < 0) {
                if (strstr(told, "GOAWAY") != NULL || s.c.log.len > 0)
                    fail_msg("%s: %s", row->rule, told);
                continue;
            }
            snprintf(want, sizeof(want), "GOAWAY 0 %d\n", row->code);
            if (strcmp(told, want) != 0)
                fail_msg("%s: %s", row->rule, told);
            assert_log(&s.c, "end malformed\n");
            assert_int_equal(caller_state(&s.c), VB_WIRE_CLOSE);
        }
}

/* 9113-3.4-01, 9113-3.4-03: it is no HTTP/2 that does not begin with SETTINGS.
 */
static void test_what_begins_otherwise_is_no_http_2(void **state)
{
    static const struct vb_span beginnings[] = {
        VB_SPAN_INIT("HTTP/1.1 400 Bad Request\r\n\r\n"),
        VB_SPAN_INIT("\0\0\0\4\1\0\0\0\0"),           /* SETTINGS, ACK */
        VB_SPAN_INIT("\0\0\x08\6\0\0\0\0\0********"), /* PING */
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(beginnings); i++) {
        h2_server_restart(&s, NULL);
        caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
        caller_answer(&s.c, beginnings[i]);
        assert_log(&s.c, "end malformed\n");
        assert_int_equal(caller_state(&s.c), VB_WIRE_CLOSE);
    }
}

/* 9113-4.2-02: the largest frame is 2^14 bytes. */
static void test_a_frame_has_a_bound(void **state)
{
    static const char head[] = "\0\x40\1\0\0\0\0\0\1";

    (void)state;
    caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
    h2_server_told(&s);
    caller_answer(&s.c, vb_span_of(head, 9));
    assert_told(&s, "GOAWAY 0 6\n");
    assert_log(&s.c, "end malformed\n");
}

/* 9113-4.3-01: nothing comes between the parts of a section. */
static void test_a_section_is_contiguous(void **state)
{
    (void)state;
    caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
    h2_server_told(&s);
    h2_frame(&s.bytes, NGHTTP2_HEADERS, 0, 1, "\x88", 1);
    h2_frame(&s.bytes, NGHTTP2_PING, 0, 0, "12345678", 8);
    h2_serve(&s);
    assert_told(&s, "GOAWAY 0 1\n");
}

/* 9113-5.1-02: behind its end a stream has nothing. */
static void test_nothing_follows_the_end_of_a_stream(void **state)
{
    struct asked *asked = caller_ask(&s.c, "GET", "/");

    (void)state;
    s.c.resumes = false;
    asked->pauses = true;
    caller_start(&s.c, asked);
    h2_server_told(&s);
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("a"), true);
    h2_serve_data(&s, 1, VB_SPAN("b"), true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\ncontent a\nend malformed\nroom\n");
    assert_told(&s, "RST_STREAM 1 5\n");
}

/* 9113-6.9-01, -6.9.1-01: errors of one stream alone. */
static void test_a_bad_window_of_a_stream_is_its_own(void **state)
{
    static const uint32_t by[] = {0, 0x7fffffff};
    static const char *const told[] = {"RST_STREAM 1 1\n", "RST_STREAM 1 3\n"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(by); i++) {
        h2_server_restart(&s, none);
        caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
        h2_server_told(&s);
        h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 1, by[i]);
        h2_serve(&s);
        assert_told(&s, told[i]);
        assert_log(&s.c, "end malformed\nroom\n");
        assert_int_equal(caller_state(&s.c) & VB_WIRE_CLOSE, 0);
    }
}

/* 9113-6.7-01 */
static void test_a_ping_is_answered(void **state)
{
    (void)state;
    h2_frame(&s.bytes, NGHTTP2_PING, 0, 0, "12345678", 8);
    h2_frame(&s.bytes, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "87654321", 8);
    h2_serve(&s);
    assert_told(&s, "PING ack 12345678\n");
}

/* 9113-10.5-01: of each kind that costs the sender nothing. */
static void test_floods_end_the_connection(void **state)
{
    static const struct {
        uint8_t type;
        int32_t id;
        const char *payload;
        size_t len;
    } floods[] = {
        {NGHTTP2_PING, 0, BYTES("12345678")},
        {NGHTTP2_SETTINGS, 0, BYTES("")},
        {NGHTTP2_WINDOW_UPDATE, 1, BYTES("\0\0\0\1")},
        {NGHTTP2_PRIORITY, 1, BYTES("\0\0\0\0\0")},
        {NGHTTP2_DATA, 1, BYTES("")},
        {0xff, 0, BYTES("")},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(floods); i++) {
        h2_server_restart(&s, none);
        caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
        h2_serve_head(&s, 1, ok, false);
        for (int n = 0; n < 2000; n++)
            h2_frame(&s.bytes, floods[i].type, 0, floods[i].id,
                     floods[i].payload, floods[i].len);
        h2_serve(&s);
        assert_non_null(strstr(caller_log(&s.c), "end malformed\n"));
        assert_non_null(strstr(h2_server_told(&s), "GOAWAY 0 11\n"));
        assert_int_equal(caller_state(&s.c), VB_WIRE_CLOSE);
    }
}

/* Also of content that nobody wants any more, byte by byte. */
static void test_a_flood_for_nobody_ends_the_connection(void **state)
{
    struct asked *asked = caller_ask(&s.c, "GET", "/");

    (void)state;
    caller_start(&s.c, asked);
    asked->ended = true;
    asked->call.carrier->cancel(&asked->call);
    for (int n = 0; n < 2000; n++)
        h2_serve_data(&s, 1, VB_SPAN("x"), false);
    h2_serve(&s);
    assert_non_null(strstr(h2_server_told(&s), "GOAWAY 0 11\n"));
}

/* What was on its way is none. */
static void test_late_content_is_no_flood(void **state)
{
    static char bytes[16000];
    struct asked *asked = caller_ask(&s.c, "GET", "/");

    (void)state;
    caller_start(&s.c, asked);
    asked->ended = true;
    asked->call.carrier->cancel(&asked->call);
    for (int n = 0; n < 2000; n++) {
        h2_serve_data(&s, 1, vb_span_of(bytes, n < 1000 ? 1000 : 16000), false);
        if (n % 50 == 0)
            h2_serve(&s);
    }
    h2_serve(&s);
    assert_null(strstr(h2_server_told(&s), "GOAWAY"));
    assert_int_equal(s.c.client->ops->room(s.c.client), 100);
}

/* Who does not read what we owe it is not read either. */
static void test_who_reads_nothing_is_not_read(void **state)
{
    (void)state;
    s.c.stuck = true;
    for (int n = 0; n < 900; n++)
        h2_frame(&s.bytes, NGHTTP2_PING, 0, 0, "12345678", 8);
    s.c.piece = 1700;
    h2_serve(&s);
    for (int n = 0; n < 60 && (caller_state(&s.c) & VB_WIRE_READ) != 0; n++) {
        caller_pass(&s.c, 20 * 1000); /* which fills the budget up */
        for (int i = 0; i < 900; i++)
            h2_frame(&s.bytes, NGHTTP2_PING, 0, 0, "12345678", 8);
        h2_serve(&s);
    }
    assert_int_equal(caller_state(&s.c), VB_WIRE_WRITE);
    assert_true(s.c.unfed.len > 0);
}

static void test_interim_replies_are_bounded(void **state)
{
    static const char *const hints[] = {STATUS(103), NULL};

    (void)state;
    caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
    h2_server_told(&s);
    for (int i = 0; i < 65; i++)
        h2_serve_head(&s, 1, hints, false);
    h2_serve(&s);
    assert_non_null(strstr(caller_log(&s.c), "end malformed\n"));
    assert_told(&s, "RST_STREAM 1 1\n");
}

/* An uncooperative end is one all the same. */
static void test_a_last_frame_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    s.c.stuck = true;
    s.c.client->ops->close(s.c.client);
    s.c.wire->ops->shut_down(s.c.wire);
    assert_int_equal(caller_state(&s.c), VB_WIRE_WRITE);
    caller_pass(&s.c, s.c.limits.linger_ms);
    assert_int_equal(caller_state(&s.c), VB_WIRE_CLOSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_frames_by_rows),
        TEST(test_what_begins_otherwise_is_no_http_2),
        TEST(test_a_frame_has_a_bound),
        TEST(test_a_section_is_contiguous),
        TEST(test_nothing_follows_the_end_of_a_stream),
        TEST(test_a_bad_window_of_a_stream_is_its_own),
        TEST(test_a_ping_is_answered),
        TEST(test_floods_end_the_connection),
        TEST(test_a_flood_for_nobody_ends_the_connection),
        TEST(test_late_content_is_no_flood),
        TEST(test_who_reads_nothing_is_not_read),
        TEST(test_interim_replies_are_bounded),
        TEST(test_a_last_frame_is_not_waited_for_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
