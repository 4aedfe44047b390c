/* Request content: RFC 9112 sections 6 and 7, RFC 9110 section 10.1.1. */
#include "rows.h"

#include <stdlib.h>

#define H    "Host: h\r\n"
#define POST "POST /echo HTTP/1.1\r\n" H
#define TE   "Transfer-Encoding: chunked\r\n\r\n"
#define NEXT "GET / HTTP/1.1\r\n" H "\r\n"

static const struct row rows[] = {
    {"9112-6-01", "GET /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
     "200", OPEN, "content 5 success"},
    {"9112-6-01 next", POST "Content-Length: 5\r\n\r\nhello" NEXT, "200 200",
     OPEN, "content 5 success"},
    {"9112-6.3-11", POST "\r\n" NEXT, "200 200", OPEN, "content 0 success"},
    {"9112-6.3-11 length 0", POST "Content-Length: 0\r\n\r\n" NEXT, "200 200",
     OPEN, "content=0\ncontent 0 success"},
    {"9110-5.1-01", POST "content-LENGTH: 3\r\n\r\nabc", "200", OPEN,
     "content 3 success"},
    {"9112-6.1-01, 9112-6.3-03", POST TE "5\r\nhello\r\n0\r\n\r\n" NEXT,
     "200 200", OPEN, "content=-2\ncontent 5 success"},
    {"9112-7-01", POST "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n" NEXT,
     "200 200", OPEN, "content 0 success"},
    {"9112-7.1-01 many chunks",
     POST TE "1\r\na\r\n1\r\nb\r\n2;x=y\r\ncd\r\n0\r\n\r\n" NEXT, "200 200",
     OPEN, "content 4 success"},
    {"9112-7.1.2-01", POST TE "0\r\nX-Sum: 5\r\nEmpty:\r\n\r\n" NEXT, "200 200",
     OPEN, "trailer X-Sum=5\ntrailer Empty=\n"},
    {"9112-7.1.2-03, 9110-6.5.1-02 dropped",
     POST TE "0\r\nHost: evil\r\nContent-Length: 5\r\nX: y\r\n"
             "Authorization: Basic eA==\r\nX-Forwarded-For: 1.2.3.4\r\n"
             "Transfer-Encoding: chunked\r\n\r\n" NEXT,
     "200 200", OPEN, "success\ntrailer X=y\nend"},
    {"9112-7.1.2 malformed trailer", POST TE "0\r\nX : y\r\n\r\n" NEXT, "400",
     CLOSING, "content 0 malformed"},
    {"9112-7.1.2 folded trailer", POST TE "0\r\nX: y\r\n z\r\n\r\n", "400",
     CLOSING, NULL},
    {"9112-7.1.2 bare LF", POST TE "0\r\nX: y\n\r\n", "400", CLOSING, NULL},
    {"9112-7.1.2 bare LF", POST TE "0\r\n\n", "400", CLOSING, NULL},
    {"9112-7.1.2 bare LF", POST TE "0\r\nX: y\r\nA\n", "400", CLOSING, NULL},
    {"9112-7.1.2 bare CR", POST TE "0\r\n\rX\r\n\r\n", "400", CLOSING, NULL},
    {"9112-7.1-04", POST TE "5\r\nhello", "", OPEN, NULL},
    {"9112-7.1-04", POST TE "5\r\nhelloX", "400", CLOSING,
     "content 5 malformed"},
    {"9112-7.1-04", POST TE "0x5\r\nhello\r\n0\r\n\r\n", "400", CLOSING, NULL},
    {"9112-7.1-02", POST TE "FFFFFFFFFFFFFFFFF\r\n", "400", CLOSING, NULL},
    {"9110-15.5.14 a chunk over the limit", POST TE "FFFFFFFFF\r\na", "413",
     CLOSING, "content 0 a configured limit"},
    {"9112-9.3-05 unwanted, short",
     "POST /refuse HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nGET /" NEXT,
     "403 200", OPEN, NULL},
    {"9112-9.3-05 unwanted, chunked",
     "POST /refuse HTTP/1.1\r\n" H TE "3\r\nGET\r\n0\r\nX: y\r\n\r\n" NEXT,
     "403 200", OPEN, NULL},
    {"9112-9.3-05 unwanted, long",
     "POST /refuse HTTP/1.1\r\n" H "Content-Length: 65537\r\n\r\n" NEXT, "403",
     CLOSING, NULL},
    {"9112-9.6-05 broken while unwanted",
     "POST /bytes/1 HTTP/1.1\r\n" H "Connection: close\r\n" TE "x\r\n" NEXT,
     "200", CLOSING, NULL},
    {"9110-10.1.1-07",
     "PUT /echo HTTP/1.0\r\n" H
     "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
     "200", CLOSING, "content 2 success"},
    {"9110-10.1.1-08 no content",
     POST "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n" NEXT, "200 200",
     OPEN, NULL},
    {"9110-10.1.1-08 no content", POST "Expect: 100-continue\r\n\r\n" NEXT,
     "200 200", OPEN, NULL},
    {"9110-10.1.1-10 refused",
     "POST /refuse HTTP/1.1\r\n" H
     "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" NEXT,
     "403", CLOSING, NULL},
    {"9110-8.6-09 413 before any content",
     POST "Content-Length: 67108865\r\n\r\n", "413", CLOSING,
     "content 0 a configured limit"},
    {"9110-8.6-09 no 100 for what will not be taken",
     POST "Expect: 100-continue\r\nContent-Length: 67108865\r\n\r\n", "413",
     CLOSING, NULL},
};

static void test_content_by_rows(void **state)
{
    (void)state;
    play_rows(rows, VB_COUNT_OF(rows));
}

/* 9110-10.1.1-11, -12, -02: 100 goes out when content is wanted and none is
 * there, once, before any content; then exactly one final reply (-09). */
static void test_100_is_sent_when_content_is_wanted(void **state)
{
    static const char *const expects[] = {"100-continue", "100-Continue",
                                          "  100-continue , ,"};
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(expects); i++) {
        driver_restart(&d);
        driver_send_str(&d, POST "Content-Length: 5\r\nExpect: ");
        driver_send_str(&d, expects[i]);
        assert_string_equal(driver_statuses(&d), "");
        driver_send_str(&d, "\r\n\r\n");
        assert_span_equal(vb_buf_span(&d.out), "HTTP/1.1 100 Continue\r\n\r\n");
        driver_send_str(&d, "hel");
        driver_send_str(&d, "lo");
        assert_string_equal(driver_statuses(&d), "100 200");
        assert_span_equal(d.replies[1].content, "hello");
    }
    driver_done(&d);
}

/* 9110-10.1.1-08: omitted when content has begun to arrive. */
static void test_100_is_not_sent_when_content_is_there(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d,
                    POST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nh");
    assert_string_equal(driver_statuses(&d), "");
    driver_send_str(&d, "ello");
    assert_string_equal(driver_statuses(&d), "200");
    driver_done(&d);
}

/* Traps 24: not before the flow wants content, however long that takes. */
static void test_100_waits_for_the_flow(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "POST /later-echo HTTP/1.1\r\n" H
                        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_string_equal(driver_statuses(&d), "");
    driver_answer(&d, 0);
    assert_true(d.wakes > 0);
    assert_string_equal(driver_statuses(&d), "100");
    driver_send_str(&d, "hi");
    assert_string_equal(driver_statuses(&d), "100 200");
    driver_done(&d);
}

/* Content that comes before it is wanted is kept to one read. */
static void test_unwanted_content_is_not_asked_for(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "POST /later-echo HTTP/1.1\r\n" H
                        "Content-Length: 10\r\n\r\n");
    assert_int_equal(driver_state(&d) & VB_WIRE_READ, VB_WIRE_READ);
    driver_send_str(&d, "hello");
    assert_int_equal(driver_state(&d) & VB_WIRE_READ, 0);
    driver_send_str(&d, "world");
    assert_int_equal(d.unsent.len, 5);
    driver_answer(&d, 0);
    assert_string_equal(driver_statuses(&d), "200");
    assert_span_equal(d.replies[0].content, "helloworld");
    driver_done(&d);
}

/* VB_SINK_PAUSE: nothing more is asked for until resume_content. */
static void test_a_paused_sink_holds_the_peer_back(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    d.resumes = false;
    d.piece = 7;
    driver_send_str(&d, "POST /pause HTTP/1.1\r\n" H TE
                        "a\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n" NEXT);
    assert_non_null(d.paused);
    assert_int_equal(driver_state(&d) & VB_WIRE_READ, 0);
    assert_true(d.wire->ops->deadline(d.wire) == INT64_MAX);
    assert_true(d.unsent.len > 30);
    d.resumes = true;
    driver_pump(&d);
    assert_string_equal(driver_statuses(&d), "200 200");
    assert_span_equal(d.replies[0].content, "0123456789abc");
    driver_done(&d);
}

/* Also when it has taken all there was, and when there is more at hand. */
static void test_a_pause_holds_with_and_without_more(void **state)
{
    static const char *const more[] = {"ab", "abcde", "abcdefg"};
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(more); i++) {
        driver_restart(&d);
        d.resumes = false;
        driver_send_str(&d, "POST /pause HTTP/1.1\r\n" H
                            "Content-Length: 7\r\n\r\n");
        assert_int_equal(driver_state(&d), VB_WIRE_READ);
        driver_send_str(&d, more[i]);
        assert_int_equal(d.unsent.len, 0);
        assert_int_equal(driver_state(&d), 0);
        d.resumes = true;
        driver_pump(&d);
        driver_send_str(&d, &"abcdefg"[strlen(more[i])]);
        assert_string_equal(driver_statuses(&d), "200");
        assert_span_equal(d.replies[0].content, "abcdefg");
    }
    driver_restart(&d);
    d.resumes = false;
    driver_send_str(&d, "POST /pause HTTP/1.1\r\n" H TE
                        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_int_equal(driver_state(&d), 0);
    d.resumes = true;
    driver_pump(&d);
    assert_string_equal(driver_statuses(&d), "200");
    assert_span_equal(d.replies[0].content, "abcde");
    driver_done(&d);
}

/* The content is all there, but not the answer. */
static void test_an_answer_may_come_long_after_the_content(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "POST /echo-later HTTP/1.1\r\n" H
                        "Content-Length: 5\r\n\r\nhello");
    assert_int_equal(driver_state(&d), VB_WIRE_READ);
    assert_true(d.wire->ops->deadline(d.wire) == INT64_MAX);
    driver_pass(&d, 1000000);
    driver_answer(&d, 0);
    assert_string_equal(driver_statuses(&d), "200");
    driver_done(&d);
}

/* The same at every size of what arrives. */
static void test_pauses_at_every_piece(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t piece = 1; piece < 100; piece++) {
        driver_restart(&d);
        d.piece = piece;
        driver_send_str(&d, "POST /pause HTTP/1.1\r\n" H TE
                            "a\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n" NEXT);
        assert_string_equal(driver_statuses(&d), "200 200");
        assert_span_equal(d.replies[0].content, "0123456789abc");
    }
    driver_done(&d);
}

/* Content larger than a read, than a block, than what is kept of it. */
static void test_long_content_both_ways(void **state)
{
    size_t size = (size_t)300 * 1000;
    char *content = malloc(size);
    struct driver d;

    (void)state;
    assert_non_null(content);
    for (size_t i = 0; i < size; i++)
        content[i] = (char)(i * 7);
    driver_init(&d);
    d.piece = 4096;
    driver_send_str(&d, POST "Content-Length: 300000\r\n\r\n");
    driver_send(&d, vb_span_of(content, size));
    driver_send_str(&d, NEXT);
    assert_string_equal(driver_statuses(&d), "200 200");
    assert_int_equal(d.replies[0].content.len, size);
    assert_memory_equal(d.replies[0].content.ptr, content, size);
    driver_done(&d);
    free(content);
}

/* 9112-6.3-10, 9112-8-03, 9112-8-01: what ends too early is incomplete, and
 * must not be mistaken for all there is. */
static void test_content_cut_short_is_told_and_closes(void **state)
{
    static const char *const texts[] = {
        POST "Content-Length: 10\r\n\r\nhello",
        POST "Content-Length: 10\r\n\r\n",
        POST TE,
        POST TE "5\r\nhe",
        POST TE "5\r\nhello\r\n",
        POST TE "5\r\nhello\r\n0\r\n",
        POST TE "5\r\nhello\r\n0\r\nX: y\r\n",
    };
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t i = 0; i < VB_COUNT_OF(texts); i++) {
        driver_restart(&d);
        driver_send_str(&d, texts[i]);
        driver_eof(&d);
        assert_string_equal(driver_statuses(&d), "400");
        vb_buf_char(&d.log, '\0');
        assert_non_null(strstr(d.log.ptr, "the other side has gone"));
        assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    }
    driver_done(&d);
}

/* 9112-9.6-09: the client reads the refusal although it keeps on sending. */
static void test_a_refusal_can_be_read_while_the_client_sends(void **state)
{
    static char more[100000];
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "PUT /refuse HTTP/1.1\r\n" H
                        "Content-Length: 1000000\r\n\r\n");
    driver_send(&d, vb_span_of(more, sizeof(more)));
    assert_string_equal(driver_statuses(&d), "403");
    assert_int_equal(driver_state(&d), VB_WIRE_READ | VB_WIRE_LINGER);
    driver_send(&d, vb_span_of(more, sizeof(more)));
    driver_send_str(&d, NEXT);
    assert_int_equal(d.unsent.len, 0);
    assert_string_equal(driver_statuses(&d), "403");
    driver_eof(&d);
    assert_int_equal(driver_state(&d), VB_WIRE_CLOSE);
    driver_done(&d);
}

/* 9112-9.3-05: unwanted chunks are read up to a bound, then it is the end. */
static void test_endless_unwanted_chunks_are_given_up(void **state)
{
    static char chunk[10006];
    struct driver d;
    int sent = 0;

    (void)state;
    memcpy(chunk, "2710\r\n", 6);
    memset(chunk + 6, 'x', 10000);
    driver_init(&d);
    driver_send_str(&d, "PUT /refuse HTTP/1.1\r\n" H TE);
    assert_string_equal(driver_statuses(&d), "403");
    while (driver_state(&d) == VB_WIRE_READ) {
        assert_true(sent++ < 100);
        driver_send(&d, vb_span_of(chunk, sizeof(chunk)));
        driver_send_str(&d, "\r\n");
    }
    assert_in_range(sent, 5, 10);
    assert_int_equal(driver_state(&d), VB_WIRE_READ | VB_WIRE_LINGER);
    driver_done(&d);
}

/* A reply before the content is all there: the rest is read past. */
static void test_an_early_reply_does_not_lose_the_next_request(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t piece = 0; piece < 60; piece++) {
        driver_restart(&d);
        d.piece = piece;
        driver_send_str(&d, "POST /early HTTP/1.1\r\n" H TE
                            "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n" NEXT);
        assert_string_equal(driver_statuses(&d), "403 200");
    }
    driver_done(&d);
}

/* 9112-7.1.2: trailers are bounded as the fields of a head are. */
static void test_trailers_are_bounded(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, POST TE "0\r\n");
    for (int n = 0; n < 7000; n++)
        driver_send_str(&d, "X: 0123456\r\n");
    assert_string_equal(driver_statuses(&d), "431");
    driver_restart(&d);
    driver_send_str(&d, POST TE "0\r\n");
    for (int n = 0; n < 101; n++)
        driver_send_str(&d, "X: 0\r\n");
    driver_send_str(&d, "\r\n");
    assert_string_equal(driver_statuses(&d), "431");
    driver_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_by_rows),
        cmocka_unit_test(test_100_is_sent_when_content_is_wanted),
        cmocka_unit_test(test_100_is_not_sent_when_content_is_there),
        cmocka_unit_test(test_100_waits_for_the_flow),
        cmocka_unit_test(test_unwanted_content_is_not_asked_for),
        cmocka_unit_test(test_a_paused_sink_holds_the_peer_back),
        cmocka_unit_test(test_a_pause_holds_with_and_without_more),
        cmocka_unit_test(test_an_answer_may_come_long_after_the_content),
        cmocka_unit_test(test_pauses_at_every_piece),
        cmocka_unit_test(test_long_content_both_ways),
        cmocka_unit_test(test_content_cut_short_is_told_and_closes),
        cmocka_unit_test(test_a_refusal_can_be_read_while_the_client_sends),
        cmocka_unit_test(test_endless_unwanted_chunks_are_given_up),
        cmocka_unit_test(test_an_early_reply_does_not_lose_the_next_request),
        cmocka_unit_test(test_trailers_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
