/* Replies: RFC 9112 sections 4, 6 and 7, RFC 9110 sections 6.6.1, 8.6. */
#include "driver.h"

#include <stdio.h>

#include "http/status.h"

#define H    "Host: h\r\n\r\n"
#define DATE "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
#define REP                                                                    \
    "ETag: \"k7\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"         \
    "Content-Type: text/plain\r\nAccept-Ranges: bytes\r\n"                     \
    "Content-Length: 5\r\n"

struct reply_case {
    const char *rule;
    const char *request;
    const char *reply;
};

static const struct reply_case cases[] = {
    {"a representation", "GET / HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE REP "\r\nhello"},
    {"8297-2-01, 9110-15.2-04", "GET /hinted/2 HTTP/1.1\r\n" H,
     "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
     "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
     "HTTP/1.1 200 OK\r\n" DATE REP "\r\nhello"},
    {"9110-15.2-01", "GET /hinted/2 HTTP/1.0\r\n\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n" REP "\r\nhello"},
    {"9110-8.6-04 HEAD of it", "HEAD / HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE REP "\r\n"},
    {"9112-2.3-03, 9112-9.3-02",
     "GET / HTTP/1.0\r\nConnection: keep-alive\r\n"
     "\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "Connection: keep-alive\r\n" REP "\r\nhello"},
    {"9112-9.6-04", "GET / HTTP/1.1\r\nConnection: close\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n" REP "\r\nhello"},
    {"9110-8.6-05, 9110-15.4.5", "GET /not-modified HTTP/1.1\r\n" H,
     "HTTP/1.1 304 Not Modified\r\n" DATE "ETag: \"k7\"\r\n\r\n"},
    {"9110-8.6-06, 9112-6.1-05, 9110-15.3.5-01",
     "DELETE /status/204 HTTP/1.1\r\n" H,
     "HTTP/1.1 204 No Content\r\n" DATE "\r\n"},
    {"9110-8.6-08", "GET /status/200 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n"},
    {"9110-8.6-08", "POST /status/205 HTTP/1.1\r\n" H,
     "HTTP/1.1 205 Reset Content\r\n" DATE "Content-Length: 0\r\n\r\n"},
    {"9110-8.6-08", "GET /bytes/3 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE
     "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc"},
    {"9110-8.6-04", "HEAD /bytes/3 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE
     "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\n"},
    {"9110-8.6-04 not known", "HEAD /status/200 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE "\r\n"},
    {"9112-6.3-13 a source of known length", "GET /source/4 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 4\r\n\r\nabcd"},
    {"9112-6.3-13 and of unknown", "GET /stream/4 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE
     "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"},
    {"HEAD of it", "HEAD /stream/4 HTTP/1.1\r\n" H,
     "HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n\r\n"},
    {"9112-6.1-09", "GET /stream/4 HTTP/1.0\r\n\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n\r\nabcd"},
    {"9112-6.1-09 also when kept alive",
     "GET /stream/4 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\n\r\nabcd"},
    {"9112-6.1-09 HEAD ends at its head",
     "HEAD /stream/4 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     "HTTP/1.1 200 OK\r\n" DATE "Connection: keep-alive\r\n\r\n"},
    {"9112-4-01 a status without a name", "GET /status/299 HTTP/1.1\r\n" H,
     "HTTP/1.1 299 \r\n" DATE "Content-Length: 0\r\n\r\n"},
    {"9112-4-01 a status past the registry", "GET /status/599 HTTP/1.1\r\n" H,
     "HTTP/1.1 599 \r\n" DATE "Content-Length: 0\r\n\r\n"},
    {"9110-8.6-07, 9112-6.1-06", "CONNECT h:1 HTTP/1.1\r\n" H,
     "HTTP/1.1 404 Not Found\r\n" DATE "Connection: close\r\nContent-Type: "
     "text/plain\r\nContent-Length: 12\r\n\r\nnothing here"},
};

static void test_replies_byte_for_byte(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        driver_restart(&d);
        driver_send_str(&d, cases[i].request);
        assert_span_equal(vb_buf_span(&d.out), cases[i].reply);
        assert_int_equal(driver_read(&d), 1);
    }
    driver_done(&d);
}

/* 9112-4-01: every status of the registry, as it is spelt there. */
static void test_all_status_lines(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (int status = 200; status < 600; status++) {
        char text[100];

        driver_restart(&d);
        snprintf(text, sizeof(text), "GET /status/%d HTTP/1.1\r\n" H, status);
        driver_send_str(&d, text);
        snprintf(text, sizeof(text), "HTTP/1.1 %d %.*s\r\nDate: ", status,
                 VB_FMT(vb_status_reason(status)));
        assert_true(vb_span_starts(vb_buf_span(&d.out), vb_span_str(text)));
    }
    driver_done(&d);
}

/* 9110-6.6.1-06: the time of the reply; RFC 9110 section 5.6.7. */
static void test_the_date_follows_the_clock(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "GET / HTTP/1.1\r\n" H);
    driver_pass(&d, 61000);
    driver_send_str(&d, "GET / HTTP/1.1\r\n" H);
    assert_int_equal(driver_read(&d), 2);
    assert_span_equal(reply_field(&d.replies[0], "Date"),
                      "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_span_equal(reply_field(&d.replies[1], "Date"),
                      "Thu, 01 Jan 2026 00:01:01 GMT");
    driver_done(&d);
}

/* --- Content of all sizes, sent in all ways
 * ------------------------------------ */

static void assert_pattern(struct vb_span content, size_t n)
{
    assert_int_equal(content.len, n);
    for (size_t i = 0; i < n; i++)
        if (content.ptr[i] != (char)('a' + (i + i / 1000) % 26))
            fail_msg("byte %zu of %zu", i, n);
}

static void test_content_is_whole_at_every_size_of_sends(void **state)
{
    static const char *const kinds[] = {"bytes",   "source", "stream", "slow",
                                        "instant", "wide",   "file",   "parts"};
    static const size_t sizes[] = {1,    999,  1000,  1001,  2047,  2048,
                                   2049, 9000, 16384, 16385, 100000};
    static const size_t rooms[] = {0, 1, 7, 1000, 4096, 30000};
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t k = 0; k < VB_COUNT_OF(kinds); k++)
        for (size_t s = 0; s < VB_COUNT_OF(sizes); s++)
            for (size_t r = 0; r < VB_COUNT_OF(rooms); r++) {
                char text[100];

                driver_restart(&d);
                d.room = rooms[r];
                snprintf(text, sizeof(text), "GET /%s/%zu HTTP/1.1\r\n" H,
                         kinds[k], sizes[s]);
                driver_send_str(&d, text);
                driver_send_str(&d, text);
                assert_string_equal(driver_statuses(&d), "200 200");
                assert_pattern(d.replies[0].content, sizes[s]);
                assert_pattern(d.replies[1].content, sizes[s]);
                assert_int_equal(d.env.output_blocks.lent, 0);
                assert_int_equal(d.env.exchanges.lent, 0);
            }
    driver_done(&d);
}

/* A large representation is sent from where it lies, and lives until then. */
static void test_a_large_representation_is_not_copied(void **state)
{
    struct driver d;
    struct vb_file_part file;
    struct iovec iov[8];
    struct vb_rep *rep;

    (void)state;
    driver_init(&d);
    rep = d.large;
    d.stuck = true;
    driver_send_str(&d, "GET /large HTTP/1.1\r\n" H);
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 8, &file), 2);
    assert_ptr_equal(iov[1].iov_base, rep->content.ptr);
    assert_int_equal(iov[1].iov_len, LARGE_SIZE);
    vb_rep_unref(rep); /* the cache lets go of it */
    d.large = NULL;
    d.stuck = false;
    d.room = 3000;
    driver_pump(&d);
    assert_int_equal(driver_read(&d), 1);
    assert_pattern(d.replies[0].content, LARGE_SIZE);
    vb_buf_char(&d.log, '\0');
    assert_non_null(strstr(d.log.ptr, "end 200 sent=100000\n"));
    driver_done(&d);
}

/* drain may be given fewer iovecs than there are pieces. */
static void test_drain_keeps_to_its_maximum(void **state)
{
    struct driver d;
    struct vb_file_part file;
    struct iovec iov[2];

    (void)state;
    driver_init(&d);
    d.stuck = true;
    driver_send_str(&d, "GET /large HTTP/1.1\r\n" H);
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 1, &file), 1);
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 0, &file), 0);
    driver_done(&d);
}

/* So is a file, and the loop learns what is to be read from it. */
static void test_a_file_is_handed_to_the_loop(void **state)
{
    struct vb_file_part file;
    struct driver d;
    struct iovec iov[8];

    (void)state;
    driver_init(&d);
    d.stuck = true;
    driver_send_str(&d, "GET /file/100000 HTTP/1.1\r\n" H);
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 0, &file), 0);
    assert_int_equal(file.length, 0); /* the head comes before it */
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 8, &file), 1);
    assert_int_equal(file.length, 100000);
    d.wire->ops->sent(d.wire, iov->iov_len + 1);
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 8, &file), 0);
    assert_int_equal(file.fd, d.file);
    assert_int_equal(file.offset, 1);
    assert_int_equal(file.length, 99999);
    assert_true(driver_state(&d) & VB_WIRE_WRITE);
    d.wire->ops->sent(d.wire, 99999);
    assert_int_equal(d.wire->ops->drain(d.wire, iov, 8, &file), 0);
    assert_int_equal(file.length, 0);
    vb_buf_char(&d.log, '\0');
    assert_non_null(strstr(d.log.ptr, "end 200 sent=100000\n"));
    driver_done(&d);
}

/* A source is asked for no more than can soon be sent. */
static void test_a_source_is_not_drawn_ahead_of_the_client(void **state)
{
    struct driver d;
    struct vb_file_part file;
    struct iovec iov[8];
    size_t queued = 0;
    int count;

    (void)state;
    driver_init(&d);
    d.stuck = true;
    driver_send_str(&d, "GET /stream/300000 HTTP/1.1\r\n" H);
    count = d.wire->ops->drain(d.wire, iov, 8, &file);
    for (int i = 0; i < count; i++)
        queued += iov[i].iov_len;
    assert_in_range(queued, 60000, 70000);
    d.stuck = false;
    driver_pump(&d);
    assert_string_equal(driver_statuses(&d), "200");
    assert_pattern(d.replies[0].content, 300000);
    driver_done(&d);
}

/* --- Breaking off
 * ---------------------------------------------------------------- */

#define LINGERS (VB_WIRE_READ | VB_WIRE_LINGER)

struct broken_case {
    const char *rule;
    const char *request;
    unsigned state;
    const char *statuses; /* "!": the client sees that it is cut short */
};

static const struct broken_case broken_cases[] = {
    {"no last chunk", "GET /broken/1500 HTTP/1.1\r\n" H, LINGERS, "200!"},
    {"too few bytes", "GET /short/1500 HTTP/1.1\r\n" H, LINGERS, "200!"},
    {"none at all", "GET /short/1 HTTP/1.1\r\n" H, LINGERS, "200!"},
    {"too many bytes", "GET /over/1500 HTTP/1.1\r\n" H, LINGERS, "200!"},
    {"a reset is all there is", "GET /broken/1500 HTTP/1.0\r\n\r\n",
     VB_WIRE_CLOSE | VB_WIRE_RESET, "200"},
};

/* 9112-8, 9110-6.1-01: a reply that fails must not look whole, and what was
 * asked behind it is not answered. */
static void test_a_failed_source_is_seen_to_have_failed(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(broken_cases); i++) {
        const struct broken_case *c = &broken_cases[i];

        driver_restart(&d);
        driver_send_str(&d, c->request);
        driver_send_str(&d, "GET / HTTP/1.1\r\n" H);
        assert_string_equal(driver_statuses(&d), c->statuses);
        vb_buf_char(&d.log, '\0');
        assert_non_null(strstr(d.log.ptr, "source closed"));
        assert_int_equal(driver_state(&d), c->state);
    }
    driver_done(&d);
}

/* --- Fields
 * ------------------------------------------------------------------------ */

static void play_fields(struct driver *d, const struct vb_field_out *fields,
                        size_t count)
{
    driver_restart(d);
    d->fields = fields;
    d->field_count = count;
    driver_send_str(d, "GET /fields HTTP/1.1\r\n" H);
    driver_send_str(d, "GET / HTTP/1.1\r\n" H);
    assert_string_equal(driver_statuses(d), "200 200");
}

/* 9112-11.1-01, 9112-2.2-03: whatever a value holds, it ends no line. */
static void test_no_field_can_split_a_reply(void **state)
{
    const struct vb_field_out fields[] = {
        {VB_SPAN("Location"), VB_SPAN("/a\r\nX: evil\r\n\r\nHTTP/1.1 200 OK")},
        {VB_SPAN("A"), VB_SPAN("b\nc\rd\0e\x7f\x01")},
        {VB_SPAN("B: c\r\nX"), VB_SPAN("d")},
        {VB_SPAN(""), VB_SPAN("e")},
        {VB_SPAN("C D"), VB_SPAN("f")},
        {VB_SPAN("G"), VB_SPAN("tab\tand \xc3\xa9 stay")},
        {VB_SPAN("E"), VB_SPAN("")},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    play_fields(&d, fields, VB_COUNT_OF(fields));
    assert_span_equal(reply_field(&d.replies[0], "Location"),
                      "/a  X: evil    HTTP/1.1 200 OK");
    assert_span_equal(reply_field(&d.replies[0], "A"), "b c d e");
    assert_null(reply_field(&d.replies[0], "B").ptr);
    assert_null(reply_field(&d.replies[0], "X").ptr);
    assert_null(reply_field(&d.replies[0], "C D").ptr);
    assert_span_equal(reply_field(&d.replies[0], "G"),
                      "tab\tand \xc3\xa9 stay");
    assert_span_equal(reply_field(&d.replies[0], "E"), "");
    driver_done(&d);
}

/* 9112-6.2-01, 9110-7.6.1-04: framing is the wire's, whoever meddles. */
static void test_framing_fields_of_the_reply_are_passed_over(void **state)
{
    const struct vb_field_out fields[] = {
        {VB_SPAN("Content-Length"), VB_SPAN("500")},
        {VB_SPAN("transfer-encoding"), VB_SPAN("chunked")},
        {VB_SPAN("Connection"), VB_SPAN("Cache-Control")},
        {VB_SPAN("Keep-Alive"), VB_SPAN("timeout=5")},
        {VB_SPAN("Content-Language"), VB_SPAN("en")},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    play_fields(&d, fields, VB_COUNT_OF(fields));
    assert_span_equal(reply_field(&d.replies[0], "Content-Length"), "0");
    assert_null(reply_field(&d.replies[0], "Connection").ptr);
    assert_null(reply_field(&d.replies[0], "Keep-Alive").ptr);
    assert_span_equal(reply_field(&d.replies[0], "Content-Language"), "en");
    driver_done(&d);
}

/* 9110-6.6.1-04: the Date of who generated the reply is kept. */
static void test_a_date_of_the_reply_replaces_ours(void **state)
{
    const struct vb_field_out fields[] = {
        {VB_SPAN("date"), VB_SPAN("Sun, 06 Nov 1994 08:49:37 GMT")},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    play_fields(&d, fields, VB_COUNT_OF(fields));
    assert_span_equal(reply_field(&d.replies[0], "Date"),
                      "Sun, 06 Nov 1994 08:49:37 GMT");
    driver_done(&d);
}

/* 9110-7.8-08, 9110-7.6.1-01 */
static void test_upgrade_is_named_in_connection(void **state)
{
    const struct vb_field_out fields[] = {
        {VB_SPAN("Upgrade"), VB_SPAN("HTTP/2.0")},
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    play_fields(&d, fields, VB_COUNT_OF(fields));
    assert_span_equal(reply_field(&d.replies[0], "Connection"), "upgrade");
    driver_restart(&d);
    driver_send_str(&d, "GET /fields HTTP/1.0\r\n\r\n");
    assert_int_equal(driver_read(&d), 1);
    assert_span_equal(reply_field(&d.replies[0], "Connection"),
                      "close, upgrade");
    driver_done(&d);
}

/* A field longer than a block, and many of them. */
static void test_long_fields_are_whole(void **state)
{
    static char value[40000];
    struct vb_field_out fields[50];
    struct driver d;

    (void)state;
    memset(value, 'v', sizeof(value));
    value[20000] = '\n';
    for (size_t i = 0; i < VB_COUNT_OF(fields); i++)
        fields[i] = (struct vb_field_out){
            VB_SPAN("X-Many"), vb_span_of(value + 10000 - i * 20, i * 20)};
    fields[0] = (struct vb_field_out){VB_SPAN("X-Long"),
                                      vb_span_of(value, sizeof(value))};
    driver_init(&d);
    play_fields(&d, fields, VB_COUNT_OF(fields));
    value[20000] = ' ';
    assert_int_equal(reply_field(&d.replies[0], "X-Long").len, sizeof(value));
    assert_memory_equal(reply_field(&d.replies[0], "X-Long").ptr, value,
                        sizeof(value));
    driver_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_byte_for_byte),
        cmocka_unit_test(test_all_status_lines),
        cmocka_unit_test(test_the_date_follows_the_clock),
        cmocka_unit_test(test_content_is_whole_at_every_size_of_sends),
        cmocka_unit_test(test_a_large_representation_is_not_copied),
        cmocka_unit_test(test_drain_keeps_to_its_maximum),
        cmocka_unit_test(test_a_file_is_handed_to_the_loop),
        cmocka_unit_test(test_a_source_is_not_drawn_ahead_of_the_client),
        cmocka_unit_test(test_a_failed_source_is_seen_to_have_failed),
        cmocka_unit_test(test_no_field_can_split_a_reply),
        cmocka_unit_test(test_framing_fields_of_the_reply_are_passed_over),
        cmocka_unit_test(test_a_date_of_the_reply_replaces_ours),
        cmocka_unit_test(test_upgrade_is_named_in_connection),
        cmocka_unit_test(test_long_fields_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
