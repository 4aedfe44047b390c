/* How a connection of HTTP/3 ends (RFC 9114 section 5), and what is waited for
 * how long. */
#include "h3_client.h"

#define AUTHORITY ":authority", "h"
#define GET_HEAD  ":method", "GET", ":scheme", "https", ":path"

/* 9114-5.2-01, 9114-3.3-01 */
static void test_a_drain_answers_what_is_under_way(void **state)
{
    struct h3_talk *t = *state;

    h3_ask(&t->c, "GET", "/later", NULL, NULL);
    h3_exchange(&t->c);
    t->l.holds_acks = true;
    vb_h3_shut_down(t->l.h3);
    h3_ask(&t->c, "GET", "/", NULL, NULL); /* crosses the notice */
    h3_exchange(&t->c);
    assert_int_equal(t->c.goaways, 1);
    assert_int_equal(t->c.goaway, NGHTTP3_SHUTDOWN_NOTICE_STREAM_ID);
    assert_int_equal(t->c.replies[1].status, 200);
    link_ack(&t->l);
    h3_exchange(&t->c);
    assert_int_equal(t->c.goaways, 2);
    assert_int_equal(t->c.goaway, 8);
    link_ack(&t->l);
    assert_true(t->l.closed == LINK_NONE);
    driver_answer(&t->l.d, 0);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_true(t->l.closed == LINK_NONE);
    link_ack(&t->l);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

/* 9114-4.1.1-01: only what nobody has looked at. */
static void test_requests_behind_the_last_are_rejected(void **state)
{
    static const char *const get[] = {GET_HEAD, "/", AUTHORITY, NULL};
    static const char *const later[] = {GET_HEAD, "/later", AUTHORITY, NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    h3_request(t, 4, later, false);
    vb_h3_shut_down(t->l.h3);
    link_pump(&t->l);
    h3_request(t, 8, get, false);
    assert_int_equal(link_stream(&t->l, 8)->reset, NGHTTP3_H3_REQUEST_REJECTED);
    h3_request(t, 0, get, false); /* one that was late */
    assert_true(link_logged(&t->l, "end 200"));
    driver_answer(&t->l.d, 0);
    link_pump(&t->l);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

static void test_an_idle_connection_drains_at_once(void **state)
{
    struct h3_talk *t = *state;

    h3_exchange(&t->c);
    vb_h3_shut_down(t->l.h3);
    h3_exchange(&t->c);
    assert_int_equal(t->c.goaway, 0);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

/* The client acknowledges nothing: it is not waited for longer. */
static void test_a_drain_waits_for_nobody(void **state)
{
    struct h3_talk *t = *state;

    h3_ask(&t->c, "GET", "/later", NULL, NULL);
    h3_exchange(&t->c);
    t->l.holds_acks = true;
    vb_h3_shut_down(t->l.h3);
    link_pass(&t->l, t->l.d.limits.linger_ms);
    h3_exchange(&t->c);
    assert_int_equal(t->c.goaway, 4);
    driver_answer(&t->l.d, 0);
    h3_exchange(&t->c);
    link_ack(&t->l);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

static void test_so_many_requests_and_no_more(void **state)
{
    struct h3_talk *t = *state;

    t->l.d.limits.max_requests = 2;
    h3_ask(&t->c, "GET", "/", NULL, NULL);
    h3_exchange(&t->c);
    assert_int_equal(t->c.goaways, 0);
    h3_ask(&t->c, "GET", "/", NULL, NULL);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[1].status, 200);
    assert_int_equal(t->c.goaway, 8);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

static void test_close_ends_the_connection(void **state)
{
    struct h3_talk *t = *state;

    h3_ask(&t->c, "GET", "/close", NULL, NULL);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

static void test_an_idle_connection_ends(void **state)
{
    struct h3_talk *t = *state;

    h3_ask(&t->c, "GET", "/", NULL, NULL);
    h3_exchange(&t->c);
    link_pass(&t->l, t->l.d.limits.idle_timeout_ms - 1);
    assert_true(t->l.closed == LINK_NONE);
    t->l.holds_acks = true;
    link_pass(&t->l, 1);
    h3_exchange(&t->c);
    assert_int_equal(t->c.goaway, 4); /* 9114-3.3-01 */
    assert_true(t->l.closed == LINK_NONE);
    link_pass(&t->l, t->l.d.limits.linger_ms);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

static void test_settings_come_in_time(void **state)
{
    struct h3_talk *t = *state;

    link_pass(&t->l, t->l.d.limits.head_timeout_ms - 1);
    assert_true(t->l.closed == LINK_NONE);
    link_pass(&t->l, 1);
    assert_int_equal(t->l.closed, NGHTTP3_H3_NO_ERROR);
}

/* A head that does not come costs its stream alone. */
static void test_a_head_comes_in_time(void **state)
{
    static const char *const get[] = {GET_HEAD, "/", AUTHORITY, NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    link_send(&t->l, 0, vb_span_of("\1\x0a\0\0\xd1", 5), false);
    link_pump(&t->l);
    link_pass(&t->l, t->l.d.limits.head_timeout_ms);
    assert_int_equal(link_stream(&t->l, 0)->reset, NGHTTP3_H3_REQUEST_REJECTED);
    assert_int_equal(t->l.d.log.len, 0);
    h3_request(t, 4, get, false);
    assert_true(link_logged(&t->l, "end 200"));
}

static void test_content_that_does_not_come_is_408(void **state)
{
    static const char *const post[] = {":method", "POST",  ":scheme", "https",
                                       ":path",   "/echo", AUTHORITY, NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    h3_headers(&t->bytes, post);
    h3_varint(&t->bytes, 0);
    h3_varint(&t->bytes, 10); /* DATA, but none of it */
    h3_send(t, 0, false);
    link_pass(&t->l, t->l.d.limits.content_timeout_ms - 1);
    assert_int_equal(t->l.d.ends, 0);
    link_pass(&t->l, 1);
    assert_true(link_logged(&t->l, "end 408"));
    assert_true(t->l.closed == LINK_NONE);
}

/* A client that opens no window holds its stream only so long. */
static void test_a_window_that_stays_shut(void **state)
{
    struct h3_talk *t = *state;

    t->l.window = 1000;
    h3_ask(&t->c, "GET", "/large", NULL, NULL);
    h3_exchange(&t->c);
    link_pass(&t->l, 3 * (int64_t)t->l.d.limits.write_timeout_ms - 1);
    assert_int_equal(t->l.d.ends, 0);
    link_pass(&t->l, 1);
    assert_int_equal(link_stream(&t->l, 0)->reset,
                     NGHTTP3_H3_REQUEST_CANCELLED);
    assert_int_equal(t->l.d.ends, 1);
}

/* Who waits for its turn is not late while the connection gets on. */
static void test_a_stream_waits_for_its_turn(void **state)
{
    struct h3_talk *t = *state;

    t->l.window = 1000;
    h3_ask(&t->c, "GET", "/large", NULL, NULL);
    h3_ask(&t->c, "GET", "/large", NULL, NULL);
    h3_exchange(&t->c);
    for (int i = 0; i < 5; i++) {
        link_open(&t->l, 0, 1000);
        link_pass(&t->l, 3 * (int64_t)t->l.d.limits.write_timeout_ms - 1);
    }
    assert_int_equal(t->l.d.ends, 0);
    link_pass(&t->l, 1);
    assert_int_equal(t->l.d.ends, 2);
}

/* An answer that comes from elsewhere tells what is below. */
static void test_a_late_answer_wakes(void **state)
{
    struct h3_talk *t = *state;
    int wakes;

    h3_ask(&t->c, "GET", "/later", NULL, NULL);
    h3_exchange(&t->c);
    wakes = t->l.wakes;
    driver_answer(&t->l.d, 0);
    assert_int_equal(t->l.wakes, wakes + 1);
    h3_exchange(&t->c);
    assert_int_equal(t->c.replies[0].status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        h3_unit_test(test_a_drain_answers_what_is_under_way),
        h3_unit_test(test_requests_behind_the_last_are_rejected),
        h3_unit_test(test_an_idle_connection_drains_at_once),
        h3_unit_test(test_a_drain_waits_for_nobody),
        h3_unit_test(test_so_many_requests_and_no_more),
        h3_unit_test(test_close_ends_the_connection),
        h3_unit_test(test_an_idle_connection_ends),
        h3_unit_test(test_settings_come_in_time),
        h3_unit_test(test_a_head_comes_in_time),
        h3_unit_test(test_content_that_does_not_come_is_408),
        h3_unit_test(test_a_window_that_stays_shut),
        h3_unit_test(test_a_stream_waits_for_its_turn),
        h3_unit_test(test_a_late_answer_wakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
