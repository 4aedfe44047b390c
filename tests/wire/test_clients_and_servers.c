/* Our clients and our servers, wire to wire: whatever is asked, however bytes
 * are split and whoever pauses, each call has its own reply, and all of it. */
#include "caller.h"
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>

static struct caller c;
static struct driver d;
static unsigned seed;

static unsigned any(unsigned below)
{
    return (unsigned)rand_r(&seed) % below;
}

/* What is asked, and what has to come of it. */
struct wish {
    struct asked *asked;
    char target[32];
    unsigned status;
    size_t length; /* of the reply's content */
};

static void move(struct vb_buf *from, void (*to)(struct vb_span bytes))
{
    struct vb_buf bytes = *from;

    vb_buf_init(from, bytes.limit);
    to(vb_buf_span(&bytes));
    vb_buf_done(&bytes);
}

static void to_server(struct vb_span bytes)
{
    driver_send(&d, bytes);
}

static void to_client(struct vb_span bytes)
{
    caller_answer(&c, bytes);
}

static void exchange(void)
{
    while (c.out.len > 0 || d.out.len > 0) {
        if (c.out.len > 0)
            move(&c.out, to_server);
        if (d.out.len > 0)
            move(&d.out, to_client);
    }
}

static void choose_pieces(void)
{
    static const size_t sizes[] = {0, 0, 5000, 1000, 100, 7};

    c.piece = sizes[any(6)];
    c.room = sizes[any(6)];
    d.piece = sizes[any(6)];
    d.room = sizes[any(6)];
}

/* Content up to a size that is worth splitting byte by byte. */
static unsigned any_length(void)
{
    static const unsigned most[] = {10, 3000, 30000};

    return 1 + any(most[any(3)]);
}

/* The service keeps in mind one exchange that pauses, or is slow. */
static bool alone(void)
{
    return c.kind == VB_CLIENT_HTTP_1;
}

static void wish_for_content(struct wish *wish)
{
    static const char *const kinds[] = {"bytes",   "source", "stream",
                                        "instant", "wide",   "slow"};
    bool head = any(8) == 0;

    wish->length = any_length();
    snprintf(wish->target, sizeof(wish->target), "/%s/%zu",
             kinds[any(5 + alone())], wish->length);
    wish->asked = caller_ask(&c, head ? "HEAD" : "GET", wish->target);
    if (head)
        wish->length = 0;
}

static void wish_for_echo(struct wish *wish)
{
    wish->length = any_length();
    snprintf(wish->target, sizeof(wish->target),
             any(2) && alone() ? "/pause" : "/echo");
    wish->asked = caller_ask(&c, "POST", wish->target);
    asked_content(wish->asked, wish->length, 1 + any(5000), any(2));
    wish->asked->source.slow = any(2);
    wish->asked->call.expects = any(4) == 0;
}

static void wish_for(struct wish *wish)
{
    wish->status = 200;
    if (any(2))
        wish_for_content(wish);
    else
        wish_for_echo(wish);
    wish->asked->pauses = any(4) == 0;
}

static const struct vb_field_out expect = {VB_SPAN_INIT("Expect"),
                                           VB_SPAN_INIT("100-continue")};

static void start(struct wish *wish)
{
    if (wish->asked->call.expects) {
        wish->asked->call.fields = &expect;
        wish->asked->call.field_count = 1;
    }
    wish->asked->call.scheme = VB_SPAN("http");
    assert_int_equal(caller_start(&c, wish->asked), VB_OK);
}

static void check(const struct wish *wish, unsigned round)
{
    const struct asked *asked = wish->asked;

    if (!asked->ended || asked->end != VB_CALL_WHOLE ||
        asked->status != wish->status || asked->got != wish->length ||
        asked->odd)
        fail_msg("round %u: %s gives %u, %zu bytes%s, of %zu, %s", round,
                 wish->target, asked->status, asked->got,
                 asked->odd ? " of another" : "", wish->length,
                 !asked->ended ? "and no end" : "and an end");
}

/* Calls one after the other, or at once as far as there is room. */
static void play(unsigned round)
{
    struct wish wishes[12];
    unsigned count = 1 + any(12);

    for (unsigned i = 0; i < count; i++) {
        wish_for(&wishes[i]);
        if (c.client->ops->room(c.client) == 0 || any(3) == 0)
            exchange();
        choose_pieces();
        start(&wishes[i]);
    }
    exchange();
    for (unsigned i = 0; i < count; i++)
        check(&wishes[i], round);
}

static void play_many(enum vb_client_kind kind, unsigned rounds)
{
    caller_init(&c, kind);
    driver_init(&d);
    for (unsigned round = 0; round < rounds; round++) {
        seed = round;
        caller_restart(&c);
        driver_restart(&d);
        play(round);
    }
    caller_done(&c);
    driver_done(&d);
}

static void test_http_1_1(void **state)
{
    (void)state;
    play_many(VB_CLIENT_HTTP_1, 100);
}

static void test_http_2(void **state)
{
    (void)state;
    play_many(VB_CLIENT_HTTP_2, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_1_1),
        cmocka_unit_test(test_http_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
