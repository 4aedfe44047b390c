/*
 * Replies that go both ways in HTTP/3: content beside a reply, tunnels (RFC
 * 9114 section 4.4), other protocols (RFC 9220); interim replies and trailers.
 */
#include "both.h"
#include "h3_client.h"
#include "request_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/h3/varint.h"

static const char *const tunnel[] = {":method", "CONNECT", ":authority",
                                     "echo:1", NULL};
static const char *const quiet[] = {":method", "CONNECT", ":authority",
                                    "quiet:1", NULL};
static const char *const websocket[] = {
    ":method", "CONNECT", ":protocol",  "websocket", ":scheme", "http",
    ":path",   "/switch", ":authority", "h",         NULL};
static const char *const post[] = {":method",    "POST",  ":scheme",
                                   "http",       ":path", "/both",
                                   ":authority", "h",     NULL};

/* HEADERS that have come on stream 0; the payloads of its DATA go to *to. */
static int read_frames(struct h3_link *l, struct vb_buf *to)
{
    struct vb_span text = vb_buf_span(&link_stream(l, 0)->down);
    int headers = 0;

    while (text.len > 0) {
        uint64_t type;
        uint64_t len;

        assert_true(vb_varint_take(&text, &type));
        assert_true(vb_varint_take(&text, &len));
        assert_true(len <= text.len);
        headers += type == 1;
        if (type == 0)
            vb_buf_append(to, vb_span_head(text, (size_t)len));
        text = vb_span_from(text, (size_t)len);
    }
    return headers;
}

static void assert_data(struct h3_link *l, const char *expected, bool ends)
{
    struct vb_buf data;

    vb_buf_init(&data, 4 * 1024 * 1024);
    read_frames(l, &data);
    assert_span_equal(vb_buf_span(&data), expected);
    assert_int_equal(link_stream(l, 0)->down_fin, ends);
    vb_buf_done(&data);
}

static int count_headers(struct h3_link *l)
{
    struct vb_buf data;
    int headers;

    vb_buf_init(&data, 4 * 1024 * 1024);
    headers = read_frames(l, &data);
    vb_buf_done(&data);
    return headers;
}

static void say(struct h3_talk *t, const char *text, bool fin)
{
    if (*text != '\0')
        h3_frame(&t->bytes, 0, text, strlen(text));
    h3_send(t, 0, fin);
}

static void say_many(struct h3_talk *t, size_t n)
{
    char *bytes = calloc(1, n);

    assert_non_null(bytes);
    h3_frame(&t->bytes, 0, bytes, n);
    free(bytes);
    h3_send(t, 0, false);
}

static void begin(struct h3_talk *t, const char *const *fields)
{
    t->l.d.limits.extended_connect = true;
    t->l.d.peer.secure = false;
    h3_begin(t);
    h3_request(t, 0, fields, true);
}

/* --- What may be asked -------------------------------------------------------
 */

/* RFC 9220 section 3 */
static void test_extended_connect_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < extended_row_count; i++) {
        const struct request_row *row = &extended_rows[i];
        struct h3_talk *t = h3_talk_new();
        char end[32];

        begin(t, row->fields);
        snprintf(end, sizeof(end), "end %d ", row->status);
        if (row->status == ROW_MALFORMED) {
            assert_true(link_stream(&t->l, 0)->reset ==
                        NGHTTP3_H3_MESSAGE_ERROR);
            assert_int_equal(both_count(&t->l.d, "begin"), 0);
        } else if (row->status != 0 && !link_logged(&t->l, end)) {
            fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t->l.d.log)));
        }
        if (row->log != NULL && !link_logged(&t->l, row->log))
            fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t->l.d.log)));
        assert_true(t->l.closed == LINK_NONE);
        h3_talk_free(t);
    }
}

/* 8441-3-01, RFC 9220 section 3: only where it is meant. */
static void test_settings_say_that_extended_connect_is_taken(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct h3_talk *t = h3_talk_new();
        struct vb_span text;
        bool found = false;
        uint64_t id;
        uint64_t value;

        t->l.d.limits.extended_connect = on;
        link_restart(&t->l);
        h3_begin(t);
        text = vb_buf_span(&link_stream(&t->l, 3)->down);
        text = vb_span_from(text, 3); /* of the stream, the frame, its length */
        while (text.len > 0) {
            assert_true(vb_varint_take(&text, &id));
            assert_true(vb_varint_take(&text, &value));
            found |= id == 8 && value == 1;
        }
        assert_int_equal(found, on);
        h3_talk_free(t);
    }
}

/* --- Tunnels -----------------------------------------------------------------
 */

/* 9114-4.4-04, 9110-9.3.6-04, 8441-4-01: bytes both ways, and ends, wherever
 * they were split; what came before the reply, too. */
static void test_a_tunnel_carries_bytes_and_ends(void **state)
{
    static const char *const *const heads[] = {tunnel, websocket};

    (void)state;
    for (size_t split = 0; split < 2 * 150; split++) {
        struct h3_talk *t = h3_talk_new();
        struct vb_span text;
        size_t at;

        t->l.d.limits.extended_connect = true;
        t->l.d.peer.secure = false;
        h3_begin(t);
        h3_headers(&t->bytes, heads[split % 2]);
        h3_frame(&t->bytes, 0, "hello", 5);
        h3_frame(&t->bytes, 0, ", world", 7);
        text = vb_buf_span(&t->bytes);
        at = split / 2 % (text.len + 1);
        link_send(&t->l, 0, vb_span_head(text, at), false);
        link_pump(&t->l);
        link_send(&t->l, 0, vb_span_from(text, at), true);
        link_pump(&t->l);
        assert_data(&t->l, "hello, world", true);
        assert_true(link_stream(&t->l, 0)->closed);
        assert_true(link_stream(&t->l, 0)->stopped == LINK_NONE);
        assert_int_equal(t->l.consumed, t->l.delivered);
        both_assert_over(&t->l.d, vb_err_text(VB_OK));
        h3_talk_free(t);
    }
}

/* A client may wait for the reply before it says anything: 9114-4.4. */
static void test_a_tunnel_is_answered_at_once(void **state)
{
    struct h3_talk *t = *state;

    begin(t, tunnel);
    assert_int_equal(count_headers(&t->l), 1);
}

/* 9114-4.4-04: the end of a stream is that of one way alone. */
static void test_the_source_may_end_first(void **state)
{
    struct h3_talk *t = *state;

    begin(t, quiet);
    assert_data(&t->l, "", true);
    assert_true(link_stream(&t->l, 0)->stopped == LINK_NONE);
    link_pass(&t->l, INT64_C(3600) * 1000);
    say(t, "go on", false);
    assert_int_equal(both_count(&t->l.d, "both took"), 0);
    say(t, "", true);
    assert_int_equal(both_count(&t->l.d, "both took 5 "), 1);
    assert_true(link_stream(&t->l, 0)->reset == LINK_NONE);
    both_assert_over(&t->l.d, vb_err_text(VB_OK));
}

/* 9114-4.4-03, 9114-4.4-04: as the other side of a tunnel was. */
static void test_a_source_that_fails_resets_the_stream(void **state)
{
    static const char *const cut[] = {":method", "CONNECT", ":authority",
                                      "cut:5", NULL};
    static const char *const switched[] = {
        ":method",    "CONNECT", ":protocol", "websocket",
        ":scheme",    "http",    ":path",     "/switch-cut/5",
        ":authority", "h",       NULL};
    static const char *const both[] = {":method",    "POST",  ":scheme",
                                       "http",       ":path", "/both-cut/5",
                                       ":authority", "h",     NULL};
    static const struct {
        const char *const *head;
        uint64_t code;
    } cases[] = {{cut, NGHTTP3_H3_CONNECT_ERROR},
                 {switched, NGHTTP3_H3_REQUEST_CANCELLED},
                 {both, NGHTTP3_H3_INTERNAL_ERROR}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        struct h3_talk *t = h3_talk_new();

        begin(t, cases[i].head);
        say(t, "hello", false);
        assert_true(link_stream(&t->l, 0)->reset == cases[i].code);
        both_assert_over(&t->l.d, NULL);
        h3_talk_free(t);
    }
}

/* Whoever answers can end a tunnel, also when the source has ended. */
static void test_a_source_that_has_ended_may_fail_yet(void **state)
{
    struct h3_talk *t = *state;

    begin(t, quiet);
    t->l.d.both->carrier->output_ready(t->l.d.both);
    link_pump(&t->l);
    assert_true(link_stream(&t->l, 0)->stopped == LINK_NONE);
    both_fail(&t->l.d);
    link_pump(&t->l);
    assert_true(link_stream(&t->l, 0)->stopped == NGHTTP3_H3_CONNECT_ERROR);
    assert_int_equal(t->l.d.env.exchanges.lent, 0);
}

/* 9114-4.4-03: the client breaks off, or its connection does; the sink hears.
 */
static void test_a_tunnel_that_is_broken_off_is_told_once(void **state)
{
    static const char *const *const heads[] = {tunnel, quiet, websocket, post};

    (void)state;
    for (size_t i = 0; i < 3 * VB_COUNT_OF(heads); i++) {
        struct h3_talk *t = h3_talk_new();

        begin(t, heads[i / 3]);
        say(t, "hello", false);
        assert_int_equal(both_count(&t->l.d, "both took"), 0);
        if (i % 3 == 0)
            link_reset(&t->l, 0, NGHTTP3_H3_REQUEST_CANCELLED);
        else if (i % 3 == 1)
            link_stop(&t->l, 0, NGHTTP3_H3_REQUEST_CANCELLED);
        else
            link_restart(&t->l);
        if (i % 3 != 2) { /* which forgets the log */
            link_pump(&t->l);
            both_assert_over(&t->l.d, vb_err_text(VB_ERR_CLOSED));
        }
        h3_talk_free(t);
    }
}

/* 9114-4.4-02 */
static void test_a_tunnel_has_data_alone(void **state)
{
    static const char *const fields[] = {"x", "y", NULL};
    struct h3_talk *t = *state;

    begin(t, tunnel);
    say(t, "hello", false);
    h3_request(t, 0, fields, false);
    assert_true(t->l.closed == NGHTTP3_H3_FRAME_UNEXPECTED);
}

/* --- Windows and times -------------------------------------------------------
 */

/* A client whose window is shut: what is held is bounded, and its time runs, as
 * something waits for it. */
static void test_a_tunnel_has_back_pressure_both_ways(void **state)
{
    struct h3_talk *t = *state;
    struct link_stream *s;

    t->l.window = 20000;
    begin(t, tunnel);
    say_many(t, 200 * 1000);
    s = link_stream(&t->l, 0);
    assert_int_equal(s->down.len, 20000);
    assert_true(vb_h3_deadline(t->l.h3) ==
                t->l.d.env.now.mono_ms + 3 * t->l.d.limits.write_timeout_ms);
    say_many(t, 10 * 1000); /* which the sink holds, and pauses */
    say_many(t, 10 * 1000);
    assert_in_range(s->delivered - s->consumed, 9 * 1000, 11 * 1000);
    link_open(&t->l, 0, 1000 * 1000);
    link_pump(&t->l);
    assert_true(s->down.len > 220 * 1000);
    assert_int_equal(s->delivered, s->consumed);
    assert_true(vb_h3_deadline(t->l.h3) == INT64_MAX);
}

/* What waits for a window too long ends the tunnel. */
static void test_a_stuck_tunnel_ends(void **state)
{
    struct h3_talk *t = *state;

    t->l.window = 20000;
    begin(t, tunnel);
    say_many(t, 100 * 1000);
    link_pass(&t->l, 3 * (int64_t)t->l.d.limits.write_timeout_ms);
    assert_true(link_stream(&t->l, 0)->reset == NGHTTP3_H3_REQUEST_CANCELLED);
    both_assert_over(&t->l.d, vb_err_text(VB_ERR_CLOSED));
}

/* Nothing ends a quiet tunnel, acknowledged or not. */
static void test_a_quiet_tunnel_goes_on(void **state)
{
    struct h3_talk *t = *state;

    t->l.holds_acks = true;
    begin(t, tunnel);
    say(t, "hello", false);
    assert_true(vb_h3_deadline(t->l.h3) == INT64_MAX);
    link_ack(&t->l);
    assert_true(vb_h3_deadline(t->l.h3) == INT64_MAX);
    link_pass(&t->l, INT64_C(24) * 3600 * 1000);
    say(t, "", true);
    assert_data(&t->l, "hello", true);
}

/* No bound of content counts in a tunnel. */
static void test_a_tunnel_has_no_length(void **state)
{
    struct h3_talk *t = *state;

    t->l.d.limits.max_content = 10;
    begin(t, tunnel);
    say_many(t, 20000);
    assert_true(link_stream(&t->l, 0)->down.len > 20000);
}

/* --- Content beside a reply --------------------------------------------------
 */

static void test_content_goes_on_beside_the_reply(void **state)
{
    struct h3_talk *t = *state;

    begin(t, post);
    say(t, "hello", false);
    assert_data(&t->l, "hello", false);
    assert_true(vb_h3_deadline(t->l.h3) == INT64_MAX);
    link_pass(&t->l, INT64_C(3600) * 1000);
    say(t, ", world", true);
    assert_data(&t->l, "hello, world", true);
    both_assert_over(&t->l.d, vb_err_text(VB_OK));
}

/* RFC 9114 section 4.1: the client need not go on; and the sink is told nothing
 * more. */
static void test_a_reply_that_ends_first_ends_the_sink(void **state)
{
    static const char *const fields[] = {":method",    "POST",  ":scheme",
                                         "http",       ":path", "/both/5",
                                         ":authority", "h",     NULL};
    struct h3_talk *t = *state;

    begin(t, fields);
    say(t, "hello", false);
    assert_data(&t->l, "hello", true);
    assert_true(link_stream(&t->l, 0)->stopped == NGHTTP3_H3_NO_ERROR);
    say(t, ", more", true);
    assert_int_equal(t->l.consumed, t->l.delivered);
    both_assert_over(&t->l.d, NULL);
}

/* --- Interim replies and trailers --------------------------------------------
 */

/* 9110-10.1.1, 9110-15.2-03 */
static void test_interim_replies(void **state)
{
    static const struct {
        const char *path;
        int headers;
    } cases[] = {
        {"/told/102", 6}, {"/told/100", 4},   {"/echo", 2},
        {"/both", 2},     {"/both-later", 2},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        const char *const fields[] = {":method",      "POST",  ":scheme",
                                      "http",         ":path", cases[i].path,
                                      ":authority",   "h",     "expect",
                                      "100-continue", NULL};
        struct h3_talk *t = h3_talk_new();

        begin(t, fields);
        assert_true(count_headers(&t->l) >= 1);
        say(t, "hi", true);
        assert_data(&t->l, "hi", true);
        assert_int_equal(count_headers(&t->l), cases[i].headers);
        h3_talk_free(t);
    }
}

static void add(struct vb_fields *fields, struct vb_arena *arena,
                const char *name)
{
    const char *reason;

    assert_int_equal(vb_fields_add(fields, arena, &vb_limits_default.head,
                                   vb_span_str(name), VB_SPAN("0"), &reason),
                     0);
}

/* 9110-6.5.1-01, 9110-6.5.1-04: nghttp3's client gives them like fields. */
static void test_trailers_of_a_reply(void **state)
{
    static const char *const te[] = {"te", "trailers", NULL};
    static const char *const names[] = {
        "X-Sum", "Content-Length", "Connection", "Upgrade", "Host",
        "TE",    "Digest-Of"};
    struct h3_talk *t = *state;
    struct vb_fields fields = {.count = 0};
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 64 * 1024);
    for (size_t i = 0; i < VB_COUNT_OF(names); i++)
        add(&fields, &arena, names[i]);
    t->l.d.trailers = &fields;
    h3_ask(&t->c, "GET", "/trailers/9", te, NULL);
    h3_ask(&t->c, "GET", "/trailers/9", NULL, NULL);
    h3_exchange(&t->c);
    for (int i = 0; i < 2; i++) {
        bool some =
            memmem(t->c.replies[i].fields.ptr, t->c.replies[i].fields.len,
                   "x-sum: 0\ndigest-of: 0\n", 22) != NULL;

        assert_int_equal(some, i == 0);
        assert_int_equal(t->c.replies[i].content.len, 9);
        assert_true(t->c.replies[i].ended);
        assert_null(h3_field(&t->c.replies[i], "host").ptr);
    }
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extended_connect_by_rows),
        cmocka_unit_test(test_settings_say_that_extended_connect_is_taken),
        cmocka_unit_test(test_a_tunnel_carries_bytes_and_ends),
        h3_unit_test(test_a_tunnel_is_answered_at_once),
        h3_unit_test(test_the_source_may_end_first),
        cmocka_unit_test(test_a_source_that_fails_resets_the_stream),
        h3_unit_test(test_a_source_that_has_ended_may_fail_yet),
        cmocka_unit_test(test_a_tunnel_that_is_broken_off_is_told_once),
        h3_unit_test(test_a_tunnel_has_data_alone),
        h3_unit_test(test_a_tunnel_has_back_pressure_both_ways),
        h3_unit_test(test_a_stuck_tunnel_ends),
        h3_unit_test(test_a_quiet_tunnel_goes_on),
        h3_unit_test(test_a_tunnel_has_no_length),
        h3_unit_test(test_content_goes_on_beside_the_reply),
        h3_unit_test(test_a_reply_that_ends_first_ends_the_sink),
        cmocka_unit_test(test_interim_replies),
        h3_unit_test(test_trailers_of_a_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
