/* Who guesses has to wait, and nobody is shut out by others. */
#include "unit.h"

#include <stdio.h>

#include "access/throttle.h"
#include "base/span.h"

static const struct vb_span ann = VB_SPAN_INIT("ann");

static struct vb_peer peer_of(uint8_t last)
{
    return (struct vb_peer){
        .ip = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = last}};
}

static void guesses_wait_longer_and_longer(void **state)
{
    struct vb_throttle *throttle = vb_throttle_new();
    struct vb_peer peer = peer_of(1);
    int64_t now = 1000000, wait;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(vb_throttle_try(throttle, &peer, ann, now), 0);
    for (int64_t delay = 1000; delay <= 64000; delay *= 2) {
        wait = vb_throttle_try(throttle, &peer, ann, now);
        assert_int_equal(wait, delay);
        assert_true(vb_throttle_try(throttle, &peer, ann, now + wait - 1) > 0);
        now += wait;
        assert_int_equal(vb_throttle_try(throttle, &peer, ann, now), 0);
    }
    /* An hour later it is forgotten. */
    now += (int64_t)3601 * 1000;
    for (int i = 0; i < 5; i++)
        assert_int_equal(vb_throttle_try(throttle, &peer, ann, now), 0);
    vb_throttle_free(throttle);
}

static void a_success_begins_anew(void **state)
{
    struct vb_throttle *throttle = vb_throttle_new();
    struct vb_peer peer = peer_of(1);

    (void)state;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 4 && round < 4; i++)
            assert_int_equal(vb_throttle_try(throttle, &peer, ann, 1000), 0);
        assert_int_equal(vb_throttle_try(throttle, &peer, ann, 1000), 0);
        vb_throttle_good(throttle, &peer, ann, 1000);
    }
    vb_throttle_free(throttle);
}

static void many_logins_of_one_client_are_one_guess_each(void **state)
{
    struct vb_throttle *throttle = vb_throttle_new();
    struct vb_peer peer = peer_of(1), other = peer_of(2);
    int refused = 0;

    (void)state;
    for (int i = 0; i < 40; i++) {
        char login[16];

        (void)snprintf(login, sizeof(login), "login%d", i);
        refused +=
            vb_throttle_try(throttle, &peer, vb_span_str(login), 1000) > 0;
    }
    assert_int_equal(refused, 20);
    assert_int_equal(vb_throttle_try(throttle, &other, ann, 1000), 0);
    vb_throttle_free(throttle);
}

static void who_was_here_before_is_not_shut_out(void **state)
{
    struct vb_throttle *throttle = vb_throttle_new();
    struct vb_peer holder = peer_of(250), new = peer_of(251);

    (void)state;
    assert_int_equal(vb_throttle_try(throttle, &holder, ann, 1000), 0);
    vb_throttle_good(throttle, &holder, ann, 1000);
    for (uint8_t i = 0; i < 101; i++) {
        struct vb_peer stranger = peer_of(i);

        (void)vb_throttle_try(throttle, &stranger, ann, 1000);
    }
    assert_in_range(vb_throttle_try(throttle, &new, ann, 1000), 1, 8000);
    assert_int_equal(vb_throttle_try(throttle, &holder, ann, 1000), 0);
    vb_throttle_free(throttle);
}

static void who_shares_an_address_gets_in_where_it_was_before(void **state)
{
    struct vb_throttle *throttle = vb_throttle_new();
    struct vb_peer gateway = peer_of(1);

    (void)state;
    assert_int_equal(vb_throttle_try(throttle, &gateway, ann, 1000), 0);
    vb_throttle_good(throttle, &gateway, ann, 1000);
    for (int i = 0; i < 40; i++) {
        char login[16];

        (void)snprintf(login, sizeof(login), "login%d", i);
        (void)vb_throttle_try(throttle, &gateway, vb_span_str(login), 1000);
    }
    assert_true(vb_throttle_try(throttle, &gateway, VB_SPAN("bob"), 1000) > 0);
    assert_int_equal(vb_throttle_try(throttle, &gateway, ann, 1000), 0);
    /* It is no leave to guess there. */
    for (int i = 0; i < 4; i++)
        assert_int_equal(vb_throttle_try(throttle, &gateway, ann, 1000), 0);
    assert_true(vb_throttle_try(throttle, &gateway, ann, 1000) > 0);
    vb_throttle_free(throttle);
}

static void what_nobody_looked_at_does_not_count(void **state)
{
    struct vb_throttle *throttle = vb_throttle_new();
    struct vb_peer peer = peer_of(1);

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(vb_throttle_try(throttle, &peer, ann, 1000), 0);
        vb_throttle_undo(throttle, &peer, ann);
    }
    vb_throttle_free(throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guesses_wait_longer_and_longer),
        cmocka_unit_test(a_success_begins_anew),
        cmocka_unit_test(many_logins_of_one_client_are_one_guess_each),
        cmocka_unit_test(who_was_here_before_is_not_shut_out),
        cmocka_unit_test(who_shares_an_address_gets_in_where_it_was_before),
        cmocka_unit_test(what_nobody_looked_at_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
