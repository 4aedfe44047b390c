/* What is said over QUIC arrives: handshake, streams, windows, weather. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>

static void test_a_handshake_and_a_request(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    assert_int_equal(vb_quic_count(net.quic), 1);
    id = net_ask(a, "echo\nhello");
    assert_true(net_wait(&net, a, id, 100));
    assert_stream(a, id, "hello");
    net_done(&net);
}

static void test_the_peer_is_known(void **state)
{
    struct net net;
    struct node *a;
    const struct vb_peer *peer;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    peer = fake_peer(fake.last);
    assert_true(peer->secure);
    assert_false(peer->loopback);
    assert_int_equal(peer->port, 10000);
    assert_int_equal(peer->ip[15], 2);
    assert_true(peer->certified(peer, VB_SPAN("localhost:443")));
    assert_false(peer->certified(peer, VB_SPAN("other.example")));
    net_done(&net);
}

/* --- Much, in whatever weather ----------------------------------------------
 */

static const struct weather weathers[] = {
    {0},
    {.lost = 50},
    {.lost = 200},
    {.twice = 200, .late = 300},
    {.garbled = 100},
    {.lost = 30, .twice = 30, .late = 100, .garbled = 30, .marked = 50},
};

static void check_pattern(struct vb_span bytes, size_t len)
{
    assert_int_equal(bytes.len, len);
    for (size_t i = 0; i < len; i++)
        if (bytes.ptr[i] != fake_pattern(i))
            fail_msg("byte %zu differs", i);
}

/* 9000-2.2-01, 9000-2.2-02, 9000-12.3-01 */
static void test_a_download_arrives_whole(void **state)
{
    (void)state;
    for (size_t w = 0; w < VB_COUNT_OF(weathers); w++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct net net;
            struct node *a;
            int64_t id;

            net_init(&net);
            net.seed = seed * 7919;
            a = net_client(&net, NULL);
            net_run(&net, 1);
            net.weather = weathers[w];
            while (!a->confirmed && !quic_client_is_over(a->client))
                net_run(&net, 10);
            id = net_ask(a, "give 1000000\n");
            if (!net_wait(&net, a, id, 60000))
                fail_msg("weather %zu, seed %d: %zu bytes of it", w, (int)seed,
                         net_got(a, id).len);
            check_pattern(net_got(a, id), 1000000);
            net_done(&net);
        }
    }
}

/* 9000-4.2-01: the windows open as the content is taken. */
static void test_an_upload_arrives_whole(void **state)
{
    static char text[900006] = "count\n";
    char wanted[32];

    (void)state;
    for (size_t i = 6; i < sizeof(text); i++)
        text[i] = fake_pattern(i);
    snprintf(wanted, sizeof(wanted), "900000 %u",
             fake_sum(0, vb_span_of(text + 6, 900000)));
    for (size_t w = 0; w < VB_COUNT_OF(weathers); w++) {
        struct net net;
        struct node *a;
        int64_t id;

        net_init(&net);
        net.seed = w + 1;
        a = net_client(&net, NULL);
        net_shake(&net, a);
        net.weather = weathers[w];
        id = quic_client_open(a->client, true);
        quic_client_send(a->client, id, vb_span_of(text, sizeof(text)), true);
        if (!net_wait(&net, a, id, 60000))
            fail_msg("weather %zu: no answer", w);
        assert_stream(a, id, wanted);
        net_done(&net);
    }
}

/* A handshake is a few datagrams, each of which may be the one. */
static void test_handshakes_come_through(void **state)
{
    static const struct weather weather = {
        .lost = 150, .twice = 100, .late = 200, .garbled = 50};

    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct net net;
        struct node *a;
        int64_t id;

        net_init(&net);
        net.seed = seed;
        net.weather = weather;
        a = net_client(&net, NULL);
        while (!a->confirmed && !quic_client_is_over(a->client))
            net_run(&net, 10);
        id = net_ask(a, "echo\nhello");
        if (!net_wait(&net, a, id, 20000))
            fail_msg("seed %d: %.*s", (int)seed, VB_FMT(vb_buf_span(&a->log)));
        assert_stream(a, id, "hello");
        net_done(&net);
    }
}

static void test_many_streams_at_once(void **state)
{
    struct net net;
    struct node *a;
    int64_t ids[STREAMS_MOST];

    (void)state;
    net_init(&net);
    net.weather = weathers[5];
    a = net_client(&net, NULL);
    net_shake(&net, a);
    for (int i = 0; i < STREAMS_MOST; i++)
        ids[i] = net_ask(a, i % 2 == 0 ? "give 50000\n" : "echo\nhello");
    for (int i = 0; i < STREAMS_MOST; i++)
        assert_true(net_wait(&net, a, ids[i], 60000));
    check_pattern(net_got(a, ids[0]), 50000);
    assert_stream(a, ids[1], "hello");
    net_done(&net);
}

/* --- Windows ----------------------------------------------------------------
 */

/* 9000-4.1-01: as much as may come before anything is consumed. */
static void test_what_is_held_back_stays_with_the_client(void **state)
{
    static char text[600005] = "hold\n";
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = quic_client_open(a->client, true);
    quic_client_send(a->client, id, vb_span_of(text, sizeof(text)), true);
    net_run(&net, 500);
    assert_int_equal(fake_held(fake.last, id), VB_MUX_STREAM_WINDOW - 5);
    fake_release(fake.last, id);
    net_run(&net, 500);
    assert_true(fake_held(fake.last, id) > 0);
    fake_release(fake.last, id);
    net_run(&net, 500);
    fake_release(fake.last, id);
    assert_false(a->closed);
    assert_int_equal(quic_client_unacked(a->client), 0);
    net_done(&net);
}

/* 9000-4.1-01: never more than the client takes, by stream and in all; the
 * end of a stream needs no window. */
static void test_the_client_s_windows_are_kept(void **state)
{
    static const struct {
        uint64_t stream, all;
    } rows[] = {{1000, 100000}, {100000, 1000}, {1000, 1000}, {1, 3}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct quic_client_options options;
        struct net net;
        struct node *a;
        int64_t id;
        uint64_t least =
            rows[i].stream < rows[i].all ? rows[i].stream : rows[i].all;

        net_init(&net);
        quic_client_defaults(&options);
        options.max_stream_data = rows[i].stream;
        options.max_data = rows[i].all;
        options.hold = true;
        a = net_client(&net, &options);
        net_shake(&net, a);
        id = net_ask(a, "give 3000\n");
        net_run(&net, 200);
        assert_true(net_got(a, id).len <= least);
        while (!a->ended[id / 4]) {
            size_t before = net_got(a, id).len;

            quic_client_credit(a->client, id, 500);
            net_run(&net, 200);
            if (net_got(a, id).len == before && !a->ended[id / 4])
                fail_msg("row %zu: stuck at %zu", i, before);
        }
        check_pattern(net_got(a, id), 3000);
        net_done(&net);
    }
}

/* 9000-4.6-01: one more stream for each that is over, and no more than that. */
static void test_a_hundred_streams_and_then_more(void **state)
{
    struct net net;
    struct node *a;
    int opened = 0;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    while (quic_client_open(a->client, true) >= 0)
        opened++;
    assert_int_equal(opened, VB_MUX_STREAMS_MAX);
    for (int64_t id = 0; id < 3 * 4; id += 4)
        quic_client_send(a->client, id, VB_SPAN("echo\n"), true);
    net_run(&net, 300);
    while (quic_client_open(a->client, true) >= 0)
        opened++;
    assert_int_equal(opened, VB_MUX_STREAMS_MAX + 3);
    net_done(&net);
}

/* --- Streams that are broken off --------------------------------------------
 */

static bool was_told(const char *line)
{
    return memmem(fake.told.ptr, fake.told.len, line, strlen(line)) != NULL;
}

/* 9000-3.5-01 */
static void test_a_client_that_wants_no_more(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = net_ask(a, "give 10000000\n");
    net_run(&net, 4);
    assert_true(quic_client_stop(a->client, id, 0x10c));
    net_run(&net, 100);
    assert_true(was_told("stopped 0\n"));
    assert_true(was_told("closed 0\n"));
    assert_true(net_told(a, "reset 0 268\n"));
    assert_false(a->closed);
    net_done(&net);
}

static void test_a_client_that_breaks_off(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = quic_client_open(a->client, true);
    quic_client_send(a->client, id, VB_SPAN("echo\nhello"), false);
    net_run(&net, 20);
    assert_true(quic_client_reset(a->client, id, 0x10c));
    net_run(&net, 20);
    assert_true(was_told("reset 0 268\n"));
    assert_stream(a, id, "hello");
    net_done(&net);
}

static void test_a_server_that_breaks_off(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = quic_client_open(a->client, true);
    quic_client_send(a->client, id, VB_SPAN("break 267\n"), false);
    net_run(&net, 100);
    assert_true(net_told(a, "reset 0 267\n"));
    assert_true(net_told(a, "stop 0 267\n"));
    assert_true(was_told("closed 0\n"));
    assert_false(a->closed);
    net_done(&net);
}

/* --- What goes out ----------------------------------------------------------
 */

/* A reply that becomes ready outside of the loop's calls. */
static void test_an_answer_that_comes_later(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;
    unsigned wakes;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = net_ask(a, "wait\n");
    net_run(&net, 100);
    wakes = net.wakes;
    fake_answer(fake.last, id, "at last");
    assert_int_equal(net.wakes, wakes + 1);
    assert_true(net_wait(&net, a, id, 100));
    assert_stream(a, id, "at last");
    net_done(&net);
}

static void test_packets_go_in_batches(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = net_ask(a, "give 1000000\n");
    assert_true(net_wait(&net, a, id, 10000));
    assert_true(net.datagrams > 600);
    assert_true(net.batches * 4 < net.datagrams);
    net_done(&net);
}

/* Nothing is lost, nor written twice, when the socket takes nothing. */
static void test_a_socket_that_is_full(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;
    unsigned refusals;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = net_ask(a, "give 1000000\n");
    for (int i = 0; i < 1000 && !a->ended[id / 4]; i++) {
        refusals = net.refusals;
        net.full = true;
        net_run(&net, 3);
        assert_true(net.refusals - refusals <= 1);
        net.full = false;
        vb_quic_writable(net.quic);
        net_run(&net, 3);
    }
    check_pattern(net_got(a, id), 1000000);
    net_done(&net);
}

/* 9000-14.1-01 and RFC 8899: larger packets once the path has shown that it
 * takes them. */
static void test_the_path_s_size_is_found(void **state)
{
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    id = net_ask(a, "give 1000000\n");
    assert_true(net_wait(&net, a, id, 10000));
    assert_true(net.largest > 1400);
    assert_true(net.largest <= 1452);
    net_done(&net);
}

/* 9000-13.2.1-01: where there is nothing else to say, too. One packet waits for
 * another at most as long as we have told (25 ms, if nothing). */
static void test_what_asks_for_an_answer_is_acknowledged(void **state)
{
    struct net net;
    struct node *a;
    uint64_t delay;
    unsigned before;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    assert_true(quic_client_parameter(a->client, "max_ack_delay", &delay));
    for (int i = 0; i < 3; i++) {
        net_run(&net, 2000);
        before = a->datagrams;
        net_run(&net, 1000);
        assert_int_equal(a->datagrams, before); /* nobody says anything */
        assert_true(quic_client_inject(a->client, vb_span_str("\x01")));
        net_run(&net, (int64_t)delay / NS_PER_MS +
                          2 * net.latency_ns / NS_PER_MS + 2);
        assert_int_equal(a->datagrams, before + 1);
    }
    net_done(&net);
}

/* RFC 3168: what is sent can be marked, and marks slow us down. */
static void test_congestion_is_marked(void **state)
{
    int64_t took[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct net net;
        struct node *a;
        int64_t id;

        net_init(&net);
        a = net_client(&net, NULL);
        net_shake(&net, a);
        net.weather.marked = i == 0 ? 0 : 200;
        took[i] = net.now_ns;
        id = net_ask(a, "give 1000000\n");
        assert_true(net_wait(&net, a, id, 60000));
        took[i] = net.now_ns - took[i];
        assert_true(net.ecn & 1u << 2);
        net_done(&net);
    }
    assert_true(took[1] > took[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_handshake_and_a_request),
        cmocka_unit_test(test_the_peer_is_known),
        cmocka_unit_test(test_a_download_arrives_whole),
        cmocka_unit_test(test_an_upload_arrives_whole),
        cmocka_unit_test(test_handshakes_come_through),
        cmocka_unit_test(test_many_streams_at_once),
        cmocka_unit_test(test_what_is_held_back_stays_with_the_client),
        cmocka_unit_test(test_the_client_s_windows_are_kept),
        cmocka_unit_test(test_a_hundred_streams_and_then_more),
        cmocka_unit_test(test_a_client_that_wants_no_more),
        cmocka_unit_test(test_a_client_that_breaks_off),
        cmocka_unit_test(test_a_server_that_breaks_off),
        cmocka_unit_test(test_an_answer_that_comes_later),
        cmocka_unit_test(test_packets_go_in_batches),
        cmocka_unit_test(test_a_socket_that_is_full),
        cmocka_unit_test(test_the_path_s_size_is_found),
        cmocka_unit_test(test_what_asks_for_an_answer_is_acknowledged),
        cmocka_unit_test(test_congestion_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
