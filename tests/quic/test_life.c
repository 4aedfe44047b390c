/* How connections begin, move and end: RFC 9000 sections 7, 9 and 10, RFC
 * 9001. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned sent;  /* datagrams, */
static unsigned large; /* and of them those that show what a path takes */

static void watch(struct net *net, struct vb_span datagram)
{
    (void)net;
    sent++;
    if (datagram.len >= 1200)
        large++;
}

static struct node *begin(struct net *net)
{
    struct node *a;

    net_init(net);
    net->watch = watch;
    a = net_client(net, NULL);
    net_shake(net, a);
    net_run(net, 100);
    return a;
}

/* --- Silence ----------------------------------------------------------------
 */

/* 9000-10.1-01 */
static void test_an_idle_connection_ends_without_a_word(void **state)
{
    struct net net;
    struct node *a;

    (void)state;
    net_init(&net);
    net.limits.idle_timeout_ms = 5000;
    net.watch = watch;
    a = net_client(&net, NULL);
    net_shake(&net, a);
    net_run(&net, 1000);
    net_leave(a);
    net_run(&net, 3900);
    assert_int_equal(vb_quic_count(net.quic), 1);
    sent = 0;
    net_run(&net, 3000);
    assert_int_equal(vb_quic_count(net.quic), 0);
    assert_int_equal(fake.alive, 0);
    assert_int_equal(sent, 0);
    net_done(&net);
}

/* Both sides say how long, and the shorter time counts. A request that is
 * under way keeps the connection, however long it takes. */
static void test_a_request_keeps_its_connection(void **state)
{
    struct quic_client_options options;
    struct net net;
    struct node *a;
    int64_t id;

    (void)state;
    net_init(&net);
    quic_client_defaults(&options);
    options.idle_ms = 2000;
    a = net_client(&net, &options);
    net_shake(&net, a);
    id = net_ask(a, "wait\n");
    net_run(&net, 60000);
    assert_int_equal(vb_quic_count(net.quic), 1);
    fake_answer(fake.last, id, "at last");
    assert_true(net_wait(&net, a, id, 100));
    net_run(&net, 4000);
    assert_int_equal(vb_quic_count(net.quic), 0);
    assert_true(net_told(a, "timed-out"));
    net_done(&net);
}

/* Who has gone is not kept by what it has asked for. */
static void test_a_client_that_is_gone_is_not_waited_for(void **state)
{
    struct net net;
    struct node *a = begin(&net);

    (void)state;
    net_ask(a, "wait\n");
    net_run(&net, 100);
    net_leave(a);
    net_run(&net, 2 * net.limits.idle_timeout_ms);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

static void test_a_handshake_has_its_time(void **state)
{
    struct net net;
    struct node *a;

    (void)state;
    net_init(&net);
    net.limits.head_timeout_ms = 3000;
    a = net_client(&net, NULL);
    a->once = true;
    net_run(&net, 2900);
    assert_int_equal(vb_quic_count(net.quic), 1);
    net_run(&net, 200);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* What is above has deadlines of its own. */
static void test_the_deadline_of_what_is_above(void **state)
{
    struct net net;

    (void)state;
    begin(&net);
    fake.deadline_ms = net.now_ns / NS_PER_MS + 500;
    vb_quic_flush(net.quic, net.now_ns);
    net_run(&net, 1);
    net_ask(&net.nodes[0], "echo\n"); /* so that it is asked */
    net_run(&net, 490);
    assert_int_equal(fake.ticks, 0);
    net_run(&net, 20);
    assert_int_equal(fake.ticks, 1);
    net_done(&net);
}

/* --- The end ----------------------------------------------------------------
 */

static void test_the_client_says_goodbye(void **state)
{
    struct net net;
    struct node *a = begin(&net);

    (void)state;
    quic_client_close(a->client, true, 0x100);
    net_run(&net, 5);
    sent = 0;
    assert_int_equal(vb_quic_count(net.quic), 0);
    assert_int_equal(fake.alive, 0);
    assert_int_equal(net.places, 1000);
    net_run(&net, 5000);
    assert_int_equal(sent, 0);
    net_done(&net);
}

static void test_what_is_above_ends_it(void **state)
{
    struct net net;
    struct node *a = begin(&net);

    (void)state;
    net_ask(a, "close 269\n");
    net_run(&net, 50);
    assert_true(a->closed);
    assert_true(a->application);
    assert_int_equal(a->code, 269);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* 9000-10.2-01: the last packet again for who has not heard it, less and less
 * often; then nothing, and after a while what comes is a stranger's. */
static void test_the_last_word_is_repeated(void **state)
{
    static const char frames[] = "\1\1\1"; /* PING */
    struct net net;
    struct node *a = begin(&net);
    unsigned first;

    (void)state;
    net_ask(a, "close 269\n");
    net_post(&net, a);
    a->deaf = true;
    sent = 0;
    net_run(&net, 5);
    first = sent;
    assert_true(first > 0);
    for (int i = 0; i < 30; i++) {
        quic_client_inject(a->client, vb_span_of(frames, 3));
        net_post(&net, a);
        net_run(&net, 0);
        net_skip(&net, 100);
    }
    assert_true(sent > first);
    assert_true(sent <= first + 5);
    a->deaf = false;
    net_run(&net, 10000);
    assert_true(a->closed || a->stateless);
    net_done(&net);
}

/* GOAWAY is above's; then an idle connection ends at once, a busy one when it
 * is done, and nobody new is let in. */
static void test_a_server_that_shuts_down(void **state)
{
    struct net net;
    struct node *idle = begin(&net), *busy, *late;
    int64_t id;

    (void)state;
    busy = net_client(&net, NULL);
    net_shake(&net, busy);
    id = net_ask(busy, "wait\n");
    net_run(&net, 50);
    vb_quic_shut_down(net.quic);
    net_run(&net, 50);
    assert_true(idle->closed);
    assert_int_equal(idle->code, 0x100);
    assert_int_equal(vb_quic_count(net.quic), 1);
    late = net_client(&net, NULL);
    net_run(&net, 50);
    assert_true(late->closed);
    assert_int_equal(late->code, 0x2);
    fake_answer(fake.last, id, "at last");
    net_run(&net, 100);
    assert_stream(busy, id, "at last");
    assert_true(busy->closed);
    assert_true(busy->application);
    assert_int_equal(busy->code, 0x100);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* A handshake that is under way then comes to its end, and finds GOAWAY. */
static void test_a_handshake_while_it_shuts_down(void **state)
{
    struct net net;
    struct node *a;

    (void)state;
    net_init(&net);
    a = net_client(&net, NULL);
    net_post(&net, a);
    net_skip(&net, 1);
    vb_quic_shut_down(net.quic);
    net_run(&net, 500);
    assert_true(a->closed);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

static void test_a_server_that_ends_at_once(void **state)
{
    struct net net;
    struct node *a = begin(&net), *b;

    (void)state;
    net_ask(a, "wait\n");
    b = net_client(&net, NULL);
    net_post(&net, b); /* its handshake is under way */
    net_skip(&net, 1);
    vb_quic_end(net.quic);
    assert_int_equal(vb_quic_count(net.quic), 0);
    assert_int_equal(fake.alive, 0);
    net_run(&net, 50);
    assert_true(a->closed);
    assert_int_equal(a->code, 0x100);
    /* 9000-10.2.3-01: nothing of the application's before 1-RTT. */
    assert_true(b->closed);
    assert_false(b->application);
    assert_int_equal(b->code, 0xc);
    net_done(&net);
}

/* --- Ways -------------------------------------------------------------------
 */

static void check_it_works(struct net *net, struct node *a)
{
    int64_t id = net_ask(a, "give 100000\n");

    assert_true(net_wait(net, a, id, 5000));
    assert_int_equal(net_got(a, id).len, 100000);
}

/* 9000-8.2.1-01: a path is tried with a full datagram, and used once it has
 * answered. */
static void test_a_client_migrates(void **state)
{
    struct net net;
    struct node *a = begin(&net);

    (void)state;
    check_it_works(&net, a);
    for (int i = 0; i < 5; i++) {
        large = 0;
        assert_true(net_migrate(a, (uint16_t)(20000 + i)));
        net_run(&net, 200);
        assert_true(large > 0);
        assert_true(net_told(a, "path 0"));
        check_it_works(&net, a);
        assert_int_equal(fake_peer(fake.last)->port, 20000 + i);
    }
    assert_int_equal(vb_quic_count(net.quic), 1);
    net_done(&net);
}

static void test_a_nat_is_rebound(void **state)
{
    struct net net;
    struct node *a = begin(&net);
    int64_t id;

    (void)state;
    check_it_works(&net, a);
    for (uint16_t i = 0; i < 5; i++) {
        net_rebind(a, (uint16_t)(30000 + i));
        check_it_works(&net, a);
        net_run(&net, 500);
        assert_int_equal(fake_peer(fake.last)->port, 30000 + i);
    }
    quic_client_keep_alive(a->client, 100 * NS_PER_MS);
    id = net_ask(a, "give 1000000\n"); /* and in the middle of it */
    net_run(&net, 5);
    net_rebind(a, 31000);
    assert_true(net_wait(&net, a, id, 20000));
    net_done(&net);
}

/* 9000-8.1-01: somebody who copies packets, and sends them from elsewhere,
 * gets little of it, and the connection stays where it was. */
static void test_a_path_that_does_not_answer(void **state)
{
    char bytes[QUIC_DATAGRAM_MAX];
    struct net net;
    struct node *a = begin(&net), *victim;
    size_t len;

    (void)state;
    victim = net_client(&net, NULL);
    victim->mute = true;
    victim->deaf = true;
    net_ask(a, "give 1000000\n");
    len = net_steal(a, bytes);
    assert_true(len > 0);
    net_inject(&net, victim->host, vb_span_of(bytes, len));
    net_run(&net, 20000);
    assert_true(victim->received <= 3 * len);
    assert_int_equal(fake_peer(fake.last)->port, 10000);
    check_it_works(&net, a);
    net_done(&net);
}

/* Who comes from this machine is trusted more; nobody comes to be trusted. */
static void test_nobody_moves_into_trust(void **state)
{
    struct net net;
    struct node *a = begin(&net);

    (void)state;
    assert_false(fake_peer(fake.last)->loopback);
    a->at_home = true;
    net_rebind(a, 32000);
    check_it_works(&net, a);
    net_run(&net, 500);
    assert_int_equal(fake_peer(fake.last)->ip[12], 127);
    assert_false(fake_peer(fake.last)->loopback);
    net_done(&net);
}

/* --- Keys -------------------------------------------------------------------
 */

static void test_keys_are_updated(void **state)
{
    struct net net;
    struct node *a = begin(&net);

    (void)state;
    for (int i = 0; i < 5; i++) {
        net_run(&net, 5000);
        assert_true(quic_client_update_keys(a->client, net.now_ns));
        check_it_works(&net, a);
    }
    assert_false(a->closed);
    net_done(&net);
}

/* 9000-7-01: "h3" is what there is; to ask for nothing is to ask for another
 * one (RFC 9001 section 8.1). */
static void test_a_client_of_another_protocol(void **state)
{
    static const char *const protocols[] = {"h2", "hq-interop", NULL};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(protocols); i++) {
        struct quic_client_options options;
        struct net net;
        struct node *a;

        net_init(&net);
        quic_client_defaults(&options);
        options.alpn = protocols[i];
        a = net_client(&net, &options);
        net_run(&net, 100);
        assert_true(a->closed);
        assert_int_equal(a->code, 0x178);
        assert_int_equal(fake.begun, 0);
        assert_int_equal(vb_quic_count(net.quic), 0);
        net_done(&net);
    }
}

/* RFC 9001 section 6: there is no KeyUpdate of TLS in QUIC, nor anything else
 * of TLS that a client may say when the handshake is done. */
static void test_messages_of_tls_behind_the_handshake(void **state)
{
    static const struct {
        const char *frames;
        size_t len;
    } rows[] = {
        {"\x06\x00\x05\x18\x00\x00\x01\x00", 8}, /* KeyUpdate */
        {"\x06\x00\x05\x18\x00\x00\x01\x01", 8},
        {"\x06\x00\x04\x04\x00\xff\xff", 7}, /* a ticket, or its beginning */
        {"\x06\x00\x04\x0b\xff\xff\xff", 7}, /* Certificate */
        {"\x06\x00\x01\x00", 4},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct net net;
        struct node *a = begin(&net), *b;

        b = net_client(&net, NULL);
        net_shake(&net, b);
        quic_client_inject(a->client, vb_span_of(rows[i].frames, rows[i].len));
        net_run(&net, 100);
        assert_true(a->closed);
        assert_false(a->application);
        assert_int_equal(a->code, 0x10a);
        check_it_works(&net, b);
        net_done(&net);
    }
}

/* --- Early data -------------------------------------------------------------
 */

static struct node *come_back(struct net *net, struct node *a,
                              struct quic_client_options *options)
{
    net_run(net, 100);
    quic_client_close(a->client, true, 0x100);
    net_run(net, 100);
    quic_client_defaults(options);
    options->ticket = vb_buf_span(&a->ticket);
    options->early = true;
    assert_true(options->ticket.len > 0);
    return net_client_at(net, options, a);
}

/* RFC 9001 section 4.6, and what is above is told (RFC 8470 section 5.2). */
static void test_early_data_is_taken(void **state)
{
    struct quic_client_options options;
    struct net net;
    struct node *a = begin(&net), *again;
    int64_t early, late;

    (void)state;
    again = come_back(&net, a, &options);
    early = net_ask(again, "when\n");
    assert_true(net_wait(&net, again, early, 100));
    assert_stream(again, early, "early");
    assert_true(net_told(again, "handshake 1 "));
    net_shake(&net, again);
    late = net_ask(again, "when\n");
    assert_true(net_wait(&net, again, late, 100));
    assert_stream(again, late, "late");
    net_done(&net);
}

/* RFC 8446 section 8, RFC 9001 section 9.2: what comes a second time is a
 * handshake, but nothing of it is early. */
static void test_early_data_that_is_replayed(void **state)
{
    char bytes[4][QUIC_DATAGRAM_MAX];
    size_t len[4];
    struct quic_client_options options;
    struct net net;
    struct node *a = begin(&net), *again;
    size_t count;

    (void)state;
    again = come_back(&net, a, &options);
    net_ask(again, "echo\nonly once");
    count = net_record(again, bytes, len, 4);
    again->mute = true;
    assert_true(count > 0);
    fake.begun = 0;
    for (int round = 0; round < 3; round++) {
        vb_buf_reset(&fake.told);
        for (size_t i = 0; i < count; i++)
            net_inject(&net, (uint16_t)(300 + round),
                       vb_span_of(bytes[i], len[i]));
        assert_int_equal(fake.begun, round + 1);
        assert_int_equal(fake.requests, 1);
        net_run(&net, net.limits.head_timeout_ms + 1000); /* it is over */
        assert_int_equal(vb_quic_count(net.quic), 0);
    }
    net_done(&net);
}

/* A ticket of another server, or of this one before it began anew. */
static void test_early_data_is_rejected(void **state)
{
    struct quic_client_options options;
    struct net net;
    struct node *a = begin(&net), *again;
    int64_t id;

    (void)state;
    net_run(&net, 100);
    net_restart_tls(&net);
    again = come_back(&net, a, &options);
    net_ask(again, "when\n");
    net_shake(&net, again);
    assert_true(net_told(again, "rejected"));
    assert_true(net_told(again, "handshake 0 "));
    id = net_ask(again, "when\n");
    assert_true(net_wait(&net, again, id, 100));
    assert_stream(again, id, "late");
    net_done(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_connection_ends_without_a_word),
        cmocka_unit_test(test_a_request_keeps_its_connection),
        cmocka_unit_test(test_a_client_that_is_gone_is_not_waited_for),
        cmocka_unit_test(test_a_handshake_has_its_time),
        cmocka_unit_test(test_the_deadline_of_what_is_above),
        cmocka_unit_test(test_the_client_says_goodbye),
        cmocka_unit_test(test_what_is_above_ends_it),
        cmocka_unit_test(test_the_last_word_is_repeated),
        cmocka_unit_test(test_a_server_that_shuts_down),
        cmocka_unit_test(test_a_handshake_while_it_shuts_down),
        cmocka_unit_test(test_a_server_that_ends_at_once),
        cmocka_unit_test(test_a_client_migrates),
        cmocka_unit_test(test_a_nat_is_rebound),
        cmocka_unit_test(test_a_path_that_does_not_answer),
        cmocka_unit_test(test_nobody_moves_into_trust),
        cmocka_unit_test(test_keys_are_updated),
        cmocka_unit_test(test_a_client_of_another_protocol),
        cmocka_unit_test(test_messages_of_tls_behind_the_handshake),
        cmocka_unit_test(test_early_data_is_taken),
        cmocka_unit_test(test_early_data_that_is_replayed),
        cmocka_unit_test(test_early_data_is_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
