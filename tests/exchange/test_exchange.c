/* The end of an exchange, as the service hears of it. */
#include "unit.h"

#include "exchange/exchange.h"

struct listener {
    struct vb_service service;
    int ends, gones;
    struct vb_peer peer; /* of the last that ended */
};

static void note_end(struct vb_service *service, struct vb_exchange *x)
{
    struct listener *listener = (struct listener *)(void *)service;

    listener->ends++;
    listener->peer = *x->peer;
}

static void note_gone(struct vb_service *service, struct vb_exchange *x)
{
    (void)x;
    ((struct listener *)(void *)service)->gones++;
}

/* The wire frees its connection, and with it the peer, while the flow still
 * waits for an answer; the log asks for the peer after that. */
static void an_abandoned_exchange_keeps_its_peer(void **state)
{
    static const struct vb_carrier carrier;
    struct listener listener = {
        .service = {.end = note_end, .gone = note_gone}};
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
    struct listener listener = {
        .service = {.end = note_end, .gone = note_gone}};
    struct vb_env env;
    struct vb_exchange *x;

    (void)state;
    vb_env_init(&env, &vb_limits_default, &listener.service);
    x = vb_exchange_new(&env);
    assert_non_null(x);
    vb_exchange_release(x);
    assert_int_equal(listener.ends + listener.gones, 0);
    vb_env_done(&env);
}

struct outlet {
    struct vb_source source;
    struct vb_exchange *x;
    bool at_work; /* somebody else is, with what lies in the exchange */
    int *closes;
};

static void close_outlet(struct vb_source *source)
{
    struct outlet *outlet = (struct outlet *)(void *)source;

    ++*outlet->closes;
    outlet->x->held = outlet->at_work;
}

static struct vb_exchange *with_outlet(struct vb_env *env, bool at_work,
                                       int *closes)
{
    static const struct vb_carrier carrier;
    static const struct vb_peer peer;
    struct vb_exchange *x = vb_exchange_new(env);
    struct outlet *outlet;

    assert_non_null(x);
    x->carrier = &carrier;
    x->peer = &peer;
    outlet = vb_arena_calloc(&x->arena, 1, sizeof(*outlet));
    assert_non_null(outlet);
    *outlet = (struct outlet){{.close = close_outlet}, x, at_work, closes};
    x->reply.source = &outlet->source;
    return x;
}

static int states_done;

static void note_state(struct vb_exchange *x)
{
    (void)x;
    states_done++;
}

/* A store's thread writes into the exchange's arena, and the client goes. */
static void a_held_exchange_stays_until_it_is_let_go(void **state)
{
    struct listener listener = {
        .service = {.end = note_end, .gone = note_gone}};
    struct vb_env env;
    struct vb_exchange *x;
    int closes = 0;
    char *text;

    (void)state;
    states_done = 0;
    vb_env_init(&env, &vb_limits_default, &listener.service);
    x = with_outlet(&env, true, &closes);
    x->state_done = note_state;
    text = vb_arena_alloc(&x->arena, 3);
    assert_non_null(text);
    vb_exchange_abandon(x);
    assert_int_equal(closes, 1);
    assert_int_equal(listener.ends, 1);
    assert_int_equal(states_done, 0);
    assert_int_equal(listener.gones, 0); /* its site is needed still */
    assert_null(x->peer);
    memcpy(text, "ok", 3);
    vb_exchange_unhold(x);
    assert_int_equal(states_done, 1);
    assert_int_equal(listener.gones, 1);
    assert_int_equal(closes, 1);
    assert_int_equal(listener.ends, 1);
    vb_env_done(&env);
}

static void one_that_nobody_is_at_work_with_goes_at_once(void **state)
{
    struct listener listener = {
        .service = {.end = note_end, .gone = note_gone}};
    struct vb_env env;
    struct vb_exchange *x;
    int closes = 0;

    (void)state;
    states_done = 0;
    vb_env_init(&env, &vb_limits_default, &listener.service);
    x = with_outlet(&env, false, &closes);
    x->state_done = note_state;
    vb_exchange_release(x);
    assert_int_equal(closes, 1);
    assert_int_equal(states_done, 1);
    vb_env_done(&env);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abandoned_exchange_keeps_its_peer),
        cmocka_unit_test(what_was_not_begun_does_not_end),
        cmocka_unit_test(a_held_exchange_stays_until_it_is_let_go),
        cmocka_unit_test(one_that_nobody_is_at_work_with_goes_at_once),
    };

    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
