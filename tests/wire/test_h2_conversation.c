/* HTTP/2 as an honest client sees it: RFC 9113, over the service of driver.h.
 */
#include "h2_client.h"

#include <stdio.h>

#include "request_rows.h"
#include "service.h"

#define AUTHORITY ":authority", "h"
#define GET_HEAD  ":method", "GET", ":scheme", "http", ":path"

static const char *const te[] = {"te",     "trailers", "cookie", "a=1",
                                 "cookie", "b=2",      NULL};

static void ask_small(struct h2_client *c)
{
    h2_ask(c, "GET", "/", te, NULL);
    h2_ask(c, "HEAD", "/", NULL, NULL);
    h2_ask(c, "POST", "/echo", NULL, "hello");
    h2_ask(c, "GET", "/hinted/2", NULL, NULL);
    h2_ask(c, "GET", "/not-modified", NULL, NULL);
    h2_ask(c, "GET", "/status/204", NULL, NULL);
    h2_ask(c, "GET", "/nothing", NULL, NULL);
}

static void ask_large(struct h2_client *c)
{
    h2_ask(c, "GET", "/bytes/9000", NULL, NULL);
    h2_ask(c, "GET", "/stream/5000", NULL, NULL);
    h2_ask(c, "PUT", "/pause", NULL, "some content, with pauses");
    h2_ask(c, "GET", "/file/3000", NULL, NULL);
    h2_ask(c, "POST", "/refuse", NULL, "unwanted");
    h2_ask(c, "GET", "/broken/1000", NULL, NULL);
}

/* The script of the client, cut at `split`, and what it then knows. */
static void play(void (*ask)(struct h2_client *c), size_t split, size_t piece,
                 struct vb_buf *result, size_t *ret_len)
{
    struct h2_talk t;
    struct vb_buf script;
    struct vb_span text;

    h2_talk_init(&t, 1 << 20);
    t.d.piece = piece;
    vb_buf_init(&script, 64 * 1024);
    ask(&t.c);
    h2_client_bytes(&t.c, &script);
    text = vb_buf_span(&script);
    *ret_len = text.len;
    driver_send(&t.d, vb_span_head(text, split < text.len ? split : text.len));
    if (split < text.len)
        driver_send(&t.d, vb_span_from(text, split));
    h2_client_read(&t.c);
    assert_int_equal(t.c.rv, 0);
    h2_summary(&t.c, result);
    vb_buf_done(&script);
    h2_talk_done(&t);
}

static void check_splits(void (*ask)(struct h2_client *c))
{
    struct vb_buf whole;
    struct vb_buf split;
    size_t len;

    vb_buf_init(&whole, 1024 * 1024);
    vb_buf_init(&split, 1024 * 1024);
    play(ask, 0, 0, &whole, &len);
    for (size_t at = 1; at < len; at++) {
        vb_buf_reset(&split);
        play(ask, at, 0, &split, &len);
        assert_true(vb_span_eq(vb_buf_span(&whole), vb_buf_span(&split)));
    }
    for (size_t piece = 1; piece < 12; piece++) {
        vb_buf_reset(&split);
        play(ask, len, piece, &split, &len);
        assert_true(vb_span_eq(vb_buf_span(&whole), vb_buf_span(&split)));
    }
    vb_buf_done(&whole);
    vb_buf_done(&split);
}

static void test_nothing_depends_on_how_bytes_were_split(void **state)
{
    (void)state;
    check_splits(ask_small);
    check_splits(ask_large);
}

/* --- Replies ----------------------------------------------------------------
 */

static void test_a_reply_is_that_of_http_1(void **state)
{
    struct h2_talk *t = *state;

    ask_small(&t->c);
    h2_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_span_equal(vb_buf_span(&t->c.replies[0].content), "hello");
    assert_span_equal(h2_field(&t->c.replies[0], "content-length"), "5");
    assert_span_equal(h2_field(&t->c.replies[0], "etag"), "\"k7\"");
    assert_span_equal(h2_field(&t->c.replies[0], "content-type"), "text/plain");
    assert_int_equal(h2_field(&t->c.replies[0], "date").len, 29);
    assert_int_equal(t->c.replies[1].content.len, 0);
    assert_span_equal(h2_field(&t->c.replies[1], "content-length"), "5");
    assert_span_equal(vb_buf_span(&t->c.replies[2].content), "hello");
    assert_string_equal(t->c.replies[3].interim, "103 103 ");
    assert_int_equal(t->c.replies[4].status, 304);
    assert_span_equal(h2_field(&t->c.replies[4], "etag"), "\"k7\"");
    assert_null(h2_field(&t->c.replies[4], "content-type").ptr);
    assert_int_equal(t->c.replies[5].status, 204);
    assert_null(h2_field(&t->c.replies[5], "content-length").ptr);
    assert_int_equal(t->c.replies[6].status, 404);
    for (int i = 0; i < t->c.count; i++)
        assert_true(t->c.replies[i].closed && t->c.replies[i].code == 0);
}

/* No field of a reply can meddle with framing, or is about the connection. */
static void test_fields_are_cleaned(void **state)
{
    static const struct vb_field_out fields[] = {
        {VB_SPAN_INIT("Connection"), VB_SPAN_INIT("close")},
        {VB_SPAN_INIT("Transfer-Encoding"), VB_SPAN_INIT("chunked")},
        {VB_SPAN_INIT("Upgrade"), VB_SPAN_INIT("h3")},
        {VB_SPAN_INIT("Content-Length"), VB_SPAN_INIT("7")},
        {VB_SPAN_INIT("a b"), VB_SPAN_INIT("no name")},
        {VB_SPAN_INIT("X-Split"), VB_SPAN_INIT(" a\r\nSet-Cookie: b\t")},
        {VB_SPAN_INIT("Date"), VB_SPAN_INIT("never")},
    };
    struct h2_talk *t = *state;

    t->d.fields = fields;
    t->d.field_count = VB_COUNT_OF(fields);
    h2_ask(&t->c, "GET", "/fields", NULL, NULL);
    h2_exchange(&t->c);
    assert_span_equal(
        vb_buf_span(&t->c.replies[0].fields),
        "x-split: a  Set-Cookie: b\ndate: never\ncontent-length: 0\n");
}

static const struct {
    const char *path;
    size_t length;
    uint32_t code; /* of a stream that is cut short */
} contents[] = {
    {"/large", LARGE_SIZE, 0},
    {"/bytes/100000", 100000, 0},
    {"/bytes/2048", 2048, 0},
    {"/bytes/2049", 2049, 0},
    {"/source/50000", 50000, 0},
    {"/stream/200000", 200000, 0},
    {"/slow/30000", 30000, 0},
    {"/instant/30000", 30000, 0},
    {"/wide/100000", 100000, 0},
    {"/file/300000", 300000, 0},
    {"/parts/100000", 100000, 0},
    {"/broken/3000", 3000, NGHTTP2_INTERNAL_ERROR},
    {"/short/3000", 2999, NGHTTP2_INTERNAL_ERROR},
    {"/over/3000", 3000, NGHTTP2_INTERNAL_ERROR},
};

static void check_content(size_t i, uint32_t window, size_t room)
{
    static char pattern[SOURCE_MAX];
    struct h2_talk t;

    h2_talk_init(&t, window);
    t.d.room = room;
    fill_pattern(pattern, sizeof(pattern));
    h2_ask(&t.c, "GET", contents[i].path, NULL, NULL);
    h2_exchange(&t.c);
    assert_int_equal(t.c.replies[0].status, 200);
    assert_true(t.c.replies[0].closed);
    assert_int_equal(t.c.replies[0].code, contents[i].code);
    assert_int_equal(t.c.replies[0].content.len, contents[i].length);
    assert_memory_equal(t.c.replies[0].content.ptr, pattern,
                        contents[i].length);
    assert_int_equal(t.d.ends, 1);
    h2_talk_done(&t);
}

static void test_content_of_every_kind_through_every_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(contents); i++) {
        check_content(i, 0, 0);
        check_content(i, 1000, 0);
        check_content(i, 1 << 20, 777);
    }
}

/* Who does not read what is queued is not read either; then all comes. */
static void test_who_reads_nothing_waits(void **state)
{
    struct h2_talk t;

    (void)state;
    h2_talk_init(&t, 1 << 20);
    h2_ask(&t.c, "GET", "/large", NULL, NULL);
    h2_exchange(&t.c);
    t.d.stuck = true;
    h2_ask(&t.c, "GET", "/large", NULL, NULL);
    h2_ask(&t.c, "GET", "/", NULL, NULL);
    h2_exchange(&t.c);
    assert_int_equal(t.c.replies[2].status, 0);
    assert_int_equal(driver_state(&t.d) & VB_WIRE_READ, 0);
    t.d.stuck = false;
    driver_pump(&t.d);
    h2_exchange(&t.c);
    assert_int_equal(t.c.replies[1].content.len, LARGE_SIZE);
    assert_int_equal(t.c.replies[2].status, 200);
    h2_talk_done(&t);
}

/* --- Requests ----------------------------------------------------------------
 */

/* What HTTP/1.1 refuses too, and what only a stream's end tells. */
static const struct request_row own_rows[] = {
    {"9110-8.6 no number",
     {GET_HEAD, "/", AUTHORITY, "content-length", "1x"},
     400,
     NULL},
    {"9113-8.1.1 less content than announced",
     {GET_HEAD, "/", AUTHORITY, "content-length", "1"},
     ROW_MALFORMED,
     NULL},
    {"9110-9.1 a method that is no token",
     {":method", "G T", ":scheme", "http", ":path", "/", AUTHORITY},
     400,
     NULL},
};

static void check_request(const struct request_row *row)
{
    static const char *const fine[] = {GET_HEAD, "/", AUTHORITY, NULL};
    struct h2_talk t;

    h2_talk_init(&t, 0);
    h2_request(&t.bytes, 1, row->fields, true);
    h2_send(&t);
    if (row->status == ROW_MALFORMED) {
        if (h2_reset_code(&t.d, 1) != NGHTTP2_PROTOCOL_ERROR)
            fail_msg("%s: %lld", row->what, (long long)h2_reset_code(&t.d, 1));
        assert_int_equal(t.d.log.len, 0);
    } else {
        char end[32];

        snprintf(end, sizeof(end), "end %d ", row->status);
        if (!h2_logged(&t, end))
            fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t.d.log)));
    }
    if (row->log != NULL)
        assert_true(
            vb_span_starts(vb_buf_span(&t.d.log), vb_span_str(row->log)));
    /* The connection goes on, and what compresses is in step. */
    assert_int_equal(h2_goaway_code(&t.d), -1);
    vb_buf_reset(&t.d.log);
    h2_request(&t.bytes, 3, fine, true);
    h2_send(&t);
    assert_true(h2_logged(&t, "end 200"));
    h2_talk_done(&t);
}

/* RFC 9113 sections 8.2, 8.3.1 */
static void test_requests_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < request_row_count; i++)
        check_request(&request_rows[i]);
    for (size_t i = 0; i < VB_COUNT_OF(own_rows); i++)
        check_request(&own_rows[i]);
}

/* --- Content and trailers ----------------------------------------------------
 */

static void test_content_comes_as_the_sink_takes_it(void **state)
{
    static char body[600 * 1000 + 1];
    struct h2_talk *t = *state;

    fill_pattern(body, sizeof(body) - 1);
    h2_ask(&t->c, "POST", "/later-echo", NULL, body);
    h2_exchange(&t->c);
    /* Nobody wants it yet: a window of it came, and no more. */
    assert_int_equal(t->c.replies[0].body.len, 600 * 1000 - 256 * 1024);
    driver_answer(&t->d, 0);
    h2_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_int_equal(t->c.replies[0].content.len, 600 * 1000);
    assert_memory_equal(t->c.replies[0].content.ptr, body, 600 * 1000);
}

static void test_a_reply_before_the_contents_end(void **state)
{
    static char body[600 * 1000 + 1];
    struct h2_talk *t = *state;

    fill_pattern(body, sizeof(body) - 1);
    h2_ask(&t->c, "POST", "/early", NULL, body);
    h2_ask(&t->c, "POST", "/refuse", NULL, body);
    h2_ask(&t->c, "POST", "/echo", NULL, "a");
    h2_exchange(&t->c);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(t->c.replies[i].status, 403);
        assert_true(t->c.replies[i].closed);
        assert_int_equal(t->c.replies[i].code, NGHTTP2_NO_ERROR);
        assert_true(t->c.replies[i].body.len > 0);
    }
    assert_int_equal(t->c.replies[2].status, 200);
}

static const char *const post[] = {":method", "POST",  ":scheme", "http",
                                   ":path",   "/echo", AUTHORITY, NULL};

static void test_trailers(void **state)
{
    static const char *const trailers[] = {"x", "y", "content-length", "7",
                                           NULL};
    struct h2_talk *t = *state;

    h2_request(&t->bytes, 1, post, false);
    h2_frame(&t->bytes, NGHTTP2_DATA, 0, 1, "abc", 3);
    h2_request(&t->bytes, 1, trailers, true);
    h2_send(t);
    assert_true(h2_logged(t, "trailer x=y\n"));
    assert_false(h2_logged(t, "length="));
}

static void test_more_or_less_content_than_announced(void **state)
{
    static const char *const announced[] = {
        ":method", "POST",    ":scheme",        "http", ":path",
        "/echo",   AUTHORITY, "content-length", "3",    NULL};
    static const char *const sent[] = {"ab", "abcd"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(sent); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        h2_request(&t.bytes, 1, announced, false);
        h2_frame(&t.bytes, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, sent[i],
                 strlen(sent[i]));
        h2_send(&t);
        assert_int_equal(h2_reset_code(&t.d, 1), NGHTTP2_PROTOCOL_ERROR);
        assert_int_equal(t.d.ends, 1);
        h2_talk_done(&t);
    }
}

static void test_100_when_content_is_wanted(void **state)
{
    static const char *const expect[] = {
        ":method",     "POST",    ":scheme", "http",         ":path",
        "/later-echo", AUTHORITY, "expect",  "100-continue", NULL};
    struct h2_talk *t = *state;

    h2_request(&t->bytes, 1, expect, false);
    h2_send(t);
    vb_buf_reset(&t->d.out);
    driver_answer(&t->d, 0);
    assert_int_equal(t->d.out.ptr[3], NGHTTP2_HEADERS);
    assert_int_equal(t->d.out.ptr[4], NGHTTP2_FLAG_END_HEADERS); /* no end */
    h2_frame(&t->bytes, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "a", 1);
    h2_send(t);
    assert_true(h2_logged(t, "end 200 sent=1"));
}

static void test_too_much_content_is_413(void **state)
{
    static const char *const length[] = {"content-length", "21", NULL};
    struct h2_talk *t = *state;

    t->d.limits.max_content = 20;
    h2_ask(&t->c, "POST", "/echo", length, "123456789012345678901");
    h2_ask(&t->c, "POST", "/echo", NULL, "123456789012345678901");
    h2_ask(&t->c, "POST", "/echo", NULL, "12345678901234567890");
    h2_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 413);
    assert_int_equal(t->c.replies[1].status, 413);
    assert_int_equal(t->c.replies[2].status, 200);
}

/* --- Ends and times ----------------------------------------------------------
 */

/* RFC 9113 section 6.8 */
static void test_a_drain_answers_what_is_under_way(void **state)
{
    struct h2_talk *t = *state;

    h2_ask(&t->c, "GET", "/later", NULL, NULL);
    h2_exchange(&t->c);
    t->d.wire->ops->shut_down(t->d.wire);
    h2_ask(&t->c, "GET", "/", NULL, NULL); /* crosses the notice */
    driver_pump(&t->d);
    h2_exchange(&t->c);
    assert_true(t->c.goaway && t->c.code == NGHTTP2_NO_ERROR);
    assert_int_equal(t->c.last, 3);
    assert_int_equal(t->c.replies[1].status, 200);
    assert_int_equal(driver_state(&t->d) & VB_WIRE_LINGER, 0);
    driver_answer(&t->d, 0);
    h2_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_int_not_equal(driver_state(&t->d) & VB_WIRE_LINGER, 0);
    driver_eof(&t->d);
    assert_int_equal(driver_state(&t->d), VB_WIRE_CLOSE);
}

static void test_an_idle_connection_drains_at_once(void **state)
{
    struct h2_talk *t = *state;

    h2_exchange(&t->c);
    t->d.wire->ops->shut_down(t->d.wire);
    driver_pump(&t->d);
    assert_int_equal(h2_goaway_code(&t->d), NGHTTP2_NO_ERROR);
    assert_int_not_equal(driver_state(&t->d) & VB_WIRE_LINGER, 0);
    driver_pass(&t->d, t->d.limits.linger_ms);
    assert_int_equal(driver_state(&t->d), VB_WIRE_CLOSE);
}

/* The client says nothing about the PING: it is not waited for longer. */
static void test_a_drain_waits_for_nobody(void **state)
{
    struct h2_talk *t = *state;

    h2_ask(&t->c, "GET", "/later", NULL, NULL);
    h2_exchange(&t->c);
    t->d.wire->ops->shut_down(t->d.wire);
    driver_pass(&t->d, t->d.limits.linger_ms);
    h2_client_read(&t->c);
    assert_int_equal(t->c.last, 1);
    driver_answer(&t->d, 0);
    assert_int_not_equal(driver_state(&t->d) & VB_WIRE_LINGER, 0);
}

static void test_so_many_requests_and_no_more(void **state)
{
    struct h2_talk *t = *state;

    t->d.limits.max_requests = 2;
    h2_ask(&t->c, "GET", "/", NULL, NULL);
    h2_exchange(&t->c);
    assert_false(t->c.goaway);
    h2_ask(&t->c, "GET", "/", NULL, NULL);
    h2_exchange(&t->c);
    assert_int_equal(t->c.replies[1].status, 200);
    assert_true(t->c.goaway && t->c.code == NGHTTP2_NO_ERROR);
    assert_int_not_equal(driver_state(&t->d) & VB_WIRE_LINGER, 0);
}

static void test_close_ends_the_connection(void **state)
{
    struct h2_talk *t = *state;

    h2_ask(&t->c, "GET", "/close", NULL, NULL);
    h2_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_true(t->c.goaway && t->c.code == NGHTTP2_NO_ERROR);
}

/* Pings do not keep a connection that is not used. */
static void test_an_idle_connection_ends(void **state)
{
    struct h2_talk *t = *state;

    h2_ask(&t->c, "GET", "/", NULL, NULL);
    h2_exchange(&t->c);
    driver_pass(&t->d, t->d.limits.idle_timeout_ms - 1);
    nghttp2_submit_ping(t->c.session, 0, NULL);
    h2_exchange(&t->c);
    assert_int_equal(t->c.pings, 1);
    driver_pass(&t->d, 1);
    assert_int_equal(h2_goaway_code(&t->d), NGHTTP2_NO_ERROR);
}

static void test_the_preface_and_a_head_come_in_time(void **state)
{
    static const char part[] = "\000\000\012\001\000\000\000\000\001\202";
    struct h2_talk *t = *state;

    driver_send_str(&t->d, H2_PREFACE);
    driver_pass(&t->d, t->d.limits.head_timeout_ms);
    assert_int_equal(h2_goaway_code(&t->d), NGHTTP2_NO_ERROR);
    driver_restart(&t->d);
    vb_buf_append(&t->bytes, vb_span_of(part, sizeof(part) - 1));
    h2_send(t);
    driver_pass(&t->d, t->d.limits.head_timeout_ms);
    assert_int_equal(h2_goaway_code(&t->d), NGHTTP2_ENHANCE_YOUR_CALM);
    assert_int_equal(t->d.log.len, 0);
}

static void test_content_that_does_not_come_is_408(void **state)
{
    struct h2_talk *t = *state;

    h2_request(&t->bytes, 1, post, false);
    h2_send(t);
    driver_pass(&t->d, t->d.limits.content_timeout_ms - 1);
    assert_int_equal(t->d.ends, 0);
    driver_pass(&t->d, 1);
    assert_true(h2_logged(t, "end 408"));
    assert_int_equal(h2_goaway_code(&t->d), -1);
}

/* A client that opens no window holds its stream only so long. */
static void test_a_window_that_stays_shut(void **state)
{
    struct h2_talk *t = *state;
    static const char *const large[] = {GET_HEAD, "/large", AUTHORITY, NULL};

    h2_request(&t->bytes, 1, large, true);
    h2_send(t);
    assert_int_equal(t->d.ends, 0);
    driver_pass(&t->d, 3 * (int64_t)t->d.limits.write_timeout_ms - 1);
    assert_int_equal(h2_reset_code(&t->d, 1), -1);
    driver_pass(&t->d, 1);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_CANCEL);
    assert_int_equal(t->d.ends, 1);
}

/* It tells of what it has read when that is half a window: at 500 bytes a
 * second that is once a minute. */
static void test_who_reads_slowly_gets_all_of_it(void **state)
{
    static const char *const large[] = {GET_HEAD, "/large", AUTHORITY, NULL};
    struct h2_talk *t = *state;

    h2_request(&t->bytes, 1, large, true);
    h2_send(t);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(t->d.ends, 0);
        driver_pass(&t->d, 65000);
        h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\200\0", 4);
        h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\200\0", 4);
        h2_send(t);
    }
    assert_int_equal(h2_reset_code(&t->d, 1), -1);
    assert_int_equal(t->d.ends, 1);
    assert_true(h2_logged(t, "end 200"));
}

/* One after the other (RFC 9218 section 10): who waits for its turn is not
 * late while the connection gets on. */
static void test_a_stream_waits_for_its_turn(void **state)
{
    static const char *const large[] = {GET_HEAD, "/large", AUTHORITY, NULL};
    struct h2_talk *t = *state;

    h2_frame(&t->bytes, NGHTTP2_SETTINGS, 0, 0, "\0\004\0\020\0\0", 6);
    h2_request(&t->bytes, 1, large, true);
    h2_request(&t->bytes, 3, large, true);
    for (int i = 0; i < 5; i++) {
        h2_send(t);
        driver_pass(&t->d, 3 * (int64_t)t->d.limits.write_timeout_ms - 1);
        h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\003\350", 4);
    }
    assert_int_equal(h2_reset_code(&t->d, 1), -1);
    assert_int_equal(h2_reset_code(&t->d, 3), -1);
    driver_pass(&t->d, 1);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_CANCEL);
    assert_int_equal(h2_reset_code(&t->d, 3), NGHTTP2_CANCEL);
}

static void test_a_client_that_reads_nothing_is_closed(void **state)
{
    struct h2_talk t;

    (void)state;
    h2_talk_init(&t, 1 << 20);
    t.d.stuck = true;
    h2_ask(&t.c, "GET", "/large", NULL, NULL);
    h2_exchange(&t.c);
    driver_pass(&t.d, t.d.limits.write_timeout_ms);
    assert_int_equal(driver_state(&t.d), VB_WIRE_CLOSE);
    h2_talk_done(&t);
}

/* A half-close: what was asked is answered, what was not is refused. */
static void test_the_end_of_what_the_client_sends(void **state)
{
    struct h2_talk *t = *state;
    static const char *const later[] = {GET_HEAD, "/later", AUTHORITY, NULL};

    h2_request(&t->bytes, 1, later, true);
    h2_request(&t->bytes, 3, post, false);
    h2_send(t);
    driver_eof(&t->d);
    assert_true(h2_logged(t, "end 400"));
    assert_int_equal(driver_state(&t->d), 0);
    driver_answer(&t->d, 0);
    assert_true(h2_logged(t, "end 200"));
    assert_int_equal(driver_state(&t->d), VB_WIRE_CLOSE);
}

/* What is free'd in the middle of everything abandons it. */
static void test_free_at_any_moment(void **state)
{
    struct h2_talk *t = *state;

    t->d.resumes = false;
    h2_ask(&t->c, "GET", "/later", NULL, NULL);
    h2_ask(&t->c, "POST", "/pause", NULL, "content");
    h2_ask(&t->c, "GET", "/slow/100", NULL, NULL);
    h2_exchange(&t->c);
    t->d.stuck = true;
    h2_ask(&t->c, "GET", "/large", NULL, NULL);
    h2_exchange(&t->c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_depends_on_how_bytes_were_split),
        h2_unit_test(test_a_reply_is_that_of_http_1),
        h2_unit_test(test_fields_are_cleaned),
        cmocka_unit_test(test_content_of_every_kind_through_every_window),
        cmocka_unit_test(test_who_reads_nothing_waits),
        cmocka_unit_test(test_requests_by_rows),
        h2_unit_test(test_content_comes_as_the_sink_takes_it),
        h2_unit_test(test_a_reply_before_the_contents_end),
        h2_unit_test(test_trailers),
        cmocka_unit_test(test_more_or_less_content_than_announced),
        h2_unit_test(test_100_when_content_is_wanted),
        h2_unit_test(test_too_much_content_is_413),
        h2_unit_test(test_a_drain_answers_what_is_under_way),
        h2_unit_test(test_an_idle_connection_drains_at_once),
        h2_unit_test(test_a_drain_waits_for_nobody),
        h2_unit_test(test_so_many_requests_and_no_more),
        h2_unit_test(test_close_ends_the_connection),
        h2_unit_test(test_an_idle_connection_ends),
        h2_unit_test(test_the_preface_and_a_head_come_in_time),
        h2_unit_test(test_content_that_does_not_come_is_408),
        h2_unit_test(test_a_window_that_stays_shut),
        h2_unit_test(test_who_reads_slowly_gets_all_of_it),
        h2_unit_test(test_a_stream_waits_for_its_turn),
        cmocka_unit_test(test_a_client_that_reads_nothing_is_closed),
        h2_unit_test(test_the_end_of_what_the_client_sends),
        h2_unit_test(test_free_at_any_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
