/* HTTP/3 as an honest client sees it: RFC 9114, over the service of driver.h.
 */
#include "h3_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "service.h"

static const char *const te[] = {"te",     "trailers", "cookie", "a=1",
                                 "cookie", "b=2",      NULL};

static void ask_small(struct h3_client *c)
{
    h3_ask(c, "GET", "/", te, NULL);
    h3_ask(c, "HEAD", "/", NULL, NULL);
    h3_ask(c, "POST", "/echo", NULL, "hello");
    h3_ask(c, "GET", "/hinted/2", NULL, NULL);
    h3_ask(c, "GET", "/not-modified", NULL, NULL);
    h3_ask(c, "GET", "/status/204", NULL, NULL);
    h3_ask(c, "GET", "/nothing", NULL, NULL);
    h3_ask(c, "POST", "/echo", NULL, "");
}

static void ask_large(struct h3_client *c)
{
    h3_ask(c, "GET", "/bytes/9000", NULL, NULL);
    h3_ask(c, "GET", "/stream/5000", NULL, NULL);
    h3_ask(c, "PUT", "/pause", NULL, "some content, with pauses");
    h3_ask(c, "GET", "/file/3000", NULL, NULL);
    h3_ask(c, "POST", "/refuse", NULL, "unwanted");
    h3_ask(c, "GET", "/broken/1000", NULL, NULL);
}

/* What the client asks, each stream's bytes cut at `split` (0: nowhere), or in
 * pieces, and what it then knows. */
static void play(void (*ask)(struct h3_client *c), size_t split, size_t piece,
                 struct vb_buf *result)
{
    struct h3_talk *t = h3_talk_new();
    struct vb_buf rest[LINK_STREAMS_MAX];
    bool fin[LINK_STREAMS_MAX];
    int count;

    t->l.d.piece = piece;
    ask(&t->c);
    h3_client_write(&t->c);
    count = t->l.count;
    for (int i = 0; i < count; i++) {
        struct link_stream *s = &t->l.streams[i];
        size_t keep = split == 0 || split > s->up.len ? s->up.len : split;

        rest[i] = s->up;
        fin[i] = s->up_fin;
        vb_buf_init(&s->up, 64 * 1024 * 1024);
        vb_buf_append(&s->up, vb_span_head(vb_buf_span(&rest[i]), keep));
        if (keep < rest[i].len)
            s->up_fin = false;
        vb_buf_consume(&rest[i], keep);
    }
    link_pump(&t->l);
    for (int i = 0; i < count; i++) {
        if (rest[i].len > 0)
            link_send(&t->l, t->l.streams[i].id, vb_buf_span(&rest[i]), fin[i]);
        vb_buf_done(&rest[i]);
    }
    h3_exchange(&t->c);
    h3_summary(&t->c, result);
    h3_talk_free(t);
}

static void check_splits(void (*ask)(struct h3_client *c))
{
    struct vb_buf whole;
    struct vb_buf split;

    vb_buf_init(&whole, 1024 * 1024);
    vb_buf_init(&split, 1024 * 1024);
    play(ask, 0, 0, &whole);
    assert_true(whole.len > 0);
    for (size_t at = 1; at < 120; at++) {
        vb_buf_reset(&split);
        play(ask, at, 0, &split);
        assert_span_equal(vb_buf_span(&split), whole.ptr);
    }
    for (size_t piece = 1; piece < 12; piece++) {
        vb_buf_reset(&split);
        play(ask, 0, piece, &split);
        assert_span_equal(vb_buf_span(&split), whole.ptr);
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
    struct h3_talk *t = *state;

    ask_small(&t->c);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_span_equal(vb_buf_span(&t->c.replies[0].content), "hello");
    assert_span_equal(h3_field(&t->c.replies[0], "content-length"), "5");
    assert_span_equal(h3_field(&t->c.replies[0], "etag"), "\"k7\"");
    assert_span_equal(h3_field(&t->c.replies[0], "content-type"), "text/plain");
    assert_int_equal(h3_field(&t->c.replies[0], "date").len, 29);
    assert_int_equal(t->c.replies[1].content.len, 0);
    assert_span_equal(h3_field(&t->c.replies[1], "content-length"), "5");
    assert_span_equal(vb_buf_span(&t->c.replies[2].content), "hello");
    assert_string_equal(t->c.replies[3].interim, "103 103 ");
    assert_int_equal(t->c.replies[4].status, 304);
    assert_span_equal(h3_field(&t->c.replies[4], "etag"), "\"k7\"");
    assert_null(h3_field(&t->c.replies[4], "content-type").ptr);
    assert_int_equal(t->c.replies[5].status, 204);
    assert_null(h3_field(&t->c.replies[5], "content-length").ptr);
    assert_int_equal(t->c.replies[6].status, 404);
    for (int i = 0; i < t->c.count; i++) {
        struct link_stream *s = link_stream(&t->l, t->c.replies[i].id);

        assert_true(t->c.replies[i].ended && s->closed);
        assert_int_equal(s->consumed, s->delivered);
    }
    assert_true(t->l.closed == LINK_NONE);
    assert_int_equal(t->l.consumed, t->l.delivered);
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
    struct h3_talk *t = *state;

    t->l.d.fields = fields;
    t->l.d.field_count = VB_COUNT_OF(fields);
    h3_ask(&t->c, "GET", "/fields", NULL, NULL);
    h3_exchange(&t->c);
    assert_span_equal(
        vb_buf_span(&t->c.replies[0].fields),
        "x-split: a  Set-Cookie: b\ndate: never\ncontent-length: 0\n");
}

static const struct {
    const char *path;
    size_t length;
    uint64_t code; /* of a stream that is cut short */
} contents[] = {
    {"/large", LARGE_SIZE, LINK_NONE},
    {"/bytes/100000", 100000, LINK_NONE},
    {"/bytes/1", 1, LINK_NONE},
    {"/source/50000", 50000, LINK_NONE},
    {"/stream/200000", 200000, LINK_NONE},
    {"/slow/30000", 30000, LINK_NONE},
    {"/instant/30000", 30000, LINK_NONE},
    {"/wide/100000", 100000, LINK_NONE},
    {"/file/300000", 300000, LINK_NONE},
    {"/parts/100000", 100000, LINK_NONE},
    {"/broken/30000", 30000, NGHTTP3_H3_INTERNAL_ERROR},
    {"/short/30000", 29999, NGHTTP3_H3_INTERNAL_ERROR},
    {"/over/30000", 30000, NGHTTP3_H3_INTERNAL_ERROR},
};

static void check_content(size_t i, uint64_t window, size_t room,
                          bool holds_acks)
{
    static char pattern[SOURCE_MAX];
    struct h3_talk *t = h3_talk_new();
    struct link_stream *s;

    fill_pattern(pattern, sizeof(pattern));
    t->l.window = window;
    t->l.d.room = room;
    t->l.holds_acks = holds_acks;
    h3_ask(&t->c, "GET", contents[i].path, NULL, NULL);
    h3_exchange(&t->c);
    s = link_stream(&t->l, 0);
    while (!s->closed) {
        link_open(&t->l, 0, window);
        link_ack(&t->l);
        h3_exchange(&t->c);
    }
    assert_true(s->reset == contents[i].code);
    if (contents[i].code == LINK_NONE) { /* a reset takes what was on its way */
        assert_int_equal(t->c.replies[0].status, 200);
        assert_true(t->c.replies[0].ended);
        assert_int_equal(t->c.replies[0].content.len, contents[i].length);
    }
    assert_in_range(t->c.replies[0].content.len, 0, contents[i].length);
    if (t->c.replies[0].content.len > 0)
        assert_memory_equal(t->c.replies[0].content.ptr, pattern,
                            t->c.replies[0].content.len);
    assert_int_equal(t->l.d.ends, 1);
    h3_talk_free(t);
}

static void test_content_of_every_kind_through_every_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(contents); i++) {
        check_content(i, 1 << 20, 0, false);
        check_content(i, 1000, 0, false);
        check_content(i, 1 << 20, 777, true);
        check_content(i, 50000, 1200, true);
    }
}

/* --- Content towards its sink ------------------------------------------------
 */

/* 9114-4.1-06 of what nobody wants; and what waits is bounded by a window. */
static void test_content_comes_as_the_sink_takes_it(void **state)
{
    static char body[600 * 1000 + 1];
    struct h3_talk *t = *state;
    struct link_stream *s;

    fill_pattern(body, sizeof(body) - 1);
    h3_ask(&t->c, "POST", "/later-echo", NULL, body);
    h3_exchange(&t->c);
    s = link_stream(&t->l, 0);
    assert_in_range(s->delivered - s->consumed, VB_MUX_STREAM_WINDOW - 100,
                    VB_MUX_STREAM_WINDOW);
    driver_answer(&t->l.d, 0);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_int_equal(t->c.replies[0].content.len, 600 * 1000);
    assert_memory_equal(t->c.replies[0].content.ptr, body, 600 * 1000);
    assert_int_equal(s->consumed, s->delivered);
    assert_int_equal(t->l.consumed, t->l.delivered);
}

static void test_a_reply_before_the_contents_end(void **state)
{
    static char body[600 * 1000 + 1];
    struct h3_talk *t = *state;

    fill_pattern(body, sizeof(body) - 1);
    h3_ask(&t->c, "POST", "/early", NULL, body);
    h3_ask(&t->c, "POST", "/refuse", NULL, body);
    h3_ask(&t->c, "POST", "/echo", NULL, "a");
    h3_exchange(&t->c);
    for (int i = 0; i < 2; i++) {
        struct link_stream *s = link_stream(&t->l, t->c.replies[i].id);

        assert_int_equal(t->c.replies[i].status, 403);
        assert_true(t->c.replies[i].ended && s->closed);
        assert_int_equal(s->stopped, NGHTTP3_H3_NO_ERROR);
        assert_true(s->up.len == 0 && s->delivered < 600 * 1000);
    }
    assert_int_equal(t->c.replies[2].status, 200);
    assert_int_equal(t->l.consumed, t->l.delivered);
}

static void test_too_much_content_is_413(void **state)
{
    static const char *const length[] = {"content-length", "21", NULL};
    struct h3_talk *t = *state;

    t->l.d.limits.max_content = 20;
    h3_ask(&t->c, "POST", "/echo", length, "123456789012345678901");
    h3_ask(&t->c, "POST", "/echo", NULL, "123456789012345678901");
    h3_ask(&t->c, "POST", "/echo", NULL, "12345678901234567890");
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 413);
    assert_int_equal(t->c.replies[1].status, 413);
    assert_int_equal(t->c.replies[2].status, 200);
}

/* --- Acknowledgements --------------------------------------------------------
 */

/* What is sent from where it lies keeps its exchange, to the last byte. */
static void test_an_exchange_lives_until_all_is_acknowledged(void **state)
{
    struct h3_talk *t = *state;

    t->l.holds_acks = true;
    h3_ask(&t->c, "GET", "/large", NULL, NULL);
    h3_ask(&t->c, "GET", "/stream/9000", NULL, NULL);
    h3_exchange(&t->c);
    assert_true(t->c.replies[0].ended && t->c.replies[1].ended);
    assert_int_equal(t->l.d.ends, 0);
    assert_int_equal(t->l.d.env.exchanges.lent, 2);
    link_ack(&t->l);
    assert_int_equal(t->l.d.ends, 2);
    assert_int_equal(t->l.d.env.exchanges.lent, 0);
    assert_int_equal(t->l.d.env.output_blocks.lent, 0);
}

/* Copies that nobody acknowledges are bounded; then all comes. */
static void test_copies_wait_for_acknowledgements(void **state)
{
    struct h3_talk *t = *state;
    size_t most = 64 + 8 + 2;

    t->l.holds_acks = true;
    for (int i = 0; i < 8; i++)
        h3_ask(&t->c, "GET", i % 2 == 0 ? "/stream/200000" : "/file/200000",
               NULL, NULL);
    h3_exchange(&t->c);
    assert_in_range(t->l.d.env.output_blocks.lent, 60, most);
    while (t->l.d.ends < 8) {
        assert_true(t->l.d.env.output_blocks.lent <= most);
        assert_true(t->l.d.env.output_blocks.lent > 0);
        link_ack(&t->l);
        h3_exchange(&t->c);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(t->c.replies[i].content.len, 200000);
    assert_int_equal(t->l.d.env.output_blocks.lent, 0);
}

/* Streams whose windows stay shut keep nothing from the others. */
static void test_shut_windows_starve_nobody(void **state)
{
    struct h3_talk *t = *state;

    t->l.window = 3000;
    for (int i = 0; i < 15; i++)
        h3_ask(&t->c, "GET", "/wide/100000", NULL, NULL);
    h3_exchange(&t->c);
    t->l.window = 1 << 20;
    h3_ask(&t->c, "GET", "/stream/300000", NULL, NULL);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[15].content.len, 300000);
    assert_in_range(t->c.replies[0].content.len, 1000, 3000);
}

/* --- Cancelling --------------------------------------------------------------
 */

enum cancel { BY_RESET, BY_STOP, BY_BOTH, BY_FREE };

static const struct {
    const char *method;
    const char *path;
    const char *body;
} cancelled[] = {
    {"GET", "/large", NULL},       {"GET", "/stream/30000", NULL},
    {"GET", "/hinted/3", NULL},    {"GET", "/later", NULL},
    {"POST", "/echo", "content"},  {"POST", "/pause", "content"},
    {"POST", "/early", "content"}, {"POST", "/echo-later", "content"},
    {"GET", "/slow/3000", NULL},
};

/* Up to `steps`, then the client has changed its mind. True: there were as many
 * steps. */
static bool cancel(size_t i, int steps, enum cancel how)
{
    struct h3_talk *t = h3_talk_new();
    bool there;

    t->l.d.piece = 20;
    t->l.d.room = 3000;
    t->l.holds_acks = steps % 2 == 0;
    t->l.d.resumes = steps % 3 != 0;
    h3_ask(&t->c, cancelled[i].method, cancelled[i].path, NULL,
           cancelled[i].body);
    h3_client_write(&t->c);
    t->l.steps = steps;
    link_pump(&t->l);
    there = t->l.steps == 0;
    t->l.steps = -1;
    t->l.d.resumes = true;
    if (how == BY_RESET || how == BY_BOTH)
        link_reset(&t->l, 0, NGHTTP3_H3_REQUEST_CANCELLED);
    if (how == BY_STOP || how == BY_BOTH)
        link_stop(&t->l, 0, NGHTTP3_H3_REQUEST_CANCELLED);
    if (how == BY_FREE) {
        h3_talk_free(t);
        return there;
    }
    link_pump(&t->l);
    for (int n = 0; n < WAITING_MAX; n++)
        if (t->l.d.waiting[n] != NULL)
            driver_answer(&t->l.d, n);
    link_pump(&t->l);
    link_ack(&t->l);
    link_pump(&t->l);
    assert_true(t->l.closed == LINK_NONE);
    assert_true(link_stream(&t->l, 0)->closed);
    assert_int_equal(t->l.d.env.exchanges.lent, 0);
    assert_int_equal(t->l.d.env.output_blocks.lent, 0);
    assert_int_equal(t->l.consumed, t->l.delivered);
    /* The connection goes on. */
    h3_ask(&t->c, "GET", "/", NULL, NULL);
    h3_exchange(&t->c);
    link_ack(&t->l);
    assert_int_equal(t->c.replies[1].status, 200);
    h3_talk_free(t);
    return there;
}

static void test_a_request_is_cancelled_at_any_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cancelled); i++)
        for (int how = BY_RESET; how <= BY_FREE; how++) {
            int steps = 0;

            while (cancel(i, steps, (enum cancel)how))
                steps++;
            assert_in_range(steps, 5, 200);
        }
}

/* 9114-8-01: with whatever code. */
static void test_a_cancelled_request_is_reset(void **state)
{
    struct h3_talk *t = *state;

    h3_ask(&t->c, "GET", "/later", NULL, NULL);
    h3_ask(&t->c, "POST", "/later", NULL, "x");
    h3_client_write(&t->c);
    link_stream(&t->l, 4)->up_fin = false;
    link_pump(&t->l);
    link_stop(&t->l, 0, 0x1234567);
    link_reset(&t->l, 4, 0x1234567);
    link_pump(&t->l);
    assert_int_equal(link_stream(&t->l, 4)->reset,
                     NGHTTP3_H3_REQUEST_CANCELLED);
    assert_true(link_stream(&t->l, 0)->closed);
    assert_true(link_stream(&t->l, 4)->closed);
    driver_answer(&t->l.d, 0);
    driver_answer(&t->l.d, 1);
    assert_true(link_logged(&t->l, "abandoned"));
    /* One of which nothing came is answered alike. */
    link_reset(&t->l, 8, NGHTTP3_H3_REQUEST_CANCELLED);
    assert_int_equal(link_stream(&t->l, 8)->reset,
                     NGHTTP3_H3_REQUEST_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_depends_on_how_bytes_were_split),
        h3_unit_test(test_a_reply_is_that_of_http_1),
        h3_unit_test(test_fields_are_cleaned),
        cmocka_unit_test(test_content_of_every_kind_through_every_window),
        h3_unit_test(test_content_comes_as_the_sink_takes_it),
        h3_unit_test(test_a_reply_before_the_contents_end),
        h3_unit_test(test_too_much_content_is_413),
        h3_unit_test(test_an_exchange_lives_until_all_is_acknowledged),
        h3_unit_test(test_copies_wait_for_acknowledgements),
        h3_unit_test(test_shut_windows_starve_nobody),
        cmocka_unit_test(test_a_request_is_cancelled_at_any_step),
        h3_unit_test(test_a_cancelled_request_is_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
