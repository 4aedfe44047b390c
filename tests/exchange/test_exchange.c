/* The end of an exchange, as the service hears of it. */
#include "unit.h"

#include "exchange/exchange.h"

struct listener {
    struct vb_service service;
    int ends;
    struct vb_peer peer; /* of the last that ended */
};

static void note_end(struct vb_service *service, struct vb_exchange *x)
{
    struct listener *listener = (struct listener *)(void *)service;

    listener->ends++;
    listener->peer = *x->peer;
}

/* The wire frees its connection, and with it the peer, while the flow still
 * waits for an answer; the log asks for the peer after that. */
static void an_abandoned_exchange_keeps_its_peer(void **state)
{
    static const struct vb_carrier carrier;
    struct listener listener = {.service = {.end = note_end}};
    struct vb_peer *peer = test_malloc(sizeof(*peer));
    struct vb_env env;
    struct vb_exchange *x;

    (void)state;
    vb_env_init(&env, &vb_limits_default, &listener.service);
    x = vb_exchange_new(&env);
    assert_non_null(x);
    *peer = (struct vb_peer){.ip = {[15] = 7}, .port = 77};
    x->carrier = &carrier;
    x->peer = peer;
    x->walk.waiting = true;
    vb_exchange_abandon(x);
    test_free(peer);
    assert_int_equal(listener.ends, 0);
    vb_exchange_release(x); /* what it waited for has answered */
    assert_int_equal(listener.ends, 1);
    assert_int_equal(listener.peer.port, 77);
    assert_int_equal(listener.peer.ip[15], 7);
    vb_env_done(&env);
}

/* Out of memory before the head was read: no one began it. */
static void what_was_not_begun_does_not_end(void **state)
{
    struct listener listener = {.service = {.end = note_end}};
    struct vb_env env;
    struct vb_exchange *x;

    (void)state;
    vb_env_init(&env, &vb_limits_default, &listener.service);
    x = vb_exchange_new(&env);
    assert_non_null(x);
    vb_exchange_release(x);
    assert_int_equal(listener.ends, 0);
    vb_env_done(&env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abandoned_exchange_keeps_its_peer),
        cmocka_unit_test(what_was_not_begun_does_not_end),
    };

    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
