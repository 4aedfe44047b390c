/*
 * Replies that go both ways in HTTP/2: content beside a reply, tunnels (RFC
 * 9113 section 8.5), other protocols (RFC 8441); interim replies and trailers.
 */
#include "both.h"
#include "h2_client.h"
#include "request_rows.h"

#include <stdio.h>
#include <string.h>

#define NONE (-1)

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

/* What of the stream's content has come; *ret_end: and its end. */
static size_t read_data(const struct driver *d, uint32_t id, struct vb_buf *to,
                        bool *ret_end)
{
    struct vb_span text = vb_buf_span(&d->out);
    const size_t before = to->len;

    *ret_end = false;
    while (text.len >= 9) {
        const uint8_t *head = (const uint8_t *)text.ptr;
        size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];

        assert_true(text.len >= 9 + len);
        if (head[8] == id && (head[3] == NGHTTP2_DATA || (head[4] & 1) != 0) &&
            head[3] <= NGHTTP2_HEADERS) {
            assert_false(*ret_end);
            *ret_end = (head[4] & 1) != 0;
            if (head[3] == NGHTTP2_DATA)
                vb_buf_append(to, vb_span_of(text.ptr + 9, len));
        }
        text = vb_span_from(text, 9 + len);
    }
    return to->len - before;
}

/* The content of stream 1 is this, and it has an end or not. */
static void assert_data(const struct driver *d, const char *expected, bool ends)
{
    struct vb_buf data;
    bool end;

    vb_buf_init(&data, 4 * 1024 * 1024);
    read_data(d, 1, &data, &end);
    assert_span_equal(vb_buf_span(&data), expected);
    assert_int_equal(end, ends);
    vb_buf_done(&data);
}

static size_t count_data(const struct driver *d)
{
    struct vb_buf data;
    bool end;
    size_t n;

    vb_buf_init(&data, 4 * 1024 * 1024);
    n = read_data(d, 1, &data, &end);
    vb_buf_done(&data);
    return n;
}

static void put_data(struct h2_talk *t, const char *text, bool end)
{
    h2_frame(&t->bytes, NGHTTP2_DATA, end ? NGHTTP2_FLAG_END_STREAM : 0, 1,
             text, strlen(text));
}

static void put_many(struct h2_talk *t, size_t n)
{
    static const char bytes[16000];

    for (; n > 0; n -= n < sizeof(bytes) ? n : sizeof(bytes))
        h2_frame(&t->bytes, NGHTTP2_DATA, 0, 1, bytes,
                 n < sizeof(bytes) ? n : sizeof(bytes));
}

static void put_u32(struct h2_talk *t, uint8_t type, int32_t id, uint32_t n)
{
    const uint8_t payload[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
                                (uint8_t)(n >> 8), (uint8_t)n};

    h2_frame(&t->bytes, type, 0, id, payload, sizeof(payload));
}

static void begin(struct h2_talk *t, const char *const *fields)
{
    t->d.limits.extended_connect = true;
    h2_request(&t->bytes, 1, fields, false);
}

/* --- What may be asked -------------------------------------------------------
 */

/* RFC 8441 section 4 */
static void test_extended_connect_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < extended_row_count; i++) {
        const struct request_row *row = &extended_rows[i];
        struct h2_talk t;
        char end[32];

        h2_talk_init(&t, 0);
        begin(&t, row->fields);
        h2_send(&t);
        snprintf(end, sizeof(end), "end %d ", row->status);
        if (row->status == ROW_MALFORMED) {
            if (h2_reset_code(&t.d, 1) != NGHTTP2_PROTOCOL_ERROR)
                fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t.d.log)));
            assert_int_equal(both_count(&t.d, "begin"), 0);
        } else if (row->status != 0 && !h2_logged(&t, end)) {
            fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t.d.log)));
        }
        if (row->log != NULL && !h2_logged(&t, row->log))
            fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t.d.log)));
        assert_int_equal(h2_goaway_code(&t.d), NONE);
        h2_talk_done(&t);
    }
}

/* 8441-3-01: once, and only where it is meant. */
static void test_settings_say_that_extended_connect_is_taken(void **state)
{
    static const char setting[] = {0, 8, 0, 0, 0, 1};

    (void)state;
    for (int on = 0; on < 2; on++) {
        struct h2_talk t;
        size_t len;

        h2_talk_init(&t, 0);
        t.d.limits.extended_connect = on;
        h2_send(&t);
        len = (unsigned char)t.d.out.ptr[2];
        assert_int_equal(t.d.out.ptr[3], NGHTTP2_SETTINGS);
        assert_int_equal(
            memmem(t.d.out.ptr + 9, len, setting, sizeof(setting)) != NULL, on);
        h2_talk_done(&t);
    }
}

/* --- Tunnels -----------------------------------------------------------------
 */

/* 9113-8.5-03, 9110-9.3.6-04, 8441-4-01: bytes both ways, and ends, wherever
 * they were split; what came before the reply, too. */
static void test_a_tunnel_carries_bytes_and_ends(void **state)
{
    static const char *const *const heads[] = {tunnel, websocket};

    (void)state;
    for (size_t split = 0; split < 2 * 220; split++) {
        struct h2_talk t;
        struct vb_span text;

        h2_talk_init(&t, 0);
        begin(&t, heads[split % 2]);
        put_data(&t, "hello", false);
        put_data(&t, ", world", true);
        text = vb_buf_span(&t.bytes);
        driver_send(&t.d, vb_span_head(text, split / 2 % (text.len + 1)));
        driver_send(&t.d, vb_span_from(text, split / 2 % (text.len + 1)));
        assert_data(&t.d, "hello, world", true);
        assert_int_equal(h2_reset_code(&t.d, 1), NONE);
        both_assert_over(&t.d, vb_err_text(VB_OK));
        h2_talk_done(&t);
    }
}

/* 9113-8.5-03: END_STREAM is the end of one way alone. */
static void test_the_source_may_end_first(void **state)
{
    struct h2_talk *t = *state;

    begin(t, quiet);
    h2_send(t);
    assert_data(&t->d, "", true);
    assert_int_equal(h2_reset_code(&t->d, 1), NONE);
    driver_pass(&t->d, INT64_C(3600) * 1000);
    put_data(t, "go on", false);
    h2_send(t);
    assert_int_equal(both_count(&t->d, "both took"), 0);
    put_data(t, "", true);
    h2_send(t);
    assert_true(h2_logged(t, "both took 5 "));
    assert_int_equal(h2_reset_code(&t->d, 1), NONE);
    both_assert_over(&t->d, vb_err_text(VB_OK));
}

/* 9113-8.5-03: as the other side of a tunnel was; 8441: as one would cancel. */
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
        uint32_t code;
    } cases[] = {{cut, NGHTTP2_CONNECT_ERROR},
                 {switched, NGHTTP2_CANCEL},
                 {both, NGHTTP2_INTERNAL_ERROR}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        begin(&t, cases[i].head);
        put_data(&t, "hello", false);
        h2_send(&t);
        assert_data(&t.d, "hello", false);
        assert_int_equal(h2_reset_code(&t.d, 1), cases[i].code);
        both_assert_over(&t.d, NULL);
        h2_talk_done(&t);
    }
}

/* Whoever answers can end a tunnel, also when the source has ended. */
static void test_a_source_that_has_ended_may_fail_yet(void **state)
{
    struct h2_talk *t = *state;

    begin(t, quiet);
    h2_send(t);
    t->d.both->carrier->output_ready(t->d.both);
    driver_pump(&t->d);
    assert_int_equal(h2_reset_code(&t->d, 1), NONE);
    both_fail(&t->d);
    driver_pump(&t->d);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_CONNECT_ERROR);
    assert_int_equal(t->d.env.exchanges.lent, 0);
}

/* 9113-8.5-03: the client breaks off, or its connection does; the sink hears.
 */
static void test_a_tunnel_that_is_broken_off_is_told_once(void **state)
{
    static const char *const *const heads[] = {tunnel, quiet, websocket, post};

    (void)state;
    for (size_t i = 0; i < 3 * VB_COUNT_OF(heads); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        begin(&t, heads[i / 3]);
        put_data(&t, "hello", false);
        h2_send(&t);
        assert_int_equal(both_count(&t.d, "both took"), 0);
        if (i % 3 == 0) {
            put_u32(&t, NGHTTP2_RST_STREAM, 1, NGHTTP2_CANCEL);
            h2_send(&t);
        } else if (i % 3 == 1) {
            driver_eof(&t.d);
        } else {
            t.d.wire->ops->free(t.d.wire);
            t.d.wire = vb_opening_init(t.d.wire, &t.d.env, &t.d.peer);
        }
        both_assert_over(&t.d, vb_err_text(VB_ERR_CLOSED));
        h2_talk_done(&t);
    }
}

/* 9113-8.5-02 */
static void test_a_tunnel_has_data_alone(void **state)
{
    static const char *const fields[] = {"x", "y", NULL};
    struct h2_talk *t = *state;

    begin(t, tunnel);
    put_data(t, "hello", false);
    h2_request(&t->bytes, 1, fields, true);
    h2_send(t);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_PROTOCOL_ERROR);
    both_assert_over(&t->d, vb_err_text(VB_ERR_CLOSED));
}

/* --- Windows and times -------------------------------------------------------
 */

/* A client whose windows are shut is not read from for long; what is held is
 * bounded; and its time runs, as something waits for it. */
static void test_a_tunnel_has_back_pressure_both_ways(void **state)
{
    struct h2_talk *t = *state;

    begin(t, tunnel);
    put_many(t, 200 * 1000);
    h2_send(t);
    assert_int_equal(count_data(&t->d), 65535);
    assert_true(t->d.wire->ops->deadline(t->d.wire) ==
                t->d.env.now.mono_ms + 3 * t->d.limits.write_timeout_ms);
    put_u32(t, NGHTTP2_WINDOW_UPDATE, 0, 1000 * 1000);
    put_u32(t, NGHTTP2_WINDOW_UPDATE, 1, 1000 * 1000);
    h2_send(t);
    assert_int_equal(count_data(&t->d), 200 * 1000);
    assert_true(t->d.wire->ops->deadline(t->d.wire) == INT64_MAX);
    put_many(t, 200 * 1000); /* its own windows were opened */
    h2_send(t);
    assert_int_equal(h2_goaway_code(&t->d), NONE);
    assert_int_equal(count_data(&t->d), 400 * 1000);
}

/* What waits for a window too long ends the tunnel. */
static void test_a_stuck_tunnel_ends(void **state)
{
    struct h2_talk *t = *state;

    begin(t, tunnel);
    put_many(t, 100 * 1000);
    h2_send(t);
    driver_pass(&t->d, 3 * (int64_t)t->d.limits.write_timeout_ms);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_CANCEL);
    both_assert_over(&t->d, vb_err_text(VB_ERR_CLOSED));
}

/* With nothing to be sent no window is missed: a tunnel may be quiet, and our
 * end needs none. */
static void test_a_quiet_tunnel_needs_no_window(void **state)
{
    struct h2_talk *t = *state;

    begin(t, tunnel);
    put_many(t, 65535);
    h2_send(t);
    assert_int_equal(count_data(&t->d), 65535);
    assert_true(t->d.wire->ops->deadline(t->d.wire) == INT64_MAX);
    driver_pass(&t->d, INT64_C(24) * 3600 * 1000);
    put_data(t, "", true);
    h2_send(t);
    assert_int_equal(h2_reset_code(&t->d, 1), NONE);
    both_assert_over(&t->d, vb_err_text(VB_OK));
}

/* No bound of content counts in a tunnel. */
static void test_a_tunnel_has_no_length(void **state)
{
    struct h2_talk *t = *state;

    t->d.limits.max_content = 10;
    begin(t, tunnel);
    put_many(t, 20000);
    h2_send(t);
    assert_int_equal(count_data(&t->d), 20000);
}

/* --- Content beside a reply --------------------------------------------------
 */

static void test_content_goes_on_beside_the_reply(void **state)
{
    struct h2_talk *t = *state;

    begin(t, post);
    h2_send(t);
    assert_true(h2_logged(t, "both\n"));
    put_data(t, "hello", false);
    h2_send(t);
    assert_data(&t->d, "hello", false);
    assert_true(t->d.wire->ops->deadline(t->d.wire) == INT64_MAX);
    driver_pass(&t->d, INT64_C(3600) * 1000);
    put_data(t, ", world", true);
    h2_send(t);
    assert_data(&t->d, "hello, world", true);
    both_assert_over(&t->d, vb_err_text(VB_OK));
}

/* 9113-8.1-01: the client need not go on; and the sink is told nothing more. */
static void test_a_reply_that_ends_first_ends_the_sink(void **state)
{
    static const char *const fields[] = {":method",    "POST",  ":scheme",
                                         "http",       ":path", "/both/5",
                                         ":authority", "h",     NULL};
    struct h2_talk *t = *state;

    begin(t, fields);
    put_data(t, "hello", false);
    h2_send(t);
    assert_data(&t->d, "hello", true);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_NO_ERROR);
    put_data(t, ", more", false);
    h2_send(t);
    assert_int_equal(h2_goaway_code(&t->d), NONE);
    both_assert_over(&t->d, NULL);
}

/* --- Interim replies and trailers --------------------------------------------
 */

/* 9110-10.1.1, 9110-15.2-03 */
static void test_interim_replies(void **state)
{
    static const char *const expects[] = {"expect", "100-continue", NULL};
    static const struct {
        const char *path;
        const char *const *fields;
        const char *interim;
    } cases[] = {
        {"/told/102", NULL, "102 103 102 103 "},
        {"/told/100", NULL, "100 103 103 "},
        {"/echo", expects, ""}, /* the content is there */
    };
    struct h2_talk *t = *state;

    for (size_t i = 0; i < VB_COUNT_OF(cases); i++)
        h2_ask(&t->c, "POST", cases[i].path, cases[i].fields, "hi");
    vb_buf_reset(&t->bytes);
    h2_exchange(&t->c);
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        assert_string_equal(t->c.replies[i].interim, cases[i].interim);
        assert_int_equal(t->c.replies[i].status, 200);
        assert_span_equal(vb_buf_span(&t->c.replies[i].content), "hi");
    }
}

/* Who waits for 100 gets one, whoever sends it, also before a reply that goes
 * both ways. */
static void test_who_waits_for_100_gets_one(void **state)
{
    static const char *const paths[] = {"/told/100", "/both", "/both-later",
                                        "/echo"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(paths); i++) {
        const char *const fields[] = {
            ":method",    "POST", ":scheme", "http",         ":path", paths[i],
            ":authority", "h",    "expect",  "100-continue", NULL};
        struct h2_talk t;

        h2_talk_init(&t, 0);
        begin(&t, fields);
        h2_send(&t);
        put_data(&t, "hi", true);
        h2_send(&t);
        assert_data(&t.d, "hi", true);
        h2_talk_done(&t);
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

/* 9110-6.5.1-01, 9110-6.5.1-04, 9113-8.1-04 */
static void test_trailers_of_a_reply(void **state)
{
    static const char *const te[] = {"te", "trailers", NULL};
    static const char *const names[] = {
        "X-Sum", "Content-Length", "Connection", "Upgrade", "Host",
        "TE",    "Digest-Of"};
    struct h2_talk *t = *state;
    struct vb_fields fields = {.count = 0};
    struct vb_fields none = {.count = 0};
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 64 * 1024);
    for (size_t i = 0; i < VB_COUNT_OF(names); i++)
        add(&fields, &arena, names[i]);
    add(&none, &arena, "Host");
    t->d.trailers = &fields;
    h2_ask(&t->c, "GET", "/trailers/9", te, NULL);
    h2_ask(&t->c, "GET", "/trailers/9", NULL, NULL);
    vb_buf_reset(&t->bytes);
    h2_exchange(&t->c);
    t->d.trailers = &none;
    h2_ask(&t->c, "GET", "/trailers/9", te, NULL);
    h2_exchange(&t->c);
    assert_span_equal(vb_buf_span(&t->c.replies[0].trailers),
                      "x-sum: 0\ndigest-of: 0\n");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(t->c.replies[i].content.len, 9);
        assert_true(t->c.replies[i].closed);
        assert_int_equal(t->c.replies[i].code, 0);
        assert_true(i == 0 || t->c.replies[i].trailers.len == 0);
    }
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extended_connect_by_rows),
        cmocka_unit_test(test_settings_say_that_extended_connect_is_taken),
        cmocka_unit_test(test_a_tunnel_carries_bytes_and_ends),
        h2_unit_test(test_the_source_may_end_first),
        cmocka_unit_test(test_a_source_that_fails_resets_the_stream),
        h2_unit_test(test_a_source_that_has_ended_may_fail_yet),
        cmocka_unit_test(test_a_tunnel_that_is_broken_off_is_told_once),
        h2_unit_test(test_a_tunnel_has_data_alone),
        h2_unit_test(test_a_tunnel_has_back_pressure_both_ways),
        h2_unit_test(test_a_stuck_tunnel_ends),
        h2_unit_test(test_a_quiet_tunnel_needs_no_window),
        h2_unit_test(test_a_tunnel_has_no_length),
        h2_unit_test(test_content_goes_on_beside_the_reply),
        h2_unit_test(test_a_reply_that_ends_first_ends_the_sink),
        h2_unit_test(test_interim_replies),
        cmocka_unit_test(test_who_waits_for_100_gets_one),
        h2_unit_test(test_trailers_of_a_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
