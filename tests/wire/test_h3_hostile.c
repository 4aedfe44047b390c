/*
 * What a hostile client can do with HTTP/3: each attack ends its connection
 * with the code that says why (9114-10.5-01), and costs bounded memory until
 * then.
 */
#include "h3_client.h"

#include <stdio.h>
#include <stdlib.h>

#define AUTHORITY ":authority", "h"
#define REQUEST(path)                                                          \
    ":method", "GET", ":scheme", "https", ":path", path, AUTHORITY

/* More of anything than an honest client sends. */
#define MANY 20000

static const char *const get[] = {REQUEST("/"), NULL};
static const char *const later[] = {REQUEST("/later"), NULL};
static const char *const large[] = {REQUEST("/large"), NULL};
static const char *const post[] = {":method", "POST",  ":scheme", "https",
                                   ":path",   "/echo", AUTHORITY, NULL};

/* --- Attacks: the i-th round of each ----------------------------------------
 */

static void send_on(struct h3_talk *t, int64_t id, const char *bytes,
                    size_t len, bool fin)
{
    link_send(&t->l, id, vb_span_of(bytes, len), fin);
    link_pump(&t->l);
}

/* CVE-2023-44487 */
static void rapid_reset(struct h3_talk *t, int i)
{
    h3_request(t, 4 * i, post, true);
    link_reset(&t->l, 4 * i, NGHTTP3_H3_REQUEST_CANCELLED);
    link_pump(&t->l);
}

/* Streams that never were anything. */
static void empty_reset(struct h3_talk *t, int i)
{
    link_reset(&t->l, 4 * i, NGHTTP3_H3_REQUEST_CANCELLED);
    link_pump(&t->l);
}

static void stop_sending(struct h3_talk *t, int i)
{
    h3_request(t, 4 * i, later, false);
    link_stop(&t->l, 4 * i, NGHTTP3_H3_REQUEST_CANCELLED);
    link_pump(&t->l);
    for (int n = 0; n < WAITING_MAX; n++)
        if (t->l.d.waiting[n] != NULL)
            driver_answer(&t->l.d, n);
}

/* CVE-2025-8671: it is us who reset. */
static void malformed(struct h3_talk *t, int i)
{
    static const char *const fields[] = {REQUEST("/"), "X", "y", NULL};

    h3_request(t, 4 * i, fields, false);
}

static void incomplete(struct h3_talk *t, int i)
{
    send_on(t, 4 * i, NULL, 0, true);
}

static void empty_data(struct h3_talk *t, int i)
{
    if (i == 0)
        h3_request(t, 0, post, true);
    send_on(t, 0, "\0\0", 2, false);
}

static void unknown_frames(struct h3_talk *t, int i)
{
    if (i == 0)
        h3_request(t, 0, post, true);
    send_on(t, 0, "\x21\0", 2, false);
}

static void unknown_control_frames(struct h3_talk *t, int i)
{
    (void)i;
    send_on(t, H3_CONTROL, "\x21\0", 2, false);
}

static void max_push_id(struct h3_talk *t, int i)
{
    (void)i;
    send_on(t, H3_CONTROL, "\x0d\1\1", 3, false);
}

static void goaway(struct h3_talk *t, int i)
{
    (void)i;
    send_on(t, H3_CONTROL, "\7\1\1", 3, false);
}

static void priority_update(struct h3_talk *t, int i)
{
    if (i == 0)
        h3_request(t, 0, later, false);
    send_on(t, H3_CONTROL, "\x80\x0f\7\0\4\0u=1", 9, false);
}

/* Of streams that never come. */
static void early_priority_update(struct h3_talk *t, int i)
{
    const char bytes[] = {(char)0x80, 0x0f, 7, 0, 1, (char)(i % 16 * 4)};

    send_on(t, H3_CONTROL, bytes, sizeof(bytes), false);
}

static void unknown_streams(struct h3_talk *t, int i)
{
    send_on(t, 14 + 4 * i, "\x21", 1, false);
}

static void unknown_streams_that_end(struct h3_talk *t, int i)
{
    send_on(t, 14 + 4 * i, "\x21", 1, true);
}

/* What is put into the table, and never used. */
static void inserts(struct h3_talk *t, int i)
{
    if (i == 0)
        send_on(t, H3_ENCODER, "\2\x3f\xe1\x1f", 4, false);
    send_on(t, H3_ENCODER, "\x41x\1y", 4, false);
}

static void duplicates(struct h3_talk *t, int i)
{
    if (i == 0)
        send_on(t, H3_ENCODER, "\2\x3f\xe1\x1f\x41x\1y", 8, false);
    send_on(t, H3_ENCODER, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, false);
}

static void capacities(struct h3_talk *t, int i)
{
    if (i == 0)
        send_on(t, H3_ENCODER, "\2", 1, false);
    send_on(t, H3_ENCODER, "\x3f\xe1\x1f\x20", 4, false);
}

static void cancellations(struct h3_talk *t, int i)
{
    if (i == 0)
        send_on(t, H3_DECODER, "\3", 1, false);
    send_on(t, H3_DECODER, "\x44\x48\x4c\x50", 4, false);
}

/* One long field in the table, then a byte for each time that it comes. */
static void qpack_bomb(struct h3_talk *t, int i)
{
    char section[8 * 1024];

    if (i == 0) {
        vb_buf_append(&t->bytes, vb_span_of("\2\x3f\xe1\x1f\x41x\x7f\xa1\x1e",
                                            9)); /* 4000 bytes follow */
        for (int n = 0; n < 4000; n++)
            vb_buf_char(&t->bytes, 'x');
        h3_send(t, H3_ENCODER, false);
    }
    memset(section, 0x80, sizeof(section));
    section[0] = 2; /* one insert is required, */
    section[1] = 0; /* and the base */
    h3_frame(&t->bytes, 1, section, sizeof(section));
    h3_send(t, 4 * i, true);
}

static const struct {
    const char *name;
    void (*round)(struct h3_talk *t, int i);
    uint64_t code;
} attacks[] = {
    {"rapid reset", rapid_reset, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"reset of nothing", empty_reset, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"STOP_SENDING", stop_sending, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"malformed requests", malformed, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"incomplete requests", incomplete, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"empty DATA", empty_data, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"unknown frames", unknown_frames, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"unknown frames on the control stream", unknown_control_frames,
     NGHTTP3_H3_EXCESSIVE_LOAD},
    {"MAX_PUSH_ID flood", max_push_id, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"GOAWAY flood", goaway, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"PRIORITY_UPDATE flood", priority_update, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"PRIORITY_UPDATE of nothing", early_priority_update,
     NGHTTP3_H3_EXCESSIVE_LOAD},
    {"unknown streams", unknown_streams, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"unknown streams that end", unknown_streams_that_end,
     NGHTTP3_H3_EXCESSIVE_LOAD},
    {"QPACK inserts", inserts, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"QPACK duplicates", duplicates, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"QPACK capacities", capacities, NGHTTP3_H3_EXCESSIVE_LOAD},
    {"QPACK cancellations", cancellations, NGHTTP3_QPACK_DECODER_STREAM_ERROR},
    {"QPACK bomb", qpack_bomb, NGHTTP3_H3_EXCESSIVE_LOAD},
};

static void check_bounds(const struct h3_talk *t)
{
    assert_in_range(t->l.d.env.exchanges.lent, 0, 100);
    assert_in_range(t->l.d.env.output_blocks.lent, 0, 170);
    assert_in_range(t->l.d.env.arena_blocks.lent, 0, 400);
}

/* 9114-10.5-01 */
static void test_each_attack_ends_its_connection(void **state)
{
    (void)state;
    for (size_t n = 0; n < VB_COUNT_OF(attacks); n++) {
        struct h3_talk *t = h3_talk_new();
        int i = 0;

        h3_begin(t);
        for (; i < MANY && t->l.closed == LINK_NONE; i++) {
            attacks[n].round(t, i);
            check_bounds(t);
        }
        if (t->l.closed != attacks[n].code)
            fail_msg("%s: %llx after %d", attacks[n].name,
                     (unsigned long long)t->l.closed, i);
        h3_talk_free(t);
    }
}

/* Who also reads nothing makes us hold no more. */
static void test_who_reads_nothing_is_held_to_the_same(void **state)
{
    (void)state;
    for (size_t n = 0; n < VB_COUNT_OF(attacks); n++) {
        struct h3_talk *t = h3_talk_new();

        h3_begin(t);
        t->l.stuck = true;
        for (int i = 0; i < 300; i++) {
            attacks[n].round(t, i);
            check_bounds(t);
        }
        link_pass(&t->l, 3 * (int64_t)t->l.d.limits.write_timeout_ms);
        link_pass(&t->l, t->l.d.limits.idle_timeout_ms);
        assert_in_range(t->l.d.env.exchanges.lent, 0, 1); /* /later */
        h3_talk_free(t);
    }
}

/* An honest client's cancels and priorities, over a long time. */
static void test_an_honest_client_goes_on_for_ever(void **state)
{
    struct h3_talk *t = *state;

    h3_begin(t);
    for (int i = 0; i < 3000; i++) {
        struct vb_buf update;

        vb_buf_init(&update, 64);
        h3_varint(&update, 8 * (uint64_t)i);
        vb_buf_str(&update, "u=2");
        h3_frame(&t->bytes, 0xf0700, update.ptr, update.len);
        vb_buf_done(&update);
        h3_send(t, H3_CONTROL, false);
        h3_request(t, 8 * i, get, false);
        h3_request(t, 8 * i + 4, post, true);
        link_reset(&t->l, 8 * i + 4, NGHTTP3_H3_REQUEST_CANCELLED);
        link_pass(&t->l, 120);
        vb_buf_reset(&t->l.d.log);
    }
    assert_true(t->l.closed == LINK_NONE);
    assert_int_equal(t->l.d.ends, 3000);
}

/* --- Heads -------------------------------------------------------------------
 */

/* `n` fields of 1000 bytes; what the service answers, or 0. */
static int status_with_fields(struct h3_talk *t, int n)
{
    static char value[1000];
    const char *fields[2 * 400 + 9] = {REQUEST("/")};
    const char *end;

    memset(value, 'v', sizeof(value) - 1);
    for (int i = 0; i < n; i++) {
        fields[8 + 2 * i] = "x";
        fields[9 + 2 * i] = value;
    }
    h3_begin(t);
    h3_request(t, 0, fields, false);
    if (t->l.d.log.len == 0)
        return 0;
    vb_buf_char(&t->l.d.log, '\0');
    end = strstr(t->l.d.log.ptr, "end ");
    return end == NULL ? 0 : (int)strtol(end + 4, NULL, 10);
}

static void test_a_large_head_is_431_up_to_where_it_costs_too_much(void **state)
{
    static const struct {
        int fields;
        int status;
        uint64_t code;
    } rows[] = {{60, 200, LINK_NONE},
                {70, 431, LINK_NONE},
                {270, 431, LINK_NONE},
                {290, 0, NGHTTP3_H3_EXCESSIVE_LOAD}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct h3_talk *t = h3_talk_new();

        assert_int_equal(status_with_fields(t, rows[i].fields), rows[i].status);
        assert_true(t->l.closed == rows[i].code);
        h3_talk_free(t);
    }
}

static void test_a_small_limit_is_kept_the_same(void **state)
{
    struct h3_talk *t = *state;

    t->l.d.limits.head.max_fields_size = 3000;
    t->l.d.limits.head.max_target = 1000;
    assert_int_equal(status_with_fields(t, 5), 431);
    assert_true(t->l.closed == LINK_NONE);
    link_restart(&t->l);
    assert_int_equal(status_with_fields(t, 17), 0);
    assert_int_equal(t->l.closed, NGHTTP3_H3_EXCESSIVE_LOAD);
}

/* SETTINGS of more entries, or a known frame of more bytes, than there are. */
static void test_large_control_frames(void **state)
{
    struct h3_talk *t = *state;
    char payload[66];

    for (size_t i = 0; i < sizeof(payload); i += 2) {
        payload[i] = (char)(0x10 + i / 2);
        payload[i + 1] = 0;
    }
    vb_buf_char(&t->bytes, '\0');
    h3_frame(&t->bytes, 4, payload, sizeof(payload));
    h3_send(t, H3_CONTROL, false);
    assert_int_equal(t->l.closed, NGHTTP3_H3_EXCESSIVE_LOAD);
    link_restart(&t->l);
    h3_begin(t);
    h3_varint(&t->bytes, 0xf0700);
    h3_varint(&t->bytes, 1 << 20);
    h3_send(t, H3_CONTROL, false);
    assert_int_equal(t->l.closed, NGHTTP3_H3_EXCESSIVE_LOAD);
}

/* What we have to tell of decoded sections is not read: it does not grow. */
static void test_acknowledgements_that_nobody_reads(void **state)
{
    struct h3_talk *t = *state;
    int i = 0;

    h3_begin(t);
    link_pump(&t->l);
    link_stream(&t->l, 11)->window = 1;
    send_on(t, H3_ENCODER, "\2\x3f\xe1\x1f\x41x\1y", 8, false);
    for (; i < MANY && t->l.closed == LINK_NONE; i++) {
        vb_buf_append(&t->bytes,
                      vb_span_of("\1\x09\2\0\xd1\xd7\xc1\x50\1h\x80", 11));
        h3_send(t, 4 * i, true);
        assert_in_range(t->l.d.env.output_blocks.lent, 0, 4);
    }
    assert_in_range(i, 100, 5000);
    assert_int_equal(t->l.closed, NGHTTP3_H3_EXCESSIVE_LOAD);
}

/* A source gives at most what the network and the client take. */
static void test_large_replies_that_nobody_reads(void **state)
{
    struct h3_talk *t = *state;

    h3_begin(t);
    t->l.holds_acks = true;
    for (int i = 0; i < 100; i++) {
        static const char *const wide[] = {REQUEST("/wide/300000"), NULL};

        h3_request(t, 4 * i, i % 2 == 0 ? wide : large, false);
    }
    assert_int_equal(t->l.d.env.exchanges.lent, 100);
    assert_in_range(t->l.d.env.output_blocks.lent, 50, 170);
}

/* Those that wait in shut windows hold all blocks there are; who comes to be
 * read has still one of its own, again and again. */
static void test_the_one_that_is_read_goes_on(void **state)
{
    static const char *const streamed[] = {REQUEST("/stream/100000"), NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    t->l.window = 3000;
    for (int i = 0; i < 60; i++)
        h3_request(t, 4 * i, streamed, false);
    t->l.holds_acks = true;
    link_open(&t->l, 4 * 30, 1024 * 1024);
    link_pump(&t->l);
    for (int i = 0; i < 10; i++)
        link_ack(&t->l);
    assert_true(link_stream(&t->l, 4 * 30)->down_fin);
    assert_int_equal(link_stream(&t->l, 4 * 31)->down.len, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attack_ends_its_connection),
        cmocka_unit_test(test_who_reads_nothing_is_held_to_the_same),
        h3_unit_test(test_an_honest_client_goes_on_for_ever),
        cmocka_unit_test(
            test_a_large_head_is_431_up_to_where_it_costs_too_much),
        h3_unit_test(test_a_small_limit_is_kept_the_same),
        h3_unit_test(test_large_control_frames),
        h3_unit_test(test_acknowledgements_that_nobody_reads),
        h3_unit_test(test_large_replies_that_nobody_reads),
        h3_unit_test(test_the_one_that_is_read_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
