/* A request to an upstream: which server has it, over which connection, and
 * when it is repeated (src/gateway/ask.h, reach.h). */
#include "peers.h"

#include <stdio.h>
#include <stdlib.h>

#define ONE "http://one.example"
#define TWO "http://two.example"

static struct peers peers;
static const char *const one[] = {ONE};
static const char *const both[] = {ONE, TWO};

static int set_up(void **state)
{
    (void)state;
    peers_init(&peers);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    peers_done(&peers);
    return 0;
}

/* This worker's of an upstream of these; nobody else has that. */
static struct vb_reach *reach_of(const char *const *uris, size_t count,
                                 const struct vb_upstream_options *options)
{
    struct vb_upstream *upstream = peers_upstream(uris, count, options);
    struct vb_reach *reach = vb_reach_of(peers.reaches, upstream);

    assert_non_null(reach);
    assert_ptr_equal(vb_reach_of(peers.reaches, upstream), reach);
    vb_upstream_unref(upstream);
    return reach;
}

static void start(struct errand *errand, enum vb_method method,
                  struct vb_reach *reach)
{
    errand_init(errand, method);
    assert_int_equal(vb_ask_start(&errand->ask, reach), VB_FAILURE_NONE);
}

/* What is dialled still is there, and idle. */
static void connect_rest(void)
{
    while (peers.dial_count > 0)
        peers_connect(&peers, 1);
}

/* A connection that has carried a request, and is idle. */
static struct peer_client *used_connection(struct vb_reach *reach)
{
    struct peer_client *peer;
    struct errand errand;

    start(&errand, VB_METHOD_GET, reach);
    peer = peers_connect(&peers, 1);
    peer_head(peer, 200);
    peer_end(peer, VB_CALL_WHOLE);
    assert_int_equal(errand.failure, VB_FAILURE_NONE);
    assert_int_equal(errand.ends, 1);
    errand_done(&errand);
    return peer;
}

static void a_connection_is_used_again(void **state)
{
    struct vb_reach *reach = reach_of(one, 1, NULL);
    struct peer_client *peer = used_connection(reach);
    struct errand errand;

    (void)state;
    start(&errand, VB_METHOD_POST, reach);
    assert_int_equal(peers.dialled, 1);
    assert_int_equal(peer->count, 1);
    peer_head(peer, 201);
    peer_end(peer, VB_CALL_WHOLE);
    assert_int_equal(errand.status, 201);
    errand_done(&errand);
}

static void who_waits_gets_what_becomes_free_first(void **state)
{
    struct vb_reach *reach = reach_of(one, 1, NULL);
    struct errand first, second;
    struct peer_client *peer;

    (void)state;
    start(&first, VB_METHOD_GET, reach);
    start(&second, VB_METHOD_GET, reach);
    assert_int_equal(peers.dial_count, 2);
    peer = peers_connect(&peers, 1);
    assert_ptr_equal(peer->calls[0], &first.ask.call);
    peer_head(peer, 200);
    peer_end(peer, VB_CALL_WHOLE);
    assert_ptr_equal(peer->calls[0], &second.ask.call);
    peer_head(peer, 200);
    peer_end(peer, VB_CALL_WHOLE);
    assert_int_equal(second.status, 200);
    errand_done(&first);
    errand_done(&second);
}

/* RFC 9113 section 5.1.2: many at once, so one connection does. */
static void a_connection_that_carries_many_needs_no_others(void **state)
{
    struct vb_reach *reach = reach_of(one, 1, NULL);
    struct peer_client *peer;
    struct errand errands[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        start(&errands[i], VB_METHOD_GET, reach);
    assert_int_equal(peers.dial_count, 3);
    peer = peers_connect(&peers, 10);
    assert_int_equal(peer->count, 3);
    assert_int_equal(peers.dial_count, 0);
    for (int i = 0; i < 3; i++) {
        peer_head(peer, 200);
        peer_end(peer, VB_CALL_WHOLE);
        errand_done(&errands[i]);
    }
}

/* What becomes of a request on a connection that others have used, by its
 * method and how the call has ended (RFC 9110 section 9.2.2). */
static void only_what_may_be_is_repeated(void **state)
{
    static const struct {
        enum vb_method method;
        enum vb_call_end end;
        bool repeated;
        enum vb_failure_id failure;
    } rows[] = {
        {VB_METHOD_GET, VB_CALL_CLOSED, true, VB_FAILURE_CLOSED},
        {VB_METHOD_PUT, VB_CALL_CLOSED, true, VB_FAILURE_CLOSED},
        {VB_METHOD_DELETE, VB_CALL_CLOSED, true, VB_FAILURE_CLOSED},
        {VB_METHOD_POST, VB_CALL_CLOSED, false, VB_FAILURE_CLOSED},
        {VB_METHOD_PATCH, VB_CALL_CLOSED, false, VB_FAILURE_CLOSED},
        {VB_METHOD_UNKNOWN, VB_CALL_CLOSED, false, VB_FAILURE_CLOSED},
        {VB_METHOD_POST, VB_CALL_UNSEEN, true, VB_FAILURE_CLOSED},
        {VB_METHOD_GET, VB_CALL_CUT, false, VB_FAILURE_CUT},
        {VB_METHOD_GET, VB_CALL_MALFORMED, false, VB_FAILURE_MALFORMED},
        {VB_METHOD_GET, VB_CALL_TOO_LARGE, false, VB_FAILURE_TOO_LARGE},
        {VB_METHOD_GET, VB_CALL_LATE, false, VB_FAILURE_LATE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_reach *reach = reach_of(one, 1, NULL);
        struct peer_client *peer = used_connection(reach);
        struct errand errand;

        start(&errand, rows[i].method, reach);
        peer_end(peer, rows[i].end);
        peer_gone(peer);
        if ((errand.ends == 0) != rows[i].repeated)
            fail_msg("row %zu", i);
        if (rows[i].repeated)
            vb_ask_cancel(&errand.ask);
        else
            assert_int_equal(errand.failure, rows[i].failure);
        connect_rest();
        errand_done(&errand);
    }
}

static void what_was_repeated_is_not_again(void **state)
{
    struct vb_reach *reach = reach_of(one, 1, NULL);
    struct peer_client *peer = used_connection(reach);
    struct errand errand;

    (void)state;
    start(&errand, VB_METHOD_GET, reach);
    peer_end(peer, VB_CALL_CLOSED);
    peer_gone(peer);
    assert_int_equal(errand.ends, 0);
    peer = peers_connect(&peers, 1);
    assert_int_equal(peer->count, 1);
    peer_end(peer, VB_CALL_CLOSED);
    peer_gone(peer);
    assert_int_equal(errand.ends, 1);
    assert_int_equal(errand.failure, VB_FAILURE_CLOSED);
    errand_done(&errand);
}

static void content_is_sent_again_from_its_beginning_or_not_at_all(void **state)
{
    (void)state;
    for (int rewinds = 0; rewinds < 2; rewinds++) {
        struct vb_reach *reach = reach_of(one, 1, NULL);
        struct peer_client *peer = used_connection(reach);
        struct errand errand;

        errand_init(&errand, VB_METHOD_PUT);
        errand.ask.call.content = &errand.content;
        errand.rewinds = rewinds == 1;
        assert_int_equal(vb_ask_start(&errand.ask, reach), VB_FAILURE_NONE);
        peer_end(peer, VB_CALL_CLOSED);
        peer_gone(peer);
        assert_int_equal(errand.rewound, 1);
        assert_int_equal(errand.ends, rewinds == 1 ? 0 : 1);
        vb_ask_cancel(&errand.ask);
        connect_rest();
        errand_done(&errand);
    }
}

/* Repetitions must not add to the trouble of a server that closes on all. */
static void a_budget_bounds_what_is_repeated(void **state)
{
    struct vb_reach *reach = reach_of(both, 2, NULL);
    unsigned repeated = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct errand errand;
        struct peer_client *peer;

        start(&errand, VB_METHOD_GET, reach);
        peer = peers_connect(&peers, 1);
        peer_end(peer, VB_CALL_CLOSED);
        peer_gone(peer);
        if (errand.ends == 0) {
            repeated++;
            vb_ask_cancel(&errand.ask);
        }
        while (peers.dial_count > 0)
            peer_gone(peers_connect(&peers, 1));
        errand_done(&errand);
        peers_wait(&peers, 100000);
        while (peers.client_count > 0)
            free(peers.clients[--peers.client_count]);
    }
    assert_in_range(repeated, 25, 35);
}

static void another_server_is_asked_where_one_cannot_be(void **state)
{
    struct vb_reach *reach = reach_of(both, 2, NULL);
    struct peer_client *peer;
    struct errand errand;

    (void)state;
    start(&errand, VB_METHOD_POST, reach);
    peers_refuse(&peers, VB_DIAL_REFUSED);
    assert_int_equal(errand.ends, 0);
    peer = peers_connect(&peers, 1);
    assert_string_equal(peer->to->host, "two.example");
    peer_head(peer, 200);
    peer_end(peer, VB_CALL_WHOLE);
    errand_done(&errand);
    start(&errand, VB_METHOD_POST, reach);
    peers_refuse(&peers, VB_DIAL_LATE);
    assert_int_equal(peer->count, 1);
    peer_head(peer, 200);
    peer_end(peer, VB_CALL_WHOLE);
    assert_int_equal(errand.status, 200);
    errand_done(&errand);
}

static void where_none_can_be_the_last_failure_is_told(void **state)
{
    struct vb_reach *reach = reach_of(both, 2, NULL);
    struct errand errand;

    (void)state;
    start(&errand, VB_METHOD_GET, reach);
    peers_refuse(&peers, VB_DIAL_REFUSED);
    peers_refuse(&peers, VB_DIAL_UNTRUSTED);
    assert_int_equal(errand.ends, 1);
    assert_int_equal(errand.failure, VB_FAILURE_UNTRUSTED);
    errand_done(&errand);
}

/* How many of `count` requests the second server is asked for. */
static unsigned count_second(struct vb_reach *reach, unsigned count)
{
    unsigned second = 0;

    for (unsigned i = 0; i < count; i++)
        second += vb__reach_choose(reach, i * UINT64_C(0x9e3779b97f4a7c15),
                                   0) == &reach->lines[1];
    return second;
}

static void a_server_that_fails_is_left_alone_for_longer_each_time(void **state)
{
    struct vb_reach *reach = reach_of(both, 2, NULL);
    struct vb_line *line = &reach->lines[1];

    (void)state;
    assert_int_equal(count_second(reach, 10), 5);
    vb__line_fails(line);
    vb__line_fails(line);
    vb__line_works(line);
    vb__line_fails(line);
    vb__line_fails(line);
    assert_int_equal(count_second(reach, 10), 5);
    vb__line_fails(line); /* three in a row */
    assert_int_equal(count_second(reach, 10), 0);
    peers_wait(&peers, 4999);
    assert_int_equal(count_second(reach, 10), 0);
    peers_wait(&peers, 1);
    assert_int_equal(count_second(reach, 10), 5);
    vb__line_fails(line); /* one is enough now */
    peers_wait(&peers, 9999);
    assert_int_equal(count_second(reach, 10), 0);
    peers_wait(&peers, 1);
    vb__line_works(line);
    assert_int_equal(count_second(reach, 10), 5);
    for (int i = 0; i < 3; i++) { /* where all are left alone, all are asked */
        vb__line_fails(line);
        vb__line_fails(&reach->lines[0]);
    }
    assert_int_equal(count_second(reach, 10), 5);
}

static void the_least_busy_is_asked(void **state)
{
    struct vb_upstream_options options = vb_upstream_options_default;
    struct vb_reach *reach;

    (void)state;
    options.balance = VB_BALANCE_LEAST_BUSY;
    reach = reach_of(both, 2, &options);
    assert_int_equal(count_second(reach, 10), 5);
    reach->lines[0].under_way = 3;
    reach->lines[1].under_way = 2;
    assert_int_equal(count_second(reach, 10), 10);
    reach->lines[1].waits = 2;
    assert_int_equal(count_second(reach, 10), 0);
    reach->lines[0].under_way = reach->lines[1].under_way = 0;
    reach->lines[1].waits = 0;
}

static void by_hash_a_lost_server_moves_only_its_own(void **state)
{
    static const char *const four[] = {ONE, TWO, "http://three.example",
                                       "http://four.example"};
    struct vb_upstream_options options = vb_upstream_options_default;
    unsigned counts[4] = {0};
    struct vb_reach *reach;

    (void)state;
    options.balance = VB_BALANCE_HASH;
    reach = reach_of(four, 4, &options);
    for (uint64_t key = 0; key < 4000; key++) {
        struct vb_line *usual = vb__reach_choose(reach, key, 0);
        struct vb_line *without = vb__reach_choose(reach, key, 1);

        assert_ptr_equal(vb__reach_choose(reach, key, 0), usual);
        assert_ptr_not_equal(without, &reach->lines[0]);
        if (usual != &reach->lines[0])
            assert_ptr_equal(without, usual);
        counts[usual - reach->lines]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], 850, 1150);
}

static void there_are_bounds_on_connections_and_on_who_waits(void **state)
{
    struct vb_upstream_options options = vb_upstream_options_default;
    struct vb_reach *reach;
    struct errand errands[4];
    struct peer_client *peer;

    (void)state;
    options.max_connections = 1;
    options.max_waiting = 2;
    reach = reach_of(one, 1, &options);
    start(&errands[0], VB_METHOD_GET, reach);
    peer = peers_connect(&peers, 1);
    start(&errands[1], VB_METHOD_GET, reach);
    start(&errands[2], VB_METHOD_GET, reach);
    assert_int_equal(peers.dial_count, 0);
    errand_init(&errands[3], VB_METHOD_GET);
    assert_int_equal(vb_ask_start(&errands[3].ask, reach), VB_FAILURE_BUSY);
    peers_wait(&peers, 9999);
    assert_int_equal(errands[1].ends, 0);
    peers_wait(&peers, 1);
    assert_int_equal(errands[1].failure, VB_FAILURE_WAITED);
    assert_int_equal(errands[2].failure, VB_FAILURE_WAITED);
    peer_head(peer, 200);
    peer_end(peer, VB_CALL_WHOLE);
    for (int i = 0; i < 4; i++)
        errand_done(&errands[i]);
}

static void it_can_be_called_off_whenever(void **state)
{
    struct vb_reach *reach = reach_of(one, 1, NULL);
    struct peer_client *peer;
    struct errand errand;

    (void)state;
    start(&errand, VB_METHOD_GET, reach); /* while it waits */
    vb_ask_cancel(&errand.ask);
    vb_ask_cancel(&errand.ask);
    assert_int_equal(reach->asks, 0);
    peer = peers_connect(&peers, 1);
    errand_done(&errand);
    start(&errand, VB_METHOD_GET, reach); /* while it is under way */
    vb_ask_cancel(&errand.ask);
    assert_true(peer->closed);
    assert_int_equal(errand.ends, 0);
    assert_int_equal(reach->asks, 0);
    peer_gone(peer);
    errand_done(&errand);
    used_connection(reach);
}

static void a_probe_tells_who_is_well_again(void **state)
{
    struct vb_upstream_options options = vb_upstream_options_default;
    struct peer_client *peer;
    struct vb_reach *reach;

    (void)state;
    options.probe_ms = 1000;
    options.probe_target = "/health";
    reach = reach_of(both, 2, &options);
    peers_wait(&peers, 1000);
    assert_int_equal(peers.dial_count, 2);
    for (int i = 0; i < 3; i++) { /* what is no 2xx is not well */
        peer = i == 0 ? peers_connect(&peers, 1) : peer;
        assert_span_equal(peer->calls[0]->target, "/health");
        peer_head(peer, 503);
        peer_end(peer, VB_CALL_WHOLE);
        peers_wait(&peers, 1000);
    }
    assert_false(vb__line_is_well(&reach->lines[0]));
    peer_head(peer, 204);
    peer_end(peer, VB_CALL_WHOLE);
    assert_true(vb__line_is_well(&reach->lines[0]));
}

static void a_server_that_was_found_goes_when_there_are_too_many(void **state)
{
    struct vb_reach *first = NULL;

    (void)state;
    for (int i = 0; i <= VB_REACHES_FOUND_MOST; i++) {
        char uri[64];
        const char *const uris[] = {uri};
        struct vb_upstream *upstream;
        struct vb_reach *added;

        snprintf(uri, sizeof(uri), "http://h%d.example", i);
        upstream = peers_upstream(uris, 1, NULL);
        added = vb_reach_add(peers.reaches, upstream, &peers);
        assert_non_null(added);
        vb_upstream_unref(upstream);
        if (i == 0)
            first = added;
        if (i == 1)
            assert_ptr_equal(vb_reach_find(peers.reaches, &peers,
                                           VB_SPAN("http"),
                                           VB_SPAN("H0.example")),
                             first);
    }
    assert_int_equal(peers.reaches->found, VB_REACHES_FOUND_MOST);
    vb_reaches_turn_end(peers.reaches);
    /* h1 was not asked for longest. */
    assert_null(vb_reach_find(peers.reaches, &peers, VB_SPAN("http"),
                              VB_SPAN("h1.example")));
    assert_non_null(vb_reach_find(peers.reaches, &peers, VB_SPAN("http"),
                                  VB_SPAN("h0.example")));
    assert_null(vb_reach_find(peers.reaches, &peers, VB_SPAN("https"),
                              VB_SPAN("h0.example")));
    assert_null(vb_reach_find(peers.reaches, &first, VB_SPAN("http"),
                              VB_SPAN("h0.example")));
}

static void an_upstream_is_of_one_scheme_and_of_uris(void **state)
{
    static const struct {
        const char *uris[2];
        const char *why;
    } rows[] = {
        {{"ftp://a", NULL}, "ftp://a is no http or https URI"},
        {{"a.example", NULL}, "a.example is no http or https URI"},
        {{"http://u@a", NULL}, "http://u@a is no http or https URI"},
        {{"http://a", "https://b"},
         "https://b has another scheme than the one before it"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span spans[2];
        size_t count = rows[i].uris[1] == NULL ? 1 : 2;
        struct vb_upstream *upstream;
        struct vb_buf why;

        vb_buf_init(&why, 1000);
        for (size_t n = 0; n < count; n++)
            spans[n] = vb_span_str(rows[i].uris[n]);
        assert_int_equal(vb_upstream_new(spans, count,
                                         &vb_upstream_options_default, NULL,
                                         &upstream, &why),
                         VB_ERR_SYNTAX);
        assert_span_equal(vb_buf_span(&why), rows[i].why);
        vb_buf_done(&why);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_used_again),
        TEST(who_waits_gets_what_becomes_free_first),
        TEST(a_connection_that_carries_many_needs_no_others),
        TEST(only_what_may_be_is_repeated),
        TEST(what_was_repeated_is_not_again),
        TEST(content_is_sent_again_from_its_beginning_or_not_at_all),
        TEST(a_budget_bounds_what_is_repeated),
        TEST(another_server_is_asked_where_one_cannot_be),
        TEST(where_none_can_be_the_last_failure_is_told),
        TEST(a_server_that_fails_is_left_alone_for_longer_each_time),
        TEST(the_least_busy_is_asked),
        TEST(by_hash_a_lost_server_moves_only_its_own),
        TEST(there_are_bounds_on_connections_and_on_who_waits),
        TEST(it_can_be_called_off_whenever),
        TEST(a_probe_tells_who_is_well_again),
        TEST(a_server_that_was_found_goes_when_there_are_too_many),
        TEST(an_upstream_is_of_one_scheme_and_of_uris),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
