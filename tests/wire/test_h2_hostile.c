/*
 * What a hostile client can do with HTTP/2: each attack ends its connection
 * with the code that says why, and costs bounded memory until then.
 */
#include "h2_client.h"

#include <stdio.h>
#include <stdlib.h>

#define AUTHORITY ":authority", "h"
#define REQUEST(path)                                                          \
    ":method", "GET", ":scheme", "http", ":path", path, AUTHORITY

/* More of anything than an honest client sends. */
#define MANY 20000

static const char *const get[] = {REQUEST("/"), NULL};
static const char *const later[] = {REQUEST("/later"), NULL};
static const char *const large[] = {REQUEST("/large"), NULL};
static const char *const post[] = {":method", "POST",  ":scheme", "http",
                                   ":path",   "/echo", AUTHORITY, NULL};

/* --- Attacks: the i-th round of each ----------------------------------------
 */

static void reset(struct vb_buf *to, int32_t id)
{
    h2_frame(to, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\010", 4);
}

/* CVE-2023-44487 */
static void rapid_reset(struct vb_buf *to, int i)
{
    h2_request(to, 2 * i + 1, post, false);
    reset(to, 2 * i + 1);
}

/* CVE-2025-8671: it is us who reset. */
static void made_to_reset(struct vb_buf *to, int i)
{
    h2_request(to, 2 * i + 1, post, false);
    h2_frame(to, NGHTTP2_WINDOW_UPDATE, 0, 2 * i + 1, "\x7f\xff\xff\xff", 4);
}

static void malformed(struct vb_buf *to, int i)
{
    static const char *const fields[] = {REQUEST("/"), "X", "y", NULL};

    h2_request(to, 2 * i + 1, fields, true);
}

static void continuation(struct vb_buf *to, int i)
{
    if (i == 0)
        h2_frame(to, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, NULL, 0);
    h2_frame(to, NGHTTP2_CONTINUATION, 0, 1, "\0\001a\001b", 5);
}

static void settings(struct vb_buf *to, int i)
{
    (void)i;
    h2_frame(to, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

static void many_settings(struct vb_buf *to, int i)
{
    char payload[6 * 40];

    (void)i;
    for (size_t at = 0; at < sizeof(payload); at += 6)
        memcpy(payload + at, "\0\005\0\0\x40\0", 6);
    h2_frame(to, NGHTTP2_SETTINGS, 0, 0, payload, sizeof(payload));
}

static void ping(struct vb_buf *to, int i)
{
    (void)i;
    h2_frame(to, NGHTTP2_PING, 0, 0, "12345678", 8);
}

static void ping_ack(struct vb_buf *to, int i)
{
    (void)i;
    h2_frame(to, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678", 8);
}

static void priority(struct vb_buf *to, int i)
{
    h2_frame(to, NGHTTP2_PRIORITY, 0, 2 * i + 1, "\0\0\0\0\020", 5);
}

static void priority_update(struct vb_buf *to, int i)
{
    if (i == 0)
        h2_request(to, 1, later, true);
    h2_frame(to, NGHTTP2_PRIORITY_UPDATE, 0, 0, "\0\0\0\001u=1", 7);
}

static void window_update(struct vb_buf *to, int i)
{
    (void)i;
    h2_frame(to, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\001", 4);
}

/* A large representation, byte by byte. */
static void tiny_window(struct vb_buf *to, int i)
{
    if (i == 0) {
        h2_frame(to, NGHTTP2_SETTINGS, 0, 0, "\0\004\0\0\0\001", 6);
        h2_request(to, 1, large, true);
    }
    h2_frame(to, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\001", 4);
}

static void empty_data(struct vb_buf *to, int i)
{
    if (i == 0)
        h2_request(to, 1, post, false);
    h2_frame(to, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static void padding(struct vb_buf *to, int i)
{
    if (i == 0)
        h2_request(to, 1, post, false);
    h2_frame(to, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\003\0\0\0", 4);
}

/* One long field in the table, then a byte for each time that it comes. */
static void hpack_bomb(struct vb_buf *to, int i)
{
    char section[16 * 1024];
    struct vb_buf first;

    vb_buf_init(&first, 64 * 1024);
    h2_section(&first, get);
    if (i == 0) {
        vb_buf_char(&first, 0x40);
        vb_buf_str(&first, "\001x\x7f\xb1\x1d"); /* 3888 bytes follow */
        for (int n = 0; n < 3888; n++)
            vb_buf_char(&first, 'x');
    }
    h2_frame(to, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 2 * i + 1, first.ptr,
             first.len);
    memset(section, 0xbe, sizeof(section));
    h2_frame(to, NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 2 * i + 1,
             section, sizeof(section));
    vb_buf_done(&first);
}

static const struct {
    const char *name;
    void (*round)(struct vb_buf *to, int i);
    uint32_t code;
} attacks[] = {
    {"rapid reset", rapid_reset, NGHTTP2_ENHANCE_YOUR_CALM},
    {"made to reset", made_to_reset, NGHTTP2_ENHANCE_YOUR_CALM},
    {"malformed requests", malformed, NGHTTP2_ENHANCE_YOUR_CALM},
    {"CONTINUATION flood", continuation, NGHTTP2_ENHANCE_YOUR_CALM},
    {"SETTINGS flood", settings, NGHTTP2_ENHANCE_YOUR_CALM},
    {"SETTINGS of many", many_settings, NGHTTP2_ENHANCE_YOUR_CALM},
    {"PING flood", ping, NGHTTP2_ENHANCE_YOUR_CALM},
    {"PING ACK flood", ping_ack, NGHTTP2_ENHANCE_YOUR_CALM},
    {"PRIORITY flood", priority, NGHTTP2_ENHANCE_YOUR_CALM},
    {"PRIORITY_UPDATE flood", priority_update, NGHTTP2_ENHANCE_YOUR_CALM},
    {"WINDOW_UPDATE flood", window_update, NGHTTP2_ENHANCE_YOUR_CALM},
    {"tiny windows", tiny_window, NGHTTP2_ENHANCE_YOUR_CALM},
    {"empty DATA", empty_data, NGHTTP2_ENHANCE_YOUR_CALM},
    {"padding alone", padding, NGHTTP2_ENHANCE_YOUR_CALM},
    {"HPACK bomb", hpack_bomb, NGHTTP2_ENHANCE_YOUR_CALM},
};

/* How many rounds it took. At each, what we hold is bounded. */
static int attack(struct h2_talk *t, void (*round)(struct vb_buf *to, int i))
{
    int i = 0;

    for (; i < MANY && (driver_state(&t->d) & VB_WIRE_LINGER) == 0; i++) {
        round(&t->bytes, i);
        h2_send(t);
        assert_in_range(t->d.env.exchanges.lent, 0, 101);
        assert_in_range(t->d.env.output_blocks.lent, 0, 6);
        assert_in_range(t->d.env.arena_blocks.lent, 0, 400);
    }
    return i;
}

static void test_each_attack_ends_its_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(attacks); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        if (attack(&t, attacks[i].round) == MANY)
            fail_msg("%s goes on for ever", attacks[i].name);
        if (h2_goaway_code(&t.d) != attacks[i].code)
            fail_msg("%s: %lld", attacks[i].name,
                     (long long)h2_goaway_code(&t.d));
        driver_pass(&t.d, t.d.limits.linger_ms);
        assert_int_equal(driver_state(&t.d), VB_WIRE_CLOSE);
        h2_talk_done(&t);
    }
}

/* Who also reads nothing makes us hold no more than what is queued. */
static void test_who_reads_nothing_is_read_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(attacks); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        t.d.stuck = true;
        for (int n = 0; n < 300; n++)
            attacks[i].round(&t.bytes, n);
        h2_send(&t);
        assert_in_range(t.d.env.exchanges.lent, 0, 101);
        assert_in_range(t.d.env.output_blocks.lent, 0, 6);
        driver_pass(&t.d, t.d.limits.write_timeout_ms);
        driver_pass(&t.d, t.d.limits.idle_timeout_ms);
        driver_pass(&t.d, t.d.limits.write_timeout_ms);
        assert_int_equal(driver_state(&t.d), VB_WIRE_CLOSE);
        h2_talk_done(&t);
    }
}

/* An honest client's cancels, pings and windows, over a long time. */
static void test_an_honest_client_goes_on_for_ever(void **state)
{
    struct h2_talk *t = *state;

    for (int i = 0; i < 3000; i++) {
        h2_request(&t->bytes, 4 * i + 1, get, true);
        h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\005", 4);
        h2_request(&t->bytes, 4 * i + 3, post, false);
        reset(&t->bytes, 4 * i + 3);
        ping(&t->bytes, i);
        h2_send(t);
        driver_pass(&t->d, 120);
        vb_buf_reset(&t->d.log);
    }
    assert_int_equal(h2_goaway_code(&t->d), -1);
}

/* --- Heads -------------------------------------------------------------------
 */

/* `n` fields of 1000 bytes; what the service answers, or 0. */
static int status_with_fields(struct driver *d, int n)
{
    static char value[1000];
    const char *fields[2 * 200 + 9] = {REQUEST("/")};
    struct vb_buf section;
    struct vb_buf bytes;
    const char *end;
    int status = 0;

    memset(value, 'v', sizeof(value) - 1);
    for (int i = 0; i < n; i++) {
        fields[8 + 2 * i] = "x";
        fields[9 + 2 * i] = value;
    }
    vb_buf_init(&section, 1024 * 1024);
    vb_buf_init(&bytes, 1024 * 1024);
    h2_section(&section, fields);
    h2_begin(&bytes);
    for (size_t at = 0; at < section.len; at += 16 * 1024) {
        size_t len =
            section.len - at < 16 * 1024 ? section.len - at : 16 * 1024;
        uint8_t last = at + len == section.len ? NGHTTP2_FLAG_END_HEADERS : 0;

        h2_frame(&bytes, at == 0 ? NGHTTP2_HEADERS : NGHTTP2_CONTINUATION,
                 (uint8_t)(last | (at == 0 ? NGHTTP2_FLAG_END_STREAM : 0)), 1,
                 section.ptr + at, len);
    }
    driver_send(d, vb_buf_span(&bytes));
    vb_buf_char(&d->log, '\0');
    end = strstr(d->log.ptr, "end ");
    if (end != NULL)
        status = (int)strtol(end + 4, NULL, 10);
    vb_buf_done(&section);
    vb_buf_done(&bytes);
    return status;
}

static void test_a_large_head_is_431_up_to_where_it_costs_too_much(void **state)
{
    static const struct {
        int fields;
        int status;
        int64_t code;
    } rows[] = {{60, 200, -1}, {70, 431, -1}, {99, 431, -1}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        assert_int_equal(status_with_fields(&t.d, rows[i].fields),
                         rows[i].status);
        assert_int_equal(h2_goaway_code(&t.d), rows[i].code);
        h2_talk_done(&t);
    }
}

static void test_a_small_limit_is_kept_the_same(void **state)
{
    struct h2_talk *t = *state;

    t->d.limits.head.max_fields_size = 3000;
    t->d.limits.head.max_target = 1000;
    assert_int_equal(status_with_fields(&t->d, 5), 431);
    assert_int_equal(h2_goaway_code(&t->d), -1);
    driver_restart(&t->d);
    assert_int_equal(status_with_fields(&t->d, 17), 0);
    assert_int_equal(h2_goaway_code(&t->d), NGHTTP2_ENHANCE_YOUR_CALM);
}

/* RFC 9113 section 5.1.2 */
static void test_more_streams_than_are_allowed(void **state)
{
    struct h2_talk *t = *state;

    for (int i = 0; i < 101; i++)
        h2_request(&t->bytes, 2 * i + 1, post, false);
    h2_send(t);
    assert_int_equal(h2_reset_code(&t->d, 201), NGHTTP2_REFUSED_STREAM);
    assert_int_equal(t->d.env.exchanges.lent, 100);
}

/* --- Frames: RFC 9113 sections 4 to 6 ----------------------------------------
 */

static const struct {
    const char *what;
    const char *bytes; /* behind preface and SETTINGS */
    size_t len;
    uint32_t code;
} frames[] = {
#define FRAMES(what, bytes, code)                                              \
    {                                                                          \
        what, bytes, sizeof(bytes) - 1, code                                   \
    }
    FRAMES("9113-4.2 too large", "\0\x40\1\0\0\0\0\0\1",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-5.1 DATA on an idle stream", "\0\0\1\0\0\0\0\0\1a",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-5.1.1 an even stream", "\0\0\1\1\5\0\0\0\2\x82",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.1 DATA on stream 0", "\0\0\1\0\0\0\0\0\0a",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.1 more padding than there is", "\0\0\1\1\x0d\0\0\0\1\5",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.2 HEADERS on stream 0", "\0\0\1\1\5\0\0\0\0\x82",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-4.3 no HPACK", "\0\0\1\1\5\0\0\0\1\x80",
           NGHTTP2_COMPRESSION_ERROR),
    FRAMES("9113-6.4 RST_STREAM of an idle stream",
           "\0\0\4\3\0\0\0\0\1\0\0\0\0", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.5 SETTINGS of 5 bytes", "\0\0\5\4\0\0\0\0\0\0\0\0\0\0",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.5 SETTINGS on a stream", "\0\0\0\4\0\0\0\0\1",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.5.2 a window past 2^31-1",
           "\0\0\6\4\0\0\0\0\0\0\4\x80\0\0\0", NGHTTP2_FLOW_CONTROL_ERROR),
    FRAMES("9113-6.6 PUSH_PROMISE of a client", "\0\0\4\5\4\0\0\0\1\0\0\0\2",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.7 PING of 4 bytes", "\0\0\4\6\0\0\0\0\0\0\0\0\0",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.9 WINDOW_UPDATE of 0", "\0\0\4\x8\0\0\0\0\0\0\0\0\0",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.9.1 a window past its bound",
           "\0\0\4\x8\0\0\0\0\0\x7f\xff\xff\xff", NGHTTP2_FLOW_CONTROL_ERROR),
    FRAMES("9113-6.10 CONTINUATION of nothing", "\0\0\1\x9\4\0\0\0\1\x82",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.2 no room for the padding's length", "\0\0\0\1\x0c\0\0\0\1",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.3 PRIORITY on stream 0", "\0\0\5\2\0\0\0\0\0\0\0\0\3\0",
           NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.4 RST_STREAM of 3 bytes", "\0\0\3\3\0\0\0\0\1\0\0\0",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.5 an ACK that says something",
           "\0\0\6\4\1\0\0\0\0\0\3\0\0\0\1", NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.5.3 more ACKs than SETTINGS",
           "\0\0\0\4\1\0\0\0\0\0\0\0\4\1\0\0\0\0", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.5.2 a frame size below the least",
           "\0\0\6\4\0\0\0\0\0\0\5\0\0\x3f\xff", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9218-2.1 priorities turned off later",
           "\0\0\6\4\0\0\0\0\0\0\x9\0\0\0\1", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9113-6.8 GOAWAY of 4 bytes", "\0\0\4\7\0\0\0\0\0\0\0\0\0",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.9 WINDOW_UPDATE of an idle stream",
           "\0\0\4\x8\0\0\0\0\1\0\0\0\1", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9218-7.1 PRIORITY_UPDATE on a stream",
           "\0\0\4\x10\0\0\0\0\1\0\0\0\1", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9218-7.1 PRIORITY_UPDATE of stream 0",
           "\0\0\4\x10\0\0\0\0\0\0\0\0\0", NGHTTP2_PROTOCOL_ERROR),
    FRAMES("9218-7.1 PRIORITY_UPDATE of 3 bytes", "\0\0\3\x10\0\0\0\0\0\0\0\0",
           NGHTTP2_FRAME_SIZE_ERROR),
    FRAMES("9113-6.10 another frame in a section",
           "\0\0\1\1\0\0\0\0\1\x82\0\0\0\4\0\0\0\0\0", NGHTTP2_PROTOCOL_ERROR),
};

static void test_frames_that_no_client_may_send(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(frames); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        vb_buf_append(&t.bytes, vb_span_of(frames[i].bytes, frames[i].len));
        h2_send(&t);
        if (h2_goaway_code(&t.d) != frames[i].code)
            fail_msg("%s: %lld", frames[i].what,
                     (long long)h2_goaway_code(&t.d));
        assert_int_equal(t.d.log.len, 0);
        h2_talk_done(&t);
    }
}

/* --- Streams: RFC 9113 section 5.1 -------------------------------------------
 */

/* What a frame behind a script of requests leads to. */
enum before {
    ANSWERED, /* stream 5: GET, and its reply is out */
    UPLOAD,   /* stream 5: a POST whose content is to come */
    WAITING,  /* stream 5: asked to its end, and not answered */
    REFUSED   /* stream 5: reset by us, while it was open */
};

static const struct {
    const char *what;
    enum before before;
    uint8_t type;
    uint8_t flags;
    int32_t id;
    const char *payload;
    size_t len;
    int64_t code;  /* of the connection's end; -1: it goes on */
    int64_t reset; /* of stream 5, if it does; -1: none */
} on_streams[] = {
#define ON(what, before, type, flags, id, payload, code, reset)                \
    {                                                                          \
        what, before, type, flags, id, payload, sizeof(payload) - 1, code,     \
            reset                                                              \
    }
    ON("9113-5.1.1 a smaller id", ANSWERED, NGHTTP2_HEADERS, 5, 3, "\x82",
       NGHTTP2_PROTOCOL_ERROR, -1),
    ON("9113-5.1 HEADERS when both are done", ANSWERED, NGHTTP2_HEADERS, 5, 5,
       "\x82", NGHTTP2_STREAM_CLOSED, -1),
    ON("9113-5.1 DATA when both are done", ANSWERED, NGHTTP2_DATA, 0, 5, "a",
       NGHTTP2_STREAM_CLOSED, -1),
    ON("9113-5.1 a window when both are done", ANSWERED, NGHTTP2_WINDOW_UPDATE,
       0, 5, "\0\0\0\1", -1, -1),
    ON("9113-5.1 a reset when both are done", ANSWERED, NGHTTP2_RST_STREAM, 0,
       5, "\0\0\0\x8", -1, -1),
    ON("9113-5.1 PRIORITY of a closed stream", ANSWERED, NGHTTP2_PRIORITY, 0, 5,
       "\0\0\0\3\0", -1, -1),
    ON("9113-5.1 PRIORITY of an idle stream", ANSWERED, NGHTTP2_PRIORITY, 0, 9,
       "\0\0\0\3\0", -1, -1),
    ON("9113-5.1 DATA behind its end", WAITING, NGHTTP2_DATA, 0, 5, "a", -1,
       NGHTTP2_STREAM_CLOSED),
    ON("9113-5.1 HEADERS behind its end", WAITING, NGHTTP2_HEADERS, 5, 5, "",
       -1, NGHTTP2_STREAM_CLOSED),
    ON("9113-5.1 DATA that we want no more", REFUSED, NGHTTP2_DATA, 0, 5, "a",
       -1, NGHTTP2_PROTOCOL_ERROR),
    ON("9113-5.1 trailers that we want no more", REFUSED, NGHTTP2_HEADERS, 5, 5,
       "\0\1x\1y", -1, NGHTTP2_PROTOCOL_ERROR),
    ON("9113-8.1 trailers that end nothing", UPLOAD, NGHTTP2_HEADERS, 4, 5,
       "\0\1x\1y", -1, NGHTTP2_PROTOCOL_ERROR),
    ON("9113-8.1 a pseudo-field in trailers", UPLOAD, NGHTTP2_HEADERS, 5, 5,
       "\x82", -1, NGHTTP2_PROTOCOL_ERROR),
    ON("9113-6.3 PRIORITY of 4 bytes", UPLOAD, NGHTTP2_PRIORITY, 0, 5,
       "\0\0\0\3", -1, NGHTTP2_FRAME_SIZE_ERROR),
    ON("7540-5.3.1 a stream of itself", UPLOAD, NGHTTP2_PRIORITY, 0, 5,
       "\0\0\0\5\0", -1, NGHTTP2_PROTOCOL_ERROR),
    ON("9113-6.9 a window of 0", UPLOAD, NGHTTP2_WINDOW_UPDATE, 0, 5,
       "\0\0\0\0", -1, NGHTTP2_PROTOCOL_ERROR),
    ON("9113-6.9.1 a window past its bound", UPLOAD, NGHTTP2_WINDOW_UPDATE, 0,
       5, "\x7f\xff\xff\xff", -1, NGHTTP2_FLOW_CONTROL_ERROR),
};

static void begin_as(struct h2_talk *t, enum before before)
{
    static const char *const bad[] = {":method", "POST",    ":scheme",
                                      "http",    AUTHORITY, NULL};
    static const char *const *const requests[] = {get, post, later, bad};

    h2_request(&t->bytes, 1, get, true);
    h2_request(&t->bytes, 5, requests[before],
               before == ANSWERED || before == WAITING);
    h2_send(t);
}

static void test_frames_on_streams_by_their_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(on_streams); i++) {
        struct h2_talk t;

        h2_talk_init(&t, 0);
        begin_as(&t, on_streams[i].before);
        h2_frame(&t.bytes, on_streams[i].type, on_streams[i].flags,
                 on_streams[i].id, on_streams[i].payload, on_streams[i].len);
        h2_send(&t);
        if (h2_goaway_code(&t.d) != on_streams[i].code ||
            h2_reset_code(&t.d, 5) != on_streams[i].reset)
            fail_msg("%s: %lld, %lld", on_streams[i].what,
                     (long long)h2_goaway_code(&t.d),
                     (long long)h2_reset_code(&t.d, 5));
        vb_buf_reset(&t.d.log);
        h2_request(&t.bytes, 7, get, true);
        h2_send(&t);
        assert_int_equal(h2_logged(&t, "end 200"), on_streams[i].code < 0);
        h2_talk_done(&t);
    }
}

/* RFC 9113 section 6.9.2: a change counts for streams that are there. */
static void test_a_window_that_settings_make_too_large(void **state)
{
    struct h2_talk *t = *state;

    h2_request(&t->bytes, 1, later, true);
    h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 1, "\x7f\xff\0\0", 4);
    h2_frame(&t->bytes, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\1\0\0", 6);
    h2_send(t);
    assert_int_equal(h2_goaway_code(&t->d), NGHTTP2_FLOW_CONTROL_ERROR);
}

/* RFC 9113 section 6.9.1: padding counts, and 256 KiB are the window. */
static void test_more_content_than_the_window(void **state)
{
    static char body[16 * 1024];
    struct h2_talk *t = *state;
    static const char *const fields[] = {":method", "POST",  ":scheme",
                                         "http",    ":path", "/later-echo",
                                         AUTHORITY, NULL};

    h2_request(&t->bytes, 1, fields, false);
    body[0] = 100; /* of padding */
    for (int i = 0; i < 16; i++)
        h2_frame(&t->bytes, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, body,
                 sizeof(body));
    h2_send(t);
    assert_int_equal(h2_reset_code(&t->d, 1), -1);
    h2_frame(&t->bytes, NGHTTP2_DATA, 0, 1, body, 1);
    h2_send(t);
    assert_int_equal(h2_reset_code(&t->d, 1), NGHTTP2_FLOW_CONTROL_ERROR);
    assert_int_equal(h2_goaway_code(&t->d), -1);
}

/* RFC 9113 section 4.1, 5.5: what is not known is passed over. */
static void test_unknown_frames_and_settings_are_ignored(void **state)
{
    struct h2_talk *t = *state;

    h2_frame(&t->bytes, 0xfa, 0xff, 0, "whatever", 8);
    h2_frame(&t->bytes, NGHTTP2_SETTINGS, 0, 0, "\xfa\xfa\0\0\0\1", 6);
    h2_request(&t->bytes, 1, get, true);
    h2_send(t);
    assert_int_equal(h2_goaway_code(&t->d), -1);
    assert_int_equal(t->d.ends, 1);
}

/* RFC 9113 section 3.4: no SETTINGS behind the preface. */
static void test_a_preface_without_settings(void **state)
{
    struct h2_talk *t = *state;

    driver_send_str(&t->d, H2_PREFACE "GET / HTTP/1.1\r\n\r\n");
    assert_int_not_equal(driver_state(&t->d) & (VB_WIRE_LINGER | VB_WIRE_CLOSE),
                         0);
    assert_int_equal(t->d.log.len, 0);
}

/* What only begins like the preface is HTTP/1's. */
static void test_a_part_of_the_preface_is_http_1(void **state)
{
    static const char preface[] = H2_PREFACE;

    (void)state;
    for (size_t n = 1; n < sizeof(preface) - 1; n++) {
        struct h2_talk t;
        char text[64];

        h2_talk_init(&t, 0);
        snprintf(text, sizeof(text), "%.*s?\r\n\r\n", (int)n, preface);
        t.d.piece = n % 3;
        driver_send_str(&t.d, text);
        assert_non_null(memmem(t.d.out.ptr, t.d.out.len, "HTTP/1.1 ", 9));
        h2_talk_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attack_ends_its_connection),
        cmocka_unit_test(test_who_reads_nothing_is_read_no_more),
        h2_unit_test(test_an_honest_client_goes_on_for_ever),
        cmocka_unit_test(
            test_a_large_head_is_431_up_to_where_it_costs_too_much),
        h2_unit_test(test_a_small_limit_is_kept_the_same),
        h2_unit_test(test_more_streams_than_are_allowed),
        cmocka_unit_test(test_frames_that_no_client_may_send),
        cmocka_unit_test(test_frames_on_streams_by_their_state),
        h2_unit_test(test_a_window_that_settings_make_too_large),
        h2_unit_test(test_more_content_than_the_window),
        h2_unit_test(test_unknown_frames_and_settings_are_ignored),
        h2_unit_test(test_a_preface_without_settings),
        cmocka_unit_test(test_a_part_of_the_preface_is_http_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
