/* What a client must not send: the error that it gets (RFC 9000 section 20.1),
 * and that nobody else has anything of it. */
#include "net.h"

/* Error codes of the transport. */
enum {
    FLOW_CONTROL_ERROR = 0x3,
    STREAM_LIMIT_ERROR = 0x4,
    STREAM_STATE_ERROR = 0x5,
    FINAL_SIZE_ERROR = 0x6,
    FRAME_ENCODING_ERROR = 0x7,
    TRANSPORT_PARAMETER_ERROR = 0x8,
    PROTOCOL_VIOLATION = 0xa,
};

#define FRAMES(text) text, sizeof(text) - 1

static const struct {
    const char *rule;
    const char *frames;
    size_t len;
    uint64_t code;
} rows[] = {
    /* 9000-4.1-01: STREAM 0 at an offset beyond its window, and beyond the
     * connection's */
    {"stream window", FRAMES("\x0e\x00\x80\x04\x00\x00\x01x"),
     FLOW_CONTROL_ERROR},
    {"window of a unidirectional stream",
     FRAMES("\x0e\x02\x80\x01\x00\x00\x01x"), FLOW_CONTROL_ERROR},
    /* 9000-4.6-01 */
    {"stream limit", FRAMES("\x08\x41\x90x"), STREAM_LIMIT_ERROR},
    {"limit of unidirectional streams", FRAMES("\x08\x22x"),
     STREAM_LIMIT_ERROR},
    {"RESET_STREAM beyond the limit", FRAMES("\x04\x41\x90\x00\x00"),
     STREAM_LIMIT_ERROR},
    {"STOP_SENDING beyond the limit", FRAMES("\x05\x41\x90\x00"),
     STREAM_LIMIT_ERROR},
    /* 9000-4.5-01 */
    {"data behind the end", FRAMES("\x0b\x00\x01x\x0e\x00\x05\x01x"),
     FINAL_SIZE_ERROR},
    {"another end", FRAMES("\x0b\x00\x01x\x0b\x00\x02xy"), FINAL_SIZE_ERROR},
    {"reset before what has come", FRAMES("\x0a\x00\x05xxxxx\x04\x00\x00\x01"),
     FINAL_SIZE_ERROR},
    /* 9000-19.8-01 */
    {"data on our stream", FRAMES("\x08\x03x"), STREAM_STATE_ERROR},
    {"data on a stream that we did not open", FRAMES("\x08\x01x"),
     STREAM_STATE_ERROR},
    {"STOP_SENDING of what only they send", FRAMES("\x05\x02\x00"),
     STREAM_STATE_ERROR},
    /* RFC 9000 section 11 lets the general code stand for the special one */
    {"RESET_STREAM of what only we send", FRAMES("\x04\x03\x00\x00"),
     PROTOCOL_VIOLATION},
    {"MAX_STREAM_DATA for what only they send", FRAMES("\x11\x02\x40\x40"),
     STREAM_STATE_ERROR},
    /* 9000-12.4-01 */
    {"unknown frame", FRAMES("\x40\x42"), FRAME_ENCODING_ERROR},
    {"a frame that is cut short", FRAMES("\x0a\x00\x47\xffx"),
     FRAME_ENCODING_ERROR},
    {"NEW_CONNECTION_ID without an ID",
     FRAMES("\x18\x09\x00\x00xxxxxxxxxxxxxxxx"), FRAME_ENCODING_ERROR},
    {"MAX_STREAMS beyond 2^60", FRAMES("\x12\xd0\0\0\0\0\0\0\x01"),
     FRAME_ENCODING_ERROR},
    {"RETIRE_CONNECTION_ID of one that was never given", FRAMES("\x19\x7f\xff"),
     PROTOCOL_VIOLATION},
    {"ACK of what was never sent", FRAMES("\x02\x7f\xff\x00\x00\x00"),
     PROTOCOL_VIOLATION},
    /* 9000-19.7-01, 9000-19.20-01 */
    {"NEW_TOKEN from a client", FRAMES("\x07\x04xxxx"), PROTOCOL_VIOLATION},
    {"HANDSHAKE_DONE from a client", FRAMES("\x1e"), PROTOCOL_VIOLATION},
};

static void test_each_violation_ends_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct net net;
        struct node *a, *b;
        int64_t id;

        net_init(&net);
        a = net_client(&net, NULL);
        b = net_client(&net, NULL);
        net_shake(&net, a);
        net_shake(&net, b);
        net_run(&net, 100);
        assert_true(quic_client_inject(
            a->client, vb_span_of(rows[i].frames, rows[i].len)));
        net_run(&net, 100);
        if (!a->closed || a->application || a->code != rows[i].code)
            fail_msg("%s: %s %llx", rows[i].rule,
                     a->closed ? "closed with" : "not closed",
                     (unsigned long long)a->code);
        assert_int_equal(vb_quic_count(net.quic), 1);
        id = net_ask(b, "echo\nhello");
        assert_true(net_wait(&net, b, id, 100));
        net_done(&net);
    }
}

/* 9000-17.2-01 */
static void test_reserved_bits_are_a_violation(void **state)
{
    static const unsigned char bits[] = {0x08, 0x10, 0x18};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(bits); i++) {
        struct net net;
        struct node *a;

        net_init(&net);
        a = net_client(&net, NULL);
        net_shake(&net, a);
        net_run(&net, 100);
        quic_client_first_bits(a->client, bits[i]);
        assert_true(quic_client_inject(a->client, vb_span_str("\x01")));
        net_run(&net, 100);
        assert_true(a->closed && !a->application);
        assert_int_equal(a->code, PROTOCOL_VIOLATION);
        net_done(&net);
    }
}

/* 9000-8.2.2-01, 9000-5.1.2-01: what is allowed is answered. */
static void test_what_a_client_may_send(void **state)
{
    static const struct {
        const char *frames;
        size_t len;
    } fine[] = {
        {FRAMES("\x1a\1\2\3\4\5\6\7\x8")},           /* PATH_CHALLENGE */
        {FRAMES("\x01")},                            /* PING */
        {FRAMES("\x14\x00\x15\x00\x00\x16\x00")},    /* ... BLOCKED */
        {FRAMES("\x05\x00\x41\x0c")},                /* STOP_SENDING */
        {FRAMES("\x04\x00\x41\x0c\x00")},            /* RESET_STREAM */
        {FRAMES("\x18\x20\x20\1x0123456789abcdef")}, /* a new ID, for all */
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(fine); i++) {
        struct net net;
        struct node *a;

        net_init(&net);
        a = net_client(&net, NULL);
        net_shake(&net, a);
        net_run(&net, 100);
        assert_true(quic_client_inject(
            a->client, vb_span_of(fine[i].frames, fine[i].len)));
        net_run(&net, 500);
        if (a->closed)
            fail_msg("row %zu: closed with %llx", i,
                     (unsigned long long)a->code);
        net_done(&net);
    }
}

/* A client that says always the same, however little it costs it: the time
 * that is spent, and the memory, are those of its packets. */
static void test_the_same_frame_over_and_over(void **state)
{
    static const char *const frames[] = {
        "\x19\x01", "\x01", "\03212345678", "\x14\x01", "\x05\x04\x01",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(frames); i++) {
        char many[900];
        size_t one = strlen(frames[i]);
        struct net net;
        struct node *a;
        unsigned before;

        net_init(&net);
        a = net_client(&net, NULL);
        net_shake(&net, a);
        net_run(&net, 100);
        for (size_t at = 0; at + one <= sizeof(many); at += one)
            memcpy(many + at, frames[i], one);
        before = net.datagrams;
        for (int n = 0; n < 50 && !a->closed; n++) {
            quic_client_inject(a->client,
                               vb_span_of(many, sizeof(many) / one * one));
            net_run(&net, 5);
        }
        assert_true(net.datagrams - before < 500);
        net_done(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_violation_ends_the_connection),
        cmocka_unit_test(test_reserved_bits_are_a_violation),
        cmocka_unit_test(test_what_a_client_may_send),
        cmocka_unit_test(test_the_same_frame_over_and_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
