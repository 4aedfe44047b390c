/* Who comes in, and what is answered to who does not: RFC 9000 sections 5.2,
 * 6, 8.1, 10.3 and 17.2. */
#include "net.h"

#include <netinet/in.h>
#include <stdlib.h>

/* What the server has sent since the last look. */
static struct {
    unsigned count;
    size_t len; /* of the last */
    unsigned char bytes[QUIC_DATAGRAM_MAX];
} seen;

static void watch(struct net *net, struct vb_span datagram)
{
    (void)net;
    seen.count++;
    seen.len = datagram.len;
    assert_true(datagram.len <= sizeof(seen.bytes));
    memcpy(seen.bytes, datagram.ptr, datagram.len);
}

static void begin(struct net *net)
{
    net_init(net);
    net->watch = watch;
    memset(&seen, 0, sizeof(seen));
}

/* --- Address validation -----------------------------------------------------
 */

/* Clients that say hello and nothing more, from addresses that may be
 * anybody's. Their first datagrams are given to the server. */
static void crowd(struct net *net, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct node *node = net_client(net, NULL);

        node->deaf = true;
    }
    net_run(net, 5);
}

/* 9000-8.1-02, 9000-17.2.5.1-01 */
static void test_under_load_a_client_shows_its_address(void **state)
{
    struct net net;
    struct node *before, *after;
    int64_t id;

    (void)state;
    begin(&net);
    before = net_client(&net, NULL);
    net_shake(&net, before);
    assert_false(net_told(before, "retry\n"));
    crowd(&net, 64);
    after = net_client(&net, NULL);
    net_shake(&net, after);
    assert_true(net_told(after, "retry\n"));
    id = net_ask(after, "echo\nhello");
    assert_true(net_wait(&net, after, id, 100));
    net_done(&net);
}

/* 9000-8.1.3-01: who was here before needs no Retry; only at its address. */
static void test_a_token_of_an_earlier_connection(void **state)
{
    static char garbage[64] = "\x36garbage";
    struct net net;
    struct quic_client_options options;
    struct vb_span token;
    struct node *first, *again, *other, *broken;

    (void)state;
    begin(&net);
    first = net_client(&net, NULL);
    net_shake(&net, first);
    net_run(&net, 10);
    token = vb_buf_span(&first->token);
    assert_true(token.len > 0);
    crowd(&net, 64);
    quic_client_defaults(&options);
    options.token = token;
    again = net_client_at(&net, &options, first);
    net_shake(&net, again);
    assert_false(net_told(again, "retry\n"));
    options.token = token;
    other = net_client(&net, &options);
    net_shake(&net, other);
    assert_true(net_told(other, "retry\n"));
    options.token = vb_span_of(garbage, sizeof(garbage));
    broken = net_client(&net, &options);
    net_shake(&net, broken);
    assert_true(net_told(broken, "retry\n"));
    net_done(&net);
}

/* 9000-8.1.4-01 */
static void test_a_token_gets_old(void **state)
{
    struct net net;
    struct quic_client_options options;
    struct node *first, *again;

    (void)state;
    begin(&net);
    first = net_client(&net, NULL);
    net_shake(&net, first);
    net_run(&net, 10);
    net.now_ns += INT64_C(3700) * 1000 * NS_PER_MS;
    crowd(&net, 64);
    quic_client_defaults(&options);
    options.token = vb_buf_span(&first->token);
    again = net_client_at(&net, &options, first);
    net_shake(&net, again);
    assert_true(net_told(again, "retry\n"));
    net_done(&net);
}

/* A Retry's token is for one address and one connection ID. Its client's
 * second datagram, as somebody else would send it. */
static void test_a_token_of_a_retry_is_not_passed_on(void **state)
{
    char bytes[QUIC_DATAGRAM_MAX];
    struct net net;
    struct node *a;
    size_t len;

    (void)state;
    begin(&net);
    crowd(&net, 64);
    a = net_client(&net, NULL);
    net_post(&net, a);
    net_skip(&net, 2);         /* its first there, the Retry back */
    len = net_steal(a, bytes); /* what it would answer */
    assert_true(len >= 1200);
    memset(&seen, 0, sizeof(seen));
    net_inject(&net, 250, vb_span_of(bytes, len));
    /* 9000-8.1.2-01: CONNECTION_CLOSE with INVALID_TOKEN, in an Initial. */
    assert_int_equal(seen.count, 1);
    assert_true((seen.bytes[0] & 0xf0) == 0xc0);
    assert_true(seen.len < len);
    net_done(&net);
}

/* 9000-8.1-01: three times what has come, while nobody has answered. */
static void test_nobody_is_flooded_in_another_s_name(void **state)
{
    struct net net;
    struct node *a;

    (void)state;
    begin(&net);
    a = net_client(&net, NULL);
    a->deaf = true;
    a->once = true;
    net_run(&net, 20000);
    assert_true(a->received > 0);
    assert_true(a->received <= 3 * a->sent);
    net_done(&net);
}

/* --- Too many ---------------------------------------------------------------
 */

static void test_where_there_is_no_place(void **state)
{
    struct net net;
    struct node *a, *b;

    (void)state;
    begin(&net);
    net.places = 1;
    a = net_client(&net, NULL);
    net_shake(&net, a);
    b = net_client(&net, NULL);
    net_run(&net, 100);
    /* 9000-5.2.2-02 */
    assert_true(b->closed);
    assert_int_equal(b->code, 0x2);
    assert_false(a->closed);
    quic_client_close(a->client, true, 0x100);
    net_run(&net, 100);
    assert_int_equal(vb_quic_count(net.quic), 0);
    b = net_client(&net, NULL);
    net_shake(&net, b);
    net.places += 999;
    net_done(&net);
}

/* However many knock: handshakes are bounded, and all is given back. */
static void test_a_flood_of_hellos(void **state)
{
    char bytes[QUIC_DATAGRAM_MAX];
    struct net net;

    (void)state;
    begin(&net);
    for (int i = 0; i < 250; i++) {
        struct node *node = net_client(&net, NULL);
        size_t len = net_steal(node, bytes);

        net_inject(&net, (uint16_t)i, vb_span_of(bytes, len));
    }
    assert_int_equal(vb_quic_count(net.quic), 64);
    assert_true(seen.count > 250 - 64);
    for (unsigned i = 0; i < net.node_count; i++)
        net_leave(&net.nodes[i]);
    net_run(&net, net.limits.head_timeout_ms + 1000);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* --- Versions ---------------------------------------------------------------
 */

/* 9000-5.2.2-01, 9000-17.2.1-01: the IDs change places, version 1 is offered.
 */
static void test_another_version_is_told_of_ours(void **state)
{
    unsigned char hello[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8,
                                 'd',  'e',  's',  't',  'i',  'n',
                                 'e',  'd',  3,    's',  'r',  'c'};
    struct net net;

    (void)state;
    begin(&net);
    net_inject(&net, 9, vb_span_of((char *)hello, sizeof(hello)));
    assert_int_equal(seen.count, 1);
    assert_true(seen.bytes[0] & 0x80);
    assert_memory_equal(seen.bytes + 1, "\0\0\0\0\3src\10destined", 17);
    assert_int_equal(seen.len, 18 + 8);
    assert_true((seen.bytes[18] & 0x0f) == 0x0a);
    assert_memory_equal(seen.bytes + 22, "\0\0\0\1", 4);
    net_inject(&net, 9, vb_span_of((char *)hello, 1199));
    assert_int_equal(seen.count, 1);
    memcpy(hello + 1, "\x6b\x33\x43\xcf", 4); /* version 2 (RFC 9369) */
    net_inject(&net, 9, vb_span_of((char *)hello, sizeof(hello)));
    assert_int_equal(seen.count, 2);
    net_done(&net);
}

static void test_a_client_of_another_version(void **state)
{
    struct quic_client_options options;
    struct net net;
    struct node *a;

    (void)state;
    begin(&net);
    quic_client_defaults(&options);
    options.version = 0x1a2a3a4a;
    a = net_client(&net, &options);
    net_run(&net, 100);
    assert_true(net_told(a, "versions "));
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* 9000-6.1-01 */
static void test_version_negotiation_is_not_answered(void **state)
{
    unsigned char bytes[1200] = {0xc0, 0,   0,   0,   0,   8,   'd', 'e',
                                 's',  't', 'i', 'n', 'e', 'd', 0};

    struct net net;

    (void)state;
    begin(&net);
    net_inject(&net, 9, vb_span_of((char *)bytes, sizeof(bytes)));
    assert_int_equal(seen.count, 0);
    net_done(&net);
}

/* --- Stateless reset --------------------------------------------------------
 */

/* 9000-10.3-01: smaller than what it answers, and looks like a packet. */
static void test_a_reset_is_smaller_than_what_it_answers(void **state)
{
    unsigned char bytes[1200] = {0x40, 1, 2, 3};
    struct net net;

    (void)state;
    begin(&net);
    for (size_t len = 1; len <= sizeof(bytes); len++) {
        memset(&seen, 0, sizeof(seen));
        net_inject(&net, 9, vb_span_of((char *)bytes, len));
        assert_int_equal(seen.count, len > 21 ? 1 : 0);
        assert_true(seen.len < len);
        if (seen.count > 0) {
            assert_true(seen.len >= 21 && seen.len <= 42);
            assert_int_equal(seen.bytes[0] & 0xc0, 0x40);
        }
        net.now_ns += 10 * NS_PER_MS;
    }
    /* 9000-17.2-01: what has no fixed bit is nothing. */
    bytes[0] = 0;
    memset(&seen, 0, sizeof(seen));
    net_inject(&net, 9, vb_span_of((char *)bytes, sizeof(bytes)));
    assert_int_equal(seen.count, 0);
    net_done(&net);
}

static void test_resets_are_not_sent_without_end(void **state)
{
    unsigned char bytes[100] = {0x40, 1, 2, 3};
    struct net net;
    unsigned burst;

    (void)state;
    begin(&net);
    for (int i = 0; i < 100000; i++)
        net_inject(&net, 9, vb_span_of((char *)bytes, sizeof(bytes)));
    burst = seen.count;
    assert_true(burst > 0 && burst < 1000);
    net.now_ns += 1000 * NS_PER_MS;
    for (int i = 0; i < 100000; i++)
        net_inject(&net, 9, vb_span_of((char *)bytes, sizeof(bytes)));
    assert_true(seen.count > burst && seen.count < 2000);
    net_done(&net);
}

/* 9000-10.3-02: a client believes it, so the token is the one it was given;
 * another worker of the same server would say the same. */
static void test_a_client_of_a_server_that_has_begun_anew(void **state)
{
    struct net net;
    struct node *a;

    (void)state;
    begin(&net);
    a = net_client(&net, NULL);
    net_shake(&net, a);
    net_run(&net, 10);
    net_restart(&net);
    net_ask(a, "echo\nhello");
    net_run(&net, 100);
    assert_true(a->stateless);
    assert_true(quic_client_is_over(a->client));
    net_done(&net);
}

/* --- Garbage ----------------------------------------------------------------
 */

/* 9000-14.1-01 */
static void test_a_small_initial_is_nothing(void **state)
{
    char bytes[QUIC_DATAGRAM_MAX];
    struct net net;
    struct node *a;
    size_t len;

    (void)state;
    begin(&net);
    a = net_client(&net, NULL);
    len = net_steal(a, bytes);
    assert_true(len >= 1200);
    for (size_t cut = 0; cut < 1200; cut++)
        net_inject(&net, 9, vb_span_of(bytes, cut));
    assert_int_equal(seen.count, 0);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_inject(&net, 9, vb_span_of(bytes, len));
    assert_int_equal(vb_quic_count(net.quic), 1);
    assert_true(seen.count > 0);
    net_done(&net);
}

/* Whatever bit is turned over, nothing comes of it but silence or a refusal. */
static void test_an_initial_that_was_garbled(void **state)
{
    char bytes[QUIC_DATAGRAM_MAX];
    struct net net;
    struct node *a;
    size_t len;

    (void)state;
    begin(&net);
    a = net_client(&net, NULL);
    len = net_steal(a, bytes);
    for (size_t at = 0; at < len; at += at < 60 ? 1 : 37) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] ^= (char)(1u << bit);
            net_inject(&net, 9, vb_span_of(bytes, len));
            bytes[at] ^= (char)(1u << bit);
        }
    }
    net_run(&net, 10);
    assert_int_equal(fake.alive, 0);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* RFC 9308 section 8.1: nobody is made to shout at a service. */
static void test_a_client_at_the_port_of_a_service(void **state)
{
    static const uint16_t ports[] = {0, 53, 123, 11211};
    char bytes[QUIC_DATAGRAM_MAX];
    struct net net;
    struct node *a;
    size_t len;

    (void)state;
    begin(&net);
    a = net_client(&net, NULL);
    len = net_steal(a, bytes);
    for (size_t i = 0; i < VB_COUNT_OF(ports); i++)
        net_inject_from(&net, 9, ports[i], vb_span_of(bytes, len));
    assert_int_equal(seen.count, 0);
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_inject_from(&net, 9, 54, vb_span_of(bytes, len));
    assert_int_equal(vb_quic_count(net.quic), 1);
    net_done(&net);
}

static void test_garbage(void **state)
{
    char bytes[1500];
    struct net net;

    (void)state;
    begin(&net);
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)net_draw(&net) % sizeof(bytes);

        for (size_t at = 0; at < len; at++)
            bytes[at] = (char)net_draw(&net);
        if (i % 3 == 0)
            memcpy(bytes, "\xc3\0\0\0\1\10", 6);
        net_inject(&net, 9, vb_span_of(bytes, len));
    }
    assert_int_equal(vb_quic_count(net.quic), 0);
    net_done(&net);
}

/* --- Connection IDs ---------------------------------------------------------
 */

/* 9000-5.1.1-01: each leads to the worker that made it. */
static void test_an_id_tells_its_worker(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 7; workers++) {
        for (unsigned worker = 0; worker < workers; worker++) {
            struct net net;
            struct node *a;

            net_init_as(&net, worker, workers);
            a = net_client(&net, NULL);
            net_shake(&net, a);
            for (int i = 0; i < 6; i++) {
                struct vb_span id = quic_client_dcid(a->client);

                assert_int_equal(id.len, VB_QUIC_ID_LEN);
                assert_int_equal((unsigned char)id.ptr[0] % workers, worker);
                net_run(&net, 50);
                assert_true(net_migrate(a, (uint16_t)(20000 + i)));
            }
            assert_false(a->closed);
            net_done(&net);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_under_load_a_client_shows_its_address),
        cmocka_unit_test(test_a_token_of_an_earlier_connection),
        cmocka_unit_test(test_a_token_gets_old),
        cmocka_unit_test(test_a_token_of_a_retry_is_not_passed_on),
        cmocka_unit_test(test_nobody_is_flooded_in_another_s_name),
        cmocka_unit_test(test_where_there_is_no_place),
        cmocka_unit_test(test_a_flood_of_hellos),
        cmocka_unit_test(test_another_version_is_told_of_ours),
        cmocka_unit_test(test_a_client_of_another_version),
        cmocka_unit_test(test_version_negotiation_is_not_answered),
        cmocka_unit_test(test_a_reset_is_smaller_than_what_it_answers),
        cmocka_unit_test(test_resets_are_not_sent_without_end),
        cmocka_unit_test(test_a_client_of_a_server_that_has_begun_anew),
        cmocka_unit_test(test_a_small_initial_is_nothing),
        cmocka_unit_test(test_an_initial_that_was_garbled),
        cmocka_unit_test(test_a_client_at_the_port_of_a_service),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_an_id_tells_its_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
